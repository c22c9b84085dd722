"""Errors of stored objects as an indicator of the auditor's desk: by unit and month, down to the papers.

An error is an object that was found damaged, missing or unreadable in a store; it counts for every unit with a paper
that holds the object, in the local month in which it was found. Objects of no paper count for no unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.fixity.tables import FixityEvent
from archive_service.households.tables import CaseFile, HouseholdFile, Item, Page
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import closed, closed_title

_FOUND = ("damaged", "missing", "unreadable")
_COLUMNS = (Page.original_digest, Page.image_digest, Page.thumbnail_digest, Page.lines_digest)
_MOST, _SHOWN = 20_000, 200


@dataclass(frozen=True)
class Sum:
    """Errors of a unit in a month, `YYYY-MM`, and how many of those objects have no good copy."""

    unit_code: str
    unit_name: str
    month: str
    errors: int
    lost: int


@dataclass(frozen=True)
class Hit:
    """An error on a page of a paper."""

    number: int
    at: datetime
    outcome: str
    store: str
    #: Repaired or lost; empty when neither was written down.
    end: str
    unit_code: str
    unit_name: str
    account_no: str
    application_no: str | None
    item_id: int
    item_no: int
    title: str
    document_type: str
    page_no: int


@dataclass(frozen=True)
class _Error:
    number: int
    digest: str
    at: datetime
    outcome: str
    store: str
    end: str

    @property
    def month(self) -> str:
        return f"{zone.local(self.at):%Y-%m}"


@dataclass(frozen=True)
class Errors:
    """The sums by unit and month, newest month first, and the papers of those that were asked for."""

    sums: Sequence[Sum]
    hits: Sequence[Hit]


def errors(session: Session, viewer: Viewer, *, unit: str = "", month: str = "") -> Errors:
    """Return the errors of the viewer's units; with a unit (by code) or month, also their papers, 200 at most.

    Raises NotPermitted for who reads nothing of inspections.
    """
    viewer.require(Right.INSPECTION_READ)
    found = _found(session)
    hits = _hits(session, viewer, found)
    sums = _sums(hits, found)
    asked = [
        one
        for one in hits
        if (unit or month) and unit in ("", one.unit_code) and month in ("", f"{zone.local(one.at):%Y-%m}")
    ]
    return Errors(sums, asked[:_SHOWN])


def _found(session: Session) -> dict[int, _Error]:
    """Return the errors by their numbers, newest first, each with how it ended."""
    wanted = select(FixityEvent).order_by(FixityEvent.id.desc()).limit(_MOST)
    ends: dict[tuple[str, str], str] = {}
    found = {}
    for event in session.scalars(wanted):
        # Newest first: what came after an error was met before it.
        if event.outcome in _FOUND:
            end = ends.pop((event.digest, event.store), "") or ends.get((event.digest, "both"), "")
            found[event.id] = _Error(event.id, event.digest, event.at, event.outcome, event.store, end)
        else:
            ends[(event.digest, event.store)] = event.outcome
    return found


def _hits(session: Session, viewer: Viewer, found: dict[int, _Error]) -> list[Hit]:
    by_digest: dict[str, list[_Error]] = defaultdict(list)
    for error in found.values():
        by_digest[error.digest].append(error)
    units = viewer.units(Right.INSPECTION_READ)
    hits: dict[tuple[int, int, int], Hit] = {}
    for digests in _slices(by_digest):
        for column in _COLUMNS:
            for digest, page, item, head, case_no, at in _pages(session, column, digests, units):
                for one in by_digest[digest]:
                    hits[(-one.number, item.id, page)] = Hit(
                        one.number, one.at, one.outcome, one.store, one.end, at.code, at.name, head.account_no, case_no,
                        item.id, item.item_no, item.title, item.document_type, page,
                    )  # fmt: skip
    return without_closed(session, viewer, [hits[key] for key in sorted(hits)])


def without_closed(session: Session, viewer: Viewer, hits: Sequence[Hit]) -> list[Hit]:
    """Return hits without the titles of papers that this person may not read now."""
    shut = closed(session, viewer, {one.item_id for one in hits})
    return [replace(one, title=closed_title(one.document_type)) if one.item_id in shut else one for one in hits]


def _pages(
    session: Session, column: object, digests: Sequence[str], units: Collection[int]
) -> Iterable[tuple[str, int, Item, HouseholdFile, str | None, Unit]]:
    wanted = (
        select(column, Page.page_no, Item, HouseholdFile, CaseFile.application_no, Unit)  # type: ignore[call-overload]
        .join(Item, Item.id == Page.item_id)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .join(Unit, Unit.id == HouseholdFile.unit_id)
        .outerjoin(CaseFile, CaseFile.id == Item.case_id)
        .where(column.in_(digests), HouseholdFile.unit_id.in_(units))  # type: ignore[attr-defined]
    )
    return session.execute(wanted).all()


def _sums(hits: Sequence[Hit], found: dict[int, _Error]) -> list[Sum]:
    numbers: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for one in hits:
        numbers[(found[one.number].month, one.unit_code, one.unit_name)].add(one.number)
    made = [
        Sum(code, name, month, len(those), sum(found[number].end == "lost" for number in those))
        for (month, code, name), those in numbers.items()
    ]
    return sorted(sorted(made, key=lambda one: one.unit_code), key=lambda one: one.month, reverse=True)


def _slices(digests: Iterable[str]) -> Iterable[list[str]]:
    every = sorted(digests)
    return (every[start : start + 500] for start in range(0, len(every), 500))
