"""How long a place has to wait after wrong passwords or codes: pure rules.

Waiting slows whoever guesses; it never shuts the owner out, because wrong tries elsewhere do not count for a browser
from which the person has signed in before. Source: OWASP's device cookies; docs/decisions/0024.
"""

from __future__ import annotations

from datetime import timedelta

#: The first wait; each further failure doubles it.
FIRST = timedelta(seconds=15)
#: All places from which a person never signed in share a count, that many times as patient as that of a single one.
SHARED_PATIENCE = 20


def wait_after(failures: int, *, free: int, longest: timedelta) -> timedelta:
    """Return how long nothing is tried after so many failures in a row, of which fewer than `free` cost nothing."""
    if failures < free:
        return timedelta(0)
    # Bounded before it is doubled: nobody waits for 2**1000 seconds to be worked out.
    doubled: int = 2 ** min(failures - free, 20)
    return min(longest, FIRST * doubled)
