"""What the sheets in a scan say of the pages behind them: whose papers these are, and where a document begins.

A sheet with a case holds until the next one with a case. Sheets that follow each other without a page between them, as
when one was copied twice or lies in the wrong place, begin one document and not empty ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.recognise.papers import Register
from ingest.recognise.values import Said, Sheet, Start


@dataclass(frozen=True)
class Section:
    """The pages from `first_page` up to the next section, and what is said of them."""

    first_page: int
    said: Said
    doubts: tuple[str, ...] = ()


def sections(sheets: Sequence[Sheet], said: Said, register: Register) -> list[Section]:
    """Return the sections of a scan in the order of its pages; the first begins before any sheet."""
    found = [Section(0, said)]
    case = None
    for sheet in sheets:
        if sheet.application_no is None and not sheet.doubt:
            continue
        doubts = [sheet.doubt] if sheet.doubt else []
        if case and sheet.application_no and sheet.application_no != case and not sheet.cover:
            doubts.append(f"第 {sheet.page_no} 页的分隔页属于申请编号 {sheet.application_no}，而前面的是 {case}")
        if sheet.application_no is None:
            case, now = None, said
        elif sheet.application_no == case and not doubts:
            continue
        else:
            case = sheet.application_no
            who = "封面页" if sheet.cover else "分隔页"
            doubts += _against_person(sheet, who, said, register)
            now = Said(None, case, said.document_type, who=who)
        found.append(Section(sheet.page_no, now, tuple(doubts)))
    return found


def section_of(page_no: int, found: Sequence[Section]) -> int:
    """Return which of the sections a page lies in."""
    return max(at for at, section in enumerate(found) if section.first_page <= page_no)


def starts(sheets: Sequence[Sheet], pages: Iterable[int]) -> Mapping[int, Start]:
    """Return which of the `pages` with something on them begin documents, by the sheets before them."""
    begun: dict[int, Start] = {}
    waiting: list[Sheet] = []
    rest = list(sheets)
    for page_no in sorted(pages):
        while rest and rest[0].page_no < page_no:
            waiting.append(rest.pop(0))
        if waiting:
            begun[page_no] = _start(waiting)
            waiting = []
    return begun


def _start(piled: Sequence[Sheet]) -> Start:
    """Return what sheets that lie on each other say of the page behind them: the last type counts."""
    types = list(dict.fromkeys(sheet.document_type for sheet in piled if sheet.document_type))
    doubts = []
    if len(types) > 1:
        numbers = "、".join(str(sheet.page_no) for sheet in piled if sheet.document_type)
        doubts.append(f"第 {numbers} 页的分隔页类型不同，中间没有资料，请核对是否漏扫")
    return Start(piled[-1].page_no, types[-1] if types else None, tuple(doubts))


def _against_person(sheet: Sheet, who: str, said: Said, register: Register) -> list[str]:
    """Say where a sheet contradicts what the person said who handed the file in."""
    number = sheet.application_no or ""
    if said.application_no and said.application_no != number:
        return [f"交件人指定申请编号 {said.application_no}，但第 {sheet.page_no} 页的{who}是 {number}"]
    case = register.case(number) if said.account_no else None
    household = register.household_of(case) if case else None
    if household and household.account_no != said.account_no:
        return [f"交件人指定户号 {said.account_no}，但第 {sheet.page_no} 页的{who}属于户号 {household.account_no}"]
    return []


def said_of(document_type: str | None, said: Said) -> Said:
    """Return what is said of one document, whose type a separator may have given."""
    return replace(said, document_type=document_type, who_type="分隔页") if document_type else said
