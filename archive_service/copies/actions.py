"""Issuing a certified copy, withdrawing it, and handing its file over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.audit.record import record
from archive_service.copies import queries, rules
from archive_service.copies.queries import Answer
from archive_service.copies.tables import CertifiedCopy, CopySeries
from archive_service.errors import Refused
from archive_service.households.tables import HouseholdFile
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import check_open
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored

MEDIA_TYPE = "application/pdf"


@dataclass(frozen=True)
class Said:
    """What the register keeps of a copy besides its pages."""

    household_id: int
    unit_id: int
    account_no: str
    purpose: str
    note: str
    receiver: str
    #: Why personal numbers were left readable; none where they are blacked out.
    unmask_reason: str | None


def take_number(session: Session, viewer: Viewer, unit_id: int, *, now: datetime) -> str:
    """Return the next number of a unit. Committed by itself: the number stands on the paper before there is a row."""
    viewer.require(Right.COPY_ISSUE, unit_id)
    of = rules.series(session.get_one(Unit, unit_id).code, zone.local(now).year)
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite_insert if on_sqlite else postgresql_insert)(CopySeries)
    upsert = insert.values(series=of, last=1).on_conflict_do_update(
        index_elements=["series"], set_={"last": CopySeries.last + 1}
    )
    return rules.number(of, session.scalars(upsert.returning(CopySeries.last)).one())


def issue(
    session: Session,
    viewer: Viewer,
    said: Said,
    *,
    number: str,
    code: str,
    request_key: str,
    pages: Sequence[Mapping[str, Any]],
    stored: Stored,
    signed: bool,
    now: datetime,
) -> CertifiedCopy:
    """Enter a copy, whose file the store holds already, into the register; the same request again returns the first."""
    viewer.require(Right.COPY_ISSUE, said.unit_id)
    # Also the file of who was second: what the store holds is on record.
    record_object(session, stored, role="copy", media_type=MEDIA_TYPE, now=now)
    known = queries.of_request(session, viewer, request_key)
    if known is not None:
        return known
    hashed = rules.code_hash(code)
    assert hashed is not None
    made = CertifiedCopy(
        number=number,
        code_hash=hashed,
        request_key=request_key,
        household_id=said.household_id,
        unit_id=said.unit_id,
        purpose=said.purpose,
        note=said.note,
        receiver=said.receiver,
        pages=[dict(one) for one in pages],
        page_count=len(pages),
        unmasked=said.unmask_reason is not None,
        unmask_reason=said.unmask_reason or "",
        digest=stored.digest,
        signed=signed,
        issued_by=viewer.person_id,
        issued_at=now,
        withdrawn_reason="",
    )
    session.add(made)
    session.flush()
    facts = {
        "account_no": said.account_no,
        "purpose": said.purpose,
        "pages": len(pages),
        "unmasked": made.unmasked,
        "reason": said.unmask_reason,
        "sha256": stored.digest,
        "signed": signed,
    }
    _note(session, viewer, made, "copy.issued", facts, now=now)
    return made


def check_code(session: Session, viewer: Viewer, code: str, *, failures: int, minutes: float, now: datetime) -> Answer:
    """Say how a code stands to somebody of the archive itself; what was never issued goes on record.

    Raises Refused after `failures` unknown codes of the same account within `minutes`; 0 failures refuse nobody.
    """
    since = now - timedelta(minutes=minutes)
    asked = queries.unknown_codes(session, viewer, since=since) if failures else []
    if failures and len(asked) >= failures:
        left = max(1, round((asked[-failures] + timedelta(minutes=minutes) - now) / timedelta(minutes=1)))
        raise Refused("copy.too-many-failures", f"查询不存在的验证码次数太多。请在 {left} 分钟后再试。")
    found = queries.answer(session, code)
    if found.state == "unknown":
        record(
            session, by=viewer.actor, did="copy.unknown-code", object_kind="copy", object_id="unknown",
            unit_id=viewer.unit_id, facts={}, now=now,
        )  # fmt: skip
    return found


def withdraw(session: Session, viewer: Viewer, copy_id: int, *, reason: str, now: datetime) -> CertifiedCopy:
    """Take a copy back: from now on its code is answered with "withdrawn". Raises NotFound, Refused, Invalid."""
    row = queries.for_update(session, viewer, copy_id)
    said = rules.check_reason(reason)
    if row.withdrawn_at is not None:
        raise Refused("copy.withdrawn", "这份证明复制件已经撤回，不用再撤。")
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = now, viewer.person_id, said
    session.flush()
    _note(session, viewer, row, "copy.withdrawn", {"reason": said}, now=now)
    return row


def hand_over(session: Session, viewer: Viewer, copy_id: int, *, now: datetime) -> CertifiedCopy:
    """Put on record that somebody takes the file of a copy, and return its row.

    Raises NotFound, and NotPermitted while a paper that it shows is stored only and not open to them.
    """
    row = queries.for_update(session, viewer, copy_id)
    check_open(session, viewer, {int(page["item"]) for page in row.pages})
    _note(session, viewer, row, "copy.downloaded", {"sha256": row.digest}, now=now)
    return row


def _note(
    session: Session, viewer: Viewer, row: CertifiedCopy, did: str, facts: Mapping[str, Any], *, now: datetime
) -> None:
    # Whoever asks who saw a household is told of its copies too.
    account = session.get_one(HouseholdFile, row.household_id).account_no
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="copy",
        object_id=row.id,
        unit_id=row.unit_id,
        facts={"number": row.number, "account_no": account, **facts},
        now=now,
    )
