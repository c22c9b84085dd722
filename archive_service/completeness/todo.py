"""What would make a case complete: what is to be done, by the stage that owes it and whose hand it is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from archive_service.catalogue.schema import Edition


class Open(Protocol):
    """A verdict, as judged or as kept."""

    @property
    def document_type(self) -> str:
        """Return the code of the catalogue."""

    @property
    def status(self) -> str:
        """Return how it stands."""

    @property
    def due(self) -> bool:
        """Say whether the case must have it."""

    @property
    def reason(self) -> str:
        """Return why."""

    @property
    def evidence(self) -> tuple[int, ...]:
        """Return the ids of the items that it rests on."""

    @property
    def until(self) -> date | None:
        """Return the last day of a deferral."""

    @property
    def places(self) -> Mapping[int, int] | None:
        """Return the page on which a doubt shows, by item."""


@dataclass(frozen=True, slots=True)
class Task:
    """One paper to be brought, put right or looked at."""

    document_type: str
    #: collect, correct or bring_later.
    act: str
    reason: str
    evidence: tuple[int, ...]
    until: date | None
    overdue: bool
    places: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Owed:
    """What a stage owes out of one hand: customer, utility, third or joint."""

    stage: str
    origin: str
    tasks: tuple[Task, ...]


_ACTS = {"missing": "collect", "doubtful": "correct", "deferred": "bring_later"}


def to_complete(edition: Edition, verdicts: Iterable[Open], *, today: date) -> tuple[Owed, ...]:
    """Return what is to be done until nothing that is due is open, in the order of the stages and then of hands."""
    found: dict[tuple[str, str], list[Task]] = {}
    for verdict in verdicts:
        kind = edition.document_types.get(verdict.document_type)
        if kind is None or not verdict.due or verdict.status not in _ACTS:
            continue
        task = Task(
            verdict.document_type,
            _ACTS[verdict.status],
            verdict.reason,
            verdict.evidence,
            verdict.until,
            verdict.until is not None and verdict.until < today,
            verdict.places or {},
        )
        found.setdefault((kind.stage, kind.origin), []).append(task)
    order = {code: at for at, code in enumerate(edition.stages)}
    return tuple(
        Owed(stage, origin, tuple(found[stage, origin]))
        for stage, origin in sorted(found, key=lambda key: (order.get(key[0], len(order)), key[1]))
    )
