"""Reads of the auditor's desk, always within the units whose records the viewer reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from archive_service.audit.queries import EntryView, view
from archive_service.audit.tables import AuditEntry
from archive_service.errors import NotFound
from archive_service.households.queries import figures
from archive_service.households.queries.figures import Dimension, FigureFilters, Total
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.inspection.indicators import INDICATORS, Indicator, Value
from archive_service.inspection.rules import MOVES, State, Step
from archive_service.inspection.tables import Finding, FindingStep, Sample, SampleCase
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import closed

_KEPT_ONLY = "所涉资料只作存储，内容不再显示。"


@dataclass(frozen=True)
class BoardRow:
    """The indicators of one unit, category, business type or month."""

    key: str
    name: str
    cases: int
    values: tuple[Value, ...]

    def value(self, code: str) -> Value:
        """Return the indicator with this code."""
        return next(one for one in self.values if one.indicator.code == code)


@dataclass(frozen=True)
class Board:
    """All indicators by one dimension, and of everything together."""

    by: Dimension
    indicators: tuple[Indicator, ...]
    rows: Sequence[BoardRow]
    whole: BoardRow

    def as_json(self) -> dict[str, Any]:
        """Return the board as programs rely on it."""
        return {
            "by": self.by,
            "indicators": [
                {"code": one.code, "name": one.name, "definition": one.definition} for one in self.indicators
            ],
            "rows": [_as_json(row) for row in self.rows],
            "whole": _as_json(self.whole),
        }


def board(
    session: Session, viewer: Viewer, *, by: Dimension, filters: FigureFilters | None = None, today: date
) -> Board:
    """Return every indicator of the viewer's cases by one dimension."""
    found = figures.totals(session, viewer, by=by, filters=filters, today=today)
    return board_of(found, by=by)


def board_of(found: Sequence[Total], *, by: Dimension) -> Board:
    """Return the board of sums that were read already."""
    whole = Total("", "合计", figures.added(found))
    return Board(by, INDICATORS, [_row(one) for one in found], _row(whole))


def _row(total: Total) -> BoardRow:
    values = tuple(indicator.value(total.sums) for indicator in INDICATORS)
    return BoardRow(total.key, total.name, total.sums["cases"], values)


def _as_json(row: BoardRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "cases": row.cases,
        "values": {
            one.indicator.code: {"part": one.part, "whole": one.whole, "value": one.number, "unit": one.indicator.unit}
            for one in row.values
        },
    }


@dataclass(frozen=True)
class SampleView:
    """A sample with how far it is."""

    id: int
    name: str
    unit_code: str
    unit_name: str
    method: str
    frame: Mapping[str, Any]
    frame_size: int
    frame_digest: str
    size: int
    seed: str
    drawn_by: str
    drawn_at: datetime
    closed_at: datetime | None
    inspected: int
    faulty: int


@dataclass(frozen=True)
class SampleCaseView:
    """A case of a sample with its sheet, and how it stood when it was drawn and stands now."""

    place: int
    case_id: int
    application_no: str
    account_no: str
    account_name: str
    unit_id: int
    unit_name: str
    customer_category: str
    business_type: str
    drawn_as: Mapping[str, Any]
    #: The household was changed since the case was drawn.
    changed: bool
    verdict: str | None
    sheet: Mapping[str, str]
    remark: str
    inspected_by: str
    inspected_at: datetime | None
    findings: int


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


_INSPECTED = select(func.count()).where(SampleCase.sample_id == Sample.id, SampleCase.verdict.is_not(None))
_FAULTY = select(func.count()).where(SampleCase.sample_id == Sample.id, SampleCase.verdict == "faulty")


def samples(session: Session, viewer: Viewer, *, after: int | None = None, limit: int = 100) -> list[SampleView]:
    """Return the samples of the viewer's units, newest first; `after` is the id of the last one seen."""
    return _samples(session, viewer, limit=limit, after=after)


def sample(session: Session, viewer: Viewer, sample_id: int) -> SampleView:
    """Return a sample. Raises NotFound."""
    found = _samples(session, viewer, limit=1, sample_id=sample_id)
    if not found:
        raise NotFound("sample.not-found", "没有这个样本，或者您无权查看。请从样本清单里选择。")
    return found[0]


def _samples(
    session: Session, viewer: Viewer, *, limit: int, sample_id: int | None = None, after: int | None = None
) -> list[SampleView]:
    wanted = (
        select(Sample, Unit, Person.name, _INSPECTED.scalar_subquery(), _FAULTY.scalar_subquery())
        .join(Unit, Unit.id == Sample.unit_id)
        .outerjoin(Person, Person.id == Sample.drawn_by)
        .where(Sample.unit_id.in_(viewer.units(Right.INSPECTION_READ)))
        .order_by(Sample.id.desc())
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(Sample.id < after)
    if sample_id is not None:
        wanted = wanted.where(Sample.id == sample_id)
    return [
        SampleView(
            row.id, row.name, unit.code, unit.name, row.method, row.frame, row.frame_size, row.frame_digest, row.size,
            row.seed, drawn_by or "", row.drawn_at, row.closed_at, inspected, faulty,
        )
        for row, unit, drawn_by, inspected, faulty in session.execute(wanted)
    ]  # fmt: skip


def sample_cases(
    session: Session,
    viewer: Viewer,
    sample_id: int,
    *,
    place: int | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[SampleCaseView]:
    """Return the cases of a sample in the order of drawing behind the place `after`, or the one at `place`.

    Raises NotFound for no such sample, or no such place in it.
    """
    sample(session, viewer, sample_id)
    raised = select(func.count()).where(Finding.sample_case_id == SampleCase.id).scalar_subquery()
    wanted = (
        select(SampleCase, CaseFile, HouseholdFile, Unit.name, Person.name, raised)
        .join(CaseFile, CaseFile.id == SampleCase.case_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .join(Unit, Unit.id == HouseholdFile.unit_id)
        .outerjoin(Person, Person.id == SampleCase.inspected_by)
        .where(SampleCase.sample_id == sample_id, HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
        .where(SampleCase.place > after)
        .order_by(SampleCase.place)
        .limit(limit)
    )
    if place is not None:
        wanted = wanted.where(SampleCase.place == place)
    found = [_sample_case(*row) for row in session.execute(wanted)]
    if place is not None and not found:
        raise NotFound("sample.case-not-found", "样本中没有这一件。请从样本清单里选择。")
    return found


def _sample_case(
    row: SampleCase, case: CaseFile, head: HouseholdFile, unit_name: str, by: str | None, findings: int
) -> SampleCaseView:
    return SampleCaseView(
        row.place, case.id, case.application_no, head.account_no, head.account_name, head.unit_id, unit_name,
        case.customer_category, case.business_type, row.drawn_as, head.revision != row.drawn_as.get("revision"),
        row.verdict, row.sheet, row.remark, by or "", row.inspected_at, findings,
    )  # fmt: skip


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


def trail(session: Session, viewer: Viewer, sample_id: int, *, limit: int = 5000) -> list[EntryView]:
    """Return what the audit trail has of a sample and its findings, oldest first."""
    sample(session, viewer, sample_id)
    own = select(cast(Finding.id, String)).join(SampleCase, SampleCase.id == Finding.sample_case_id)
    wanted = (
        select(AuditEntry)
        .where(
            AuditEntry.unit_id.in_(viewer.units(Right.INSPECTION_READ)),
            or_(
                and_(AuditEntry.object_kind == "sample", AuditEntry.object_id == str(sample_id)),
                and_(
                    AuditEntry.object_kind == "finding",
                    AuditEntry.object_id.in_(own.where(SampleCase.sample_id == sample_id)),
                ),
            ),
        )
        .order_by(AuditEntry.seq)
        .limit(limit)
    )
    return [view(row) for row in session.scalars(wanted)]
