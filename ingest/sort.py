"""Sort: group the pages into documents, tell what each is and whose, and write the proposals down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive_service.catalogue import load
from archive_service.completeness.marks import to_json
from archive_service.households import queries as households
from archive_service.households.values import KnownCase, KnownHousehold
from archive_service.jobs.queue import Claimed
from archive_service.people.queries import units_below
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore
from ingest import lines, states
from ingest.errors import FileRefused
from ingest.lines import PageText
from ingest.marks import proposals as marks
from ingest.naming import queries as naming
from ingest.ocr.reading import MIRRORED
from ingest.quality.record import HOPELESS
from ingest.read import BLANK
from ingest.recognise.propose import propose
from ingest.recognise.values import OTHER, FieldFound, Proposal, Said, Thresholds
from ingest.sheets import meaning
from ingest.sheets.meaning import is_sheet
from ingest.tables import Scan, ScanDocument, ScanPage
from ingest.workshop import Apply, Workshop

#: Doubt about every document of a damaged file: what could not be saved is not known.
REPAIRED = "文件有损坏，系统修复后才读出，可能缺页或缺内容，请对照原件核对"
#: Why a sheet belongs to no document.
SHEET = "分隔页"
ONLY_SHEETS = "扫描件里只有分隔页，没有资料。请核对纸张是否漏扫后重新提交。"
#: Flags of a page on which its text cannot be trusted without a look at the picture.
SUSPECT = {
    "hidden-text": "含有看不见的文字，请对照影像核对",
    "text-not-shown": "自带文字与画面不符，请对照影像核对",
    MIRRORED: "的影像左右相反，已翻正供查看和识读，请核对；需要时请重新扫描这一页",
    HOPELESS: "影像质量太差，识读结果不可信，请重新扫描这一页",
}


def prepare(workshop: Workshop, scan: Scan, _claimed: Claimed) -> Apply:
    """Propose what the pages hold; nothing is written before the step commits."""
    with workshop.database.reading() as session:
        pages = session.scalars(select(ScanPage).where(ScanPage.scan_id == scan.id).order_by(ScanPage.page_no)).all()
        proposals = recognised(
            session, scan, pages, settings=workshop.settings, store=workshop.store, today=workshop.today()
        )
    sheets = [page.page_no for page in pages if is_sheet(page)]
    unread = [page.page_no for page in pages if page.lines_digest is None]
    placed = {number for proposal in proposals for number in proposal.pages}
    wordless = [page for page in pages if has_ink_without_words(page) and page.page_no not in placed]
    bare = [page.page_no for page in pages if page.page_no not in sheets]
    if sheets and not bare:
        raise FileRefused("file.only-sheets", ONLY_SHEETS)
    return _apply(proposals, unread=unread, wordless=wordless, bare=bare, sheets=sheets)


def recognised(
    session: Session,
    scan: Scan,
    pages: Sequence[ScanPage],
    *,
    settings: Settings,
    store: ObjectStore,
    today: date,
    cut: Sequence[Sequence[int]] = (),
) -> list[Proposal]:
    """Return what recognition makes of `pages` of the scan, from their stored lines; `cut` as `propose` takes it."""
    edition = load.current(today)
    paged = select(ScanPage).where(ScanPage.scan_id == scan.id)
    # A sheet speaks for pages far behind it, so all of them count, whichever pages are asked about.
    between = meaning.sheets(session, scan, session.scalars(paged).all(), known_types=edition.document_types)
    lookup = _Lookup(session, units_below(session, scan.unit_id))
    found = propose(
        _texts(store, [page for page in pages if not is_sheet(page)]),
        edition=edition,
        lookup=lookup,
        said=Said(scan.said_account_no, scan.said_application_no, scan.said_document_type),
        thresholds=Thresholds(settings.file_type_threshold, settings.file_match_threshold),
        account_pattern=settings.account_no_pattern,
        application_pattern=settings.application_no_pattern,
        cut=cut,
        sheets=between,
        pictures=frozenset(page.page_no for page in pages if has_ink_without_words(page)),
        model=naming.in_use(session, store).model,
    )
    doubt = (REPAIRED,) if "repaired" in scan.flags else ()
    seen = marks.Seen(edition, {page.page_no: page.marks for page in pages}, lookup)
    proposals = [seen.judged(replace(proposal, doubts=proposal.doubts + doubt)) for proposal in found]
    suspect = {page.page_no: said for page in pages for flag, said in SUSPECT.items() if flag in page.flags}
    return [_with_suspicion(proposal, suspect) for proposal in proposals]


def has_ink_without_words(page: ScanPage) -> bool:
    """Say whether the page shows something that is no text: a photograph, a drawing."""
    if page.lines_digest is None or BLANK in page.flags or is_sheet(page):
        return False
    # What was made out on a picture that nobody can read are no words either, and no stain.
    return not page.text or HOPELESS in page.flags


def _with_suspicion(proposal: Proposal, suspect: Mapping[int, str]) -> Proposal:
    doubts = tuple(f"第 {page} 页{suspect[page]}" for page in proposal.pages if page in suspect)
    return replace(proposal, doubts=proposal.doubts + doubts) if doubts else proposal


def _texts(store: ObjectStore, pages: Sequence[ScanPage]) -> list[PageText]:
    return [
        PageText(page.page_no, lines.from_json(store.read(page.lines_digest)), page.width_px, page.height_px)
        for page in pages
        if page.lines_digest is not None
    ]


def _apply(
    proposals: list[Proposal], *, unread: list[int], wordless: list[ScanPage], bare: list[int], sheets: list[int]
) -> Apply:
    def apply(session: Session, scan: Scan) -> str:
        session.execute(delete(ScanDocument).where(ScanDocument.scan_id == scan.id))
        rows = [_row(scan, seq, proposal) for seq, proposal in enumerate(proposals, start=1)]
        if unread:
            rows.append(_unreadable(scan, len(rows) + 1, unread))
        if wordless:
            rows.append(_nothing(scan, len(rows) + 1, [page.page_no for page in wordless], *why_wordless(wordless)))
        if not rows:
            rows.append(_blank(scan, bare))
        rows += [_sheet(scan, seq, page_no) for seq, page_no in enumerate(sheets, start=len(rows) + 1)]
        session.add_all(rows)
        _hand_to_centre(session, scan, proposals)
        return states.SORTED

    return apply


def _row(scan: Scan, seq: int, proposal: Proposal) -> ScanDocument:
    return ScanDocument(scan_id=scan.id, seq=seq, pages=list(proposal.pages), **columns(proposal))


def columns(proposal: Proposal) -> dict[str, Any]:
    """Return what the row of a document says of it, but its pages."""
    return {
        "document_type": proposal.document_type,
        "confidence": proposal.confidence,
        "candidates": [[code, round(confidence, 4)] for code, confidence in proposal.candidates],
        "fields": {name: _field(found) for name, found in proposal.fields.items()},
        "reasons": list(proposal.reasons),
        "doubts": list(proposal.doubts),
        "marks": None if proposal.marks is None else to_json(proposal.marks),
        "household_id": proposal.household_id,
        "case_id": proposal.case_id,
        "match_confidence": proposal.match_confidence,
        "named_by": proposal.named_by or None,
    }


def _field(found: FieldFound) -> dict[str, Any]:
    return {**asdict(found), "box": list(found.box), "confidence": round(found.confidence, 4)}


def _unreadable(scan: Scan, seq: int, pages: list[int]) -> ScanDocument:
    return _nothing(scan, seq, pages, why_unreadable(pages))


def why_unreadable(pages: Sequence[int]) -> str:
    """Return the doubt about pages of which there is no image."""
    names = "、".join(str(n) for n in pages)
    return f"第 {names} 页无法成像，其余各页已完成。请重新扫描这些页面后再提交。"


def why_wordless(pages: Sequence[ScanPage]) -> list[str]:
    """Return the doubts about pages that show something but have no words."""
    doubts = [f"第 {page.page_no} 页{SUSPECT[HOPELESS]}" for page in pages if HOPELESS in page.flags]
    if shown := [page.page_no for page in pages if HOPELESS not in page.flags]:
        names = "、".join(str(n) for n in shown)
        doubts.append(f"第 {names} 页有画面但没有可识别的文字（照片或图纸）。请指定类型和户号。")
    return doubts


def _blank(scan: Scan, pages: list[int]) -> ScanDocument:
    return _nothing(scan, 1, pages, "各页均为空白，没有可归户的内容。请核对扫描方向和纸张后重新提交。")


def _sheet(scan: Scan, seq: int, page_no: int) -> ScanDocument:
    """Keep a sheet with its scan like a page that a person dropped, so that one who disagrees can take it back."""
    row = _nothing(scan, seq, [page_no], f"剔除：{SHEET}")
    row.state = "dropped"
    return row


def _nothing(scan: Scan, seq: int, pages: list[int], *doubts: str) -> ScanDocument:
    return ScanDocument(scan_id=scan.id, seq=seq, pages=pages, **nothing(*doubts))


def nothing(*doubts: str) -> dict[str, Any]:
    """Return what the row of a document says of which nothing could be read."""
    return {
        "document_type": OTHER,
        "confidence": 0.0,
        "candidates": [],
        "fields": {},
        "reasons": [],
        "doubts": list(doubts),
        "marks": None,
        "household_id": None,
        "case_id": None,
        "match_confidence": 0.0,
        "named_by": None,
    }


def _hand_to_centre(session: Session, scan: Scan, proposals: list[Proposal]) -> None:
    """Let the one centre whose households the scan concerns work on it."""
    ids = {p.household_id for p in proposals if p.household_id is not None}
    units = {households.unit_of(session, household_id) for household_id in ids}
    only = units.pop() if len(units) == 1 else None
    if only is not None and all(p.household_id is not None for p in proposals):
        scan.unit_id = only


class _Lookup:
    """What the recogniser may ask about registered households, within the units below the scan's."""

    def __init__(self, session: Session, units: frozenset[int]) -> None:
        self._session, self._units = session, units

    def by_application_no(self, text: str) -> list[KnownCase]:
        """Return the case with this application number."""
        return households.known_by_application(self._session, self._units, text)

    def by_account_no(self, text: str) -> list[KnownHousehold]:
        """Return the household with this account number."""
        return households.known_by_account(self._session, self._units, text)

    def by_household_id(self, household_id: int) -> KnownHousehold | None:
        """Return the household of a case that was found, if it is within the units."""
        if households.unit_of(self._session, household_id) not in self._units:
            return None
        return households.household_known(self._session, household_id)

    def by_name(self, name: str) -> list[KnownHousehold]:
        """Return the households of this name."""
        return households.known_by_name(self._session, self._units, name)
