"""Asking for a check or an export of the trail, and handing over what proves something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.audit.record import Actor, record
from archive_service.errors import Damaged, Refused
from archive_service.jobs import queue
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.proofs import queries, selecting
from archive_service.proofs.selecting import Asked
from archive_service.proofs.tables import AuditRun

CHECK_JOB, EXPORT_JOB = queries.JOBS["check"], queries.JOBS["export"]


def ask_check(session: Session, viewer: Viewer, *, now: datetime) -> AuditRun:
    """Ask that the whole trail and its checkpoints are checked; while that is under way nothing is asked twice.

    A trail that is so broken that nothing can be appended is checked all the same: then only the row tells who asked.
    """
    viewer.require(Right.AUDIT_READ)
    if (under_way := queries.being_checked(session)) is not None:
        return under_way
    made = AuditRun(kind="check", asked_by=viewer.person_id, asked_at=now)
    _enter(session, made, now)
    note(session, viewer.actor, made, did="audit.check-asked", facts={}, now=now)
    return made


def ask_export(session: Session, viewer: Viewer, asked: Asked, *, now: datetime) -> AuditRun:
    """Ask for a bundle. Raises Invalid, NotPermitted, NotFound, and Damaged when nothing can be appended any more."""
    _, unit_id = selecting.chosen(session, viewer, asked)
    made = AuditRun(
        kind="export",
        unit_id=unit_id,
        account_no=asked.account_no,
        sample_id=asked.sample_id,
        first_day=asked.first_day,
        last_day=asked.last_day,
        asked_by=viewer.person_id,
        asked_at=now,
    )
    _enter(session, made, now)
    if not note(session, viewer.actor, made, did="audit.export-asked", facts=_said(asked), now=now):
        raise Damaged("audit.broken", "审计链断裂，不能再追加。请运行 audit verify 查明后通知审计管理员。")
    return made


def hand_over(session: Session, viewer: Viewer, run_id: int, *, now: datetime) -> tuple[str, str]:
    """Put on record that somebody takes a bundle along; return its digest and the name of the file.

    Raises NotFound, NotPermitted, and Refused while it is not made.
    """
    found = queries.run(session, viewer, run_id)
    if found.digest is None:
        raise Refused("audit.not-ready", "这个审计包还没有制成，不能下载。请稍候，或重新导出。")
    row = session.get_one(AuditRun, run_id)
    note(session, viewer.actor, row, did="audit.downloaded", facts={"sha256": found.digest}, now=now)
    return found.digest, f"audit-{run_id}.zip"


def note_proof(
    session: Session, viewer: Viewer, facts: Mapping[str, Any], *, unit_id: int | None, now: datetime
) -> None:
    """Put on record that somebody takes a proof along: of an entry, or between two checkpoints."""
    record(
        session, by=viewer.actor, did="audit.proof-taken", object_kind="audit", object_id="proof", unit_id=unit_id,
        facts=facts, now=now,
    )  # fmt: skip


def note(session: Session, by: Actor, row: AuditRun, *, did: str, facts: Mapping[str, Any], now: datetime) -> bool:
    """Put on record what was done with a check or export; False where the broken trail takes no entry any more."""
    try:
        with session.begin_nested():
            record(
                session, by=by, did=did, object_kind="audit-run", object_id=row.id, unit_id=row.unit_id, facts=facts,
                now=now,
            )  # fmt: skip
    except IntegrityError:
        return False
    return True


def _enter(session: Session, made: AuditRun, now: datetime) -> None:
    session.add(made)
    session.flush()
    queue.enqueue(session, kind=queries.JOBS[made.kind], subject=made.id, queue="upkeep", now=now)


def _said(asked: Asked) -> dict[str, Any]:
    said = {
        "account_no": asked.account_no,
        "sample": asked.sample_id,
        "from": asked.first_day.isoformat() if asked.first_day else None,
        "to": asked.last_day.isoformat() if asked.last_day else None,
    }
    return {name: value for name, value in said.items() if value is not None}
