"""Asking for records, one wish a line of the basket, and taking a wish back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from archive_service.borrowing import matrix, rules
from archive_service.borrowing.actions.deciding import approve_at_once, read_first
from archive_service.borrowing.actions.parts import day_of, note, overdue_of, person_of
from archive_service.borrowing.matrix import Verdict, Way
from archive_service.borrowing.notify import notify_asked
from archive_service.borrowing.queries.deciding import verdicts, wish_in
from archive_service.borrowing.rules import PageKey, State
from archive_service.borrowing.tables import LoanRequest, LoanWish, PaperLoan, WishPage
from archive_service.borrowing.wishes import Found, Wish, find
from archive_service.calendars.queries import calendar_of
from archive_service.calendars.rules import CalendarEnds
from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.storage.tables import StoredObject

_LONGEST_BODY = 120


def ask(
    session: Session,
    viewer: Viewer,
    wishes: Sequence[Wish],
    *,
    purpose: str,
    words: str,
    now: datetime,
    on_behalf_of: str = "",
    letter_digest: str | None = None,
    emergency: bool = False,
) -> LoanRequest:
    """Ask for records; each wish falls under the matrix by itself, so that a basket may hold files of several units.

    What needs no approval can be read at once, and in an emergency everything that may be, until it is decided.
    Raises Invalid for what cannot be asked so, NotFound for what is not there, Refused where a rule says no.
    """
    person_id = person_of(viewer)
    viewer.require(Right.LOAN_ASK, viewer.unit_id)
    edition = matrix.edition_on(day_of(now))
    request = LoanRequest(
        asker_id=person_id,
        asker_unit_id=viewer.unit_id,
        purpose=rules.check_purpose(edition, purpose),
        words=rules.check_words(words),
        on_behalf_of=_body(on_behalf_of),
        letter_digest=_letter(session, letter_digest),
        emergency=emergency,
        asked_at=now,
    )
    # A basket that is too large is not looked up first.
    rules.check_amount(edition.limits, wishes=len(wishes), pages=len(wishes))
    found = [find(session, one, edition.limits) for one in wishes]
    pages = sum(len(one.pages) for one in found)
    rules.check_amount(edition.limits, wishes=len(found), pages=pages)
    if any(one.way is Way.PAPER for one in found):
        rules.check_may_borrow(edition.limits, overdue=overdue_of(session, person_id, day_of(now)), files=0)
    ruled = verdicts(
        session, viewer, edition, found, purpose=request.purpose, on_behalf_of=request.on_behalf_of, now=now
    )
    for one, verdict in zip(found, ruled, strict=True):
        rules.check_letter(verdict.rule, request.letter_digest)
        if emergency:
            waiting = _emergencies(session, person_id)
            rules.check_emergency(verdict.rule, one.way, waiting=waiting)
    session.add(request)
    session.flush()
    for place, (one, verdict) in enumerate(zip(found, ruled, strict=True), start=1):
        _write(session, viewer, request, place, one, verdict, now)
    return request


def withdraw(session: Session, viewer: Viewer, wish_id: int, *, now: datetime) -> LoanWish:
    """Take back one's own wish before it is decided, or before its papers are handed out.

    Raises NotPermitted for somebody else's, Refused once it is too late; what was read first has to be decided.
    """
    wish, request = wish_in(session, viewer, wish_id, lock=True)
    if request.asker_id != person_of(viewer):
        raise NotPermitted("loan.not-own", "只能由申请人本人撤回。请联系申请人。")
    if request.emergency and wish.state == State.ASKED:
        raise Refused("loan.emergency-read", "紧急查阅已经开始，须由审批人补批，不能撤回。请联系审批人。")
    handed = session.scalar(select(PaperLoan.id).where(PaperLoan.wish_id == wish.id))
    on_paper = wish.state == State.APPROVED and wish.way in (Way.PAPER, Way.COPY) and handed is None
    if wish.state != State.ASKED and not on_paper:
        raise Refused("loan.withdraw", "这项申请已经办理，不能撤回。不再需要的，请直接归还。", state=wish.state)
    wish.state = State.WITHDRAWN.value
    note(session, viewer, wish, did="loan.withdrawn", now=now)
    return wish


def _body(text: str) -> str:
    said = text.strip().replace("\x00", "")
    if len(said) > _LONGEST_BODY:
        raise Invalid("loan.body", f"外单位名称最多 {_LONGEST_BODY} 字。请缩短后再试。")
    return said


def _letter(session: Session, digest: str | None) -> str | None:
    known = select(StoredObject.digest).where(StoredObject.digest == digest)
    if digest is not None and session.scalar(known) is None:
        raise Invalid("loan.letter-unknown", "没有找到上传的公函。请重新上传后再提交。")
    return digest


def _emergencies(session: Session, person_id: int) -> int:
    wanted = (
        select(func.count())
        .select_from(LoanWish)
        .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        .where(LoanRequest.asker_id == person_id, LoanRequest.emergency, LoanWish.state == State.ASKED)
    )
    return session.scalar(wanted) or 0


def _write(
    session: Session, viewer: Viewer, request: LoanRequest, place: int, found: Found, verdict: Verdict, now: datetime
) -> None:
    wish = LoanWish(
        request_id=request.id,
        place=place,
        unit_id=found.unit_id,
        household_id=found.household_id,
        way=found.way.value,
        days=found.days,
        prints=found.prints,
        unmasked=found.unmasked,
        state=State.ASKED.value,
        edition=verdict.edition,
        rule=verdict.rule.id,
        level=verdict.level.code,
        decide_by=None,
        queued_at=now,
    )
    try:
        wish.decide_by = calendar_of(session, found.unit_id).add(day_of(now), verdict.level.days)
    except CalendarEnds:
        # The request is worth more than its deadline.
        wish.decide_by = None
    session.add(wish)
    session.flush()
    _write_pages(session, wish.id, found.pages)
    facts = {"request": request.id, "account_no": found.account_no, "way": wish.way, "pages": len(found.pages)}
    facts["which"] = rules.pages_mark(found.pages)
    said = {"purpose": request.purpose, "rule": wish.rule, "level": wish.level, "emergency": request.emergency}
    note(session, viewer, wish, did="loan.asked", now=now, **facts, **said)
    if verdict.level.code == matrix.NOBODY:
        approve_at_once(session, viewer, wish, request, now=now)
        return
    notify_asked(session, viewer, wish, request, now=now)
    if request.emergency:
        hours = matrix.edition(wish.edition).limits.emergency_hours
        read_first(session, viewer, wish, request, hours=hours, now=now)


def _write_pages(session: Session, wish_id: int, pages: Sequence[PageKey]) -> None:
    rows = [{"wish_id": wish_id, "item_id": item, "page_no": page, "approved": None} for item, page in pages]
    session.execute(insert(WishPage), rows)
