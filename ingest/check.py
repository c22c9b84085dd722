"""Check: have the virus scanner look, find out in the sandbox what a file is and how many pages, or unpack it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from ingest import opening, scanner, signatures, states
from ingest.opening import Probe
from ingest.receive import add_scan
from ingest.recognise.values import Said
from ingest.tables import Scan, ScanPage
from ingest.workshop import Apply, Workshop


def prepare(workshop: Workshop, scan: Scan, claimed: Claimed) -> Apply:
    """Probe the file; raises FileRefused when it is no good."""
    with workshop.desk() as desk:
        path = desk / "original"
        workshop.store.fetch(scan.digest, path)
        scanner.check(path, workshop.settings)
        probe = opening.probe(path, file_name=scan.file_name, limits=workshop.limits)
        if probe.format == "zip":
            return _members(workshop, probe, _unpack(workshop, claimed, path, desk))
    return _pages(probe)


def _pages(probe: Probe) -> Apply:
    def apply(session: Session, scan: Scan) -> str:
        scan.format, scan.page_count, scan.flags = probe.format, probe.page_count, list(probe.flags)
        scan.signatures = signatures.to_json(probe.signatures)
        session.add_all(ScanPage(scan_id=scan.id, page_no=n) for n in range(1, probe.page_count + 1))
        return states.CHECKED

    return apply


def _unpack(workshop: Workshop, claimed: Claimed, path: Path, desk: Path) -> list[tuple[str, Stored | None]]:
    """Store the members of a container, none for an empty one; they become scans only when the step commits."""
    members: list[tuple[str, Stored | None]] = []
    out = desk / "members"
    out.mkdir()
    unpacked = opening.unpack(path, out_dir=out, limits=workshop.limits)
    for member in unpacked:
        if claimed.lost.is_set():
            break
        empty = member.path.stat().st_size == 0
        with member.path.open("rb") as source:
            members.append((member.name, None if empty else workshop.store.put(source)))
    _record(workshop, claimed, [stored for _, stored in members if stored], total=len(unpacked))
    return members


def _record(workshop: Workshop, claimed: Claimed, objects: list[Stored], *, total: int) -> None:
    """Put what was stored on record; raises LeaseLost when the job was lost meanwhile."""
    kept = [(stored, "application/octet-stream") for stored in objects]
    with workshop.keeping(*kept, role="original"), workshop.database.unit_of_work() as session:
        now = workshop.now()
        queue.renew(session, claimed, now=now, lease_s=workshop.settings.lease_s, done=len(objects), total=total)
        for stored in objects:
            record_object(session, stored, role="original", media_type="application/octet-stream", now=now)


def _members(workshop: Workshop, probe: Probe, members: list[tuple[str, Stored | None]]) -> Apply:
    def apply(session: Session, scan: Scan) -> str:
        scan.format, scan.flags = probe.format, list(probe.flags)
        said = Said(scan.said_account_no, scan.said_application_no, scan.said_document_type)
        now = workshop.now()
        receipts = [
            add_scan(session, scan.batch, stored, name=name, said=said, by=SYSTEM, parent=scan, now=now)
            for name, stored in members
        ]
        if any(receipt.state not in states.FINAL for receipt in receipts):
            return states.UNPACKED
        return states.of_container([(receipt.state, receipt.error_code) for receipt in receipts])

    return apply
