"""What people ask about the papers that speak of them: a copy, a correction, to be stored only, to be erased."""
