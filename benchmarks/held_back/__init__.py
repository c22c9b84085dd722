"""Papers drawn by other means than the program's samples: HTML set by Chromium, with titles, labels and layouts of its own.

A part of the layouts and wordings ("dev") may be looked at when rules are improved. Another ("held") was held back until
its errors were looked at, and counts as looked at since. Of the third ("second") only the sums are looked at; no rule,
title or label of the program is taken from it.
"""
