"""The records archive of an electricity utility's customer service centres."""

__version__ = "0.1.0"
