"""Take a scan in hand, keep it, let go of it, hand it over.

Whoever opens a scan on the desk has it for some minutes; each sign of life renews that. Every verb locks the scan, like
every verb of the review: of two who take the same scan at once one has it, the other is told. Claims change no record
of the archive, so opening and leaving are not audited; taking a scan out of other hands, and handing it over, are.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.zone import local
from ingest import states
from ingest.claims import queries
from ingest.claims.queries import Holder
from ingest.claims.tables import ReviewClaim
from ingest.tables import Scan


def take(session: Session, viewer: Viewer, scan_id: int, *, minutes: float, now: datetime, over: bool = False) -> int:
    """Take a scan in hand for so many minutes; return the turn, which `keep` and `leave` are to name.

    A scan in other hands is taken only `over`, on purpose. Raises NotFound, and Refused (`review.held`) when somebody
    else has it, or (`review.settled`) when nothing in it waits for a person.
    """
    scan = _locked(session, viewer, scan_id)
    if scan.state != states.NEEDS_REVIEW or viewer.person_id is None:
        raise Refused("review.settled", "这份扫描件没有待校核的资料，无需接手。请继续下一份。")
    before = queries.holder(session, scan_id, now=now)
    if before is not None and before.person_id != viewer.person_id:
        if not over:
            raise held(before)
        _audit(session, viewer, scan, "scan.taken-over", {"from": before.person_id}, now=now)
    row = _row(session, scan_id)
    if row is None:
        row = ReviewClaim(scan_id=scan_id, turn=0, since=now, person_id=viewer.person_id)
        session.add(row)
    mine = before is not None and before.person_id == viewer.person_id
    # What was handed over to this person stays theirs until it is done.
    row.until = None if mine and row.until is None else now + timedelta(minutes=minutes)
    if not mine:
        row.person_id, row.since, row.handed_by, row.note = viewer.person_id, now, None, ""
    row.turn += 1
    session.flush()
    return row.turn


def keep(session: Session, viewer: Viewer, scan_id: int, *, turn: int, minutes: float, now: datetime) -> bool:
    """Give a sign of life; say whether the scan is still in the viewer's hands. Raises NotFound.

    A claim that ran out, or was let go of in another window, is taken up again unless somebody else has the scan.
    """
    scan = _locked(session, viewer, scan_id)
    before = queries.holder(session, scan_id, now=now)
    if scan.state != states.NEEDS_REVIEW or (before is not None and before.person_id != viewer.person_id):
        return False
    if before is None:
        end(session, scan_id)
        session.add(ReviewClaim(scan_id=scan_id, person_id=viewer.person_id, since=now, until=now, turn=turn))
        session.flush()
    row = _row(session, scan_id)
    if row is not None and row.until is not None:
        row.until = now + timedelta(minutes=minutes)
    return True


def leave(session: Session, viewer: Viewer, scan_id: int, *, turn: int | None = None) -> None:
    """Let go of a scan, if the viewer has it and has not opened it again since `turn`. Raises NotFound.

    A scan that was handed over to the viewer stays theirs.
    """
    _locked(session, viewer, scan_id)
    row = _row(session, scan_id)
    if row is None or row.person_id != viewer.person_id or row.until is None:
        return
    if turn is None or row.turn == turn:
        session.delete(row)


def hand_over(session: Session, viewer: Viewer, scan_id: int, *, to: int, note: str, now: datetime) -> str:
    """Give a scan to somebody else who reviews in its unit, until it is done; return their name.

    Raises NotFound, Invalid for somebody who may not review there, and Refused when a third person has the scan.
    """
    scan = _locked(session, viewer, scan_id)
    if scan.state != states.NEEDS_REVIEW:
        raise Refused("review.settled", "这份扫描件没有待校核的资料，无需转交。请继续下一份。")
    check(session, viewer, scan_id, now=now)
    found = [one for one in people.colleagues(session, Right.SCAN_REVIEW, scan.unit_id) if one.id == to]
    if not found or to == viewer.person_id:
        raise Invalid("review.colleague", "只能转交给在本单位有校核权限的其他人员。请从列表中选择。")
    row = _row(session, scan_id) or ReviewClaim(scan_id=scan_id, turn=0)
    session.add(row)
    row.person_id, row.since, row.until, row.turn = to, now, None, row.turn + 1
    row.handed_by, row.note = viewer.person_id, note.strip()[:200]
    _audit(session, viewer, scan, "scan.handed-over", {"to": to, "note": row.note}, now=now)
    session.flush()
    return found[0].name


def check(session: Session, viewer: Viewer, scan_id: int, *, now: datetime) -> None:
    """Raise Refused when a scan, which the caller has locked, is in the hands of somebody other than the viewer.

    The archive itself, on the command line, asks nobody.
    """
    before = queries.holder(session, scan_id, now=now)
    if before is not None and viewer.person_id is not None and before.person_id != viewer.person_id:
        raise held(before)


def end(session: Session, scan_id: int) -> None:
    """Forget the claim on a scan, which the caller has locked, because nothing in it waits any more."""
    session.execute(delete(ReviewClaim).where(ReviewClaim.scan_id == scan_id))


def held(by: Holder) -> Refused:
    """Return the refusal for a scan in other hands, with who has it and since when."""
    since = local(by.since).strftime("%H:%M")
    return Refused(
        "review.held",
        f"这份扫描件自 {since} 起由{by.person_name}校核，您的更改没有保存。要由您办理，请先接手；否则请继续下一份。",
        since=since,
    )


def _row(session: Session, scan_id: int) -> ReviewClaim | None:
    wanted = select(ReviewClaim).where(ReviewClaim.scan_id == scan_id)
    return session.scalar(wanted, execution_options={"populate_existing": True})


def _locked(session: Session, viewer: Viewer, scan_id: int) -> Scan:
    wanted = select(Scan).where(Scan.id == scan_id).with_for_update()
    scan = session.scalar(wanted, execution_options={"populate_existing": True})
    if scan is None or not viewer.may(Right.SCAN_REVIEW, scan.unit_id):
        raise NotFound("scan.not-found", "没有这份扫描件，或您无权查看。请返回扫描列表。")
    return scan


def _audit(session: Session, viewer: Viewer, scan: Scan, did: str, facts: dict[str, object], *, now: datetime) -> None:
    record(
        session, by=viewer.actor, did=did, object_kind="scan", object_id=scan.id, unit_id=scan.unit_id, facts=facts,
        now=now,
    )  # fmt: skip
