"""A stocktake: every thing that was expected or scanned has one outcome. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What came of a thing."""

    FOUND = "found"
    MISSING = "missing"
    #: Seen elsewhere than the archive has it, or in a place where it is not expected at all.
    MISPLACED = "misplaced"
    #: A code that names nothing.
    UNKNOWN = "unknown"
    #: Lent to somebody: not missing.
    OUT = "out"
    #: Taken out or put elsewhere, on record, since the stocktake was opened.
    MOVED = "moved"


#: What has to be explained before a stocktake is closed.
DIFFERENCES = frozenset({Outcome.MISSING, Outcome.MISPLACED, Outcome.UNKNOWN})


@dataclass(frozen=True)
class Scanned:
    """A code that was scanned: what it names, if anything, and where it was."""

    code: str
    thing: int | None
    place: int | None


@dataclass(frozen=True)
class Counted:
    """A thing with its outcome: where it ought to be and where it was seen."""

    outcome: Outcome
    thing: int | None
    #: What was scanned, where nobody knows what it is.
    code: str
    place: int | None
    seen: int | None


def count(
    expected: Mapping[int, int], scans: Iterable[Scanned], *, now_in: Mapping[int, int], out: Collection[int]
) -> list[Counted]:
    """Return one outcome for each thing that was expected or scanned, and for each code that names nothing.

    `expected` are the things with their places when the stocktake was opened, `now_in` where the archive has things
    at this moment (a thing that it has nowhere is not in it), `out` those that are lent. Of the scans of one thing the
    last counts.
    """
    seen: dict[int, int | None] = {}
    strange: dict[str, int | None] = {}
    for one in scans:
        if one.thing is None:
            strange[one.code] = one.place
        else:
            seen[one.thing] = one.place
    found = [_of(thing, expected, seen, now_in, out) for thing in [*expected, *(seen.keys() - expected.keys())]]
    return [*found, *(Counted(Outcome.UNKNOWN, None, code, None, place) for code, place in strange.items())]


def _of(
    thing: int,
    expected: Mapping[int, int],
    seen: Mapping[int, int | None],
    now_in: Mapping[int, int],
    out: Collection[int],
) -> Counted:
    place = now_in.get(thing)
    if thing in seen:
        at = seen[thing]
        outcome = Outcome.FOUND if at is not None and at == place else Outcome.MISPLACED
        return Counted(outcome, thing, "", place if place is not None else expected.get(thing), at)
    if thing in out:
        outcome = Outcome.OUT
    elif place != expected[thing]:
        outcome = Outcome.MOVED
    else:
        outcome = Outcome.MISSING
    return Counted(outcome, thing, "", expected[thing], None)
