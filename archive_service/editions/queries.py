"""Reads of the catalogue desk, within the units whose editions a person may draft, release or read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from archive_service.editions.drafts import with_names
from archive_service.editions.tables import CatalogueCheck, CatalogueDraft, CatalogueFinding, CatalogueSlice
from archive_service.errors import NotFound
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class DraftView:
    """An edition on the desk."""

    id: int
    code: str
    title: str
    unit_id: int
    unit_name: str
    #: Whether it is for all units.
    for_all: bool
    effective_from: date
    text: str
    state: str
    revision: int
    made_by: int | None
    changed_by: int | None
    changer: str
    changed_at: datetime
    submitted_by: int | None
    submitter: str
    decider: str
    decided_at: datetime | None
    note: str


@dataclass(frozen=True)
class CheckView:
    """A check of the cases that an edition concerns: how far it is, and how many cases it found by effect."""

    id: int
    draft_id: int
    purpose: str
    revision: int
    state: str
    made_at: datetime
    finished_at: datetime | None
    #: Percent of the cases that were gone through, and how many of them may be concerned.
    percent: int
    done: int
    effects: dict[str, int]


@dataclass(frozen=True)
class FindingView:
    """A case that an edition changes."""

    id: int
    account_no: str
    account_name: str
    application_no: str
    customer_category: str
    business_type: str
    unit_name: str
    effect: str
    filed: bool
    added: tuple[str, ...]
    gone: tuple[str, ...]


def _units(viewer: Viewer) -> frozenset[int]:
    return viewer.units(Right.CATALOGUE_CHANGE) | viewer.units(Right.CATALOGUE_RELEASE)


def drafts(session: Session, viewer: Viewer, *, draft_id: int | None = None) -> list[DraftView]:
    """Return the editions on the desks of the viewer's units, what waits first, then the newest."""
    submitter = aliased(Person)
    chosen = (
        with_names(CatalogueDraft)
        .add_columns(Unit, submitter.name.label("submitter"))
        .join(Unit, Unit.id == CatalogueDraft.unit_id)
        .outerjoin(submitter, submitter.id == CatalogueDraft.submitted_by)
        .where(CatalogueDraft.unit_id.in_(_units(viewer)))
    )
    if draft_id is not None:
        chosen = chosen.where(CatalogueDraft.id == draft_id)
    found = [
        _draft(row.CatalogueDraft, row.Unit, row.changer, row.submitter, row.decider) for row in session.execute(chosen)
    ]
    order = {"submitted": 0, "draft": 1, "released": 2, "dropped": 3}
    return sorted(found, key=lambda each: order[each.state])


def _draft(
    row: CatalogueDraft, unit: Unit, changer: str | None, submitter: str | None, decider: str | None
) -> DraftView:
    return DraftView(
        row.id,
        row.code,
        row.title,
        row.unit_id,
        unit.name,
        unit.parent_id is None,
        row.effective_from,
        row.text,
        row.state,
        row.revision,
        row.made_by,
        row.changed_by,
        changer or "",
        row.changed_at,
        row.submitted_by,
        submitter or "",
        decider or "",
        row.decided_at,
        row.note or "",
    )


def draft(session: Session, viewer: Viewer, draft_id: int) -> DraftView:
    """Return an edition on the desk. Raises NotFound."""
    found = drafts(session, viewer, draft_id=draft_id)
    if not found:
        raise NotFound("edition.not-found", "没有这个目录版本，或者您无权查看。请从目录列表里选择。")
    return found[0]


def checks(session: Session, draft_id: int) -> list[CheckView]:
    """Return the checks of an edition that the viewer was shown, newest first."""
    rows = session.scalars(
        select(CatalogueCheck).where(CatalogueCheck.draft_id == draft_id).order_by(CatalogueCheck.id.desc())
    )
    return [_check(session, row) for row in rows]


def check(session: Session, viewer: Viewer, check_id: int) -> tuple[CheckView, DraftView]:
    """Return a check with its edition. Raises NotFound."""
    row = session.get(CatalogueCheck, check_id)
    if row is None:
        raise NotFound("edition.no-check", "没有这份影响报告，或者您无权查看。请从目录列表里选择。")
    return _check(session, row), draft(session, viewer, row.draft_id)


def _check(session: Session, row: CatalogueCheck) -> CheckView:
    sums = session.execute(
        select(
            func.sum(CatalogueSlice.next_id - CatalogueSlice.first_id),
            func.sum(CatalogueSlice.end_id - CatalogueSlice.first_id),
            func.sum(CatalogueSlice.done),
        ).where(CatalogueSlice.check_id == row.id)
    ).one()
    reached, whole, done = (int(each or 0) for each in sums)
    effects = session.execute(
        select(CatalogueFinding.effect, func.count().label("found"))
        .where(CatalogueFinding.check_id == row.id)
        .group_by(CatalogueFinding.effect)
    )
    return CheckView(
        row.id,
        row.draft_id,
        row.purpose,
        row.revision,
        row.state,
        row.made_at,
        row.finished_at,
        100 if row.state == "done" else 100 * reached // max(whole, 1),
        done,
        {row.effect: row.found for row in effects},
    )


def findings(
    session: Session, viewer: Viewer, check_id: int, *, effect: str = "", after: int = 0, limit: int = 50
) -> Sequence[FindingView]:
    """Return the cases that a check found and the viewer may read, in the order in which it came to them."""
    chosen = (
        select(CatalogueFinding, CaseFile, HouseholdFile, Unit.name)
        .join(CaseFile, CaseFile.id == CatalogueFinding.case_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .join(Unit, Unit.id == HouseholdFile.unit_id)
        .where(CatalogueFinding.check_id == check_id, CatalogueFinding.id > after)
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
        .order_by(CatalogueFinding.id)
        .limit(limit)
    )
    if effect:
        chosen = chosen.where(CatalogueFinding.effect == effect)
    return [
        FindingView(
            row.id,
            household.account_no,
            household.account_name,
            case.application_no,
            case.customer_category,
            case.business_type,
            unit,
            row.effect,
            row.filed,
            tuple(row.added),
            tuple(row.gone),
        )
        for row, case, household, unit in session.execute(chosen)
    ]
