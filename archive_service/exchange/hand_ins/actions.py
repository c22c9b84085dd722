"""Handing a package in, what its check saw, accepting or declining it, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, Refused
from archive_service.exchange.findings import Finding, as_facts
from archive_service.exchange.hand_ins import queries
from archive_service.exchange.sealing import Seal
from archive_service.exchange.tables import HandIn
from archive_service.jobs import queue
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored

TAKE_JOB = "package.take"
#: What taking a package in needs, in the unit that takes it.
RIGHTS = (Right.CASE_IMPORT, Right.SCAN_RECEIVE, Right.ITEM_CHANGE)
_LEAST_REASON, _LONGEST_REASON = 4, 300
#: Findings that are kept of a package; one with more is as wrong.
_MOST_FINDINGS = 2000


@dataclass(frozen=True)
class Seen:
    """What a check saw of a package that may come in; without a household it holds files of another program."""

    format: str
    seal: Seal
    manifest_sha256: str
    files: int
    warnings: Sequence[Finding] = ()
    account_no: str = ""
    cases: int = 0
    items: int = 0


def check_may_take(viewer: Viewer, unit_id: int | None = None) -> None:
    """Raise NotPermitted unless the viewer may take packages in: in a unit, or in any."""
    for right in RIGHTS:
        viewer.require(right, unit_id)


def hand_in(
    session: Session,
    viewer: Viewer,
    stored: Stored | None,
    *,
    name: str,
    channel: str,
    unit_id: int,
    as_named: bool,
    now: datetime,
) -> HandIn:
    """Put a package on record and have it checked; one that is not in the store is checked by the caller.

    `as_named` lets the household go to the unit that the package names. Raises NotPermitted.
    """
    check_may_take(viewer, unit_id)
    made = HandIn(
        unit_id=unit_id,
        as_named=as_named,
        channel=channel,
        name=name[:255],
        digest=stored.digest if stored else None,
        size_bytes=stored.size_bytes if stored else 0,
        handed_in_by=viewer.person_id,
        handed_in_at=now,
    )
    if stored is not None:
        record_object(session, stored, role="package", media_type="application/octet-stream", now=now)
    session.add(made)
    session.flush()
    note(session, viewer, made, "package.handed-in", {"name": made.name, "sha256": made.digest}, now=now)
    if stored is not None:
        queue.enqueue(session, kind=TAKE_JOB, subject=made.id, queue="upkeep", now=now)
    return made


def note_checked(session: Session, viewer: Viewer, made: HandIn, seen: Seen, *, now: datetime) -> None:
    """Let a package that nothing is wrong with wait for somebody's answer."""
    made.state, made.findings = "checked", as_facts(seen.warnings)
    made.format, made.manifest_sha256 = seen.format, seen.manifest_sha256
    made.account_no, made.cases, made.items, made.files = seen.account_no, seen.cases, seen.items, seen.files
    made.signature, made.signer = seen.seal.signature, seen.seal.signer[:300]
    facts = {"format": seen.format, "account_no": seen.account_no, "files": seen.files}
    told = {**facts, "manifest_sha256": seen.manifest_sha256, "signature": seen.seal.signature}
    note(session, viewer, made, "package.checked", told, now=now)


def note_refused(
    session: Session, viewer: Viewer, made: HandIn, findings: Sequence[Mapping[str, str]], *, now: datetime
) -> None:
    """Put on record that a package is not taken, and everything that is wrong with it."""
    made.state, made.finished_at = "refused", now
    made.findings = [dict(one) for one in findings[:_MOST_FINDINGS]]
    codes = sorted({one["code"] for one in findings})
    note(session, viewer, made, "package.refused", {"findings": len(findings), "codes": codes}, now=now)


def accept(session: Session, viewer: Viewer, hand_in_id: int, *, now: datetime) -> HandIn:
    """Have a package that was checked taken in. Raises NotFound, NotPermitted, Refused."""
    made = begin_taking(session, viewer, hand_in_id, now=now)
    queue.enqueue(session, kind=TAKE_JOB, subject=made.id, queue="upkeep", now=now)
    return made


def begin_taking(session: Session, viewer: Viewer, hand_in_id: int, *, now: datetime) -> HandIn:
    """Accept a package that the caller takes in itself. Raises NotFound, NotPermitted, Refused."""
    made = _waiting(session, viewer, hand_in_id)
    made.state, made.decided_by, made.decided_at = "taking", viewer.person_id, now
    note(session, viewer, made, "package.accepted", {"account_no": made.account_no}, now=now)
    return made


def decline(session: Session, viewer: Viewer, hand_in_id: int, *, reason: str, now: datetime) -> HandIn:
    """Send a package that was checked back, with the reason. Raises NotFound, NotPermitted, Invalid, Refused."""
    if not _LEAST_REASON <= len(reason.strip()) <= _LONGEST_REASON:
        raise Invalid("package.reason", f"请填写退回原因，{_LEAST_REASON} 到 {_LONGEST_REASON} 字。")
    made = _waiting(session, viewer, hand_in_id)
    made.state, made.decided_by, made.decided_at, made.finished_at = "declined", viewer.person_id, now, now
    made.reason = reason.strip()
    note(session, viewer, made, "package.declined", {"reason": made.reason}, now=now)
    return made


def note_taken(session: Session, made: HandIn, *, package_id: int | None, now: datetime) -> None:
    """Put down what came of a package; the household or its files have the entry of the trail."""
    made.state, made.finished_at = "taken", now
    made.package_id = package_id


def note_files(session: Session, viewer: Viewer, made: HandIn, *, now: datetime) -> None:
    """Put on record that all files of a package of another program are received."""
    note_taken(session, made, package_id=None, now=now)
    note(session, viewer, made, "package.files-received", {"batch": made.batch_id, "files": made.received}, now=now)


def stop(session: Session, viewer: Viewer, hand_in_id: int, *, now: datetime) -> None:
    """Put on record that a command ended before it was through with its package; what ended is left alone."""
    made = session.get(HandIn, hand_in_id, with_for_update=True)
    if made is None or made.digest is not None or made.finished_at is not None:
        return
    made.state, made.finished_at = "stopped", now
    note(session, viewer, made, "package.stopped", {}, now=now)


def note(session: Session, viewer: Viewer, made: HandIn, did: str, facts: Mapping[str, Any], *, now: datetime) -> None:
    """Put on record what was done with a package that was handed in."""
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="hand-in",
        object_id=made.id,
        unit_id=made.unit_id,
        facts=facts,
        now=now,
    )


def findings_of(code: str, message: str) -> list[dict[str, str]]:
    """Return a refusal as the one finding that it is."""
    return as_facts([Finding(code, "", message)])


def _waiting(session: Session, viewer: Viewer, hand_in_id: int) -> HandIn:
    made = queries.row(session, viewer, hand_in_id, lock=True)
    check_may_take(viewer, made.unit_id)
    if made.state != "checked":
        raise Refused(
            "package.not-waiting", "这个信息包不在等待答复，没有执行。请刷新页面看它到了哪一步。", state=made.state
        )
    return made
