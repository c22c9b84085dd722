"""Full-text search, within what the caller may know of."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web import metrics, reading
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.finding import refusal
from indexing import search as indexing
from indexing.search import Filters
from indexing.suggest import suggest

router = api_router("search")

Code = Annotated[str | None, Query(max_length=40)]


class Piece(BaseModel):
    """A piece of a snippet; `marked` pieces are what was looked for."""

    text: str
    marked: bool


class HitOut(BaseModel):
    """A found item; `exact` is false on a hit that is only near."""

    item: str
    account_no: str
    account_name: str
    document_type: str
    title: str
    document_date: date | None
    snippet: list[Piece]
    page: int | None
    exact: bool


class BucketOut(BaseModel):
    """A value of a facet and how many hits have it."""

    value: str
    label: str
    count: int


class Notice(BaseModel):
    """Why a question was not answered: stable code and sentence."""

    code: str
    message: str


class SearchOut(BaseModel):
    """A page of hits, exact ones first, and what all hits together look like; `next` goes into `after`."""

    total: int
    took_ms: float
    hits: list[HitOut]
    facets: dict[str, list[BucketOut]]
    #: Why nothing was looked for: an identity number is asked for at POST /identity-search, with its own right.
    notice: Notice | None
    next: int | None


class SuggestionOut(Told):
    """A household that may be meant; personal numbers in it are hidden from who may not read them."""

    account_no: str
    account_name: str
    service_address: str


class SuggestionList(BaseModel):
    """The households that may be meant, those that begin like the text first."""

    households: list[SuggestionOut]


@router.get("/search/suggest")
def list_suggestions(visit: Caller, q: Annotated[Words, Query(max_length=100)] = "") -> SuggestionList:
    """Return the households that may be meant by what is typed so far: by number, name or address."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.reading() as session:
        found = suggest(
            session,
            visit.viewer.units(Right.RECORD_READ),
            q,
            index=visit.services.index,
            personal_units=visit.viewer.units(Right.RECORD_READ_PERSONAL),
        )
    return SuggestionList(households=[SuggestionOut.model_validate(one) for one in found])


@router.get("/search")
def search(
    visit: Caller,
    q: Annotated[str, Query(max_length=200)] = "",
    centre: Code = None,
    type: Code = None,
    category: Code = None,
    business: Code = None,
    date_from: Annotated[Day | None, Query(alias="from")] = None,
    date_to: Annotated[Day | None, Query(alias="to")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    after: Annotated[int | None, Query(ge=1, le=10_000)] = None,
) -> SearchOut:
    """Find items by number, name, address or any words inside the pages."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.reading() as session:
        units = {unit.code: unit.id for unit in people.unit_tree(session, visit.viewer, Right.RECORD_READ)}
        found = indexing.search(
            session,
            visit.services.index,
            viewer_units=visit.viewer.units(Right.RECORD_READ),
            query=q,
            filters=Filters(
                centre=None if centre is None else units.get(centre, 0),
                document_type=type,
                category=category,
                business_type=business,
                date_from=date_from,
                date_to=date_to,
            ),
            limit=limit,
            offset=after or offset,
            may_read_personal_units=visit.viewer.units(Right.RECORD_READ_PERSONAL),
        )
    reading.shows(visit, [hit.account_no for hit in found.hits])
    metrics.of(visit.request).searched(visit.services.index.engine_name, q, found.took_ms)
    return SearchOut(
        notice=Notice(code=found.refused, message=refusal(visit.viewer)) if found.refused else None,
        total=found.total,
        took_ms=found.took_ms,
        hits=[_hit(hit) for hit in found.hits],
        facets={
            name: [BucketOut(value=b.value, label=b.label, count=b.count) for b in buckets]
            for name, buckets in found.facets.items()
        },
        next=_following(found.total, (after or offset) + limit, limit),
    )


def _following(total: int, reached: int, limit: int) -> int | None:
    return reached if reached < total and reached + limit <= indexing.DEEPEST else None


def _hit(hit: indexing.Hit) -> HitOut:
    return HitOut(
        item=str(hit.item_id),
        account_no=hit.account_no,
        account_name=hit.account_name,
        document_type=hit.document_type,
        title=hit.title,
        document_date=hit.document_date,
        snippet=[Piece(text=text, marked=marked) for text, marked in hit.snippet],
        page=hit.page,
        exact=hit.exact,
    )
