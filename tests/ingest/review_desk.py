"""A review desk: a centre with two cases, its archivist, and scans to be decided and cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.households.tables import CaseFile
from archive_service.people.viewer import Viewer
from archive_service.storage.files import FileStore
from ingest import lines, review
from ingest.lines import TextLine
from ingest.review import Decision, Tools
from ingest.tables import Batch, Scan, ScanDocument, ScanPage, standing
from tests.support import records
from tests.support.read_pages import rows, text_block, title
from tests.support.stored_pages import stored_page

ACCOUNT, APPLICATION, NAME = "3300000077", "202611020077", "汪雪梅"
OTHER_ACCOUNT = "3300000078"
HEAD = (("户号", ACCOUNT), ("户名", NAME), ("申请编号", APPLICATION))
CONTRACT = [title("居民供用电合同"), *rows(HEAD)]
SECOND = [
    *text_block("第二条 供电方式为交流 220 伏单相供电，计量装置由供电人安装并负责维护。", "第三条 电费按月结算。")
]
NOTICE = [title("低压供电方案答复单"), *rows(HEAD)]
BLANK: list[TextLine] = []


@dataclass
class Desk:
    """A centre with two cases, its archivist, and scans to be cut."""

    database: Database
    tools: Tools
    store: FileStore
    archivist: Viewer
    stranger: Viewer
    case_id: int

    def scan(self, pages: Sequence[Sequence[TextLine]], cut: Sequence[Sequence[int]]) -> tuple[int, list[int]]:
        """Take in a scan whose pages say this, cut into these documents; return its id and theirs."""
        with self.database.unit_of_work() as session:
            case = session.get_one(CaseFile, self.case_id)
            scan = a_scan(session, self.archivist.unit_id, len(pages))
            for number, said in enumerate(pages, start=1):
                session.add(a_page(self.store, scan.id, number, said))
            documents = [a_document(scan.id, seq, numbers, case) for seq, numbers in enumerate(cut, start=1)]
            session.add_all(documents)
            session.flush()
            return scan.id, [one.id for one in documents]

    def split(self, document: int, before: int, viewer: Viewer | None = None) -> tuple[int, int]:
        by = viewer or self.archivist
        with self.database.reading() as session:
            ahead = review.before_split(session, by, document, before_page=before, tools=self.tools)
        with self.database.unit_of_work() as session:
            first, behind = review.split(session, by, ahead, now=records.NOW)
            return first.id, behind.id

    def join(self, document: int, viewer: Viewer | None = None) -> int:
        by = viewer or self.archivist
        with self.database.reading() as session:
            ahead = review.before_join(session, by, document, tools=self.tools)
        with self.database.unit_of_work() as session:
            return review.join(session, by, ahead, now=records.NOW).id

    def drop(self, document: int, *pages: int, reason: str = "空白页") -> int:
        with self.database.reading() as session:
            ahead = review.before_drop(session, self.archivist, document, dropped=pages, tools=self.tools)
        with self.database.unit_of_work() as session:
            return review.drop_pages(session, self.archivist, ahead, reason=reason, now=records.NOW).id

    def restore(self, held: int) -> int:
        with self.database.reading() as session:
            ahead = review.before_restore(session, self.archivist, held, tools=self.tools)
        with self.database.unit_of_work() as session:
            return review.restore_pages(session, self.archivist, ahead, now=records.NOW).id

    def confirm(self, document: int, kind: str = "K01R", viewer: Viewer | None = None, **said: object) -> int:
        decision = replace(Decision(kind, ACCOUNT, APPLICATION), **said)  # type: ignore[arg-type]
        with self.database.unit_of_work() as session:
            by = viewer or self.archivist
            return review.confirm(session, by, document, decision, now=records.NOW, today=records.TODAY).id

    def reject(self, document: int) -> None:
        with self.database.unit_of_work() as session:
            review.reject(session, self.archivist, document, reason="缺页", now=records.NOW)

    def undo(self, document: int) -> None:
        with self.database.unit_of_work() as session:
            review.undo(session, self.archivist, document, now=records.NOW, today=records.TODAY)

    def document(self, document: int) -> ScanDocument:
        with self.database.reading() as session:
            return session.get_one(ScanDocument, document)

    def lie(self, scan: int) -> list[list[int]]:
        """The pages of the documents of a scan, in their order."""
        with self.database.reading() as session:
            return [one.pages for one in standing(session.get_one(Scan, scan).documents)]

    def state(self, scan: int) -> str:
        with self.database.reading() as session:
            return session.get_one(Scan, scan).state

    def audit(self, did: str) -> list[AuditEntry]:
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry).where(AuditEntry.did == did).order_by(AuditEntry.seq)))


def a_scan(session: Session, unit_id: int, pages: int) -> Scan:
    batch = Batch(name="B", channel="web", unit_id=unit_id, received_by=None, received_at=records.NOW)
    session.add(batch)
    session.flush()
    scan = Scan(
        batch_id=batch.id, unit_id=unit_id, file_name="扫描.pdf", digest=f"{batch.id:064x}", size_bytes=9, format="pdf",
        state="needs_review", page_count=pages, pages_done=pages, received_at=records.NOW, finished_at=records.NOW,
    )  # fmt: skip
    session.add(scan)
    session.flush()
    return scan


def a_page(store: FileStore, scan_id: int, number: int, said: Sequence[TextLine]) -> ScanPage:
    shown = stored_page(store, f"{scan_id} {number}", number)
    return ScanPage(
        scan_id=scan_id, page_no=number, image_digest=shown.image_digest, thumbnail_digest=shown.thumbnail_digest,
        width_px=1654, height_px=2339, dpi=200, engine="rapidocr", confidence=0.98, text=lines.page_text(said),
        lines_digest=store.put_bytes(lines.to_json(said)).digest, flags=[] if said else ["blank"],
    )  # fmt: skip


def a_document(scan_id: int, seq: int, pages: Sequence[int], case: CaseFile) -> ScanDocument:
    return ScanDocument(
        scan_id=scan_id, seq=seq, pages=list(pages), document_type="K01R", confidence=0.6, candidates=[["K01R", 0.6]],
        fields={}, reasons=[], doubts=["类型把握不足"], household_id=case.household_id, case_id=case.id,
        match_confidence=0.9,
    )  # fmt: skip


def refusal(act: Callable[[], object]) -> ArchiveError:
    with pytest.raises(ArchiveError) as told:
        act()
    return told.value
