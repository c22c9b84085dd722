"""Finding households by a whole identity number through keyed hashes; the numbers themselves are in no index."""
