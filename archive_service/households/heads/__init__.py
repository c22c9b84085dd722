"""What the business system says of a household itself, with what it said before; and which account became which."""
