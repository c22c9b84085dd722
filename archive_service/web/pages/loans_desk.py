"""The counter: papers handed out after both counted, taken back after both looked, recalled, renewed, lost."""

from __future__ import annotations

import re

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.borrowing import actions, queries
from archive_service.borrowing.rules import Condition
from archive_service.errors import ArchiveError, Invalid, NotFound, NotPermitted, Refused
from archive_service.people.roles import Right
from archive_service.web import metrics
from archive_service.web.forms import Form, SentForm
from archive_service.web.pages.second_factor import picture
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()

#: What the code of a slip says, and what stands beside it to be typed.
_CODE = "AS-LOAN-"
_SLIP = re.compile(rf"(?:{_CODE}|L)(?P<number>\d+)")


@router.get("/loans/desk")
def show_desk(visit: SignedIn) -> Response:
    """Show what is to be handed out, and what is out, the longest overdue first."""
    visit.viewer.require(Right.LOAN_HANDLE)
    overdue = visit.request.query_params.get("list") == "overdue"
    with visit.services.database.reading() as session:
        waiting = queries.to_hand_out(session, visit.viewer)
        out = queries.loans_out(session, visit.viewer, today=visit.today, overdue_only=overdue)
    return visit.page("loans/desk.html", waiting=waiting, out=out, overdue=overdue)


@router.get("/loans/desk/wishes/{wish_id}")
def show_hand_out(visit: SignedIn, wish_id: Id) -> Response:
    """Show what is to be counted together before it goes out."""
    return _hand_out(visit, wish_id)


def _hand_out(visit: Visit, wish_id: int, error: ArchiveError | None = None, form: Form | None = None) -> Response:
    with visit.services.database.reading() as session:
        wish = queries.wish_to_hand_out(session, visit.viewer, wish_id)
    return visit.page(
        "loans/hand_out.html",
        refusal=error,
        wish=wish,
        counted=form.text("pages", limit=10) if form else "",
        note=form.text("note", limit=600) if form else "",
    )


@router.post("/loans/desk/wishes/{wish_id}/hand-out")
def hand_out(visit: SignedIn, wish_id: Id, form: SentForm) -> Response:
    """Hand the papers out, with the number of pages that both counted."""
    try:
        with visit.services.database.unit_of_work() as session:
            loan = actions.hand_out(
                session,
                visit.viewer,
                wish_id,
                pages_counted=whole_number(form.text("pages", limit=10)) or 0,
                count_note=form.text("note", limit=600),
                now=visit.now,
            )
            key = loan.id
    except (Invalid, Refused) as error:
        visit.request.scope[metrics.CODE] = error.code
        return _hand_out(visit, wish_id, error, form)
    return RedirectResponse(f"/loans/desk/{key}?done=out", status_code=303)


@router.post("/loans/desk/wishes/{wish_id}/pass-over")
def pass_over(visit: SignedIn, wish_id: Id, _form: SentForm) -> Response:
    """Put a wish that nobody fetched at the end of the line."""
    with visit.services.database.unit_of_work() as session:
        actions.pass_over(session, visit.viewer, wish_id, now=visit.now)
    return RedirectResponse("/loans/desk?done=passed", status_code=303)


@router.get("/loans/desk/find")
def find_loan(visit: SignedIn) -> Response:
    """Go to the loan whose slip was scanned, by the number in its code."""
    visit.viewer.require(Right.LOAN_HANDLE)
    number = loan_of_slip(visit.request.query_params.get("code", ""))
    with visit.services.database.reading() as session:
        loan = queries.loan_view(session, visit.viewer, number)
    return RedirectResponse(f"/loans/desk/{loan.loan_id}", status_code=303)


def loan_of_slip(text: str) -> int:
    """Return the number of the loan whose slip says `text`. Raises NotFound for the code of anything else."""
    code = _SLIP.fullmatch(text.strip().upper())
    number = whole_number(code["number"]) if code else None
    if number is None:
        raise NotFound("paper.foreign-code", "这不是本系统借阅单上的二维码。请扫描借阅单，或从借出清单里选择。")
    return number


@router.get("/loans/desk/{loan_id}")
def show_loan(visit: SignedIn, loan_id: Id) -> Response:
    """Show a loan with its papers, and the form for what comes back."""
    return _loan(visit, loan_id)


def _loan(visit: Visit, loan_id: int, error: ArchiveError | None = None, form: Form | None = None) -> Response:
    with visit.services.database.reading() as session:
        loan = queries.loan_view(session, visit.viewer, loan_id)
    return visit.page(
        "loans/loan.html",
        refusal=error,
        loan=loan,
        code=picture(f"{_CODE}{loan_id}"),
        given=form.group("", limit=2000) if form else {},
        conditions=[one.value for one in Condition if one is not Condition.LOST],
    )


@router.post("/loans/desk/{loan_id}/return")
def take_back(visit: SignedIn, loan_id: Id, form: SentForm) -> Response:
    """Take the ticked papers back, each with how both found it; or write down which one is lost."""
    lost = form.text("lost", limit=12)
    try:
        with visit.services.database.unit_of_work() as session:
            if lost:
                words = form.text(f"note-{lost}", limit=600)
                actions.report_lost(session, visit.viewer, loan_id, whole_number(lost) or 0, words=words, now=visit.now)
            else:
                actions.take_back(session, visit.viewer, loan_id, _inspected(form), now=visit.now)
    except (Invalid, Refused, NotPermitted) as error:
        visit.request.scope[metrics.CODE] = error.code
        return _loan(visit, loan_id, error, form)
    return RedirectResponse(f"/loans/desk/{loan_id}?done={'lost' if lost else 'back'}", status_code=303)


def _inspected(form: Form) -> list[actions.Inspected]:
    return [
        actions.Inspected(
            item_id=item,
            pages_back=_count(form.text(f"pages-{item}", limit=10)),
            condition=form.text(f"condition-{item}", limit=10),
            note=form.text(f"note-{item}", limit=600),
        )
        for item in form.ids("back")
    ]


def _count(text: str) -> int:
    """Return a number of pages; what is none fits no count."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else -1


@router.post("/loans/desk/{loan_id}/recall")
def recall(visit: SignedIn, loan_id: Id, form: SentForm) -> Response:
    """Ask for the papers of a loan back soon."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.recall_paper(session, visit.viewer, loan_id, words=form.text("words", limit=600), now=visit.now)
    except (Invalid, Refused) as error:
        visit.request.scope[metrics.CODE] = error.code
        return _loan(visit, loan_id, error, form)
    return RedirectResponse(f"/loans/desk/{loan_id}?done=recalled", status_code=303)
