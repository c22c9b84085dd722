"""Requests of the people whom papers speak of: the register, one of them, its answer, opening what is stored only."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.subjects import actions, answering, queries
from archive_service.subjects.rules import Said, Verdict
from archive_service.web import pictures, words
from archive_service.web.forms import Form, SentForm
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from retention import letters

router = APIRouter()

_SHOWN = 50


@router.get("/subjects")
def list_requests(visit: SignedIn) -> Response:
    """List requests, newest first."""
    asked = visit.request.query_params
    text = asked.get("q", "").strip()[:120]
    # Who looks for one looks among all of them, unless a state was chosen.
    state = visit.chosen("state", words.SUBJECT_LIST, "" if text else "open")
    after = whole_number(asked.get("after"))
    with visit.services.database.reading() as session:
        found = queries.requests(
            session, visit.viewer, state=state, text=text, today=visit.today, after=after, limit=_SHOWN
        )
        past = letters.past(session, visit.viewer, today=visit.today) if after is None and not text else []
    return visit.page("subjects/list.html", found=found, state=state, text=text, after=after, past=past)


@router.get("/subjects/new")
def show_form(visit: SignedIn) -> Response:
    """Ask who asks, what was seen of them, and what they want."""
    visit.viewer.require(Right.SUBJECT_KEEP)
    return _form(visit, account=visit.request.query_params.get("account", "")[:40])


@router.post("/subjects")
def register(visit: SignedIn, form: SentForm) -> Response:
    """Register a request."""
    visit.viewer.require(Right.SUBJECT_KEEP)
    account = form.text("account", limit=40)
    try:
        said = Said(
            form.text("kind", limit=10), form.text("asker", limit=200), form.text("relation", limit=6),
            form.text("proof", limit=20), form.text("proof_note", limit=400), form.text("words", limit=1000),
            _day(form, visit.today),
        )  # fmt: skip
        with visit.services.database.unit_of_work() as session:
            made = actions.register(
                session, visit.viewer, account, said, item_nos=_numbers(form), now=visit.now, today=visit.today,
                workdays_to_answer=visit.services.settings.subject_answer_workdays,
            )  # fmt: skip
            key = made.id
    except (Invalid, NotFound) as error:
        return _form(visit, account=account, typed=form, error=error)
    return RedirectResponse(f"/subjects/{key}?done=subject-registered", status_code=303)


@router.get("/subjects/{subject_id}")
def show_request(visit: SignedIn, subject_id: Id) -> Response:
    """Show a request, its papers, and what can be done with it."""
    return _request(visit, subject_id)


@router.get("/subjects/{subject_id}/letter")
def take_letter(visit: SignedIn, subject_id: Id) -> Response:
    """Hand over the letter that answered a request."""
    with visit.services.database.reading() as session:
        found = queries.request(session, visit.viewer, subject_id)
    if found.letter_digest is None:
        raise NotFound("subject.no-letter", "这项要求还没有答复书。请先答复。")
    return pictures.rendition(visit.services.store, found.letter_digest, f"{found.number}.pdf")


@router.post("/subjects/{subject_id}/decide")
def decide(visit: SignedIn, form: SentForm, subject_id: Id) -> Response:
    """Answer a request."""
    verdict = Verdict(
        form.text("verdict", limit=10) == "grant",
        form.text("reason", limit=1000),
        form.text("annotation", limit=1000),
        form.text("copy", limit=80),
    )
    here = visit.services
    try:
        answering.answer(here.database, here.store, visit.viewer, subject_id, verdict, now=visit.now)
    except (Invalid, Refused) as error:
        return _request(visit, subject_id, error, typed=form)
    return RedirectResponse(f"/subjects/{subject_id}?done=subject-decided", status_code=303)


@router.post("/subjects/{subject_id}/withdraw")
def withdraw(visit: SignedIn, form: SentForm, subject_id: Id) -> Response:
    """Put down that it is asked for no more."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.withdraw(session, visit.viewer, subject_id, reason=form.text("reason", limit=400), now=visit.now)
    except (Invalid, Refused) as error:
        return _request(visit, subject_id, error, typed=form)
    return RedirectResponse(f"/subjects/{subject_id}", status_code=303)


@router.post("/subjects/{subject_id}/lift")
def lift(visit: SignedIn, form: SentForm, subject_id: Id) -> Response:
    """End the restrictions of a request."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.lift(session, visit.viewer, subject_id, reason=form.text("reason", limit=400), now=visit.now)
    except (Invalid, Refused) as error:
        return _request(visit, subject_id, error, typed=form)
    return RedirectResponse(f"/subjects/{subject_id}?done=subject-lifted", status_code=303)


@router.post("/items/{item_id}/open")
def open_paper(visit: SignedIn, form: SentForm, item_id: Id) -> Response:
    """Open a paper that is stored only, for a while, saying why."""
    with visit.services.database.unit_of_work() as session:
        actions.open_paper(session, visit.viewer, item_id, reason=form.text("reason", limit=400), now=visit.now)
    return RedirectResponse(f"/items/{item_id}", status_code=303)


def _day(form: Form, today: date) -> date:
    try:
        return date.fromisoformat(form.text("received_on", limit=10) or today.isoformat())
    except ValueError:
        # No day at all is refused like one that is to come.
        return date.max


def _numbers(form: Form) -> list[int]:
    typed = form.text("papers", limit=2000).replace("，", " ").replace(",", " ").replace("、", " ").split()
    # What is no number names no paper, and is refused like one that is not there.
    return [whole_number(one) or 0 for one in typed]


def _request(
    visit: Visit, subject_id: int, error: ArchiveError | None = None, *, typed: Form | None = None
) -> Response:
    with visit.services.database.reading() as session:
        found = queries.request(session, visit.viewer, subject_id)
        papers = queries.papers(session, visit.viewer, subject_id)
        openings = queries.openings(session, visit.viewer, subject_id)
        kept = letters.kept(session, found.household_id, today=visit.today) if found.letter_digest else {}
    return visit.page(
        "subjects/request.html",
        refusal=error,
        asked=found,
        papers=papers,
        openings=openings,
        letters=kept,
        # What was typed is there again after a refusal.
        said={name: typed.raw(name) if typed else "" for name in ("verdict", "reason", "annotation", "copy")},
    )


def _form(visit: Visit, *, account: str, typed: Form | None = None, error: ArchiveError | None = None) -> Response:
    names = ("kind", "asker", "relation", "proof", "proof_note", "words", "received_on", "papers")
    return visit.page(
        "subjects/new.html",
        refusal=error,
        said={"account": account, **{name: typed.raw(name) if typed else "" for name in names}},
    )
