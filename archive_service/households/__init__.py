"""The household file: one per account number, with its cases, items and pages."""
