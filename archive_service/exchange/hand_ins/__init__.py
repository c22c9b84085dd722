"""Packages that are handed in: on record from the first moment, checked, and then accepted or declined by a person."""
