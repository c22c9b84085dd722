"""Pages to documents: where one paper ends and the next begins.

When it is not clear whether a page belongs to the paper before it, it starts a document of its own with a doubt: a
person joins two halves in a moment, but a page of another household inside a filed paper is not found again. Where a
sheet lies before a page, a person has said that a document begins there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from ingest.recognise import cards, titles
from ingest.recognise.cards import CardSides
from ingest.recognise.joins import Grouped as Grouped
from ingest.recognise.joins import PageFacts as PageFacts
from ingest.recognise.joins import joins, span
from ingest.recognise.pages import Page
from ingest.recognise.phrases import Phrases
from ingest.recognise.titles import PageTitle
from ingest.recognise.values import Start


@dataclass
class Grouping:
    """All documents of a scan and the pages that say nothing."""

    documents: list[Grouped]
    blank: list[int]


@dataclass(frozen=True)
class Announced:
    """What sheets announce: documents by their first pages, and the pages without words that such a one may hold."""

    starts: Mapping[int, Start]
    pictures: Collection[int] = ()

    def says_nothing(self, page: Page, announced: str | None) -> bool:
        """Say whether a page is in no document; a picture is in one whose type was announced."""
        start = self.starts.get(page.page_no)
        expected = start.document_type if start else announced
        return page.blank and not (expected and page.page_no in self.pictures)


def look_at(page: Page, phrases: Phrases, account_no: Callable[[Page], str | None]) -> PageFacts:
    """Return what grouping and classification need to know of `page`."""
    if page.blank:
        return PageFacts(page, PageTitle((), None, None, 0.0), CardSides(False, False), None)
    return PageFacts(page, titles.find(page, phrases), cards.sides(page, phrases), account_no(page))


def group(facts: Sequence[PageFacts], phrases: Phrases, announced: Announced) -> Grouping:
    """Return the documents among `facts`, which come in the order of the scan."""
    grouping = Grouping([], [])
    for page in facts:
        current = grouping.documents[-1] if grouping.documents else None
        if announced.says_nothing(page.page, current.said_type if current else None):
            grouping.blank.append(page.page.page_no)
            continue
        start = announced.starts.get(page.page.page_no)
        if start is not None or current is None:
            goes_on, reason, doubt = False, "", _first_doubt(page)
        elif current.said_type:
            goes_on, reason, doubt = _held(current, page, phrases)
        else:
            goes_on, reason, doubt = joins(current, page, phrases)
        if goes_on and current:
            current.pages.append(page)
            document = current
        else:
            document = _begun(page, start)
            grouping.documents.append(document)
        document.reasons += [reason] if reason else []
        document.doubts += [doubt] if doubt else []
    _name_missing_ends(grouping)
    return grouping


def as_said(facts: Sequence[PageFacts], cut: Sequence[Sequence[int]], announced: Announced) -> Grouping:
    """Return the documents that a person made of the pages; one without a readable page is left out."""
    by_number = {one.page.page_no: one for one in facts}
    grouping = Grouping([], [])
    for numbers in cut:
        start = announced.starts.get(numbers[0]) if numbers else None
        kind = start.document_type if start else None
        known = [by_number[number] for number in numbers if number in by_number]
        readable = [one for one in known if not announced.says_nothing(one.page, kind)]
        if readable:
            document = _begun(readable[0], announced.starts.get(readable[0].page.page_no))
            document.pages += readable[1:]
            doubt = _first_doubt(readable[0])
            document.doubts += [doubt] if doubt else []
            grouping.documents.append(document)
    _name_missing_ends(grouping)
    return grouping


def _begun(page: PageFacts, start: Start | None) -> Grouped:
    if start is None:
        return Grouped([page])
    reason = f"第 {start.sheet_no} 页的分隔页之后另起一份"
    return Grouped([page], [reason], list(start.doubts), said_type=start.document_type)


def _held(current: Grouped, page: PageFacts, phrases: Phrases) -> tuple[bool, str, str]:
    """Keep a page with the document that a separator announced, and say so where the page looks like another's."""
    goes_on, reason, doubt = joins(current, page, phrases)
    if goes_on:
        return True, reason, doubt
    no = page.page.page_no
    before = next((one.account_no for one in reversed(current.pages) if one.account_no), None)
    if page.account_no and before and page.account_no != before:
        return True, "", f"第 {no} 页的户号与前面的页不同，但与前页同在一张分隔页之后，请核对是否要分件"
    best = page.title.best
    if page.sure_title and best and best.target not in {hit.target for one in current.pages for hit in one.title.hits}:
        return True, "", f"第 {no} 页看来是“{best.text}”的首页，但与前页同在一张分隔页之后，请核对是否要分件"
    return True, f"第 {no} 页与前页同在一张分隔页之后", ""


def _first_doubt(page: PageFacts) -> str:
    number = page.page.number
    if number and number.page > 1 and not page.sure_title:
        return f"从印刷页码第 {number.page} 页开始，前面的页不在其中"
    return ""


def _name_missing_ends(grouping: Grouping) -> None:
    for document in grouping.documents:
        last = document.pages[-1].page.number
        if last and last.of is not None and last.page < last.of:
            document.doubts.append(f"按印刷页码共 {last.of} 页，缺第 {span(last.page + 1, last.of)} 页")
