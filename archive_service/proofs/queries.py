"""Checkpoints, checks and exports as auditors see them, and proofs of single entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.orm import Session

from archive_service.audit import bundle, deposits
from archive_service.audit.deposits import CheckpointView, DepositView, PlaceView
from archive_service.audit.tables import AuditEntry
from archive_service.errors import NotFound
from archive_service.jobs.tables import Job
from archive_service.people.queries import all_unit_ids
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer
from archive_service.proofs.tables import AuditRun

#: Kinds of the jobs that work on a row, by its kind.
JOBS = {"check": "audit-check", "export": "audit-export"}


@dataclass(frozen=True)
class CheckpointRow:
    """A checkpoint, and whether it was written to its places."""

    of: CheckpointView
    deposits: Sequence[DepositView]


@dataclass(frozen=True)
class CheckpointListing:
    """A page of checkpoints, newest first; `next` is the `before` of the following page."""

    rows: Sequence[CheckpointRow]
    next: int | None
    places: Sequence[PlaceView]


@dataclass(frozen=True)
class RunView:
    """A check or an export as it is shown."""

    id: int
    kind: str
    state: str
    account_no: str | None
    sample_id: int | None
    first_day: date | None
    last_day: date | None
    asked_by: str | None
    asked_at: datetime
    finished_at: datetime | None
    entries: int
    covered: int
    finding_count: int
    #: Number of the entry and reason of what does not hold, the first of it.
    findings: Sequence[Sequence[int | str]]
    digest: str | None
    size_bytes: int
    key: str
    #: Of the job: entries done, all of them, its state, and the class of its failure.
    done: int
    total: int
    job_state: str | None
    error_code: str | None

    @property
    def moving(self) -> bool:
        """Say whether a job works on it or is about to."""
        return self.state == "asked" and self.job_state in ("queued", "running")

    @property
    def stuck(self) -> bool:
        """Say whether its job ended before it was done."""
        return self.state == "asked" and not self.moving


def checkpoints(
    session: Session, viewer: Viewer, *, places: list[str], before: int | None = None, limit: int = 50
) -> CheckpointListing:
    """Return the signed checkpoints, newest first, and how the places stand that the settings name."""
    viewer.require(Right.AUDIT_READ)
    found = deposits.checkpoints(session, limit=limit + 1, before=before)
    written = deposits.deposited(session, [one.size for one in found])
    rows = [CheckpointRow(one, written.get(one.size, [])) for one in found[:limit]]
    following = rows[-1].of.size if len(found) > limit else None
    return CheckpointListing(rows, following, deposits.places(session, places))


def checkpoint(session: Session, viewer: Viewer, size: int) -> CheckpointRow:
    """Return the checkpoint over the first `size` entries. Raises NotFound."""
    viewer.require(Right.AUDIT_READ)
    found = deposits.checkpoints(session, size=size)
    if not found:
        raise NotFound("audit.checkpoint-not-found", "没有覆盖到这一条的检查点。请从检查点列表里选择。")
    return CheckpointRow(found[0], deposits.deposited(session, [size]).get(size, []))


def inclusion(session: Session, viewer: Viewer, seq: int, size: int) -> dict[str, Any]:
    """Return what proves that an entry that the viewer may read is under a checkpoint. Raises NotFound."""
    viewer.require(Right.AUDIT_READ)
    mine = AuditEntry.unit_id.in_(viewer.units(Right.AUDIT_READ))
    readable = or_(mine, AuditEntry.unit_id.is_(None)) if _reads_all(session, viewer) else mine
    there = session.scalar(select(AuditEntry.seq).where(AuditEntry.seq == seq, readable))
    found = bundle.proof_of(session, seq, size) if there is not None else None
    if found is None:
        raise NotFound(
            "audit.entry-not-found", "这一条不在该检查点之内，或者您无权查看。请核对条目序号，或换一个更新的检查点。"
        )
    return found


def consistency(session: Session, viewer: Viewer, old: int, new: int) -> dict[str, Any]:
    """Return what proves that a checkpoint goes on from an older one. Raises NotFound."""
    viewer.require(Right.AUDIT_READ)
    found = bundle.consistency_of(session, old, new)
    if found is None:
        raise NotFound("audit.checkpoint-not-found", "没有覆盖到这一条的检查点。请从检查点列表里选择。")
    return found


def runs(session: Session, viewer: Viewer, *, kind: str, limit: int = 20) -> list[RunView]:
    """Return the newest checks or exports that the viewer may know of, newest first."""
    viewer.require(Right.AUDIT_READ)
    wanted = _rows(session, viewer).where(AuditRun.kind == kind).order_by(AuditRun.id.desc()).limit(limit)
    return [_view(one) for one in session.execute(wanted)]


def run(session: Session, viewer: Viewer, run_id: int) -> RunView:
    """Return a check or export. Raises NotFound."""
    viewer.require(Right.AUDIT_READ)
    found = session.execute(_rows(session, viewer).where(AuditRun.id == run_id)).first()
    if found is None:
        raise NotFound("audit.run-not-found", "没有这次核验或导出，或者您无权查看。请返回审计检查点。")
    return _view(found)


def being_checked(session: Session) -> AuditRun | None:
    """Return the check that a job works on or is about to."""
    working = select(Job.id).where(
        Job.kind == JOBS["check"], Job.subject == cast(AuditRun.id, String), Job.state.in_(("queued", "running"))
    )
    asked = select(AuditRun).where(AuditRun.kind == "check", AuditRun.state == "asked", working.exists())
    return session.scalars(asked.limit(1)).first()


def _reads_all(session: Session, viewer: Viewer) -> bool:
    return viewer.units(Right.AUDIT_READ) >= all_unit_ids(session)


def _rows(session: Session, viewer: Viewer) -> Any:
    last = (
        select(func.max(Job.id))
        .where(Job.kind.in_(JOBS.values()), Job.subject == cast(AuditRun.id, String))
        .correlate(AuditRun)
        .scalar_subquery()
    )
    # A check says nothing of any record; an export is for those who might have asked for it themselves.
    seen: ColumnElement[bool] = or_(AuditRun.kind == "check", AuditRun.unit_id.in_(viewer.units(Right.AUDIT_READ)))
    if _reads_all(session, viewer):
        seen = or_(seen, AuditRun.unit_id.is_(None))
    return (
        select(
            AuditRun, Person.name.label("asker"), Job.done_units, Job.total_units, Job.state.label("job_state"),
            Job.error_code.label("job_error"),
        )
        .outerjoin(Person, Person.id == AuditRun.asked_by)
        .outerjoin(Job, Job.id == last)
        .where(seen)
    )  # fmt: skip


def _view(found: Any) -> RunView:
    row: AuditRun = found.AuditRun
    return RunView(
        id=row.id,
        kind=row.kind,
        state=row.state,
        account_no=row.account_no,
        sample_id=row.sample_id,
        first_day=row.first_day,
        last_day=row.last_day,
        asked_by=found.asker,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        entries=row.entries,
        covered=row.covered,
        finding_count=row.finding_count,
        findings=row.findings,
        digest=row.digest,
        size_bytes=row.size_bytes,
        key=row.key,
        done=found.done_units or 0,
        total=found.total_units or 0,
        job_state=found.job_state,
        error_code=found.job_error,
    )
