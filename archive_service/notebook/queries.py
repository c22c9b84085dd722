"""Reads of what is remembered for a person, and of the notes on a page, within what the person may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.households.tables import HouseholdFile
from archive_service.households.views import PageView
from archive_service.notebook.rules import MOST_NOTES, Kind
from archive_service.notebook.tables import PageNote, Remembered
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class Kept:
    """One thing remembered."""

    id: int
    name: str
    content: str
    at: datetime


@dataclass(frozen=True)
class RecentFile:
    """A household file that the person opened, as it is called today."""

    account_no: str
    account_name: str
    customer_category: str
    service_address: str
    opened_at: datetime


@dataclass(frozen=True)
class NoteView:
    """A note on a page; the place is counted in thousandths of the upright page."""

    id: int
    x: int
    y: int
    text: str
    pinned_by: str
    pinned_at: datetime
    #: The viewer pinned it.
    mine: bool


def kept(session: Session, viewer: Viewer, kind: Kind, *, limit: int = 10) -> list[Kept]:
    """Return what is remembered of a kind for the viewer, last used first."""
    mine = select(Remembered).where(Remembered.person_id == viewer.person_id, Remembered.kind == kind.value)
    rows = session.scalars(mine.order_by(Remembered.at.desc(), Remembered.id.desc()).limit(limit))
    return [Kept(row.id, row.name, row.content, row.at) for row in rows]


def content_of(session: Session, viewer: Viewer, kind: Kind, name: str) -> str | None:
    """Return the content of what is remembered under a name; none when there is nothing."""
    return session.scalar(
        select(Remembered.content).where(
            Remembered.person_id == viewer.person_id, Remembered.kind == kind.value, Remembered.name == name
        )
    )


def used_at(session: Session, viewer: Viewer, kind: Kind, name: str) -> datetime | None:
    """Return when what is remembered under a name was last used; none when there is nothing."""
    return session.scalar(
        select(Remembered.at).where(
            Remembered.person_id == viewer.person_id, Remembered.kind == kind.value, Remembered.name == name
        )
    )


def recent_files(session: Session, viewer: Viewer, *, limit: int = 10) -> list[RecentFile]:
    """Return the household files that the viewer opened last; those out of reach by now are left out."""
    found = session.execute(
        select(HouseholdFile, Remembered.at)
        .join(Remembered, Remembered.name == HouseholdFile.account_no)
        .where(
            Remembered.person_id == viewer.person_id,
            Remembered.kind == Kind.FILE.value,
            HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)),
        )
        .order_by(Remembered.at.desc())
        .limit(limit)
    )
    return [
        RecentFile(head.account_no, head.account_name, head.customer_category, head.service_address, at)
        for head, at in found
    ]


def notes_on(session: Session, viewer: Viewer, page: PageView) -> Sequence[NoteView]:
    """Return the notes on a page that the viewer has been shown, in the order in which they were pinned.

    Who may not see the picture of the page is not told what others wrote about it.
    """
    if page.withheld:
        return ()
    rows = session.execute(
        select(PageNote, Person.name)
        .join(Person, Person.id == PageNote.pinned_by)
        .where(PageNote.item_id == page.item.id, PageNote.page_no == page.page_no, PageNote.taken_off_at.is_(None))
        .order_by(PageNote.id)
        .limit(MOST_NOTES)
    )
    return [
        NoteView(
            id=note.id,
            x=note.x,
            y=note.y,
            text=masking.text(note.text) if page.masked else note.text,
            pinned_by=name,
            pinned_at=note.pinned_at,
            mine=note.pinned_by == viewer.person_id,
        )
        for note, name in rows
    ]
