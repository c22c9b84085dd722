"""Which readings the audit administrator should look at: pure, over the readings of the trail.

A flag accuses nobody: an inspection reads much, a night shift reads at night. It says where to ask.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

#: Kinds of flags: many households within an hour, outside of the day's hours, the person's own file.
MASS, NIGHT, OWN = "mass", "night", "own"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Reading:
    """Somebody read the file of a household."""

    seq: int
    at: datetime
    person_id: int
    person_name: str
    account_no: str
    unmasked: bool


@dataclass(frozen=True)
class Limits:
    """From when on reading is flagged; `day` is the local time from and to which it is not."""

    households_hour: int
    day: tuple[time, time]


@dataclass(frozen=True)
class Flag:
    """Readings of one person that belong together, the first and the last of them, and which files."""

    kind: str
    person_id: int
    person_name: str
    first_at: datetime
    last_at: datetime
    first_seq: int
    last_seq: int
    accounts: tuple[str, ...]
    unmasked: int


def find(
    readings: Iterable[Reading],
    *,
    own: Mapping[int, frozenset[str]],
    limits: Limits,
    local: Callable[[datetime], datetime],
) -> list[Flag]:
    """Return what is to be looked at, the latest first; `own` are the accounts that are each person's own."""
    by_person: dict[int, list[Reading]] = defaultdict(list)
    for one in sorted(readings, key=lambda reading: reading.seq):
        by_person[one.person_id].append(one)
    found: list[Flag] = []
    for person, mine in by_person.items():
        found += [_flag(MASS, part) for part in _masses(mine, limits.households_hour)]
        found += [_flag(NIGHT, part) for part in _nights(mine, limits.day, local)]
        kept = own.get(person, frozenset())
        found += [_flag(OWN, part) for part in _own(mine, kept)]
    return sorted(found, key=lambda flag: (flag.last_at, flag.last_seq, flag.kind), reverse=True)


def _masses(mine: Sequence[Reading], most: int) -> Iterable[list[Reading]]:
    """Give stretches in which every reading lies in an hour with more than `most` households."""
    inside: set[int] = set()
    first = 0
    for last, reading in enumerate(mine):
        while mine[first].at <= reading.at - _HOUR:
            first += 1
        if len({one.account_no for one in mine[first : last + 1]}) > most:
            inside.update(range(first, last + 1))
    return _stretches(mine, inside)


def _stretches(mine: Sequence[Reading], inside: set[int]) -> Iterable[list[Reading]]:
    part: list[Reading] = []
    for number, reading in enumerate(mine):
        if part and (number not in inside or reading.at - part[-1].at >= _HOUR):
            yield part
            part = []
        if number in inside:
            part.append(reading)
    if part:
        yield part


def _nights(
    mine: Sequence[Reading], day: tuple[time, time], local: Callable[[datetime], datetime]
) -> Iterable[list[Reading]]:
    """Give the readings of each night; a night belongs to the date on which it began."""
    nights: dict[object, list[Reading]] = defaultdict(list)
    begins, ends = day
    for one in mine:
        moment = local(one.at)
        at = moment.time()
        by_day = begins <= at < ends if begins <= ends else at >= begins or at < ends
        if not by_day:
            nights[(moment - timedelta(days=1)).date() if at < begins else moment.date()].append(one)
    return nights.values()


def _own(mine: Sequence[Reading], own: frozenset[str]) -> Iterable[list[Reading]]:
    files: dict[str, list[Reading]] = defaultdict(list)
    for one in mine:
        if one.account_no in own:
            files[one.account_no].append(one)
    return files.values()


def _flag(kind: str, part: Sequence[Reading]) -> Flag:
    first, last = part[0], part[-1]
    return Flag(
        kind=kind,
        person_id=first.person_id,
        person_name=last.person_name,
        first_at=first.at,
        last_at=last.at,
        first_seq=first.seq,
        last_seq=last.seq,
        accounts=tuple(sorted({one.account_no for one in part})),
        unmasked=sum(one.unmasked for one in part),
    )
