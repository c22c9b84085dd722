"""Answer what a person looks for, within what that person may know of."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.errors import Invalid
from archive_service.households.tables import HouseholdFile, Item, Page
from archive_service.people.tables import Unit
from archive_service.restricted.queries import lasting
from indexing import days, project, query, snippet
from indexing.engine import EngineResult
from indexing.index import Index
from indexing.query import EngineQuery
from indexing.snippet import Segment

#: Hits that can be paged to; who needs more, needs a narrower question.
DEEPEST = 10_000
MOST_A_PAGE = 1_000
#: Code under which a page says that identity numbers are looked for elsewhere.
IDENTITY = "search.identity"


@dataclass(frozen=True)
class Filters:
    """Facts that a hit has to have, none means any. `centre`: a unit's id, with all below it; days are inclusive."""

    centre: int | None = None
    document_type: str | None = None
    category: str | None = None
    business_type: str | None = None
    date_from: date | None = None
    date_to: date | None = None


@dataclass(frozen=True)
class Hit:
    """A found item. `snippet` is empty when no page says it, or may not be shown; `page` counts from 1."""

    item_id: int
    account_no: str
    account_name: str
    unit_id: int
    document_type: str
    title: str
    document_date: date | None
    snippet: tuple[Segment, ...]
    page: int | None
    exact: bool
    sensitivity: str


@dataclass(frozen=True)
class Bucket:
    """A value of a facet, how many hits have it, and what to call it. Of a centre, `value` is the unit's code."""

    value: str
    count: int
    label: str


@dataclass(frozen=True)
class SearchPage:
    """One page of hits, exact ones first, and what all hits together look like.

    `total` counts near hits too. `facets`: document_type, centre, category, year; each most frequent first.
    """

    total: int
    took_ms: float
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[Bucket, ...]]
    #: Why nothing was looked for, as a code; empty when it was.
    refused: str = ""


def search(
    session: Session,
    index: Index,
    *,
    viewer_units: frozenset[int],
    query: str,
    filters: Filters = Filters(),
    limit: int = 20,
    offset: int = 0,
    may_read_personal_units: frozenset[int] = frozenset(),
) -> SearchPage:
    """Return a page of what `query` finds in `viewer_units`; nothing typed lists everything, newest first.

    Personal numbers are found, and shown in snippets, only in `may_read_personal_units`. A whole identity number is
    never looked for here: it would stand in the address of the page (see indexing.identities). Raises Invalid for a
    question that cannot be read or too deep a page, IndexUnusable when the index has to be rebuilt.
    """
    began = time.perf_counter()
    _check_page(limit, offset)
    if masking.names_identity(query):
        return SearchPage(0, 0.0, (), {}, refused=IDENTITY)
    asked = _engine_query(session, viewer_units, query, filters, personal=may_read_personal_units)
    result = _answer(index, replace(asked, limit=limit, offset=offset))
    hits = _hits(session, result, asked)
    # What left the archive since the index last followed is not found; the count follows as far as the page shows it.
    total = result.total - (len(result.hits) - len(hits))
    facets = _facets(session, result)
    return SearchPage(total, round((time.perf_counter() - began) * 1000, 1), hits, facets)


def _check_page(limit: int, offset: int) -> None:
    if not 1 <= limit <= MOST_A_PAGE or offset < 0:
        raise Invalid(
            "search.limit",
            f"每页可取 1 到 {MOST_A_PAGE} 条，起点不能小于 0。请改正后再试。",
            limit=limit,
            offset=offset,
        )
    if offset + limit > DEEPEST:
        raise Invalid(
            "search.too-deep",
            f"最多可翻到前 {DEEPEST} 条结果。请增加检索词，或用类型、中心、年份缩小范围。",
            offset=offset,
        )


def _engine_query(
    session: Session, viewer_units: frozenset[int], typed: str, filters: Filters, *, personal: frozenset[int]
) -> EngineQuery:
    units = viewer_units & _below(session, filters.centre) if filters.centre is not None else viewer_units
    read = query.parse(typed)
    first, last = days.narrower((filters.date_from, filters.date_to), read.between)
    wanted = query.Filter(
        document_type=filters.document_type,
        category=filters.category,
        business_type=filters.business_type,
        date_from=first,
        date_to=last,
    )
    return EngineQuery(units, personal & units, read, wanted, facets=True)


def _below(session: Session, unit_id: int) -> frozenset[int]:
    path = session.scalar(select(Unit.path).where(Unit.id == unit_id))
    if path is None:
        return frozenset()
    return frozenset(session.scalars(select(Unit.id).where(Unit.path.startswith(path, autoescape=True))))


def _answer(index: Index, asked: EngineQuery) -> EngineResult:
    result = index.search(asked)
    if result.total or not asked.wanted.parts:
        return result
    # Being stricter than people type is worth it only while it finds something.
    return index.search(replace(asked, loose=True))


def _hits(session: Session, result: EngineResult, asked: EngineQuery) -> tuple[Hit, ...]:
    ids = [hit.item_id for hit in result.hits]
    # The index may be a moment behind: state and unit are asked of the database again.
    rows = session.execute(
        select(Item, HouseholdFile)
        .join(HouseholdFile, Item.household_id == HouseholdFile.id)
        .where(Item.id.in_(ids), Item.state == "filed", HouseholdFile.unit_id.in_(asked.units), ~lasting(Item.id))
    )
    found = {item.id: (item, household) for item, household in rows}
    streams = snippet.streams_of(asked.wanted.parts)
    pages = _pages(session, list(found)) if streams else {}
    return tuple(
        _hit(*found[hit.item_id], exact=hit.exact, pages=pages.get(hit.item_id, []), streams=streams, asked=asked)
        for hit in result.hits
        if hit.item_id in found
    )


def _pages(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    pages: dict[int, list[tuple[int, str]]] = {}
    asked = select(Page.item_id, Page.page_no, Page.text).where(Page.item_id.in_(ids))
    for item_id, page_no, page in session.execute(asked.order_by(Page.item_id, Page.page_no)):
        pages.setdefault(item_id, []).append((page_no, page))
    return pages


def _hit(
    item: Item,
    household: HouseholdFile,
    *,
    exact: bool,
    pages: Sequence[tuple[int, str]],
    streams: Sequence[str],
    asked: EngineQuery,
) -> Hit:
    personal = household.unit_id in asked.personal_units
    if not personal:
        # Hidden before anything is looked for or cut, so that neither a mark nor an edge can tell a digit.
        pages = [] if item.sensitivity == "sensitive" else [(number, masking.text(page)) for number, page in pages]
    cut = snippet.cut(pages, streams)
    return Hit(
        item_id=item.id,
        account_no=household.account_no,
        account_name=household.account_name,
        unit_id=household.unit_id,
        document_type=item.document_type,
        title=item.title if personal else masking.text(item.title),
        document_date=item.document_date,
        snippet=cut.segments if cut else (),
        page=cut.page if cut else None,
        exact=exact,
        sensitivity=item.sensitivity,
    )


def _facets(session: Session, result: EngineResult) -> Mapping[str, tuple[Bucket, ...]]:
    facets = {name: _ranked(counts, {}) for name, counts in result.facets.items()}
    if types := result.facets.get("document_type"):
        facets["document_type"] = _ranked(types, project.type_names())
    if centres := result.facets.get("centre"):
        units = session.execute(select(Unit.id, Unit.code, Unit.name).where(Unit.id.in_([int(one) for one in centres])))
        buckets = [Bucket(unit.code, centres[str(unit.id)], unit.name) for unit in units]
        facets["centre"] = tuple(sorted(buckets, key=lambda bucket: (-bucket.count, bucket.value)))
    return facets


def _ranked(counts: Mapping[str, int], labels: Mapping[str, str]) -> tuple[Bucket, ...]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Bucket(value, count, labels.get(value, value)) for value, count in ranked)
