"""Search: by number, name, address or any words inside the pages, within what a person may know of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service import ids
from archive_service.errors import ArchiveError, NotFound
from archive_service.households import queries as households
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.web import labels, metrics, words
from archive_service.web.i18n import N_
from archive_service.web.visit import SignedIn, Visit
from indexing import search as indexing
from indexing.search import Filters, SearchPage

router = APIRouter()

_SHOWN = 20
_FIRST_YEAR, _LAST_YEAR = 1950, 2100


@dataclass(frozen=True)
class Asked:
    """What stands in the address."""

    text: str
    offset: int
    centre: str
    document_type: str
    category: str
    business: str
    year: str

    def values(self) -> dict[str, str]:
        """Return the parts for links, the empty ones left out."""
        parts = {
            "q": self.text,
            "centre": self.centre,
            "type": self.document_type,
            "category": self.category,
            "business": self.business,
            "year": self.year,
        }
        return {name: value for name, value in parts.items() if value}


@router.get("/search")
def show_search(visit: SignedIn) -> Response:
    """Show what was found; an exact account number goes straight to its file."""
    visit.viewer.require(Right.RECORD_READ)
    asked = _asked(visit)
    straight = _straight(visit, asked)
    if straight is not None:
        return RedirectResponse(f"/households/{straight}", status_code=303)
    facts: dict[str, Any] = {"found": None, "error": "", "near": [], "centres": {}}
    with visit.services.database.reading() as session:
        facts["centres"] = {unit.code: unit for unit in people.unit_tree(session, visit.viewer, Right.RECORD_READ)}
        if asked.text or asked.values():
            try:
                facts["found"] = _search(visit, session, asked, facts["centres"])
            except ArchiveError as error:
                facts["error"] = visit.told(error)
                visit.request.scope[metrics.CODE] = error.code
            facts["near"] = _near(visit, session, asked)
    if facts["found"] and facts["found"].refused:
        facts |= {"error": visit.say(refusal(visit.viewer)), "found": None}
    shown = facts["found"].hits if facts["found"] else ()
    return visit.page(
        "search/page.html",
        asked=asked,
        shown=_SHOWN,
        hits=shown,
        applied=_applied(visit, asked, facts["centres"]),
        **facts,
    )


def _search(visit: Visit, session: Any, asked: Asked, centres: dict[str, Any]) -> SearchPage:
    unit = centres.get(asked.centre)
    filters = Filters(
        # A centre this person may not know of finds nothing, like one that does not exist.
        centre=None if not asked.centre else unit.id if unit else 0,
        document_type=asked.document_type or None,
        category=asked.category or None,
        business_type=asked.business or None,
        date_from=date(int(asked.year), 1, 1) if asked.year else None,
        date_to=date(int(asked.year), 12, 31) if asked.year else None,
    )
    found = indexing.search(
        session,
        visit.services.index,
        viewer_units=visit.viewer.units(Right.RECORD_READ),
        query=asked.text,
        filters=filters,
        limit=_SHOWN,
        offset=asked.offset,
        may_read_personal_units=visit.viewer.units(Right.RECORD_READ_PERSONAL),
    )
    metrics.of(visit.request).searched(visit.services.index.engine_name, asked.text, found.took_ms)
    return found


def _asked(visit: Visit) -> Asked:
    given = visit.request.query_params
    offset = given.get("offset", "")
    year = given.get("year", "")
    good_year = bool(re.fullmatch(r"\d{4}", year)) and _FIRST_YEAR <= int(year) <= _LAST_YEAR
    return Asked(
        text=given.get("q", "").strip()[:200],
        offset=int(offset) if re.fullmatch(r"\d{1,6}", offset) else 0,
        centre=given.get("centre", "")[:40],
        document_type=given.get("type", "") if given.get("type") in (*labels.document_types(), labels.OTHER) else "",
        category=given.get("category", "") if given.get("category") in words.CATEGORY else "",
        business=given.get("business", "") if given.get("business") in labels.businesses() else "",
        year=year if good_year else "",
    )


def _straight(visit: Visit, asked: Asked) -> str | None:
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


def _near(visit: Visit, session: Any, asked: Asked) -> list[Any]:
    """Return households whose number or name begins like the text; these need no index."""
    if not asked.text or asked.offset:
        return []
    return indexing.suggest(session, visit.viewer.units(Right.RECORD_READ), asked.text, limit=5)


def refusal(viewer: Viewer) -> str:
    """Return why an identity number was not looked for."""
    return ELSEWHERE if viewer.may(Right.IDENTITY_SEARCH) else NOT_PERMITTED


ELSEWHERE = N_("证件号码不写在网址里，没有查找。请到“按证件号码查户”中输入。")
NOT_PERMITTED = N_("按证件号码查户需要专门的权限，没有查找。请改用户号、户名或地址。")


def _applied(visit: Visit, asked: Asked, centres: dict[str, Any]) -> list[tuple[str, str]]:
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
