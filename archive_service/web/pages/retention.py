"""The due list: what may be appraised from when, and by which rule."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.households import queries as households
from archive_service.people.roles import Right
from archive_service.web import export, keeping, words
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit
from retention import queries, said

router = APIRouter()

_SHOWN = 50


@router.get("/retention")
def list_dues(visit: SignedIn) -> Response:
    """List what comes due, earliest first."""
    which, text = _asked(visit)
    after = visit.request.query_params.get("after", "")[:40]
    with visit.services.database.reading() as session:
        found = queries.dues(
            session, visit.viewer, which=which, text=text, today=visit.today, after=after, limit=_SHOWN
        )
    return visit.page("retention/dues.html", found=found, which=which, text=text, after=after)


@router.get("/retention/export")
def export_dues(visit: SignedIn) -> Response:
    """Hand over the due list as CSV, on record."""
    which, text = _asked(visit)
    with visit.services.database.reading() as session:
        found = queries.dues(session, visit.viewer, which=which, text=text, today=visit.today, limit=export.MOST)
    if found.next is not None:
        raise export.too_many()
    told = (
        N_("到期日"), N_("户号"), N_("件号"), N_("资料"), N_("申请编号"), N_("单位"), N_("规则"), N_("版本"),
        N_("说明"), N_("冻结"),
    )  # fmt: skip
    lines = [
        [
            one.due_on or visit.say(words.DUE_LIST[one.outcome]), one.account_no, one.item_no, one.title,
            one.application_no, one.unit_name, one.rule, one.edition, one.reason,
            visit.say(N_("是") if one.held else N_("否")),
        ]
        for one in found.rows
    ]  # fmt: skip
    name = visit.say(N_("到期清单"))
    return export.handed_over(visit, name, [visit.say(one) for one in told], lines, what="dues", facts={"list": which})


@router.get("/items/{item_id}/retention")
def show_facts(visit: SignedIn, item_id: Id) -> Response:
    """Show until when a paper is kept and by what, and what people said of it."""
    return _facts(visit, item_id)


@router.post("/items/{item_id}/retention")
def say_fact(visit: SignedIn, form: SentForm, item_id: Id) -> Response:
    """Say that a paper was superseded or its contract has ended."""
    try:
        with visit.services.database.unit_of_work() as session:
            said.say(
                session, visit.viewer, item_id, kind=form.text("kind", limit=20), happened_on=_day(form),
                by_item_no=form.id("by"), reason=form.text("reason", limit=400), now=visit.now, today=visit.today,
            )  # fmt: skip
    except (Invalid, Refused, NotFound) as error:
        return _facts(visit, item_id, error)
    return RedirectResponse(f"/items/{item_id}/retention", status_code=303)


@router.post("/items/{item_id}/retention/{fact_id}/take-back")
def take_fact_back(visit: SignedIn, _form: SentForm, item_id: Id, fact_id: Id) -> Response:
    """Take back what was said of a paper."""
    with visit.services.database.unit_of_work() as session:
        said.take_back(session, visit.viewer, item_id, fact_id, now=visit.now, today=visit.today)
    return RedirectResponse(f"/items/{item_id}/retention", status_code=303)


def _facts(visit: Visit, item_id: int, error: ArchiveError | None = None) -> Response:
    with visit.services.database.reading() as session:
        item = households.item(session, visit.viewer, item_id)
        facts = said.facts_of(session, item_id)
    return visit.page(
        "retention/item.html",
        refusal=error,
        item=item,
        facts=facts,
        kept=keeping.kept(visit, [item_id])[item_id],
        may_say=visit.viewer.may(Right.ITEM_CHANGE, item.unit_id),
    )


def _day(form: Form) -> date:
    try:
        return date.fromisoformat(form.text("happened_on", limit=10))
    except ValueError:
        # No day at all is refused like one that is to come.
        return date.max


def _asked(visit: Visit) -> tuple[str, str]:
    return visit.chosen("list", words.DUE_LIST, "now"), visit.request.query_params.get("q", "").strip()[:40]
