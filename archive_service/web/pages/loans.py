"""What a person has borrowed and asked for: read it, give it back, renew it, take it back."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.borrowing import actions, queries
from archive_service.people.roles import Right
from archive_service.web.forms import SentForm
from archive_service.web.visit import Id, SignedIn

router = APIRouter()


@router.get("/loans")
def show_mine(visit: SignedIn) -> Response:
    """Show what the person reads, holds and asked for, the newest first."""
    visit.viewer.require(Right.LOAN_ASK)
    with visit.services.database.reading() as session:
        rows = queries.own_lines(session, visit.viewer, now=visit.now)
        waiting = queries.count_to_decide(session, visit.viewer, visit.now)
    return visit.page("loans/mine.html", rows=rows, waiting=waiting, minutes=_minutes(visit.now))


@router.post("/loans/wishes/{wish_id}/withdraw")
def withdraw(visit: SignedIn, wish_id: Id, _form: SentForm) -> Response:
    """Take back what was asked for and is not decided, or not fetched."""
    with visit.services.database.unit_of_work() as session:
        actions.withdraw(session, visit.viewer, wish_id, now=visit.now)
    return _back("withdrawn")


@router.post("/loans/grants/{grant_id}/end")
def end(visit: SignedIn, grant_id: Id, form: SentForm) -> Response:
    """End a reading before its time: the reader gives it back, who decides or keeps the papers recalls it."""
    with visit.services.database.unit_of_work() as session:
        grant = actions.end_reading(session, visit.viewer, grant_id, now=visit.now)
        own = grant.person_id == visit.viewer.person_id
    if not own and (request := form.id("request")) is not None:
        return RedirectResponse(f"/loans/requests/{request}", status_code=303)
    return _back("ended")


@router.post("/loans/papers/{loan_id}/renew")
def renew(visit: SignedIn, loan_id: Id, form: SentForm) -> Response:
    """Lend papers for as long again, asked by who has them or by who keeps them."""
    with visit.services.database.unit_of_work() as session:
        loan = actions.renew(session, visit.viewer, loan_id, now=visit.now)
        own = loan.holder_id == visit.viewer.person_id
    if not own and form.flag("desk"):
        return RedirectResponse(f"/loans/desk/{loan_id}?done=renewed", status_code=303)
    return _back("renewed")


def _back(done: str) -> Response:
    return RedirectResponse(f"/loans?done={done}", status_code=303)


def _minutes(now: datetime) -> object:
    def left(end: datetime) -> int:
        return max(0, -int((now - end).total_seconds() // 60))

    return left
