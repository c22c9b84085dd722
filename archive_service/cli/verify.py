"""Look for whatever is lost or altered: the audit chain, objects, rows that refer to objects, and the index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.cli.services import Services
from archive_service.errors import ArchiveError, Damaged, NotFound
from archive_service.households.tables import Item, Page
from archive_service.storage.tables import StoredObject
from indexing import sync
from ingest.tables import Scan, ScanPage

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
)
#: Objects whose check is written down in one transaction.
CHUNK = 500


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be, and what to do about it."""

    kind: str
    subject: str
    message: str


@dataclass(frozen=True)
class Verification:
    """What was checked and what was found."""

    objects_checked: int
    audit_entries: int
    findings: tuple[Finding, ...]


def findings(
    services: Services,
    *,
    sample: int | None,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Check everything, or only `sample` objects of the store, and return all findings."""
    with services.database.reading() as session:
        digests = _to_check(session, sample)
        entries = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        found = [*_audit(session), *_unreferenced_rows(session)]
        if sample is None:
            found += _unrecorded(services, session)
    found += _objects(services, digests, now=now, progress=progress)
    found += _index(services)
    return Verification(len(digests), entries, tuple(found))


def _to_check(session: Session, sample: int | None) -> list[str]:
    longest_ago = select(StoredObject.digest).order_by(StoredObject.checked_at.asc().nulls_first(), StoredObject.digest)
    return list(session.scalars(longest_ago.limit(sample)))


def _audit(session: Session) -> Iterator[Finding]:
    for found in chain_breaks(session):
        yield Finding(f"audit.{found.reason}", str(found.seq), "审计链在此处断裂。请保留现场并通知审计管理员。")


def _unreferenced_rows(session: Session) -> Iterator[Finding]:
    recorded = select(StoredObject.digest)
    for name, column in REFERENCES:
        lost = select(column).where(column.is_not(None), column.not_in(recorded)).distinct()
        for digest in session.scalars(lost):
            yield Finding("row.object-not-recorded", f"{name} {digest}", "记录所指的内容没有登记。请从备份恢复。")
    kept = select(Scan.digest).where(Scan.state != "refused", Scan.digest.not_in(recorded)).distinct()
    for digest in session.scalars(kept):
        yield Finding("row.object-not-recorded", f"scans.digest {digest}", "记录所指的原件没有登记。请从备份恢复。")


def _unrecorded(services: Services, session: Session) -> Iterator[Finding]:
    recorded = set(session.scalars(select(StoredObject.digest)))
    for digest in services.store.digests():
        if digest not in recorded:
            yield Finding(
                "object.not-recorded", digest, "存储中有未登记的内容，多为中断的上传所留，不影响已登记的档案。"
            )


def _objects(
    services: Services, digests: list[str], *, now: datetime, progress: Callable[[int, int], None]
) -> list[Finding]:
    found: list[Finding] = []
    for start in range(0, len(digests), CHUNK):
        chunk = digests[start : start + CHUNK]
        bad = {digest: finding for digest in chunk if (finding := _object(services, digest))}
        found += bad.values()
        good = [digest for digest in chunk if digest not in bad]
        with services.database.unit_of_work() as session:
            session.execute(update(StoredObject).where(StoredObject.digest.in_(good)).values(checked_at=now))
        progress(start + len(chunk), len(digests))
    return found


def _object(services: Services, digest: str) -> Finding | None:
    try:
        services.store.read(digest)
    except NotFound:
        return Finding("object.missing", digest, "登记的内容不在存储中。请从备份恢复。")
    except Damaged:
        return Finding("object.damaged", digest, "内容与登记的摘要不符。请从备份恢复。")
    return None


def _index(services: Services) -> Iterator[Finding]:
    try:
        indexed = services.index.current()[1].count()
    except ArchiveError as e:
        yield Finding("index.unusable", e.code, "索引无法使用。请运行 archive-service reindex。")
        return
    with services.database.reading() as session:
        filed = session.scalar(select(func.count()).select_from(Item).where(Item.state == "filed")) or 0
        lag = sync.lag(session, services.index)
    if lag == 0 and indexed != filed:
        yield Finding("index.differs", f"{indexed}/{filed}", "索引与档案件数不符。请运行 archive-service reindex。")
