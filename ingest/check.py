"""Check: find out in the sandbox what a file is and how many pages it has, or unpack a container."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM
from archive_service.jobs.queue import Claimed
from archive_service.storage.store import Stored
from ingest import opening, states
from ingest.opening import Probe
from ingest.receive import add_scan
from ingest.recognise.values import Said
from ingest.tables import Scan, ScanPage
from ingest.workshop import Apply, Workshop


def prepare(workshop: Workshop, scan: Scan, _claimed: Claimed) -> Apply:
    """Probe the file; raises FileRefused when it is no good."""
    with workshop.desk() as desk:
        path = desk / "original"
        workshop.store.fetch(scan.digest, path)
        probe = opening.probe(path, file_name=scan.file_name, limits=workshop.limits)
        if probe.format == "zip":
            return _members(workshop, probe, _unpack(workshop, path, desk))
    return _pages(probe)


def _pages(probe: Probe) -> Apply:
    def apply(session: Session, scan: Scan) -> str:
        scan.format, scan.page_count, scan.flags = probe.format, probe.page_count, list(probe.flags)
        session.add_all(ScanPage(scan_id=scan.id, page_no=n) for n in range(1, probe.page_count + 1))
        return states.CHECKED

    return apply


def _unpack(workshop: Workshop, path: Path, desk: Path) -> list[tuple[str, Stored | None]]:
    """Store the members of a container, none for an empty one; each is on record only when the step commits."""
    stored: list[tuple[str, Stored | None]] = []
    out = desk / "members"
    out.mkdir()
    for member in opening.unpack(path, out_dir=out, limits=workshop.limits):
        empty = member.path.stat().st_size == 0
        with member.path.open("rb") as source:
            stored.append((member.name, None if empty else workshop.store.put(source)))
    return stored


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
