"""Review and disposal: freezing a list, judging it, proposing, deciding, planning, and two witnesses who sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, NotFound, NotPermitted, Refused
from archive_service.jobs.nudge import nudge
from archive_service.people.roles import Right
from archive_service.web import pictures, presence, words
from archive_service.web.forms import Form, SentForm
from archive_service.web.guard import SANDBOX
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from retention import candidates, certificate, disposal, proposing, review
from retention import disposal_queries as queries

router = APIRouter()

_SHOWN, _ITEMS_SHOWN = 50, 100
_LISTS = "/retention/disposals"
#: What stands on the page of a list instead of a page of its own; being no such person or no such list does not.
_SAID = (Invalid, Refused)


@router.get("/retention/disposals")
def list_lists(visit: SignedIn) -> Response:
    """List review lists, newest first."""
    return _lists(visit)


@router.post("/retention/disposals")
def freeze_list(visit: SignedIn, form: SentForm) -> Response:
    """Freeze what is due in a unit into a list."""
    visit.viewer.require(Right.DISPOSAL_PROPOSE)
    try:
        unit_id = form.id("unit")
        if unit_id is None:
            raise Invalid("disposal.unit", "请选择单位。")
        visit.viewer.require(Right.DISPOSAL_PROPOSE, unit_id)
        with visit.services.database.unit_of_work() as session:
            dues = candidates.due(session, unit_id, today=visit.today)
            made = review.freeze(
                session, visit.viewer, unit_id=unit_id, title=form.text("title", limit=400), dues=dues,
                now=visit.now, today=visit.today,
            )  # fmt: skip
            key = made.id
    except _SAID as error:
        return _lists(visit, error)
    return RedirectResponse(f"{_LISTS}/{key}", status_code=303)


@router.get("/retention/disposals/{disposal_id}")
def show_list(visit: SignedIn, disposal_id: Id) -> Response:
    """Show a list with its items and the step that is next."""
    return _list(visit, disposal_id)


@router.get("/retention/disposals/{disposal_id}/state")
def show_state(visit: SignedIn, disposal_id: Id) -> Response:
    """Return how far the execution is; the whole page anew once it is over."""
    with visit.services.database.reading() as session:
        found = queries.summary(session, visit.viewer, disposal_id)
        papers = queries.papers(session, visit.viewer, disposal_id)
    return visit.progress("retention/execution.html", goes_on=found.state == "executing", one=found, papers=papers)


@router.get("/retention/disposals/{disposal_id}/{disposal_paper}")
def hand_over_paper(visit: SignedIn, disposal_id: Id, disposal_paper: str) -> Response:
    """Hand over the report, the plan or the certificate of a list as PDF."""
    with visit.services.database.reading() as session:
        row = queries.row(session, visit.viewer, disposal_id)
        name = f"{row.number}-{disposal_paper}.pdf"
        if disposal_paper == "plan" and row.plan_hash is not None:
            made = certificate.plan(session, row, now=visit.now)
            headers = {"Content-Disposition": pictures.attachment(name), "Content-Security-Policy": SANDBOX}
            return Response(made, media_type="application/pdf", headers=headers)
        digest = {"report": row.report_digest, "certificate": row.certificate_digest}.get(disposal_paper)
    if digest is None:
        raise NotFound("disposal.no-paper", "这份清单还没有这份文件。请回到清单查看它到了哪一步。")
    return pictures.rendition(visit.services.store, digest, name)


@router.post("/retention/disposals/{disposal_id}/opinions")
def give_opinions(visit: SignedIn, form: SentForm, disposal_id: Id) -> Response:
    """Say what is thought right for the items ticked, for all without an opinion, or for the whole list."""
    whole, rest = form.flag("whole"), form.flag("rest")

    def act(session: Any) -> None:
        chosen = form.ids("item")
        if whole or rest:
            chosen = queries.item_ids(session, visit.viewer, disposal_id, unsaid=not whole)
        if not chosen:
            raise Invalid("disposal.none-chosen", "请先勾选资料，或勾选“其余无意见的”或“整份清单”。")
        review.opine(
            session, visit.viewer, disposal_id, chosen, opinion=form.text("opinion", limit=12),
            years=form.id("years"), reason=form.text("reason", limit=400), now=visit.now,
        )  # fmt: skip

    after = whole_number(form.text("after", limit=12))
    return _step(visit, disposal_id, Right.DISPOSAL_PROPOSE, act, which=form.text("which", limit=12), after=after)


@router.post("/retention/disposals/{disposal_id}/propose")
def propose_list(visit: SignedIn, form: SentForm, disposal_id: Id) -> Response:
    """Draw the report, put it into the store, then hand the list on for approval."""
    services = visit.services
    _allowed(visit, disposal_id, Right.DISPOSAL_PROPOSE)
    try:
        proposing.propose(services.database, services.store, visit.viewer, disposal_id, now=visit.now)
    except (*_SAID, NotPermitted) as error:
        return _list(visit, disposal_id, error)
    return RedirectResponse(f"{_LISTS}/{disposal_id}", status_code=303)


@router.post("/retention/disposals/{disposal_id}/decide")
def decide_list(visit: SignedIn, form: SentForm, disposal_id: Id) -> Response:
    """Approve a list or send it back, by the very person, with password and one-time code."""
    return _step(
        visit, disposal_id, Right.DISPOSAL_APPROVE,
        lambda session: review.decide(
            session, visit.viewer, disposal_id, approve=form.text("verdict", limit=10) == "approve",
            note=form.text("note", limit=400), now=visit.now, today=visit.today,
            waiting_days=visit.services.settings.disposal_waiting_days,
        ),
        present=form,
    )  # fmt: skip


@router.post("/retention/disposals/{disposal_id}/plan")
def plan_list(visit: SignedIn, form: SentForm, disposal_id: Id) -> Response:
    """Ask for the execution of an approved list."""
    place = form.text("place", limit=200)
    return _step(
        visit, disposal_id, Right.DISPOSAL_PROPOSE,
        lambda session: disposal.plan(
            session, visit.viewer, disposal_id, place=place, now=visit.now, today=visit.today
        ),
    )  # fmt: skip


@router.post("/retention/disposals/{disposal_id}/witness")
def witness_plan(visit: SignedIn, form: SentForm, disposal_id: Id) -> Response:
    """Sign for the plan that the page showed, by the very person; the second signature starts the execution."""
    answer = _step(
        visit, disposal_id, Right.DISPOSAL_WITNESS,
        lambda session: disposal.witness(
            session, visit.viewer, disposal_id, plan_hash=form.text("plan", limit=64), now=visit.now,
            today=visit.today,
        ),
        present=form,
    )  # fmt: skip
    nudge(visit.services.settings, ("upkeep",))
    return answer


@router.post("/retention/disposals/{disposal_id}/give-up")
def give_list_up(visit: SignedIn, form: SentForm, disposal_id: Id) -> Response:
    """Give a list up, saying why; its items stay."""
    reason = form.text("reason", limit=400)
    return _step(
        visit, disposal_id, Right.DISPOSAL_PROPOSE,
        lambda session: review.give_up(session, visit.viewer, disposal_id, reason=reason, now=visit.now),
    )  # fmt: skip


def _allowed(visit: Visit, disposal_id: int, right: Right) -> None:
    """See that this person may act on a list, before any password is tried. Raises NotFound, NotPermitted."""
    with visit.services.database.reading() as session:
        visit.viewer.require(right, queries.row(session, visit.viewer, disposal_id).unit_id)


def _step(
    visit: Visit,
    disposal_id: int,
    right: Right,
    act: Callable[[Any], object],
    *,
    present: Form | None = None,
    which: str = "",
    after: int | None = None,
) -> Response:
    """Take a step with a list, with `present` only once that form has shown who is at the screen.

    The answer shows the items of `which` above `after` again.
    """
    _allowed(visit, disposal_id, right)
    try:
        if present is not None:
            presence.confirm(visit, password=present.raw("password"), code=present.text("code", limit=40))
        with visit.services.database.unit_of_work() as session:
            act(session)
    except (*_SAID, NotPermitted) as error:
        return _list(visit, disposal_id, error, which=which, after=after)
    again = urlencode({name: value for name, value in (("which", which), ("after", after)) if value})
    to = f"{_LISTS}/{disposal_id}"
    return RedirectResponse(f"{to}?{again}" if again else to, status_code=303)


def _lists(visit: Visit, error: ArchiveError | None = None) -> Response:
    after = whole_number(visit.request.query_params.get("after"))
    with visit.services.database.reading() as session:
        found = queries.lists(session, visit.viewer, after=after, limit=_SHOWN)
        units = queries.units(session, visit.viewer)
    return visit.page(
        "retention/disposals.html",
        refusal=error,
        found=found,
        after=after,
        units=units,
    )


def _list(
    visit: Visit, disposal_id: int, error: ArchiveError | None = None, *, which: str = "", after: int | None = None
) -> Response:
    after = after or whole_number(visit.request.query_params.get("after")) or 0
    which = which if which in queries.GROUPS else visit.chosen("which", words.DISPOSAL_GROUP, "")
    with visit.services.database.reading() as session:
        found = queries.one(
            session, visit.viewer, disposal_id, now=visit.now, which=which, after=after, limit=_ITEMS_SHOWN
        )
        papers = queries.papers(session, visit.viewer, disposal_id)
    return visit.page(
        "retention/disposal.html",
        refusal=error,
        found=found,
        one=found.summary,
        papers=papers,
        which=which,
        after=after,
    )
