"""Papers drawn by other means than the program's samples: HTML set by Chromium, with titles, labels and layouts of its own.

Half of the layouts and wordings ("dev") may be looked at when rules are improved. Of the other half ("held") only the
sums are looked at; no rule, title or label of the program is taken from it.
"""
