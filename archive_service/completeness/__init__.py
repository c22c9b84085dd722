"""What is present, missing or doubtful in a case, and whether its papers agree: pure rules."""
