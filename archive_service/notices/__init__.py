"""Telling people what waits for them: in the program, and by e-mail for who wants it."""
