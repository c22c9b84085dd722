"""BagIt 1.0 (RFC 8493): writing bags, and checking those of others as hostile input."""
