"""What may be wrong with an archive after an ordeal: everything lost, doubled or left half done, in words."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.households.assessment import reassess_case
from archive_service.households.tables import CaseFile, Item, Page, Verdict
from archive_service.jobs.tables import Job
from indexing.sync import lag
from ingest import states
from ingest.tables import Scan
from tests.support.ordeal import Acknowledged
from tests.support.paper_heap import Upload


def wrongs(services: Services, uploads: Sequence[Upload], ledger: Sequence[Acknowledged]) -> list[str]:
    """Return all that is wrong; the archive must be at rest and its index up to the records."""
    with services.database.reading() as session:
        found = [
            *_lost(services, session, ledger),
            *_duplicates(session),
            *_half_done(session),
            *_not_filed(session, uploads),
            *_told_otherwise(session),
            *_stale_verdicts(session),
        ]
    with services.database.reading() as session:
        behind = lag(session, services.index)
    found += [f"{behind} households wait to be indexed"] if behind else []
    checked = findings(services, sample=None, now=clock.now())
    return found + [f"verify: {one.kind} {one.subject}" for one in checked.findings]


def _lost(services: Services, session: Session, ledger: Sequence[Acknowledged]) -> Iterator[str]:
    """Yield acknowledged uploads whose bytes or scan are gone, and answers that were not true."""
    for one in ledger:
        digest = hashlib.sha256(one.upload.data).hexdigest()
        if services.store.read(digest) != one.upload.data:
            yield f"{one.upload.name}: other bytes in the store"
        scan = session.get(Scan, int(one.answer["scan"]))
        if scan is None or scan.digest != digest:
            yield f"{one.upload.name}: no scan {one.answer['scan']} of these bytes"
    # A file that was refused may be handed in again, and is looked at again.
    good = (one.answer for one in ledger if one.upload.ends != "refused")
    received = Counter(answer["sha256"] for answer in good if answer["state"] == "received")
    yield from (f"{digest}: taken in as new {count} times" for digest, count in received.items() if count > 1)


def _duplicates(session: Session) -> Iterator[str]:
    """Yield files with more than one first scan and papers with more than one item."""
    kept = (Scan.duplicate_of.is_(None), Scan.state != states.REFUSED)
    firsts = select(Scan.digest).where(*kept).group_by(Scan.digest).having(func.count() > 1)
    yield from (f"scans: {digest} came in first twice" for digest in session.scalars(firsts))
    twice = select(Item.scan_id, Item.scan_document).group_by(Item.scan_id, Item.scan_document).having(func.count() > 1)
    yield from (f"items: document {seq} of scan {scan} was filed twice" for scan, seq in session.execute(twice))
    paper = (Page.original_digest, Page.original_page)
    same = select(*paper).group_by(*paper).having(func.count() > 1)
    yield from (f"pages: page {number} of {digest} was filed twice" for digest, number in session.execute(same))


def _half_done(session: Session) -> Iterator[str]:
    """Yield whatever is still under way or was given up."""
    for job in session.scalars(select(Job).where(Job.state != "done")):
        yield f"job {job.id} of scan {job.subject} is {job.state} ({job.error_code}, attempt {job.attempt})"
    for scan in session.scalars(
        select(Scan).where(Scan.state.not_in((states.FILED, states.NEEDS_REVIEW, states.REFUSED)))
    ):
        yield f"scan {scan.id} {scan.file_name} is {scan.state} ({scan.error_code})"
    bare = select(Item.id).where(~select(Page.id).where(Page.item_id == Item.id).exists())
    yield from (f"item {item} has no pages" for item in session.scalars(bare))


def _not_filed(session: Session, uploads: Iterable[Upload]) -> Iterator[str]:
    """Yield files that did not end as they must, and a wrong number of items."""
    distinct = {hashlib.sha256(one.data).hexdigest(): one for one in uploads}
    first = select(Scan).where(Scan.digest.in_(distinct), Scan.duplicate_of.is_(None))
    ended = {scan.digest: scan for scan in session.scalars(first)}
    for digest, upload in distinct.items():
        scan = ended.get(digest)
        state = scan.state if scan else "nowhere"
        if upload.ends not in (None, state):
            yield f"{upload.name} ended {state} ({scan.error_code if scan else ''}), not {upload.ends}"
    least = sum(one.papers for one in distinct.values())
    most = least + sum(one.ends is None for one in distinct.values())
    items = session.scalar(select(func.count()).select_from(Item)) or 0
    if not least <= items <= most:
        yield f"{items} items of {least} to {most} papers"


def _stale_verdicts(session: Session) -> Iterator[str]:
    """Yield cases on which other verdicts are kept than what they hold now gives; nothing of it is committed."""
    for case in session.scalars(select(CaseFile)).all():
        before = _verdicts(session, case)
        reassess_case(session, case, today=clock.today(), now=clock.now())
        if _verdicts(session, case) != before:
            yield f"case {case.application_no} keeps old verdicts"
    session.rollback()


def _verdicts(session: Session, case: CaseFile) -> tuple[object, ...]:
    kept = select(Verdict.document_type, Verdict.status, Verdict.reason).where(Verdict.case_id == case.id)
    counts = (case.due_count, case.satisfied_count, case.missing_count, case.doubtful_count)
    return (case.state, case.complete, *counts, *sorted(tuple(row) for row in session.execute(kept)))


def _told_otherwise(session: Session) -> Iterator[str]:
    """Yield events that the audit trail tells more or less often than they are on record."""
    told = Counter(session.scalars(select(AuditEntry.did)))
    ends = Counter(session.scalars(select(Scan.state)))
    items = session.scalar(select(func.count()).select_from(Item)) or 0
    received = session.scalar(select(func.count()).select_from(Scan).where(Scan.duplicate_of.is_(None))) or 0
    on_record = {
        "scan.received": received, "item.filed": items, "scan.filed": ends[states.FILED],
        "scan.needs-review": ends[states.NEEDS_REVIEW], "scan.refused": ends[states.REFUSED],
    }  # fmt: skip
    for did, count in on_record.items():
        if told[did] != count:
            yield f"audit: {did} is told {told[did]} times of {count}"
