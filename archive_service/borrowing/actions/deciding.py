"""Deciding about a wish: yes, yes for some pages, no with a reason; and what needs no person, or is read before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.borrowing import rules
from archive_service.borrowing.actions.opening import end, open_grants, open_reading
from archive_service.borrowing.actions.parts import note, person_of
from archive_service.borrowing.matrix import Deciders, Way
from archive_service.borrowing.notify import notify_decided
from archive_service.borrowing.queries.deciding import deciders_of, wish_in
from archive_service.borrowing.rules import Ending, PageKey, State
from archive_service.borrowing.tables import LoanDecision, LoanRequest, LoanWish, WishPage
from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer

_A_DAY_H = 24


def decide(
    session: Session,
    viewer: Viewer,
    wish_id: int,
    *,
    approve: bool,
    now: datetime,
    words: str = "",
    pages: Collection[PageKey] | None = None,
) -> LoanDecision:
    """Decide about a wish: approve it or only some `pages` of it, with conditions in words, or refuse it with a reason.

    Raises Refused when it no longer waits, NotPermitted for whoever is not among its deciders or asked for it
    themselves, Invalid without a reason for a refusal or with pages that nobody asked for.
    """
    person_id = person_of(viewer)
    wish, request = wish_in(session, viewer, wish_id, lock=True)
    rules.check_waits(wish.state)
    rules.check_not_own(request.asker_id, person_id)
    viewer.require(Right.LOAN_DECIDE, wish.unit_id)
    found = deciders_of(session, wish, request.asker_id, now)
    holder = found.holder(person_id)
    if holder is None:
        raise _not_theirs(found)
    asked = _pages_of(session, wish.id)
    chosen = rules.chosen_pages(asked, pages) if approve else []
    if approve:
        _check_asker(session, request)
        _check_whole_papers(wish, asked, chosen)
    outcome = "refused" if not approve else "approved" if len(chosen) == len(asked) else "partial"
    made = _write(
        session, wish, request, chosen,
        LoanDecision(decided_by=person_id, deputy_for=holder.deputy_for, level=found.level.code, outcome=outcome,
                     words=rules.check_words(words) if words.strip() or not approve else "", decided_at=now),
    )  # fmt: skip
    facts = {"outcome": outcome, "level": found.level.code, "pages": len(chosen), "after": request.emergency}
    if approve:
        note(session, viewer, wish, did="loan.approved", now=now, deputy_for=holder.deputy_for, **facts)
    else:
        note(session, viewer, wish, did="loan.refused", now=now, deputy_for=holder.deputy_for, **facts)
    for grant in open_grants(session, wish.id):
        end(session, viewer, grant, wish, Ending.DECIDED, at=now, now=now)
    _open(session, viewer, wish, request, chosen, now)
    notify_decided(session, viewer, wish, request, now=now)
    return made


def approve_at_once(session: Session, viewer: Viewer, wish: LoanWish, request: LoanRequest, *, now: datetime) -> None:
    """Approve what the matrix lets everybody see, in its own name."""
    pages = _pages_of(session, wish.id)
    said = LoanDecision(
        decided_by=None, deputy_for=None, level=wish.level, outcome="approved", words="", decided_at=now
    )
    _write(session, wish, request, pages, said)
    facts = {"outcome": "approved", "level": wish.level, "pages": len(pages), "rule": wish.rule}
    record(
        session, by=SYSTEM, did="loan.approved", object_kind="loan", object_id=wish.id, unit_id=wish.unit_id,
        facts=facts, now=now,
    )  # fmt: skip
    _open(session, viewer, wish, request, pages, now)


def read_first(
    session: Session, viewer: Viewer, wish: LoanWish, request: LoanRequest, *, hours: int, now: datetime
) -> None:
    """Open the pages of an emergency for some hours; the wish goes on waiting for its decision."""
    open_reading(session, viewer, wish, request, _pages_of(session, wish.id), hours=hours, now=now)


def _open(
    session: Session, viewer: Viewer, wish: LoanWish, request: LoanRequest, pages: Sequence[PageKey], now: datetime
) -> None:
    if pages and wish.way in rules.ON_SCREEN:
        open_reading(session, viewer, wish, request, pages, hours=wish.days * _A_DAY_H, now=now)


def _write(
    session: Session, wish: LoanWish, request: LoanRequest, pages: Sequence[PageKey], made: LoanDecision
) -> LoanDecision:
    chosen = set(pages)
    for page in session.scalars(select(WishPage).where(WishPage.wish_id == wish.id)):
        page.approved = (page.item_id, page.page_no) in chosen
    wish.state = State.APPROVED.value if chosen else State.REFUSED.value
    made.wish_id, made.asker_id = wish.id, request.asker_id
    made.after = request.emergency and made.decided_by is not None
    session.add(made)
    session.flush()
    return made


def _pages_of(session: Session, wish_id: int) -> list[PageKey]:
    wanted = select(WishPage.item_id, WishPage.page_no).where(WishPage.wish_id == wish_id).order_by(WishPage.id)
    return [(item, page) for item, page in session.execute(wanted)]


def _check_asker(session: Session, request: LoanRequest) -> None:
    if not session.get_one(Person, request.asker_id).active:
        raise Refused("loan.asker-gone", "申请人的账号已停用，不能批准。请退回申请。")


def _check_whole_papers(wish: LoanWish, asked: Sequence[PageKey], chosen: Sequence[PageKey]) -> None:
    split = {item for item, _ in chosen} & {item for item, _ in set(asked) - set(chosen)}
    if wish.way == Way.PAPER and split:
        raise Invalid("loan.paper-pages", "原件按份借出，单页只能在一份资料中选择。请改选整份资料或屏幕阅览。")


def _not_theirs(found: Deciders) -> NotPermitted:
    if not found.people:
        return NotPermitted("loan.not-decider", "这项申请暂无可以审批的人，保留等待。请安全管理员授予负责人角色。")
    names = "、".join(sorted({one.name for one in found.people}))
    return NotPermitted("loan.not-decider", f"这项申请由{found.level.title}审批：{names}。请联系审批人。")
