"""Checkpoints on their way to places outside: what is due, what arrived, what failed and is tried again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.note import file_of
from archive_service.audit.tables import AuditCheckpoint, AuditDeposit

#: Waits before the next try: twice as long each time, at most a day; nothing is ever given up.
_FIRST, _LONGEST = timedelta(minutes=1), timedelta(days=1)
_MOST = 50


@dataclass(frozen=True)
class Due:
    """A checkpoint that is to be taken to a place."""

    deposit_id: int
    place: str
    size: int
    made_at: datetime
    file: bytes


@dataclass(frozen=True)
class PlaceView:
    """How a place stands: the newest checkpoint that arrived, and what waits."""

    place: str
    arrived_size: int
    arrived_at: datetime | None
    waiting: int
    #: Code of the last failure of what waits, and when it is tried again.
    error: str | None
    next_at: datetime | None


@dataclass(frozen=True)
class CheckpointView:
    """A checkpoint as auditors see it."""

    size: int
    root: str
    made_at: datetime
    algorithm: str
    note: str
    signature: str


@dataclass(frozen=True)
class DepositView:
    """Whether a checkpoint was written to a place: when, or how often it was tried and what came of it."""

    place: str
    done_at: datetime | None
    tries: int
    error: str | None


def due(session: Session, *, now: datetime) -> list[Due]:
    """Return what is to be taken outside now, the longest due first."""
    asked = (
        select(AuditDeposit, AuditCheckpoint)
        .join(AuditCheckpoint, AuditCheckpoint.id == AuditDeposit.checkpoint_id)
        .where(AuditDeposit.done_at.is_(None), AuditDeposit.next_at <= now)
        .order_by(AuditDeposit.next_at, AuditDeposit.id)
        .limit(_MOST)
    )
    return [
        Due(one.id, one.place, made.size, made.made_at, file_of(made.note, made.signature))
        for one, made in session.execute(asked)
    ]


def arrived(session: Session, deposit_id: int, *, now: datetime) -> None:
    """Note that a checkpoint is at its place."""
    row = session.get_one(AuditDeposit, deposit_id)
    row.tries, row.done_at, row.error = row.tries + 1, now, None


def failed(session: Session, deposit_id: int, code: str, *, now: datetime) -> None:
    """Note that a try failed, and when the next is due."""
    row = session.get_one(AuditDeposit, deposit_id)
    row.next_at = now + min(_LONGEST, _FIRST * 2 ** min(row.tries, 20))
    row.tries, row.error = row.tries + 1, code[:60]


def places(session: Session, named: list[str]) -> list[PlaceView]:
    """Return how each place stands, those that the settings name and those that something waits for."""
    waits = session.execute(
        select(AuditDeposit.place, func.count(), func.min(AuditDeposit.next_at), func.max(AuditDeposit.error))
        .where(AuditDeposit.done_at.is_(None))
        .group_by(AuditDeposit.place)
    )
    waiting = {place: (count, next_at, error) for place, count, next_at, error in waits}
    found = []
    for place in dict.fromkeys([*named, *sorted(waiting)]):
        last = session.execute(
            select(AuditCheckpoint.size, AuditDeposit.done_at)
            .join(AuditDeposit, AuditDeposit.checkpoint_id == AuditCheckpoint.id)
            .where(AuditDeposit.place == place, AuditDeposit.done_at.is_not(None))
            .order_by(AuditCheckpoint.size.desc())
            .limit(1)
        ).first()
        count, next_at, error = waiting.get(place, (0, None, None))
        size, at = (last[0], last[1]) if last else (0, None)
        found.append(PlaceView(place, size, at, count, error, next_at))
    return found


def checkpoints(
    session: Session, *, limit: int = 50, before: int | None = None, size: int | None = None
) -> list[CheckpointView]:
    """Return checkpoints, newest first: those over fewer entries than `before`, or the one over `size` entries."""
    asked = select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(limit)
    if before is not None:
        asked = asked.where(AuditCheckpoint.size < before)
    if size is not None:
        asked = asked.where(AuditCheckpoint.size == size)
    rows = session.scalars(asked)
    return [CheckpointView(one.size, one.root, one.made_at, one.algorithm, one.note, one.signature) for one in rows]


def deposited(session: Session, sizes: Collection[int]) -> dict[int, list[DepositView]]:
    """Return for each of these checkpoints, by its size, the places that it was to be written to."""
    rows = session.execute(
        select(AuditCheckpoint.size, AuditDeposit)
        .join(AuditDeposit, AuditDeposit.checkpoint_id == AuditCheckpoint.id)
        .where(AuditCheckpoint.size.in_(sizes))
        .order_by(AuditDeposit.id)
    )
    found: dict[int, list[DepositView]] = {}
    for size, one in rows:
        found.setdefault(size, []).append(DepositView(one.place, one.done_at, one.tries, one.error))
    return found
