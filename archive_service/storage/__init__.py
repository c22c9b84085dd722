"""The object store: bytes under their sha256, written once."""
