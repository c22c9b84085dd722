"""Electronic record packages (EEP) by DA/T 48: one XML with a signature, large files beside it."""
