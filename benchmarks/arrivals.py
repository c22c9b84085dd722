"""A year of arriving files before k read workers: how long a file waits until somebody begins to read it.

Stacks of files arrive on working days, by the hours of the day and more of them at the end of a month, as Poisson
arrivals; sizes of stacks and files are geometric. Files are read in the order of their arrival, each by one worker, as
long as their pages take. A seeded generator: the same question has the same answer.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

#: Share of a day's files that arrive in each hour, from 08:00; noon is quiet.
HOURS = (8, (0.06, 0.14, 0.16, 0.10, 0.03, 0.06, 0.14, 0.16, 0.11, 0.04))
FIRST_DAY = date(2027, 1, 1)
YEAR = 365
#: Working days at the end of a month on which more comes in.
MONTH_END = 3


@dataclass(frozen=True)
class Load:
    """What comes in, and how long a page takes a worker."""

    files_a_year: float
    files_per_stack: float
    pages_per_file: float
    seconds_per_page: float
    #: How many times as many files come on the last working days of a month as on other days.
    month_end: float


@dataclass(frozen=True)
class Waits:
    """How `workers` kept up: seconds a file waited before it was begun, and the share of the year they were busy."""

    workers: int
    p50_s: float
    p95_s: float
    most_s: float
    busy: float


def days(load: Load, count: int = YEAR) -> NDArray[np.float64]:
    """Return how many files are expected on each day of the year; none at weekends."""
    dates = [FIRST_DAY + timedelta(days=number) for number in range(YEAR)]
    working = [one for one in dates if one.weekday() < 5]
    ends = {one for number, one in enumerate(working) if _last_of_month(working, number)}
    weights = np.array([0.0 if one.weekday() >= 5 else load.month_end if one in ends else 1.0 for one in dates])
    return np.asarray(weights / weights.sum() * load.files_a_year)[:count]


def _last_of_month(working: list[date], number: int) -> bool:
    rest = working[number : number + MONTH_END + 1]
    return len(rest) <= MONTH_END or rest[MONTH_END].month != working[number].month


def peak_hour(load: Load) -> float:
    """Return how many files are expected in the busiest hour of the year."""
    return float(days(load).max() * max(HOURS[1]))


def arrivals(load: Load, *, seed: int, count: int = YEAR) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when each file arrives, in seconds from the first midnight, and for how many seconds it is read."""
    chance = np.random.default_rng(seed)
    first, shares = HOURS
    expected = np.outer(days(load, count), np.array(shares))
    numbers = chance.poisson(expected / load.files_per_stack)
    begins = np.add.outer(np.arange(count) * 86400.0, (first + np.arange(len(shares))) * 3600.0)
    stacks = np.sort(np.repeat(begins.ravel(), numbers.ravel()) + chance.random(int(numbers.sum())) * 3600)
    at = np.repeat(stacks, chance.geometric(1 / load.files_per_stack, len(stacks)))
    pages = chance.geometric(1 / load.pages_per_file, len(at))
    return at, np.asarray(pages * load.seconds_per_page, np.float64)


def wait(at: NDArray[np.float64], service: NDArray[np.float64], workers: int, *, length_days: int = YEAR) -> Waits:
    """Let the files pass the workers, first come, first served."""
    free = [0.0] * workers
    waits = np.empty(len(at))
    for number, (arrived, takes) in enumerate(zip(at.tolist(), service.tolist(), strict=True)):
        begun = max(arrived, free[0])
        heapq.heapreplace(free, begun + takes)
        waits[number] = begun - arrived
    p50, p95 = np.percentile(waits, (50, 95))
    busy = float(service.sum()) / (workers * length_days * 86400)
    return Waits(workers, float(p50), float(p95), float(waits.max()), busy)


def workers_needed(load: Load, *, p95_s: float, seed: int) -> list[Waits]:
    """Return the fewest workers behind which 95 of 100 files wait no longer than `p95_s`, after one worker less.

    The number is looked for in one month and then tried in the whole year.
    """
    at, service = arrivals(load, seed=seed, count=31)
    least = max(1, int(service.sum() / (31 * 86400)))
    while wait(at, service, least, length_days=31).p95_s > p95_s:
        least += 1
    at, service = arrivals(load, seed=seed)
    found = wait(at, service, least)
    while found.p95_s > p95_s:
        least += 1
        found = wait(at, service, least)
    return [*([wait(at, service, least - 1)] if least > 1 else []), found]
