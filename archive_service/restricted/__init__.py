"""Papers that are stored and nothing else: who was promised so, and who opened one all the same, saying why."""
