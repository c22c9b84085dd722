"""What a search asks for as its address or a form says it, and what it finds: for the page, the export and holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from archive_service.errors import Refused
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.web import labels, metrics, words
from archive_service.web.i18n import N_
from archive_service.web.visit import Visit
from indexing import search as indexing
from indexing.search import Filters, Hit, SearchPage

#: Hits on a page.
SHOWN = 20
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


def search(visit: Visit, session: Any, asked: Asked, centres: dict[str, Any], *, limit: int = SHOWN) -> SearchPage:
    """Return a page of what a search finds for this person. Raises as `indexing.search.search` does."""
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
        limit=limit,
        offset=asked.offset,
        may_read_personal_units=visit.viewer.units(Right.RECORD_READ_PERSONAL),
    )
    metrics.of(visit.request).searched(visit.services.index.engine_name, asked.text, found.took_ms)
    return found


def asked_of(given: Mapping[str, str]) -> Asked:
    """Return what the parameters of an address, or the fields of a form, ask for; what makes no sense asks nothing."""
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


def every_hit(visit: Visit, asked: Asked) -> list[Hit]:
    """Return all that a search finds. Raises Refused for a search by identity number or one that finds too much."""
    hits: list[Hit] = []
    with visit.services.database.reading() as session:
        centres = {unit.code: unit for unit in people.unit_tree(session, visit.viewer, Right.RECORD_READ)}
        while True:
            part = replace(asked, offset=len(hits))
            found = search(visit, session, part, centres, limit=indexing.MOST_A_PAGE)
            if found.refused:
                raise Refused("search.identity", refusal(visit.viewer))
            if found.total > indexing.DEEPEST:
                raise Refused(
                    "search.export-too-long",
                    f"找到的资料超过 {indexing.DEEPEST} 件，没有办理。请增加检索词或筛选条件。",
                    most=indexing.DEEPEST,
                )
            hits += found.hits
            if not found.hits or len(hits) >= found.total:
                return hits


def refusal(viewer: Viewer) -> str:
    """Return why an identity number was not looked for."""
    return ELSEWHERE if viewer.may(Right.IDENTITY_SEARCH) else NOT_PERMITTED


ELSEWHERE = N_("证件号码不写在网址里，没有查找。请到“按证件号码查户”中输入。")
NOT_PERMITTED = N_("按证件号码查户需要专门的权限，没有查找。请改用户号、户名或地址。")
