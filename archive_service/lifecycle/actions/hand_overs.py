"""Handing the papers of a case over, and taking them in: both sides confirm the same list."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.calendars.queries import calendar_of
from archive_service.calendars.rules import CalendarEnds
from archive_service.households.handed import HandOver
from archive_service.households.tables import CaseFile, CasePlace, Item, Page
from archive_service.lifecycle import rules
from archive_service.lifecycle.actions.steps import Held, hold, newest_hand_over, take
from archive_service.lifecycle.tables import CaseReturn, HandOverPaper
from archive_service.people.viewer import Viewer


def submit_case(
    session: Session, application_no: str, *, by: Viewer, now: datetime, note: str = "", seen: int | None = None
) -> HandOver:
    """Hand the papers of a case over; after a return this is a new version, and what was sent back counts as mended.

    The list holds what is filed in the case and has no place in it yet. Raises Refused when there is nothing.
    """
    held = hold(session, application_no, rules.SUBMIT, by=by, now=now, seen=seen)
    said = rules.check_note(note, needed=False)
    papers = _papers(session, held.case)
    rules.check_papers(len(papers))
    before = newest_hand_over(session, held.case.id)
    made = HandOver(
        case_id=held.case.id,
        round=(before.round if before else 0) + 1,
        giver_id=by.person_id,
        given_at=now,
        due_on=_receipt_due(held),
        note=said,
    )
    session.add(made)
    session.flush()
    session.add_all(
        HandOverPaper(
            hand_over_id=made.id,
            place=place,
            item_id=item_id,
            item_no=item_no,
            document_type=document_type,
            page_count=pages,
        )
        for place, (item_id, item_no, document_type, pages) in enumerate(papers, start=1)
    )
    owed = update(CaseReturn).where(CaseReturn.case_id == held.case.id, CaseReturn.mended_at.is_(None))
    session.execute(owed.values(mended_at=now))
    take(held, note=said, facts={"round": made.round, "papers": len(papers), "pages": sum(row[3] for row in papers)})
    return made


def accept_case(session: Session, application_no: str, *, by: Viewer, now: datetime, seen: int | None = None) -> None:
    """Confirm that all papers of the list have arrived. Raises NotPermitted for who handed them over."""
    held = hold(session, application_no, rules.ACCEPT, by=by, now=now, seen=seen)
    waiting = newest_hand_over(session, held.case.id)
    assert waiting is not None
    rules.check_receiver(waiting.giver_id, by.person_id)
    waiting.receiver_id, waiting.answered_at, waiting.outcome = by.person_id, now, "accepted"
    take(held, facts={"round": waiting.round})


def _receipt_due(held: Held) -> date | None:
    calendar = calendar_of(held.session, held.household.unit_id)
    try:
        return calendar.add(zone.local(held.now).date(), rules.RECEIPT_WORKDAYS)
    except CalendarEnds:
        return None


def _papers(session: Session, case: CaseFile) -> list[tuple[int, int, str, int]]:
    """Return id, number, type and page count of what is filed in a case without a place, by number."""
    pages = select(func.count()).where(Page.item_id == Item.id).scalar_subquery()
    placed = select(CasePlace.id).where(CasePlace.item_id == Item.id).exists()
    wanted = (
        select(Item.id, Item.item_no, Item.document_type, pages)
        .where(Item.case_id == case.id, Item.state == "filed", ~placed)
        .order_by(Item.item_no)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(wanted)]
