"""Who has which scan on the review desk, so that two people do not do the same one."""
