"""How many requests one caller may make: a bucket that fills evenly, one for each session, token or address.

Kept in memory, for one process: it keeps a program that runs away from taking the server from everybody else.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable

#: Callers remembered at most; the one longest without a request is forgotten first, and begins with a full bucket.
_CALLERS = 20_000


class Pace:
    """Lets a caller make `a_minute` requests at once, and then as many as come with time; 0 lets everybody pass."""

    def __init__(self, a_minute: int, clock: Callable[[], float]) -> None:
        """Count with `clock`, which returns seconds that only go forward."""
        self._a_minute, self._clock = a_minute, clock
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> int:
        """Take one request from the bucket of `caller`; return 0, or after how many seconds there is one again."""
        if self._a_minute == 0:
            return 0
        now, key = self._clock(), hashlib.blake2b(caller.encode("utf-8", "replace"), digest_size=16).digest()
        left, since = self._buckets.get(key, (float(self._a_minute), now))
        left = min(float(self._a_minute), left + (now - since) * self._a_minute / 60)
        full = left >= 1
        self._buckets[key] = (left - 1 if full else left, now)
        self._buckets.move_to_end(key)
        while len(self._buckets) > _CALLERS:
            self._buckets.popitem(last=False)
        return 0 if full else max(1, math.ceil((1 - left) * 60 / self._a_minute))
