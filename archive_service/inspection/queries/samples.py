"""Samples, their cases, and what the trail has of them, within the units whose records the viewer reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from archive_service.audit.queries import EntryView, view
from archive_service.audit.tables import AuditEntry
from archive_service.errors import NotFound
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.inspection.tables import Finding, Sample, SampleCase
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer


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
