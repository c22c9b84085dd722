"""From a filed item to its searchable PDF/A-2b, which lies beside the untouched original."""
