"""The facts of a batch out of the database, frozen before anything is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.people.tables import Person
from archive_service.properties.batch_facts import BatchFacts, BatchPageFacts, FileFacts
from archive_service.properties.gather import objects_of, trail_of
from archive_service.properties.reading import Looked
from archive_service.properties.scheme import Scheme
from ingest import states
from ingest.read import BLANK
from ingest.tables import Batch, Scan, ScanDocument, ScanPage

_A_TIME = 500
#: Entries that say how a file came to rest.
_ENDED = tuple(f"scan.{state.replace('_', '-')}" for state in states.FINAL)
#: States of a document whose pages nobody has to decide about any more.
_DECIDED = ("filed", "rejected", "dropped")
T = TypeVar("T")


def scans_of(session: Session, batch_id: int) -> Sequence[Scan]:
    """Return the files of a batch that did not go back with it, in their order."""
    wanted = select(Scan).where(Scan.batch_id == batch_id, Scan.went_back_at.is_(None)).order_by(Scan.id)
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def named_by(session: Session, scans: Sequence[Scan]) -> tuple[set[str], set[str]]:
    """Return the digests of the originals and page pictures that are read back; refused files are not touched."""
    originals = {one.digest for one in scans if one.state != states.REFUSED}
    images: set[str] = set()
    for part in _parts(one.id for one in scans):
        wanted = select(ScanPage.image_digest).where(ScanPage.scan_id.in_(part), ScanPage.image_digest.is_not(None))
        images.update(one for one in session.scalars(wanted) if one is not None)
    return originals, images


def facts_of(session: Session, batch: Batch, *, scheme: Scheme, looked: Looked) -> BatchFacts:
    """Return the facts of a batch; `looked` says how its objects were found when they were read back."""
    scans = scans_of(session, batch.id)
    ids = [one.id for one in scans]
    pages, decided, told, ended = _pages(session, ids), _decided(session, ids), *_trail(session, ids)
    originals, images = named_by(session, scans)
    back = select(func.count()).where(Scan.batch_id == batch.id, Scan.went_back_at.is_not(None))
    person = session.get(Person, batch.received_by) if batch.received_by is not None else None
    return BatchFacts(
        number=batch.id,
        channel=batch.channel,
        handed_in_by=person.name if person else "系统",
        handed_in_at=batch.received_at,
        files=tuple(
            FileFacts(
                scan_id=one.id,
                file_name=one.file_name,
                format=one.format,
                size_bytes=one.size_bytes,
                digest=one.digest,
                received_at=one.received_at,
                refused=one.state == states.REFUSED,
                error=one.error_code,
                container=one.format == "zip",
                pages=tuple(pages.get(one.id, ())),
                decided=frozenset(decided.get(one.id, ())),
                told=told.get(one.id),
                ended=one.id in ended,
            )
            for one in scans
        ),
        vanished=tuple(_vanished(session, batch)),
        went_back=session.scalar(back) or 0,
        objects=objects_of(session, originals | images, looked.objects),
        trail=trail_of(session, {"batch": [batch.id], "scan": ids}),
        accepted_formats=frozenset(scheme.accepted_formats),
        lasting_formats=frozenset(scheme.lasting_formats),
        scanner=looked.scanner,
    )


def _pages(session: Session, ids: Sequence[int]) -> dict[int, list[BatchPageFacts]]:
    found: dict[int, list[BatchPageFacts]] = {}
    for part in _parts(ids):
        wanted = select(ScanPage).where(ScanPage.scan_id.in_(part)).order_by(ScanPage.scan_id, ScanPage.page_no)
        for row in session.scalars(wanted.execution_options(populate_existing=True)):
            blank = BLANK in row.flags
            page = BatchPageFacts(row.page_no, row.image_digest, row.width_px, row.height_px, row.error_code, blank)
            found.setdefault(row.scan_id, []).append(page)
    return found


def _decided(session: Session, ids: Sequence[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for part in _parts(ids):
        wanted = select(ScanDocument.scan_id, ScanDocument.pages).where(
            ScanDocument.scan_id.in_(part), ScanDocument.state.in_(_DECIDED)
        )
        for scan_id, pages in session.execute(wanted):
            found.setdefault(scan_id, set()).update(pages)
    return found


def _trail(session: Session, ids: Sequence[int]) -> tuple[Mapping[int, tuple[str, int]], set[int]]:
    """Return digest and bytes of each file as the trail has them of its hand-in, and the files whose end it has."""
    told: dict[int, tuple[str, int]] = {}
    ended: set[int] = set()
    for part in _parts(str(one) for one in ids):
        wanted = select(AuditEntry.object_id, AuditEntry.did, AuditEntry.facts).where(
            AuditEntry.object_kind == "scan",
            AuditEntry.object_id.in_(part),
            AuditEntry.did.in_(("scan.received", *_ENDED)),
        )
        for key, did, facts in session.execute(wanted):
            if did == "scan.received":
                told[int(key)] = (str(facts["sha256"]), int(facts["size_bytes"]))
            else:
                ended.add(int(key))
    return told, ended


def _vanished(session: Session, batch: Batch) -> list[str]:
    """Return the files that the trail says came in with the batch and that are not there any more."""
    opened = select(func.min(AuditEntry.seq)).where(
        AuditEntry.object_kind == "batch", AuditEntry.object_id == str(batch.id)
    )
    since = session.scalar(opened) or 0
    entries = select(AuditEntry.object_id, AuditEntry.facts).where(
        AuditEntry.did == "scan.received", AuditEntry.seq > since
    )
    there = set(session.scalars(select(Scan.id).where(Scan.batch_id == batch.id)))
    came = [int(key) for key, facts in session.execute(entries) if facts.get("batch") == batch.id]
    return [f"扫描件 {one}" for one in came if one not in there]


def _parts(values: Iterable[T]) -> Iterable[list[T]]:
    listed = list(values)
    return (listed[at : at + _A_TIME] for at in range(0, len(listed), _A_TIME))
