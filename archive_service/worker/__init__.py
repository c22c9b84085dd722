"""The worker door: runs jobs, with or without a broker."""
