"""Search: by number, name, address or any words inside the pages, within what a person may know of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service import ids
from archive_service.errors import ArchiveError, Invalid, NotFound
from archive_service.households import queries as households
from archive_service.notebook import actions
from archive_service.notebook import queries as notebook
from archive_service.notebook.rules import Kind
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web import export, finding, keeping, labels, metrics, reading, remembering, render
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.pages.people import inside
from archive_service.web.visit import SignedIn, Visit
from indexing.suggest import Suggestion, suggest

router = APIRouter()

_REMEMBERED, _BEFORE_SHOWN = 12, 3
#: What can be asked, each with an example that can be tried at once.
EXAMPLES = (
    (N_("连续出现的字句"), "“供用电合同”"),
    (N_("几个词都出现，顺序不限"), "变压器 容量"),
    (N_("排除一个词"), "合同 -作废"),
    (N_("户号，写开头几位即可"), "户号:5101"),
    (N_("户名"), "户名:食品"),
    (N_("用电地址"), "地址:清河路"),
    (N_("资料类型，写代码或名称"), "类型:K01H"),
    (N_("形成日期，年、月、日或起止"), "日期:2024-01..2024-06"),
)


@router.get("/search")
def show_search(visit: SignedIn) -> Response:
    """Show what was found; an exact account number goes straight to its file."""
    visit.viewer.require(Right.RECORD_READ)
    asked = finding.asked_of(visit.request.query_params)
    straight = _straight(visit, asked)
    if straight is not None:
        return RedirectResponse(f"/households/{straight}", status_code=303)
    facts: dict[str, Any] = {"found": None, "error": None, "near": [], "centres": {}}
    with visit.services.database.reading() as session:
        facts["centres"] = {unit.code: unit for unit in people.unit_tree(session, visit.viewer, Right.RECORD_READ)}
        facts["saved"] = notebook.kept(session, visit.viewer, Kind.SAVED, limit=_REMEMBERED)
        facts["recent"] = notebook.kept(session, visit.viewer, Kind.SEARCH, limit=_REMEMBERED)
        if asked.text or asked.values():
            try:
                facts["found"] = finding.search(visit, session, asked, facts["centres"])
            except ArchiveError as error:
                facts["error"] = _told(visit, asked, error)
                visit.request.scope[metrics.CODE] = error.code
            facts["near"] = _near(visit, session, asked)
    if facts["found"] and facts["found"].refused:
        facts |= {"error": Trouble(visit.say(finding.refusal(visit.viewer))), "found": None}
    shown = facts["found"].hits if facts["found"] else ()
    reading.shows(visit, [hit.account_no for hit in shown])
    page = visit.page(
        "search/page.html",
        asked=asked,
        shown=finding.SHOWN,
        hits=shown,
        kept=keeping.kept(visit, [hit.item_id for hit in shown]),
        applied=_applied(visit, asked, facts["centres"]),
        examples=EXAMPLES,
        **facts,
    )
    if not shown or not asked.text or asked.offset:
        return page
    return remembering.after(page, visit, Kind.SEARCH, asked.text, render.query("/search", asked.values()))


@router.get("/search/suggest")
def show_suggestions(visit: SignedIn) -> Response:
    """Return, as a part of a page, the households that may be meant by what is typed so far."""
    visit.viewer.require(Right.RECORD_READ)
    typed = visit.request.query_params.get("q", "").strip()[:100]
    with visit.services.database.reading() as session:
        found = suggest(
            session,
            visit.viewer.units(Right.RECORD_READ),
            typed,
            index=visit.services.index,
            personal_units=visit.viewer.units(Right.RECORD_READ_PERSONAL),
        )
        before = notebook.kept(session, visit.viewer, Kind.SAVED, limit=_REMEMBERED)
        before += notebook.kept(session, visit.viewer, Kind.SEARCH, limit=_REMEMBERED)
    reading.shows(visit, [one.account_no for one in found])
    begun = [one for one in before if typed and one.name.startswith(typed) and one.name != typed]
    return visit.page("search/suggestions.html", found=found, before=begun[:_BEFORE_SHOWN], typed=typed)


@router.get("/search/export")
def export_hits(visit: SignedIn) -> Response:
    """Hand over what was found as CSV, on record; personal numbers are masked as they are on the page."""
    visit.viewer.require(Right.RECORD_READ)
    asked = finding.asked_of(visit.request.query_params)
    hits = finding.every_hit(visit, asked)
    say = labels.Labels(visit.language)
    told = (N_("户号"), N_("户名"), N_("资料代码"), N_("资料"), N_("形成日期"), N_("页"), N_("摘要"), N_("匹配"))
    lines = [
        [
            hit.account_no, hit.account_name, hit.document_type, say.document_type(hit.document_type),
            hit.document_date, hit.page, "".join(piece for piece, _ in hit.snippet),
            visit.say(N_("原文") if hit.exact else N_("近似")),
        ]
        for hit in hits
    ]  # fmt: skip
    facts = {"filters": sorted(name for name in asked.values() if name != "q")}
    head = [visit.say(word) for word in told]
    return export.handed_over(visit, f"检索结果-{visit.today}", head, lines, what="search", facts=facts)


@router.post("/search/saved")
def save_search(visit: SignedIn, form: SentForm) -> Response:
    """Keep a search under a name, or forget the one that has it."""
    visit.viewer.require(Right.RECORD_READ)
    name, address = form.text("name", limit=80), form.text("search", limit=2000)
    if form.flag("forget"):
        with visit.services.database.unit_of_work() as session:
            actions.forget(session, visit.viewer, Kind.SAVED, name)
        return RedirectResponse(inside(form.text("next") or "/search"), status_code=303)
    if not name or not address.startswith("/search?"):
        raise Invalid("search.unnamed", N_("没有保存：请给这次检索起一个名称。"))
    with visit.services.database.unit_of_work() as session:
        actions.remember(session, visit.viewer, Kind.SAVED, name, address, now=visit.now)
    return RedirectResponse(f"{inside(address)}&done=saved", status_code=303)


@router.post("/search/recent/forget")
def forget_searches(visit: SignedIn, _form: SentForm) -> Response:
    """Forget what this person looked for lately."""
    with visit.services.database.unit_of_work() as session:
        actions.forget(session, visit.viewer, Kind.SEARCH)
    return RedirectResponse("/search", status_code=303)


@dataclass(frozen=True)
class Trouble:
    """Why a question cannot be answered, and where in it the reason stands: before, the place itself, behind."""

    message: str
    before: str = ""
    place: str = ""
    behind: str = ""


def _told(visit: Visit, asked: finding.Asked, error: ArchiveError) -> Trouble:
    at = error.facts.get("position")
    if not isinstance(at, int) or not 1 <= at <= len(asked.text):
        return Trouble(visit.told(error))
    rest = asked.text[at - 1 :]
    place = rest.split(maxsplit=1)[0] if rest.split() else rest
    return Trouble(visit.told(error), asked.text[: at - 1], place, rest[len(place) :])


def _straight(visit: Visit, asked: finding.Asked) -> str | None:
    """Return the account number typed, if it is all that was typed and its file may be seen."""
    if not asked.text or len(asked.values()) > 1 or visit.request.query_params.get("stay"):
        return None
    number = ids.compact(asked.text)
    if not re.fullmatch(visit.services.settings.account_no_pattern, number):
        return None
    try:
        with visit.services.database.reading() as session:
            return households.household(session, visit.viewer, number).account_no
    except NotFound:
        return None


def _near(visit: Visit, session: Any, asked: finding.Asked) -> list[Suggestion]:
    """Return households whose number or name begins like the text; these need no index."""
    if not asked.text or asked.offset:
        return []
    personal = visit.viewer.units(Right.RECORD_READ_PERSONAL)
    return suggest(session, visit.viewer.units(Right.RECORD_READ), asked.text, personal_units=personal, limit=5)


def _applied(visit: Visit, asked: finding.Asked, centres: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the filters in force, as (name in the address, words)."""
    say = labels.Labels(visit.language)
    found = [
        ("type", say.document_type(asked.document_type) if asked.document_type else ""),
        ("centre", centres[asked.centre].name if asked.centre in centres else asked.centre),
        ("category", say.category(asked.category) if asked.category else ""),
        ("business", say.business(asked.business) if asked.business else ""),
        ("year", asked.year),
    ]
    return [(name, word) for name, word in found if word]
