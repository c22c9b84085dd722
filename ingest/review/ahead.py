"""Work out what a change of cuts comes to, before the transaction that makes it.

Recognition reads the lines of every page concerned from the store; inside the transaction it would keep everybody
else from writing. What is found here is only used if the documents are still as they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import Invalid, Refused
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore
from ingest import sort
from ingest.recognise.values import OTHER, Proposal
from ingest.review import ground, marks
from ingest.sheets.meaning import is_sheet
from ingest.tables import Scan, ScanDocument, ScanPage, standing

#: Up to so many pages the other documents of the scan are read too: they say whose papers these are.
_PAGES_AROUND = 60


@dataclass(frozen=True)
class Tools:
    """What recognition needs besides the database."""

    settings: Settings
    store: ObjectStore
    today: date


@dataclass(frozen=True)
class Part:
    """Pages that are to be one document, and what its row is to say."""

    pages: tuple[int, ...]
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class Ahead:
    """What a change will come to: the documents as they lay, by id, and as they are to lie, in order."""

    document_id: int
    before: Mapping[int, tuple[int, ...]]
    parts: tuple[Part, ...]


def before_split(
    session: Session,
    viewer: Viewer,
    document_id: int,
    *,
    before_page: int,
    tools: Tools,
    pages: Sequence[int] | None = None,
) -> Ahead:
    """Look ahead at cutting a document in two before a page of the scan.

    Here and below, `pages` are those of the document that the person saw, none where nobody looked. Raises NotFound,
    Refused like the verb itself, and Invalid where there is nothing to cut.
    """
    document = _open(session, viewer, document_id, pages)
    lie = tuple(document.pages)
    if before_page not in lie[1:]:
        raise Invalid(
            "review.no-cut", "只能在本件第二页及以后的某一页前分件。请翻到新一份的首页再分。", page=before_page
        )
    at = lie.index(before_page)
    return _ahead(session, document, [document], [lie[:at], lie[at:]], tools)


def before_join(
    session: Session, viewer: Viewer, document_id: int, *, tools: Tools, pages: Sequence[int] | None = None
) -> Ahead:
    """Look ahead at joining a document with the one before it; raises Refused when that one is decided or none."""
    document = _open(session, viewer, document_id, pages)
    previous = _previous(document)
    lie = together(previous.pages, document.pages)
    return _ahead(session, document, [previous, document], [lie], tools)


def before_drop(
    session: Session,
    viewer: Viewer,
    document_id: int,
    *,
    dropped: Sequence[int],
    tools: Tools,
    pages: Sequence[int] | None = None,
) -> Ahead:
    """Look ahead at taking pages out of a document: what is left of it, if anything."""
    document = _open(session, viewer, document_id, pages)
    if not dropped or not set(dropped) <= set(document.pages):
        raise Invalid("review.no-page", "要剔除的页不在这份资料中。请刷新页面后再选。")
    left = tuple(number for number in document.pages if number not in set(dropped))
    others = [one for one in standing(document.scan.documents) if one.id != document.id]
    if not left and not others:
        raise Refused("review.nothing-left", "剔除后这份扫描件就没有资料了。请改用“退回”并说明原因。")
    return _ahead(session, document, [document], [left] if left else [], tools)


def before_restore(session: Session, viewer: Viewer, document_id: int, *, tools: Tools) -> Ahead:
    """Look ahead at taking dropped pages back: into the document they came from, or as one of their own."""
    document = ground.seen(session, viewer, document_id)
    check_dropped(document)
    origin = _origin(session, document)
    if origin is None:
        return _ahead(session, document, [document], [tuple(document.pages)], tools)
    lie = together(origin.pages, document.pages)
    return _ahead(session, document, [origin, document], [lie], tools)


def together(first: Sequence[int], second: Sequence[int]) -> tuple[int, ...]:
    """Return the pages of two documents as one: as they were scanned, unless a person has put either in an order."""
    both = [*first, *second]
    kept = list(first) == sorted(first) and list(second) == sorted(second)
    return tuple(sorted(both) if kept else both)


def _origin(session: Session, dropped: ScanDocument) -> ScanDocument | None:
    """Return the undecided document that dropped pages belong to, none when others lie between them now."""
    origin = session.get(ScanDocument, dropped.part_of) if dropped.part_of else None
    while origin is not None and origin.state == "joined" and origin.part_of:
        origin = session.get(ScanDocument, origin.part_of)
    if origin is None or origin.state != "proposed":
        return None
    numbers = sorted([*origin.pages, *dropped.pages])
    others = [one for one in standing(dropped.scan.documents) if one.id != origin.id]
    between = any(numbers[0] < page < numbers[-1] for one in others for page in one.pages)
    return None if between else origin


def check_dropped(document: ScanDocument) -> None:
    """Raise Refused unless the row holds dropped pages."""
    if document.state != "dropped":
        raise Refused("review.not-dropped", "这些页没有被剔除，或已经取回，无需再取回。", document=document.id)


def _open(session: Session, viewer: Viewer, document_id: int, pages: Sequence[int] | None) -> ScanDocument:
    document = ground.seen(session, viewer, document_id)
    ground.check_open(document)
    ground.check_pages(document, pages)
    return document


def _previous(document: ScanDocument) -> ScanDocument:
    documents = standing(document.scan.documents)
    at = next(place for place, one in enumerate(documents) if one.id == document.id)
    if at == 0:
        raise Refused("review.no-previous", "这是本扫描件的第一份资料，前面没有可以并入的资料。")
    previous = documents[at - 1]
    if previous.state != "proposed":
        raise Refused(
            "review.previous-decided",
            "前一份资料已经归入或退回，不能再并入。请先撤销前一份的决定，或单独处理这一份。",
            document=previous.id,
        )
    return previous


def _ahead(
    session: Session,
    document: ScanDocument,
    concerned: Sequence[ScanDocument],
    lie: Sequence[tuple[int, ...]],
    tools: Tools,
) -> Ahead:
    before = {one.id: tuple(one.pages) for one in concerned}
    columns = columns_of(session, document.scan, concerned, lie, tools)
    return Ahead(document.id, before, tuple(Part(*both) for both in zip(lie, columns, strict=True)))


def columns_of(
    session: Session,
    scan: Scan,
    concerned: Sequence[ScanDocument],
    lie: Sequence[tuple[int, ...]],
    tools: Tools,
) -> list[dict[str, Any]]:
    """Return what the rows of documents to be are to say, whose pages come from the documents `concerned`.

    Raises Invalid where a sheet would become a page of one.
    """
    sheets = {page.page_no for page in scan.pages if is_sheet(page)}
    if any(sheets.intersection(pages) for pages in lie):
        raise Invalid("review.sheet", "分隔页不归入资料。请把它留在剔除区。")
    found = _recognised(session, scan, concerned, lie, tools)
    return [{**columns, **_kept(columns, pages, concerned)} for pages, columns in zip(lie, found, strict=True)]


def _recognised(
    session: Session,
    scan: Scan,
    concerned: Sequence[ScanDocument],
    lie: Sequence[tuple[int, ...]],
    tools: Tools,
) -> list[dict[str, Any]]:
    """Return the columns of each document to be, recognised together with what lies around them."""
    if not lie:
        return []
    rows = {row.page_no: row for row in session.scalars(select(ScanPage).where(ScanPage.scan_id == scan.id))}
    ids = {one.id for one in concerned}
    others = [tuple(one.pages) for one in standing(scan.documents) if one.id not in ids]
    around = others if sum(map(len, [*lie, *others])) <= _PAGES_AROUND else []
    cut = sorted(pages for pages in [*lie, *around] if pages)
    wanted = [rows[number] for number in sorted(number for pages in cut for number in pages) if number in rows]
    proposals = sort.recognised(
        session, scan, wanted, settings=tools.settings, store=tools.store, today=tools.today, cut=cut
    )
    found = {one.pages[0]: one for one in proposals}
    return [_columns(pages, next((found[n] for n in pages if n in found), None), rows) for pages in lie]


def _columns(pages: Sequence[int], proposal: Proposal | None, rows: Mapping[int, ScanPage]) -> dict[str, Any]:
    unread = [number for number in pages if number in rows and rows[number].lines_digest is None]
    doubts = [sort.why_unreadable(unread)] if unread else []
    if proposal is None:
        shown = [rows[number] for number in pages if number in rows and sort.has_ink_without_words(rows[number])]
        doubts += sort.why_wordless(shown)
        return {**sort.nothing(""), "doubts": doubts}
    columns = sort.columns(proposal)
    for field in columns["fields"].values():
        # Recognition saw the readable pages alone; among all pages of the document the place may be a later one.
        field["page"] = pages.index(proposal.pages[field["page"] - 1]) + 1
    columns["doubts"] += doubts
    return columns


def _kept(columns: Mapping[str, Any], pages: Sequence[int], concerned: Sequence[ScanDocument]) -> dict[str, Any]:
    """Return what a person had decided of the documents concerned and these pages keep."""
    kept: dict[str, Any] = {"fields": {**columns["fields"]}, "marks": marks.kept(columns, pages, concerned)}
    for document in concerned:
        for name, field in document.fields.items():
            number = _page_of(field, document.pages)
            if _is_given(field) and number in pages:
                kept["fields"][name] = {**field, "page": pages.index(number) + 1 if field.get("page") else None}
        # A type other than the likeliest was chosen by a person.
        likeliest = document.candidates[0][0] if document.candidates else OTHER
        if document.pages[:1] == list(pages[:1]) and document.document_type not in (likeliest, OTHER):
            kept["document_type"] = document.document_type
    if not columns["doubts"]:
        kept["doubts"] = ["页面由人工调整，请核对类型和归属。"]
    return kept


def _is_given(field: Mapping[str, Any]) -> bool:
    # Recognition is never certain.
    return field.get("confidence") == 1.0 and field.get("checked") is None


def _page_of(field: Mapping[str, Any], pages: Sequence[int]) -> int:
    """Return the page of the scan on which a field stands; one without a place goes with the first page."""
    page = field.get("page") or 1
    return pages[page - 1] if page <= len(pages) else 0
