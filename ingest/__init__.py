"""From a scanned file to a filed item."""
