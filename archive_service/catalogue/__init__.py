"""What the archive expects of each case: editions of the catalogue, read, checked and looked up."""
