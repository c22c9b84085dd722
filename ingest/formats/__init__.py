"""One module per kind of file. Everything here that opens a file runs only in the sandbox child."""
