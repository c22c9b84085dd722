"""Reading every object back in turn, and mending what is damaged from its second copy."""
