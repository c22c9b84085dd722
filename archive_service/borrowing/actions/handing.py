"""Paper goes out, is renewed, recalled; and whoever does not fetch it is passed over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.borrowing import matrix, rules
from archive_service.borrowing.actions.parts import day_of, note, overdue_of, person_of
from archive_service.borrowing.matrix import Way
from archive_service.borrowing.notify import notify_recalled, notify_turn
from archive_service.borrowing.queries.availability import items_of, queue_of, whereabouts
from archive_service.borrowing.queries.deciding import wish_in
from archive_service.borrowing.rules import State
from archive_service.borrowing.tables import LentPaper, LoanRequest, LoanWish, PaperLoan
from archive_service.calendars.queries import calendar_of
from archive_service.errors import NotFound, NotPermitted, Refused
from archive_service.holds.queries import holding
from archive_service.households.tables import CaseFile, HouseholdFile, Item, Page
from archive_service.people.queries import viewer_for
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import refusal, restricted


def hand_out(
    session: Session, viewer: Viewer, wish_id: int, *, pages_counted: int, now: datetime, count_note: str = ""
) -> PaperLoan:
    """Hand the papers of an approved wish to who asked for them, after both counted the pages.

    Raises Refused when a paper is out, somebody else is first in line, the pages are not those of the records and
    nobody wrote why, or the borrower has papers overdue or too many; NotPermitted when they are one person.
    """
    handing = person_of(viewer)
    wish, request = wish_in(session, viewer, wish_id, lock=True)
    viewer.require(Right.LOAN_HANDLE, wish.unit_id)
    if request.asker_id == handing:
        raise NotPermitted("paper.own-hand-out", "不能把原件借给自己。请由另一位档案员清点并借出。")
    if wish.way != Way.PAPER or wish.state != State.APPROVED or _loan_of(session, wish) is not None:
        raise Refused("paper.not-approved", "这项申请没有待借出的原件。请刷新页面查看它的状态。", state=wish.state)
    _check_borrower(session, wish, request, now)
    counts = _counts(session, wish)
    _check_free(session, wish, list(counts))
    rules.check_count(sum(counts.values()), pages_counted, count_note)
    add = calendar_of(session, wish.unit_id).add
    loan = PaperLoan(
        wish_id=wish.id,
        holder_id=request.asker_id,
        unit_id=wish.unit_id,
        handed_out_at=now,
        handed_out_by=handing,
        pages_counted=pages_counted,
        count_note=count_note.strip()[: rules.LONGEST_WORDS],
        due_on=rules.due_on(day_of(now), wish.days, add),
        renewals=0,
        state="out",
    )
    try:
        with session.begin_nested():
            session.add(loan)
            session.flush()
            session.add_all(
                LentPaper(loan_id=loan.id, item_id=item, pages_out=count, note="") for item, count in counts.items()
            )
            session.flush()
    except IntegrityError:
        raise Refused("paper.held", "这份原件刚刚已被借出。请刷新页面查看借阅人和应还日期。") from None
    facts = {"loan": loan.id, "papers": len(counts), "pages": pages_counted, "due_on": loan.due_on.isoformat()}
    note(session, viewer, wish, did="paper.handed-out", now=now, holder=loan.holder_id, **facts)
    return loan


def renew(session: Session, viewer: Viewer, loan_id: int, *, now: datetime) -> PaperLoan:
    """Lend the papers of a loan for as long again; asked by the holder or done by an archivist of the unit.

    Raises NotFound, Refused when overdue, recalled, renewed often enough, or when somebody waits for a paper.
    """
    loan, wish = out_loan(session, viewer, loan_id)
    if loan.holder_id == viewer.person_id:
        viewer.require(Right.LOAN_ASK)
    else:
        viewer.require(Right.LOAN_HANDLE, loan.unit_id)
    loan.due_on = rules.renewed_until(
        matrix.edition(wish.edition).limits,
        loan.due_on,
        day_of(now),
        renewals=loan.renewals,
        recalled=loan.recalled_at is not None,
        waiting=len(queue_of(session, _still_out(session, loan))),
        days=wish.days,
        add=calendar_of(session, loan.unit_id).add,
    )
    loan.renewals += 1
    session.flush()
    note(session, viewer, wish, did="paper.renewed", now=now, loan=loan.id, due_on=loan.due_on.isoformat())
    return loan


def recall_paper(session: Session, viewer: Viewer, loan_id: int, *, words: str, now: datetime) -> PaperLoan:
    """Ask for the papers of a loan back soon, saying why. Raises NotFound, Refused when that was done already."""
    loan, wish = out_loan(session, viewer, loan_id)
    if not viewer.may(Right.LOAN_DECIDE, loan.unit_id):
        viewer.require(Right.LOAN_HANDLE, loan.unit_id)
    rules.check_words(words)
    if loan.recalled_at is not None:
        raise Refused("paper.recalled-already", f"已经催还，应于 {loan.due_on.isoformat()} 前归还。请联系借阅人。")
    limits = matrix.edition(wish.edition).limits
    loan.due_on = rules.recalled_until(limits, loan.due_on, day_of(now), calendar_of(session, loan.unit_id).add)
    loan.recalled_at, loan.recalled_by = now, viewer.person_id
    session.flush()
    note(session, viewer, wish, did="paper.recalled", now=now, loan=loan.id, due_on=loan.due_on.isoformat())
    notify_recalled(session, viewer, wish, loan, now=now)
    return loan


def pass_over(session: Session, viewer: Viewer, wish_id: int, *, now: datetime) -> LoanWish:
    """Put a wish whose papers nobody fetched at the end of the line. Raises Refused when nobody else waits."""
    wish, _ = wish_in(session, viewer, wish_id, lock=True)
    viewer.require(Right.LOAN_HANDLE, wish.unit_id)
    waiting = [one.id for one in queue_of(session, items_of(session, wish.id))]
    if wish.id not in waiting or len(waiting) == 1:
        raise Refused("paper.nobody-waits", "没有其他人在等这份原件，不用顺延。请刷新页面查看。")
    wish.queued_at = now
    session.flush()
    note(session, viewer, wish, did="paper.passed-over", now=now)
    notify_turn(session, viewer, items_of(session, wish.id), now=now)
    return wish


def out_loan(session: Session, viewer: Viewer, loan_id: int, *, lost_too: bool = False) -> tuple[PaperLoan, LoanWish]:
    """Return a loan whose papers are out, locked, with its wish. Raises NotFound, Refused when it is closed."""
    known = session.get(PaperLoan, loan_id)
    if known is None:
        raise NotFound("paper.not-lent", "没有这笔借出。请核对借阅单上的二维码，或从借出清单里选择。")
    wish, _ = wish_in(session, viewer, known.wish_id, lock=True)
    wanted = select(PaperLoan).where(PaperLoan.id == loan_id)
    loan = session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()
    if loan.state == "returned" or (loan.state == "lost" and not lost_too):
        raise Refused("paper.closed", "这笔借出已经办结。请刷新页面查看。", state=loan.state)
    return loan, wish


def _still_out(session: Session, loan: PaperLoan) -> list[int]:
    wanted = select(LentPaper.item_id).where(LentPaper.loan_id == loan.id, LentPaper.back_at.is_(None))
    return list(session.scalars(wanted))


def _loan_of(session: Session, wish: LoanWish) -> int | None:
    return session.scalar(select(PaperLoan.id).where(PaperLoan.wish_id == wish.id))


def _check_borrower(session: Session, wish: LoanWish, request: LoanRequest, now: datetime) -> None:
    # Two archivists at two counters must not each see one place left.
    session.execute(select(Person.id).where(Person.id == request.asker_id).with_for_update())
    borrower = viewer_for(session, request.asker_id, now=now, by_password=False)
    if borrower is None or not borrower.may(Right.LOAN_ASK, request.asker_unit_id):
        raise Refused("paper.borrower-gone", "借阅人的账号已停用，或不再有借阅权限，不能借出。请与借阅人所在单位联系。")
    held = (
        select(func.count(LoanWish.household_id.distinct()))
        .join(PaperLoan, PaperLoan.wish_id == LoanWish.id)
        .where(
            PaperLoan.holder_id == request.asker_id,
            PaperLoan.state == "out",
            LoanWish.household_id != wish.household_id,
        )
    )
    limits = matrix.edition(wish.edition).limits
    overdue = overdue_of(session, request.asker_id, day_of(now))
    rules.check_may_borrow(limits, overdue=overdue, files=(session.scalar(held) or 0) + 1)


def _counts(session: Session, wish: LoanWish) -> dict[int, int]:
    """Return the pages of each paper of a wish by its item. Raises Refused for a paper that is not at hand now."""
    items = items_of(session, wish.id)
    rows = session.execute(
        select(Item, CaseFile.state, HouseholdFile.account_no)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .outerjoin(CaseFile, CaseFile.id == Item.case_id)
        .where(Item.id.in_(items))
    )
    if restricted(session, items):
        raise refusal()
    held = holding(session, items)
    for item, state, account_no in rows:
        rules.check_not_held(held=item.id in held, account_no=account_no)
        rules.check_paper_at_hand(state, withdrawn=item.state != "filed", account_no=account_no)
    counted = select(Page.item_id, func.count()).where(Page.item_id.in_(items)).group_by(Page.item_id)
    found = dict(session.execute(counted.order_by(Page.item_id)).all())
    return {item: found.get(item, 0) for item in items}


def _check_free(session: Session, wish: LoanWish, items: list[int]) -> None:
    for away in whereabouts(session, items).values():
        raise Refused(
            "paper.held",
            f"原件由{away.holder}借出，" + ("已报遗失。" if away.lost else f"应于 {away.due_on.isoformat()} 归还。")
            + "申请保留排队，归还后再借出。",
            holder=away.holder_id,
        )  # fmt: skip
    for item in items:
        first = queue_of(session, [item])[0]
        if first.id != wish.id:
            raise Refused("paper.queue", "还有人排在前面等这份原件。请先借给排在前面的人，或将其顺延。", first=first.id)
