"""The life of a case: handed over, taken in or sent back, filed, opened again for a supplement, closed."""
