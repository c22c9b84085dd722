"""What the archive remembers for a person: files opened, searches, columns of lists; and notes pinned to pages."""
