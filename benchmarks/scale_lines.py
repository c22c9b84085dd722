"""A line of the table of `benchmarks.scale`, and the timing of a call."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

with warnings.catch_warnings():
    # It asks for a successor of httpx that is not among our dependencies; what we use of it stays.
    warnings.simplefilter("ignore")

_SEED = 5
_ROWS, _PART = 5000, 500
_ALONE_DOCUMENTS = 20_000
_FRESH = 20


@dataclass
class Line:
    """One line of the table: times in milliseconds in the order measured, of the engine alone too where it was asked.

    `rate` is how many a second, where that is what counts.
    """

    name: str
    wall: Sequence[float] = ()
    cpu: Sequence[float] = ()
    alone: Sequence[float] = ()
    rate: float | None = None
    rate_cpu: float | None = None
    rate_alone: float | None = None


def timed(call: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return wall and processor time of a call in milliseconds, and its answer."""
    cpu, wall = time.process_time(), time.perf_counter()
    answer = call()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000, answer
