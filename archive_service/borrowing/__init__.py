"""Borrowing: asking for records, who decides, reading on screen for a while, paper that goes out and comes back."""
