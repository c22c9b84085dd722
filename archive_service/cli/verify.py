"""Look for whatever is lost or altered: the audit chain, objects, rows that refer to objects, and the index.

The archive may be in use meanwhile, so what looks wrong only because it is half way, such as an object whose row is not
committed yet, is looked at again before it is called a finding.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from archive_service.audit import checkpoints
from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.cli import objects, verify_deeds, verify_loans, verify_rows, verify_trail
from archive_service.cli.findings import Finding
from archive_service.cli.services import Services
from archive_service.errors import Damaged, NotFound
from archive_service.jobs.tables import Job
from archive_service.storage.store import ObjectStore
from archive_service.storage.tables import StoredObject

#: What people are told of the findings that are named here.
AUDIT_BROKEN = "审计链在此处断裂。请保留现场并通知审计管理员。"
CHECKPOINT_BROKEN = "签署的检查点与审计链不符。请保留现场，取出另存的检查点，并通知审计管理员。"
OBJECT = {
    "object.missing": "登记的内容不在存储中。请从备份恢复。",
    "object.damaged": "内容与登记的摘要不符。请从备份恢复。",
    "object.unreadable": "内容无法读取。请检查磁盘和文件权限，必要时从备份恢复。",
}
LOST = "记录所指的内容没有登记。请从备份恢复。"
EXTRA = "存储中有未登记的内容，多为中断的上传所留，不影响已登记的档案。"
#: Objects whose check is written down in one transaction.
CHUNK = 500
#: Digests that are compared with the records at a time.
DIGESTS = 5000
#: An object is stored a moment before the commit that records it; this long we wait for a commit on its way, and so
#: long for a job that stores the pages of a file and commits them together.
COMMIT_S, JOB_S = 1.0, 60.0


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
        broken = verify_rows.broken_database(session, thorough=sample is None)
        if broken:
            # Nothing that is read from such a database could be relied on.
            return Verification(0, 0, tuple(broken))
        entries = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        total = session.scalar(select(func.count()).select_from(StoredObject)) or 0
        altered = chain_breaks(session)
        found = [Finding(f"audit.{one.reason}", str(one.seq), AUDIT_BROKEN) for one in altered]
        found += [
            Finding(f"audit.{one.reason}", str(one.size), CHECKPOINT_BROKEN)
            for one in checkpoints.own_faults(session, services.settings)
        ]
        found += verify_rows.findings(session, altered={one.seq for one in altered})
        found += verify_trail.findings(session, altered={one.seq for one in altered})
        found += verify_loans.findings(session, altered={one.seq for one in altered})
        found += verify_deeds.findings(session, altered={one.seq for one in altered})
        lost = verify_rows.unrecorded(session)
    found += [Finding("row.object-not-recorded", f"{name} {digest}", LOST) for name, digest in lost]
    extra = list(_unrecorded(services, services.store.digests())) if sample is None else []
    checked, bad = _objects(services, sample, total, now=now, progress=progress)
    found += bad
    named = {digest for _, digest in lost}
    extra = [digest for digest in _still_unrecorded(services, extra) if digest not in named]
    found += [Finding("object.not-recorded", digest, EXTRA) for digest in extra]
    found += verify_rows.index_findings(services)
    return Verification(checked, entries, tuple(found))


def _objects(
    services: Services, sample: int | None, total: int, *, now: datetime, progress: Callable[[int, int], None]
) -> tuple[int, list[Finding]]:
    """Read objects back; return how many, and those that are not as recorded."""
    found: list[Finding] = []
    done, total = 0, total if sample is None else min(sample, total)
    progress(done, total)
    for chunk in _recorded(services) if sample is None else _longest_ago(services, sample):
        bad = {digest: finding for digest in chunk if (finding := _object(services.store, digest))}
        found += bad.values()
        good = [digest for digest in chunk if digest not in bad]
        with services.database.unit_of_work() as session:
            session.execute(update(StoredObject).where(StoredObject.digest.in_(good)).values(checked_at=now))
        done += len(chunk)
        progress(done, max(done, total))
    return done, found


def _recorded(services: Services) -> Iterator[list[str]]:
    last = ""
    while True:
        with services.database.reading() as session:
            chunk = list(
                session.scalars(
                    select(StoredObject.digest)
                    .where(StoredObject.digest > last)
                    .order_by(StoredObject.digest)
                    .limit(CHUNK)
                )
            )
        if not chunk:
            return
        yield chunk
        last = chunk[-1]


def _longest_ago(services: Services, sample: int) -> Iterator[list[str]]:
    order = select(StoredObject.digest).order_by(StoredObject.checked_at.asc().nulls_first(), StoredObject.digest)
    with services.database.reading() as session:
        digests = iter(session.scalars(order.limit(sample)).all())
    return _chunks(digests, CHUNK)


def _object(store: ObjectStore, digest: str) -> Finding | None:
    try:
        for _ in objects.blocks(store.open, digest):
            continue
    except (NotFound, Damaged) as e:
        return Finding(objects.fault(e), digest, OBJECT[objects.fault(e)])
    return None


def _unrecorded(services: Services, digests: Iterable[str]) -> Iterator[str]:
    for chunk in _chunks(iter(digests), DIGESTS):
        with services.database.reading() as session:
            recorded = set(session.scalars(select(StoredObject.digest).where(StoredObject.digest.in_(chunk))))
        yield from (digest for digest in chunk if digest not in recorded)


def _still_unrecorded(services: Services, extra: list[str]) -> list[str]:
    """Return those of `extra` that are on record even now not, once what was under way had time to commit."""
    begun = time.monotonic()
    while extra := list(_unrecorded(services, extra)):
        waited = time.monotonic() - begun
        with services.database.reading() as session:
            working = _works(session)
        if waited >= (JOB_S if working else COMMIT_S):
            break
        time.sleep(0.2)
    return extra


def _works(session: Session) -> bool:
    return session.scalars(select(Job.id).where(Job.state == "running").limit(1)).first() is not None


def _chunks(digests: Iterator[str], size: int) -> Iterator[list[str]]:
    while chunk := list(islice(digests, size)):
        yield chunk
