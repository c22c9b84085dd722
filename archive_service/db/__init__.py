"""Database ground: the declarative base, column types, sessions and the one commit."""
