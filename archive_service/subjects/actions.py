"""Registering requests, answering them, ending a restriction, and opening a restricted paper for a while."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import masking, workdays, zone
from archive_service.audit.record import record
from archive_service.calendars.queries import calendar_of
from archive_service.calendars.rules import CalendarEnds
from archive_service.copies.tables import CertifiedCopy
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.households.queries.locked import household_for_update
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import restricted
from archive_service.restricted.tables import RestrictedReading, Restriction
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from archive_service.subjects import queries, rules
from archive_service.subjects.rules import Kind, Said, Verdict
from archive_service.subjects.tables import SubjectItem, SubjectRequest


def register(
    session: Session,
    viewer: Viewer,
    account_no: str,
    said: Said,
    *,
    item_nos: Collection[int] = (),
    now: datetime,
    today: date,
    workdays_to_answer: int,
) -> SubjectRequest:
    """Enter a request about papers of a household, all that are there without `item_nos`.

    Raises Invalid, NotFound, NotPermitted.
    """
    checked = rules.checked(said, today=today)
    head = _household(session, viewer, account_no)
    chosen = _papers(session, head, item_nos)
    made = SubjectRequest(
        number=_number(session, head.unit_id, now),
        household_id=head.id,
        unit_id=head.unit_id,
        kind=checked.kind,
        asker=checked.asker,
        relation=checked.relation,
        proof=checked.proof,
        proof_note=checked.proof_note,
        words=checked.words,
        received_on=checked.received_on,
        due_on=_due(session, head.unit_id, checked.received_on, workdays_to_answer),
        state="open",
        made_by=viewer.person_id,
        made_at=now,
        reason="",
        annotation="",
    )
    session.add(made)
    session.flush()
    session.add_all(SubjectItem(request_id=made.id, item_id=one) for one in chosen)
    session.flush()
    facts = {"kind": made.kind, "proof": made.proof, "papers": len(chosen), "due_on": made.due_on.isoformat()}
    _note(session, viewer, made, "subject.registered", {"account_no": account_no, **facts}, now=now)
    return made


def decide(
    session: Session, viewer: Viewer, request_id: int, verdict: Verdict, letter: Stored, *, now: datetime
) -> SubjectRequest:
    """Answer a request with a letter that the store holds already, and do what was granted.

    Granted, a request to restrict or erase leaves its papers stored only: what has to be kept until its retention is
    over is destroyed by the one procedure that destroys. Raises NotFound, Invalid, Refused.
    """
    row = queries.for_update(session, viewer, request_id)
    rules.check_waits(row.state)
    said = rules.check_verdict(verdict, row.kind)
    # Also the letter of who was second: what the store holds is on record.
    record_object(session, letter, role="letter", media_type="application/pdf", now=now)
    row.state = "granted" if said.granted else "refused"
    row.decided_by, row.decided_at, row.reason = viewer.person_id, now, said.reason
    row.annotation, row.letter_digest = said.annotation, letter.digest
    row.copy_id = _copy(session, row, said.copy_number) if said.granted and said.copy_number else None
    facts: dict[str, Any] = {"kind": row.kind, "reason": masking.text(said.reason), "sha256": letter.digest}
    if said.granted and row.kind in (Kind.RESTRICT, Kind.ERASE):
        facts["restricted"] = _restrict(session, viewer, row, now=now)
    session.flush()
    _note(session, viewer, row, "subject.granted" if said.granted else "subject.refused", facts, now=now)
    return row


def withdraw(session: Session, viewer: Viewer, request_id: int, *, reason: str, now: datetime) -> SubjectRequest:
    """Put down that who asked does not any more. Raises NotFound, Invalid, Refused."""
    row = queries.for_update(session, viewer, request_id)
    rules.check_waits(row.state)
    said = rules.check_reason(reason)
    row.state, row.decided_by, row.decided_at, row.reason = "withdrawn", viewer.person_id, now, said
    session.flush()
    _note(session, viewer, row, "subject.withdrawn", {"reason": masking.text(said)}, now=now)
    return row


def lift(session: Session, viewer: Viewer, request_id: int, *, reason: str, now: datetime) -> int:
    """End the restrictions of a request, saying why; return how many. Raises NotFound, Invalid, Refused."""
    row = queries.for_update(session, viewer, request_id)
    said = rules.check_reason(reason)
    lasting = session.scalars(
        select(Restriction)
        .where(Restriction.request_id == row.id, Restriction.ended_at.is_(None))
        .order_by(Restriction.id)
        .with_for_update()
    ).all()
    if not lasting:
        raise Refused("subject.not-restricted", "这项要求没有正在限制的资料。请刷新页面查看。")
    for one in lasting:
        one.ended_by, one.ended_at, one.end_reason = viewer.person_id, now, said
    _indexed_again(session, row.household_id)
    _note(session, viewer, row, "subject.lifted", {"papers": len(lasting), "reason": masking.text(said)}, now=now)
    return len(lasting)


def open_paper(session: Session, viewer: Viewer, item_id: int, *, reason: str, now: datetime) -> RestrictedReading:
    """Open a restricted paper to who keeps it, for a while, on record with its reason.

    Raises NotFound for a paper that is not theirs or not restricted, Invalid, Refused for the program itself.
    """
    found = session.execute(
        select(Item, HouseholdFile).join(HouseholdFile, HouseholdFile.id == Item.household_id).where(Item.id == item_id)
    ).first()
    if found is None or not viewer.may(Right.RECORD_READ, found[1].unit_id) or not restricted(session, [item_id]):
        raise NotFound("item.not-found", "没有这份文件，或者您无权查看。请核对后再试。")
    item, head = found
    viewer.require(Right.SUBJECT_KEEP, head.unit_id)
    said = rules.check_reason(reason)
    if viewer.person_id is None:
        raise Refused("subject.person", "限制处理的资料只能由保管人本人登录后打开。")
    made = RestrictedReading(
        item_id=item.id,
        person_id=viewer.person_id,
        reason=said,
        opened_at=now,
        until=now + timedelta(minutes=rules.OPEN_MINUTES),
    )
    session.add(made)
    session.flush()
    record(
        session,
        by=viewer.actor,
        did="subject.opened",
        object_kind="item",
        object_id=str(item.id),
        unit_id=head.unit_id,
        facts={
            "account_no": head.account_no, "item_no": item.item_no, "reason": masking.text(said),
            "until": made.until.isoformat(),
        },
        now=now,
    )  # fmt: skip
    return made


def _household(session: Session, viewer: Viewer, account_no: str) -> HouseholdFile:
    key = session.scalar(select(HouseholdFile.id).where(HouseholdFile.account_no == account_no.strip()))
    head = household_for_update(session, key) if key is not None else None
    if head is None or not viewer.may(Right.RECORD_READ, head.unit_id):
        raise NotFound("household.not-found", "没有这个户档案，或者您无权查看。请核对户号后再试。")
    viewer.require(Right.SUBJECT_KEEP, head.unit_id)
    return head


def _papers(session: Session, head: HouseholdFile, item_nos: Collection[int]) -> Sequence[int]:
    wanted = select(Item.id, Item.item_no).where(Item.household_id == head.id).order_by(Item.item_no)
    rows = session.execute(wanted.where(Item.item_no.in_(set(item_nos))) if item_nos else wanted).all()
    lacking = sorted(set(item_nos) - {number for _, number in rows})
    if lacking:
        raise NotFound("subject.paper-not-found", f"该户没有件号 {lacking[0]} 的资料。请核对后再试，没有登记。")
    if not rows:
        raise Invalid("subject.no-papers", "该户没有资料，不用登记。请核对户号。")
    return [key for key, _ in rows]


def _restrict(session: Session, viewer: Viewer, row: SubjectRequest, *, now: datetime) -> int:
    # A disposal and a loan lock the same household: they see the restriction, or it comes after them.
    household_for_update(session, row.household_id)
    wanted = select(SubjectItem.item_id).where(SubjectItem.request_id == row.id).order_by(SubjectItem.item_id)
    # Also what another request restricts already: the end of one does not end the other.
    named = session.scalars(wanted).all()
    session.add_all(
        Restriction(
            item_id=one,
            household_id=row.household_id,
            request_id=row.id,
            begun_by=viewer.person_id,
            begun_at=now,
            end_reason="",
        )
        for one in named
    )
    session.flush()
    _indexed_again(session, row.household_id)
    return len(named)


def _indexed_again(session: Session, household_id: int) -> None:
    session.get_one(HouseholdFile, household_id, with_for_update=True).revision += 1
    session.flush()


def _copy(session: Session, row: SubjectRequest, number: str) -> int:
    found = session.scalar(
        select(CertifiedCopy.id).where(
            CertifiedCopy.number == number,
            CertifiedCopy.household_id == row.household_id,
            CertifiedCopy.withdrawn_at.is_(None),
        )
    )
    if found is None:
        raise Invalid("subject.copy-unknown", "该户没有这个编号的有效证明复制件。请核对编号，没有办结。")
    return found


def _due(session: Session, unit_id: int, received_on: date, count: int) -> date:
    try:
        return calendar_of(session, unit_id).add(received_on, count) or received_on
    except CalendarEnds:
        # Next year's holidays are not announced yet: those that are always kept count, and nothing waits for a table.
        return workdays.add_working_days(received_on, count)


def _number(session: Session, unit_id: int, now: datetime) -> str:
    series = f"GR-{session.get_one(Unit, unit_id).code}-{zone.local(now).year}-"
    taken = select(func.count()).where(SubjectRequest.number.startswith(series, autoescape=True))
    return f"{series}{(session.scalar(taken) or 0) + 1:04d}"


def _note(
    session: Session, viewer: Viewer, row: SubjectRequest, did: str, facts: Mapping[str, Any], *, now: datetime
) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="subject-request",
        object_id=row.id,
        unit_id=row.unit_id,
        facts={"number": row.number, **facts},
        now=now,
    )
