"""Reads of claims: who has a scan now, what is free for a person, to whom a scan can be handed over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from archive_service.people import queries as people
from archive_service.people.queries import Colleague
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer
from ingest.claims.tables import ReviewClaim


@dataclass(frozen=True)
class Holder:
    """Who has a scan: since when, until when without a sign of life (none: until it is done), and why."""

    person_id: int
    person_name: str
    since: datetime
    until: datetime | None
    turn: int
    handed_by: str | None
    note: str


def living(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a claim holds at this moment."""
    return or_(ReviewClaim.until.is_(None), ReviewClaim.until > now)


def taken_from(viewer: Viewer, scan_id: InstrumentedAttribute[int], now: datetime) -> ColumnElement[bool]:
    """Return the condition that somebody other than the viewer has the scan; a closed account has nothing."""
    others = (
        select(ReviewClaim.id)
        .join(Person, Person.id == ReviewClaim.person_id)
        .where(ReviewClaim.scan_id == scan_id, Person.id != (viewer.person_id or 0), Person.active, living(now))
    )
    return others.exists()


def handed_to(viewer: Viewer, scan_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition that the scan was handed over to the viewer."""
    mine = select(ReviewClaim.id).where(
        ReviewClaim.scan_id == scan_id, ReviewClaim.person_id == (viewer.person_id or 0), ReviewClaim.until.is_(None)
    )
    return mine.exists()


def holders(session: Session, scan_ids: Collection[int], *, now: datetime) -> Mapping[int, Holder]:
    """Return who has which of these scans at this moment, by the id of the scan."""
    giver = aliased(Person)
    wanted = (
        select(ReviewClaim, Person.name, giver.name)
        .join(Person, Person.id == ReviewClaim.person_id)
        .outerjoin(giver, giver.id == ReviewClaim.handed_by)
        .where(ReviewClaim.scan_id.in_(scan_ids), Person.active, living(now))
    )
    # A claim may have been renewed by another session since this one last looked.
    found = session.execute(wanted, execution_options={"populate_existing": True})
    return {
        row.scan_id: Holder(row.person_id, name, row.since, row.until, row.turn, handed_by, row.note)
        for row, name, handed_by in found
    }


def holder(session: Session, scan_id: int, *, now: datetime) -> Holder | None:
    """Return who has the scan at this moment, none when nobody has."""
    return holders(session, [scan_id], now=now).get(scan_id)


def colleagues(session: Session, viewer: Viewer, unit_id: int) -> list[Colleague]:
    """Return to whom a scan of the unit can be handed over: everybody else who reviews there, by name."""
    return [one for one in people.colleagues(session, Right.SCAN_REVIEW, unit_id) if one.id != viewer.person_id]
