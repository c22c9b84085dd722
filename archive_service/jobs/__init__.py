"""Durable work: rows that say what is owed, and the rules of taking it."""
