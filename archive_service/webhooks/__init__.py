"""Telling other programs what happened, signed and tried again until they heard it."""
