"""How far the objects are checked, how old the checks are, and what failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.fixity.tables import FixityDay, FixityEvent
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.storage.tables import StoredObject

_SHOWN = 100


@dataclass(frozen=True)
class Figures:
    """Objects in all, those ever checked, those with a second copy, those lost; the oldest check."""

    objects: int
    size_bytes: int
    checked: int
    copied: int
    lost: int
    oldest: datetime | None


@dataclass(frozen=True)
class Age:
    """How many objects were last checked in a month, `YYYY-MM`."""

    month: str
    objects: int


@dataclass(frozen=True)
class Day:
    """The checks of a day."""

    day: date
    objects: int
    size_bytes: int
    copies: int
    failures: int
    took_ms: int


@dataclass(frozen=True)
class Event:
    """A check that failed, or what was done about it."""

    number: int
    digest: str
    at: datetime
    outcome: str
    store: str
    agent: str


@dataclass(frozen=True)
class Status:
    """All that the page of the checks shows."""

    figures: Figures
    ages: tuple[Age, ...]
    days: tuple[Day, ...]
    events: tuple[Event, ...]


def status(session: Session, viewer: Viewer) -> Status:
    """Return how the checks stand. Raises NotPermitted for who neither keeps the system nor inspects."""
    if not viewer.may(Right.INSPECT):
        viewer.require(Right.SYSTEM_HEALTH)
    days = session.scalars(select(FixityDay).order_by(FixityDay.day.desc()).limit(30))
    events = session.scalars(select(FixityEvent).order_by(FixityEvent.id.desc()).limit(_SHOWN))
    return Status(
        figures(session),
        _ages(session),
        tuple(Day(d.day, d.objects, d.size_bytes, d.copies, d.failures, d.took_ms) for d in days),
        tuple(Event(e.id, e.digest, e.at, e.outcome, e.store, e.agent) for e in events),
    )


def figures(session: Session) -> Figures:
    """Return the sums; for figures of the whole archive, which nobody's rights narrow."""
    one = StoredObject
    wanted = select(
        func.count(),
        func.coalesce(func.sum(one.size_bytes), 0),
        func.count(one.checked_at),
        func.count(one.copied_at),
        func.count(one.lost_at),
        func.min(one.checked_at),
    ).select_from(one)
    count, size, checked, copied, lost, oldest = session.execute(wanted).one()
    return Figures(count, int(size), checked, copied, lost, oldest)


def read_today(session: Session, day: date) -> int:
    """Return the bytes that were read back on a day."""
    return session.scalar(select(FixityDay.size_bytes).where(FixityDay.day == day)) or 0


def _ages(session: Session) -> tuple[Age, ...]:
    """Count by the months of the service centre, which begin at another moment than those of the database."""
    at = StoredObject.checked_at
    first, last = session.execute(select(func.min(at), func.max(at))).one()
    if first is None or last is None:
        return ()
    begin, end = zone.local(first).date().replace(day=1), zone.local(last).date()
    months = [begin]
    while (following := _next(months[-1])) <= end:
        months.append(following)
    sums = [func.count(case((and_(at >= zone.midnight(one), at < zone.midnight(_next(one))), 1))) for one in months]
    found = session.execute(select(*sums).select_from(StoredObject)).one()
    return tuple(Age(f"{one:%Y-%m}", count) for one, count in zip(months, found, strict=True) if count)


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
