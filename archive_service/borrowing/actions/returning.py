"""Paper comes back and both look at it, or it is lost and somebody writes how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.borrowing import rules
from archive_service.borrowing.actions.handing import out_loan
from archive_service.borrowing.actions.parts import note, person_of
from archive_service.borrowing.notify import notify_turn
from archive_service.borrowing.rules import Condition, State
from archive_service.borrowing.tables import LentPaper, LoanWish, PaperLoan
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class Inspected:
    """One paper at its return, as both saw it."""

    item_id: int
    pages_back: int
    #: sound, missing, damaged or altered.
    condition: str
    note: str = ""


def take_back(
    session: Session, viewer: Viewer, loan_id: int, papers: Sequence[Inspected], *, now: datetime
) -> PaperLoan:
    """Take papers of a loan back, each with how it was found; those not named stay out. Found ones may have been lost.

    Raises NotFound for a loan or paper that was never lent, NotPermitted when the holder is the one who looks, Invalid
    where words and count say different things, Refused for what is back already.
    """
    looking = person_of(viewer)
    loan, wish = out_loan(session, viewer, loan_id, lost_too=True)
    viewer.require(Right.LOAN_HANDLE, loan.unit_id)
    if loan.holder_id == looking:
        raise NotPermitted("paper.own-return", "不能验收自己归还的原件。请由另一位档案员共同清点。")
    if not papers:
        raise Invalid("paper.return-empty", "还没有选择要归还的原件。请逐份清点后再提交。")
    rows = _papers(session, loan)
    for one in papers:
        row = _still_out(rows, one.item_id)
        found = rules.check_condition(one.condition, pages_out=row.pages_out, pages_back=one.pages_back, note=one.note)
        row.condition, row.pages_back, row.note = found.value, one.pages_back, one.note.strip()[: rules.LONGEST_WORDS]
        row.seen_by, row.back_at = looking, now
    session.flush()
    _close(loan, wish, list(rows.values()), now)
    session.flush()
    bad = sum(rows[one.item_id].condition != Condition.SOUND for one in papers)
    facts = {"loan": loan.id, "papers": len(papers), "faulty": bad, "state": loan.state}
    note(session, viewer, wish, did="paper.returned", now=now, **facts)
    notify_turn(session, viewer, [one.item_id for one in papers], now=now)
    return loan


def report_lost(
    session: Session, viewer: Viewer, loan_id: int, item_id: int, *, words: str, now: datetime
) -> PaperLoan:
    """Write down that a paper of a loan is lost, and how; nobody else gets it until it is found.

    Raises NotFound, Refused when it is back, Invalid without words, NotPermitted when the holder writes it themselves.
    """
    looking = person_of(viewer)
    loan, wish = out_loan(session, viewer, loan_id)
    viewer.require(Right.LOAN_HANDLE, loan.unit_id)
    if loan.holder_id == looking:
        raise NotPermitted("paper.own-return", "不能验收自己归还的原件。请由另一位档案员共同清点。")
    said = rules.check_words(words)
    rows = _papers(session, loan)
    row = _still_out(rows, item_id)
    row.condition, row.note, row.seen_by = Condition.LOST.value, said, looking
    _close(loan, wish, list(rows.values()), now)
    session.flush()
    note(session, viewer, wish, did="paper.lost", now=now, loan=loan.id, item=item_id, state=loan.state)
    return loan


def _papers(session: Session, loan: PaperLoan) -> dict[int, LentPaper]:
    wanted = select(LentPaper).where(LentPaper.loan_id == loan.id).order_by(LentPaper.item_id)
    return {one.item_id: one for one in session.scalars(wanted)}


def _still_out(rows: dict[int, LentPaper], item_id: int) -> LentPaper:
    row = rows.get(item_id)
    if row is None:
        raise NotFound("paper.not-in-loan", "这份原件不在这笔借出中。请核对借阅单，或查看它实际由谁借出。")
    if row.back_at is not None:
        raise Refused("paper.back", "这份原件已经归还。请刷新页面查看。")
    return row


def _close(loan: PaperLoan, wish: LoanWish, rows: Sequence[LentPaper], now: datetime) -> None:
    """Close a loan of which every paper is back or lost; one that was lost and is found closes it anew."""
    if any(one.condition is None for one in rows):
        return
    loan.state = "lost" if any(one.back_at is None for one in rows) else "returned"
    loan.closed_at, wish.state = now, State.DONE.value
