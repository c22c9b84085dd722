"""The auditor's desk: indicators, samples drawn from a seed, findings and what becomes of them."""
