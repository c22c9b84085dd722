"""Naming papers by their characters: the model, how it is trained, and how it votes beside the rules."""
