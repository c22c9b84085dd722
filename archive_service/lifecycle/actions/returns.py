"""Sending a case back to the stage that owes something, with reasons, a due date and the pages marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.catalogue.load import edition_for
from archive_service.errors import Invalid
from archive_service.households.handed import HandOver
from archive_service.households.tables import Item, Page
from archive_service.lifecycle import rules
from archive_service.lifecycle.actions.steps import Held, hold, newest_hand_over, take
from archive_service.lifecycle.tables import CaseReturn, ReturnMark
from archive_service.notices.actions import tell_all
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class Mark:
    """A paper that a return is about, or one page of it, from 1."""

    item_id: int
    page_no: int | None = None


def return_case(
    session: Session,
    application_no: str,
    *,
    stage: str,
    reasons: Collection[str],
    due_on: date,
    note: str = "",
    marks: Sequence[Mark] = (),
    by: Viewer,
    now: datetime,
    today: date,
    seen: int | None = None,
) -> CaseReturn:
    """Send a case that was handed over back to a stage. Raises Invalid when it is not said to whom, why, until when."""
    held = hold(session, application_no, rules.RETURN, by=by, now=now, seen=seen)
    known = edition_for(held.case.accepted_on).stages
    rules.check_return(stage, reasons, due_on, today=today, stages=known)
    said = rules.check_note(note, needed="other" in reasons)
    wanted = _checked(held, marks)
    given = newest_hand_over(session, held.case.id)
    assert given is not None
    if given.outcome is None:
        given.receiver_id, given.answered_at = by.person_id, now
    given.outcome = "returned"
    made = CaseReturn(
        case_id=held.case.id,
        hand_over_id=given.id,
        stage=stage,
        reasons=[one for one in rules.REASONS if one in set(reasons)],
        note=said,
        due_on=due_on,
        by=by.person_id,
        at=now,
    )
    session.add(made)
    session.flush()
    session.add_all(ReturnMark(return_id=made.id, item_id=one.item_id, page_no=one.page_no) for one in wanted)
    facts = {
        "round": given.round,
        "stage": stage,
        "reasons": made.reasons,
        "due_on": due_on.isoformat(),
        "marks": len(wanted),
    }
    take(held, note=said, facts=facts)
    _tell_giver(held, given, made)
    return made


def _tell_giver(held: Held, given: HandOver, made: CaseReturn) -> None:
    """Tell who handed the case over that it came back."""
    tell_all(
        held.session,
        [given.giver_id],
        but=held.by.person_id,
        kind="case-returned",
        address=f"/cases/{quote(held.case.application_no, safe='')}/life",
        values={
            "application_no": held.case.application_no,
            "round": given.round,
            "due_on": made.due_on,
            "by": held.by.name,
        },
        once_key=f"case-return:{made.id}",
        now=held.now,
    )


def _checked(held: Held, marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks, each once. Raises Invalid for a page that is not one of the case."""
    wanted = list(dict.fromkeys(marks))
    if len(wanted) > rules.MOST_MARKS:
        raise Invalid("return.marks", f"一次最多标记 {rules.MOST_MARKS} 页。请只标记有问题的页。")
    items = {one.item_id for one in wanted}
    counted = (
        select(Item.id, func.count(Page.id))
        .outerjoin(Page, Page.item_id == Item.id)
        .where(Item.id.in_(items), Item.case_id == held.case.id)
        .group_by(Item.id)
    )
    pages = dict(held.session.execute(counted).all())
    for one in wanted:
        if one.item_id not in pages or not (one.page_no is None or 1 <= one.page_no <= pages[one.item_id]):
            raise Invalid("return.marks", "标记的页不属于这个案件。请刷新页面后重新标记。", item=str(one.item_id))
    return wanted
