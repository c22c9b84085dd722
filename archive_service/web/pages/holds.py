"""Holds: the list, one of them, placing one on households, cases or items, and releasing it."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.holds import actions, queries
from archive_service.holds.actions import On
from archive_service.holds.rules import Terms
from archive_service.people.roles import Right
from archive_service.web import words
from archive_service.web.forms import Form, SentForm
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()

_SHOWN = 50
_LONGEST_LIST = 20_000


@router.get("/holds")
def list_holds(visit: SignedIn) -> Response:
    """List holds, newest first."""
    asked = visit.request.query_params
    state = visit.chosen("state", words.HOLD_STATE, "lasting")
    after = whole_number(asked.get("after"))
    with visit.services.database.reading() as session:
        found = queries.holds(session, visit.viewer, state=state, today=visit.today, after=after, limit=_SHOWN)
    return visit.page("holds/list.html", found=found, state=state, after=after)


@router.get("/holds/new")
def show_form(visit: SignedIn) -> Response:
    """Ask what is to be held and why."""
    visit.viewer.require(Right.HOLD_KEEP)
    return _form(visit, accounts=visit.request.query_params.get("account", "")[:40])


@router.post("/holds")
def place_hold(visit: SignedIn, form: SentForm) -> Response:
    """Place a hold."""
    visit.viewer.require(Right.HOLD_KEEP)
    accounts = form.text("accounts", limit=_LONGEST_LIST)
    applications = form.text("applications", limit=_LONGEST_LIST)
    try:
        terms = terms_of(form)
        with visit.services.database.unit_of_work() as session:
            on = On(accounts.split(), applications.split(), form.ids("item"))
            made = actions.place(session, visit.viewer, on, terms, now=visit.now, today=visit.today)
            key = made.id
    except (Invalid, NotFound) as error:
        return _form(visit, accounts=accounts, typed=form, error=error)
    return RedirectResponse(f"/holds/{key}?done=hold-placed", status_code=303)


@router.get("/holds/{hold_id}")
def show_hold(visit: SignedIn, hold_id: Id) -> Response:
    """Show a hold and what it is placed on."""
    return _hold(visit, hold_id)


@router.post("/holds/{hold_id}/release")
def release_hold(visit: SignedIn, form: SentForm, hold_id: Id) -> Response:
    """Release a hold, saying why."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.release(session, visit.viewer, hold_id, reason=form.text("reason", limit=400), now=visit.now)
    except (Invalid, Refused) as error:
        return _hold(visit, hold_id, error, typed=form)
    return RedirectResponse(f"/holds/{hold_id}?done=hold-released", status_code=303)


@router.post("/holds/{hold_id}/review")
def postpone_review(visit: SignedIn, form: SentForm, hold_id: Id) -> Response:
    """Say that a hold was looked at and is still needed, and when to look next."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.postpone_review(
                session, visit.viewer, hold_id, review_on=_day(form), reason=form.text("why", limit=400),
                now=visit.now, today=visit.today,
            )  # fmt: skip
    except (Invalid, Refused) as error:
        return _hold(visit, hold_id, error, typed=form)
    return RedirectResponse(f"/holds/{hold_id}?done=hold-reviewed", status_code=303)


def terms_of(form: Form) -> Terms:
    """Return the terms of a hold as a form says them."""
    return Terms(
        form.text("kind", limit=12),
        form.text("reason", limit=400),
        form.text("authority", limit=200),
        _day(form),
    )


def _day(form: Form) -> date:
    try:
        return date.fromisoformat(form.text("review_on", limit=10))
    except ValueError:
        # No day at all is refused like one that has passed.
        return date.min


def _hold(visit: Visit, hold_id: int, error: ArchiveError | None = None, *, typed: Form | None = None) -> Response:
    with visit.services.database.reading() as session:
        found = queries.hold(session, visit.viewer, hold_id)
        subjects = queries.subjects(session, visit.viewer, hold_id)
        reviews = queries.reviews(session, visit.viewer, hold_id)
    return visit.page(
        "holds/hold.html",
        reviews=reviews,
        refusal=error,
        hold=found,
        subjects=subjects,
        # What was typed is there again after a refusal.
        said={name: typed.raw(name) if typed else "" for name in ("reason", "why", "review_on")},
    )


def _form(visit: Visit, *, accounts: str, typed: Form | None = None, error: ArchiveError | None = None) -> Response:
    names = ("applications", "kind", "reason", "authority", "review_on")
    return visit.page(
        "holds/new.html",
        refusal=error,
        said={"accounts": accounts, **{name: typed.raw(name) if typed else "" for name in names}},
    )
