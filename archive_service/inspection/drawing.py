"""Drawing a sample: how many cases, and which ones, from a seed that is printed with it.

Size: Cochran's formula for a share with the finite population correction, n0 = z² p (1 − p) / e² and
n = n0 / (1 + (n0 − 1) / N), rounded up (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, chapter 4).
Order: each case gets the number that SHA-256 makes of the seed and its id, and the smallest are drawn: whoever has the
seed and the frame draws the same sample with any program. By risk, the key is Efraimidis and Spirakis's u^(1/w)
(Weighted random sampling with a reservoir, Information Processing Letters 97, 2006).
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from archive_service.errors import Invalid

#: Nobody looks through more by hand.
MOST = 2000


class Method(StrEnum):
    """How cases are drawn."""

    RANDOM = "random"
    STRATIFIED = "stratified"
    RISK = "risk"


@dataclass(frozen=True, slots=True)
class Framed:
    """A case that can be drawn: its id, its stratum, and how much it weighs when drawn by risk (1 is the least)."""

    id: int
    stratum: str = ""
    weight: int = 1


def size_for(population: int, *, confidence: float, error_rate: float, margin: float) -> int:
    """Return how many of `population` cases to look at; all three shares in percent.

    `error_rate` is the share of faulty cases that is expected, `margin` how far the found share may lie from the true
    one. Raises Invalid unless each lies where the formula holds.
    """
    if not (50 <= confidence < 100 and 0 < error_rate < 100 and 0 < margin < 50):
        raise Invalid(
            "sample.size",
            "置信水平要在 50% 到 100% 之间，预计差错率在 0 到 100% 之间，允许误差在 0 到 50% 之间。请改正后再算。",
        )
    if population <= 0:
        return 0
    z = NormalDist().inv_cdf(0.5 + confidence / 200)
    share, apart = error_rate / 100, margin / 100
    first = z * z * share * (1 - share) / (apart * apart)
    # Rounding errors must not add a case where the formula gives a whole number.
    return min(population, max(1, math.ceil(round(first / (1 + (first - 1) / population), 9))))


def draw(frame: Sequence[Framed], size: int, *, method: Method, seed: str) -> list[int]:
    """Return the ids of `size` cases of the frame, in the order in which they were drawn.

    Stratified, every stratum gives its share of the size, by the method of largest remainders, and at least one while
    there is room.
    """
    size = min(size, len(frame))
    if method is Method.RISK:
        ordered = sorted(frame, key=lambda one: (-_weighted(seed, one), one.id))
        return [one.id for one in ordered[:size]]
    if method is Method.STRATIFIED:
        strata: dict[str, list[Framed]] = defaultdict(list)
        for one in frame:
            strata[one.stratum].append(one)
        shares = apportioned({name: len(cases) for name, cases in strata.items()}, size)
        drawn = [one for name in sorted(strata) for one in _first(strata[name], shares[name], seed)]
        return [one.id for one in drawn]
    return [one.id for one in _first(frame, size, seed)]


def apportioned(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """Return how many each stratum gives of `size`; none gives more than it has, and together they give `size`."""
    population = sum(sizes.values())
    if not population:
        return dict.fromkeys(sizes, 0)
    size = min(size, population)
    exact = {name: size * count / population for name, count in sizes.items()}
    given = {name: int(share) for name, share in exact.items()}
    if len(sizes) <= size:
        given = {name: max(1, count) for name, count in given.items()}
    by_rest = sorted(sizes, key=lambda name: (int(exact[name]) - exact[name], name))
    while sum(given.values()) < size:
        name = next(one for one in [*by_rest, *sorted(sizes)] if given[one] < sizes[one])
        by_rest = [one for one in by_rest if one != name]
        given[name] += 1
    while sum(given.values()) > size:
        given[max(given, key=lambda name: (given[name], name))] -= 1
    return given


def digest_of(ids: Iterable[int]) -> str:
    """Return the digest by which a frame is known again."""
    return hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()


def _first(cases: Iterable[Framed], size: int, seed: str) -> list[Framed]:
    return sorted(cases, key=lambda one: (_chance(seed, one.id), one.id))[:size]


def _weighted(seed: str, one: Framed) -> float:
    # The logarithm of u^(1/w) orders alike and does not run out of digits.
    return math.log(_chance(seed, one.id)) / max(1, one.weight)


def _chance(seed: str, case_id: int) -> float:
    """Return a number above 0 and not above 1."""
    made = hashlib.sha256(f"{seed}:{case_id}".encode()).digest()
    return (int.from_bytes(made[:8], "big") + 1) / 2**64
