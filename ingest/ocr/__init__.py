"""Reading pages: engines, and the cleaning that makes pages readable."""
