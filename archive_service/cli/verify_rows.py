"""What can be checked in the database itself, and between it and the index."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from sqlalchemy import String, and_, cast, exists, func, or_, select, text, type_coerce, union
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from archive_service.audit.tables import AuditEntry
from archive_service.borrowing.tables import LoanRequest
from archive_service.cli.findings import Finding
from archive_service.cli.services import Services
from archive_service.copies.tables import CertifiedCopy
from archive_service.errors import ArchiveError
from archive_service.exchange.tables import CarriedHistory, HandIn, Package
from archive_service.households.tables import HouseholdFile, Item, Page
from archive_service.jobs.tables import Job
from archive_service.proofs.tables import AuditRun
from archive_service.properties.tables import PropertyRun
from archive_service.restricted.queries import lasting
from archive_service.storage.tables import RemovedObject, StoredObject
from archive_service.subjects.tables import SubjectRequest
from indexing.tables import IndexedRevision
from ingest import states
from ingest.again.tables import PageReadingRow
from ingest.naming.tables import NamingModel
from ingest.quality.tables import Rescan
from ingest.receive import STEP_JOB
from ingest.renditions.tables import Rendition
from ingest.tables import Scan, ScanPage
from retention.disposal_tables import DisposalList, Tombstone

#: Columns that name an object; each value must be on record. The scan's own bytes count once they were accepted.
REFERENCES: tuple[tuple[str, InstrumentedAttribute[str] | InstrumentedAttribute[str | None]], ...] = (
    ("scan_pages.raw_digest", ScanPage.raw_digest),
    ("scan_pages.image_digest", ScanPage.image_digest),
    ("scan_pages.thumbnail_digest", ScanPage.thumbnail_digest),
    ("scan_pages.layer_digest", ScanPage.layer_digest),
    ("scan_pages.lines_digest", ScanPage.lines_digest),
    ("pages.original_digest", Page.original_digest),
    ("pages.image_digest", Page.image_digest),
    ("pages.thumbnail_digest", Page.thumbnail_digest),
    ("pages.lines_digest", Page.lines_digest),
    ("renditions.digest", Rendition.digest),
    ("rescans.digest", Rescan.digest),
    ("rescans.raw_digest", Rescan.raw_digest),
    ("rescans.image_digest", Rescan.image_digest),
    ("rescans.thumbnail_digest", Rescan.thumbnail_digest),
    ("rescans.layer_digest", Rescan.layer_digest),
    ("rescans.lines_digest", Rescan.lines_digest),
    ("scan_page_readings.image_digest", PageReadingRow.image_digest),
    ("scan_page_readings.thumbnail_digest", PageReadingRow.thumbnail_digest),
    ("scan_page_readings.lines_digest", PageReadingRow.lines_digest),
    ("naming_models.digest", NamingModel.digest),
    ("loan_requests.letter_digest", LoanRequest.letter_digest),
    ("certified_copies.digest", CertifiedCopy.digest),
    ("subject_requests.letter_digest", SubjectRequest.letter_digest),
    ("disposal_lists.report_digest", DisposalList.report_digest),
    ("disposal_lists.certificate_digest", DisposalList.certificate_digest),
    ("packages.digest", Package.digest),
    ("package_hand_ins.digest", HandIn.digest),
    ("audit_runs.digest", AuditRun.digest),
    ("carried_histories.digest", CarriedHistory.digest),
    ("property_runs.report_digest", PropertyRun.report_digest),
    ("property_runs.data_digest", PropertyRun.data_digest),
)
_MENDED_BY_SWEEP = "文件停在处理途中，没有对应的任务。运行中的系统会自行补上；如反复出现，请通知管理员。"
_REINDEX = "请运行 archive-service reindex。"


def broken_database(session: Session, *, thorough: bool) -> list[Finding]:
    """Return what the database itself says of its own damage; only SQLite keeps its file where it can be asked."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    # The thorough check also compares the indexes with their tables.
    try:
        answer = session.scalars(text("pragma integrity_check(1)" if thorough else "pragma quick_check(1)")).all()
    except DatabaseError:
        answer = ["unreadable"]
    if answer == ["ok"]:
        return []
    return [Finding("database.damaged", "sqlite", "数据库文件已损坏，其余检查没有进行。请停止使用并从备份恢复。")]


def findings(session: Session, *, altered: Collection[int]) -> list[Finding]:
    """Check rows against rows; `altered` audit entries are not believed."""
    return [
        *_lost_pages(session, altered),
        *_lost_scan_pages(session),
        *_forgotten_scans(session),
        *_replaced_reports(session, altered),
    ]


def unrecorded(session: Session) -> list[tuple[str, str]]:
    """Return (column, digest) for every digest that a row names and nothing records."""
    # What a disposal took out is known by its digest, and by nothing else.
    recorded = union(select(StoredObject.digest), select(RemovedObject.digest))
    found: list[tuple[str, str]] = []
    for name, column in REFERENCES:
        lost = select(column).where(column.is_not(None), column.not_in(recorded)).distinct()
        found += [(name, str(digest)) for digest in session.scalars(lost)]
    kept = select(Scan.digest).where(Scan.state != states.REFUSED, Scan.digest.not_in(recorded)).distinct()
    return found + [("scans.digest", digest) for digest in session.scalars(kept)]


def _lost_pages(session: Session, altered: Collection[int]) -> Iterator[Finding]:
    """Find items that hold other pages than the audit trail says they were filed with, or pages with a gap."""
    filed = and_(
        AuditEntry.object_kind == "item", AuditEntry.object_id == cast(Item.id, String), AuditEntry.did == "item.filed"
    )
    own = Page.item_id == Item.id
    asked = (
        select(
            Item.id,
            select(func.count()).select_from(Page).where(own).scalar_subquery(),
            select(func.max(Page.page_no)).where(own).scalar_subquery(),
            AuditEntry.seq,
            type_coerce(AuditEntry.facts, String),
        )
        .outerjoin(AuditEntry, filed)
        .where(Item.id.not_in(select(Tombstone.item_id)))
        .order_by(Item.id)
        .execution_options(yield_per=1000)
    )
    for item_id, count, last, seq, facts in session.execute(asked):
        told = None if seq in altered else _pages_in(facts)
        if count != (last or 0) or count == 0 or (told is not None and told != count):
            yield Finding("item.pages-missing", str(item_id), "这份资料的页面记录不全。请从备份恢复。")


def _pages_in(facts: str | None) -> int | None:
    try:
        told = json.loads(facts or "{}").get("pages")
    except (ValueError, AttributeError):
        return None
    return told if isinstance(told, int) else None


def _lost_scan_pages(session: Session) -> Iterator[Finding]:
    count = select(func.count()).select_from(ScanPage).where(ScanPage.scan_id == Scan.id).scalar_subquery()
    for scan_id in session.scalars(select(Scan.id).where(Scan.page_count != count).order_by(Scan.id)):
        yield Finding("scan.pages-missing", str(scan_id), "这份扫描件的页面记录不全。请从备份恢复。")


def _forgotten_scans(session: Session) -> Iterator[Finding]:
    job = exists().where(
        Job.kind == STEP_JOB, Job.state.in_(("queued", "running")), Job.subject == cast(Scan.id, String)
    )
    member = aliased(Scan)
    unfinished = exists().where(member.parent_id == Scan.id, member.state.not_in(states.FINAL))
    owed = or_(
        and_(Scan.state.in_(states.MOVING), ~job),
        and_(Scan.state == states.UNPACKED, ~unfinished),
    )
    for scan_id in session.scalars(select(Scan.id).where(owed).order_by(Scan.id)):
        yield Finding("scan.without-job", str(scan_id), _MENDED_BY_SWEEP)


def _replaced_reports(session: Session, altered: Collection[int]) -> Iterator[Finding]:
    """Find runs of the four-property check that name another report than the trail says was written of them."""
    entries = select(AuditEntry.seq, AuditEntry.object_id, AuditEntry.facts).where(
        AuditEntry.did == "properties.reported"
    )
    told = {
        int(run): (facts.get("sha256"), facts.get("data_sha256"))
        for seq, run, facts in session.execute(entries)
        if seq not in altered
    }
    asked = select(PropertyRun.id, PropertyRun.report_digest, PropertyRun.data_digest)
    there = {run: (report, data) for run, report, data in session.execute(asked)}
    named = {run for run, (report, data) in there.items() if report is not None or data is not None}
    for run in sorted({*told, *named}):
        if there.get(run) != told.get(run):
            yield Finding(
                "properties.report-replaced",
                str(run),
                "这次四性检测的报告不是审计记录中写下的那一份。请保留现状并通知审计管理员。",
            )


def index_findings(services: Services) -> list[Finding]:
    """Compare what is filed with what the index holds, item by item."""
    try:
        lacking, extra, twice = _differences(services)
        if lacking or extra or twice:
            # A household that was indexed between the two readings only looked different; it does not do so again.
            services.index.refresh()
            again = _differences(services)
            lacking, extra, twice = lacking & again[0], extra & again[1], twice & again[2]
    except ArchiveError as e:
        return [Finding("index.unusable", e.code, f"索引无法使用。{_REINDEX}")]
    named = (
        ("index.item-missing", lacking, "这份资料不在索引中，检索不到。"),
        ("index.item-unknown", extra, "索引中的这一件不在档案中。"),
        ("index.item-twice", twice, "这份资料在索引中重复。"),
    )
    return [Finding(kind, str(one), message + _REINDEX) for kind, ids, message in named for one in sorted(ids)]


def _differences(services: Services) -> tuple[set[int], set[int], set[int]]:
    """Return the items that the index lacks, holds without a record, and holds twice.

    Households that wait to be indexed differ by right and are left out.
    """
    generation, engine = services.index.current()
    indexed: set[int] = set()
    twice: set[int] = set()
    for one in engine.ids():
        (twice if one in indexed else indexed).add(one)
    with services.database.reading() as session:
        filed, waiting = _filed(session, generation)
    return filed - indexed, indexed - filed - waiting, twice - waiting


def _filed(session: Session, generation: str) -> tuple[set[int], set[int]]:
    """Return the ids of the filed items that the index should hold, and of all items of households that wait."""
    held = and_(
        IndexedRevision.household_id == HouseholdFile.id,
        IndexedRevision.generation == generation,
        IndexedRevision.revision == HouseholdFile.revision,
    )
    followed = exists().where(held)
    asked = (
        select(Item.id, Item.state, followed)
        .where(~lasting(Item.id))
        .join(HouseholdFile, Item.household_id == HouseholdFile.id)
    )
    filed: set[int] = set()
    waiting: set[int] = set()
    for item_id, state, is_followed in session.execute(asked.execution_options(yield_per=5000)):
        if not is_followed:
            waiting.add(item_id)
        elif state == "filed":
            filed.add(item_id)
    return filed, waiting
