"""The hash-chained trail of everything that happened."""
