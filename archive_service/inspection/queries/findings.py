"""Findings, their steps and their states, within the units whose records the viewer reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.inspection.rules import MOVES, State, Step
from archive_service.inspection.tables import Finding, FindingStep, SampleCase
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import closed

_KEPT_ONLY = "所涉资料只作存储，内容不再显示。"


@dataclass(frozen=True)
class StepView:
    """A step of a finding."""

    step: str
    words: str
    proof_item_id: int | None
    due_on: date | None
    by: str
    at: datetime


@dataclass(frozen=True)
class FindingView:
    """A finding; its steps only where one finding is asked for."""

    id: int
    sample_id: int | None
    place: int | None
    application_no: str
    account_no: str
    unit_id: int
    unit_name: str
    rule: str
    severity: str
    description: str
    item_id: int | None
    page_no: int | None
    due_on: date
    state: str
    rounds: int
    raised_by: str
    raised_at: datetime
    steps: tuple[StepView, ...] = ()


@dataclass(frozen=True)
class FindingFilters:
    """Which findings; every filter given must hold."""

    state: str | None = None
    sample_id: int | None = None
    case_id: int | None = None
    #: Not closed and due before this day.
    overdue_on: date | None = None


def findings(
    session: Session,
    viewer: Viewer,
    filters: FindingFilters | None = None,
    *,
    after: int | None = None,
    limit: int = 100,
) -> list[FindingView]:
    """Return the findings of the viewer's units, newest first; `after` is the id of the last one seen."""
    filters = filters or FindingFilters()
    wanted = _findings(viewer).order_by(Finding.id.desc()).limit(limit)
    if filters.state:
        wanted = wanted.where(Finding.state == filters.state)
    if filters.sample_id is not None:
        wanted = wanted.where(SampleCase.sample_id == filters.sample_id)
    if filters.case_id is not None:
        wanted = wanted.where(Finding.case_id == filters.case_id)
    if filters.overdue_on is not None:
        wanted = wanted.where(Finding.state != "closed", Finding.due_on < filters.overdue_on)
    if after is not None:
        wanted = wanted.where(Finding.id < after)
    rows = session.execute(wanted).all()
    shut = closed(session, viewer, {row[0].item_id for row in rows if row[0].item_id is not None})
    return [_concealed(_finding(*row), shut) for row in rows]


def finding(session: Session, viewer: Viewer, finding_id: int) -> FindingView:
    """Return a finding with its steps. Raises NotFound."""
    row = session.execute(_findings(viewer).where(Finding.id == finding_id)).first()
    if row is None:
        raise NotFound("finding.not-found", "没有这个问题，或者您无权查看。请从问题清单里选择。")
    steps = (
        select(FindingStep, Person.name)
        .outerjoin(Person, Person.id == FindingStep.by)
        .where(FindingStep.finding_id == finding_id)
        .order_by(FindingStep.id)
    )
    told = tuple(
        StepView(one.step, one.words, one.proof_item_id, one.due_on, name or "", one.at)
        for one, name in session.execute(steps)
    )
    found = replace(_finding(*row), steps=told)
    papers = [found.item_id, *(one.proof_item_id for one in told)]
    return _concealed(found, closed(session, viewer, {one for one in papers if one is not None}))


def _concealed(found: FindingView, shut: Collection[int]) -> FindingView:
    """Return a finding without what was written of a paper that is stored only; its rule, days and steps stay."""
    if found.item_id in shut:
        steps = tuple(replace(one, words=_KEPT_ONLY) for one in found.steps)
        return replace(found, description=_KEPT_ONLY, steps=steps)
    told = (replace(one, words=_KEPT_ONLY) if one.proof_item_id in shut else one for one in found.steps)
    return replace(found, steps=tuple(told))


def steps_open(viewer: Viewer, finding: FindingView) -> list[str]:
    """Return the steps that this person may take with a finding now, in the order of their frequency."""
    mine = []
    for step in (Step.ANSWERED, Step.CLOSED, Step.REFUSED, Step.EXTENDED, Step.ESCALATED):
        right = Right.FINDING_ANSWER if step is Step.ANSWERED else Right.INSPECT
        if State(finding.state) in MOVES[step].frm and viewer.may(right, finding.unit_id):
            mine.append(step.value)
    return mine


def finding_states(session: Session, viewer: Viewer) -> dict[str, int]:
    """Return how many findings of the viewer's units stand in each state."""
    mine = Finding.unit_id.in_(viewer.units(Right.INSPECTION_READ))
    wanted = select(Finding.state, func.count()).where(mine).group_by(Finding.state)
    return dict(session.execute(wanted).all())


def _findings(viewer: Viewer) -> Select[Finding, int, int, CaseFile, HouseholdFile, str, str]:
    return (
        select(Finding, SampleCase.sample_id, SampleCase.place, CaseFile, HouseholdFile, Unit.name, Person.name)
        .join(CaseFile, CaseFile.id == Finding.case_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .join(Unit, Unit.id == Finding.unit_id)
        .outerjoin(SampleCase, SampleCase.id == Finding.sample_case_id)
        .outerjoin(Person, Person.id == Finding.raised_by)
        .where(Finding.unit_id.in_(viewer.units(Right.INSPECTION_READ)))
    )


def _finding(
    row: Finding,
    sample_id: int | None,
    place: int | None,
    case: CaseFile,
    head: HouseholdFile,
    unit_name: str,
    raised_by: str | None,
) -> FindingView:
    return FindingView(
        row.id, sample_id, place, case.application_no, head.account_no, row.unit_id, unit_name, row.rule, row.severity,
        row.description, row.item_id, row.page_no, row.due_on, row.state, row.rounds, raised_by or "", row.raised_at,
    )  # fmt: skip
