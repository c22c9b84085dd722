"""How long records are kept, and the end of them."""
