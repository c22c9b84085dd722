"""What is made of the papers of a centre: boxes, certified copies, packages, checks."""

from __future__ import annotations

from typing import Any

from archive_service import clock
from archive_service.copies.tables import CertifiedCopy
from archive_service.exchange.tables import HandIn, Package
from archive_service.households.tables import CaseFile
from archive_service.people.tables import Unit
from archive_service.properties.tables import PropertyResult, PropertyRun
from archive_service.rooms import actions as keeping
from archive_service.rooms import queries as places
from archive_service.storage.files import FileStore
from archive_service.storage.record import record_object
from tests.support import records, rooms


def shelved(session: Any, at: Unit, paper: str) -> tuple[int, int, int]:
    """Put a paper into a box and begin to count it; send another box to the company, which has a room too."""
    by, now = records.system(session), clock.now()
    made = rooms.room(session, by, at=at, holds=9)
    full, empty = made.boxes
    keeping.put_away(session, full.id, paper, by=by, now=now)
    count = keeping.open_stocktake(session, full.id, "papers", by=by, now=now)
    company = records.unit(session)
    if company.code not in dict(places.receivers(session)):
        keeping.add_room(session, company.code, "总库", by=by, now=now)
    sent = keeping.send_boxes(session, [empty.code], company.code, "划转", by=by, now=now)
    return made.room.id, count.id, sent.id


def certified(session: Any, store: FileStore, unit_id: int, household_id: int, number: int) -> int:
    """Enter a certified copy into the register."""
    stored = store.put_bytes(f"%PDF-1.4 {number}".encode())
    row = CertifiedCopy(
        number=f"ZM-{unit_id}-2026-00001", code_hash=f"{number:064x}", request_key=f"{number:064x}",
        household_id=household_id, unit_id=unit_id, purpose="lawsuit", note="", receiver="某法院", pages=[],
        page_count=0, unmasked=False, unmask_reason="", digest=stored.digest, signed=False, issued_at=clock.now(),
        withdrawn_reason="",
    )  # fmt: skip
    session.add(row)
    record_object(session, stored, role="copy", media_type="application/pdf", now=clock.now())
    session.flush()
    return int(row.id)


def packaged(session: Any, store: FileStore, unit_id: int, household_id: int, number: int) -> int:
    """Enter a package that is ready."""
    stored = store.put_bytes(f"PK {number}".encode())
    row = Package(
        household_id=household_id, unit_id=unit_id, direction="out", format="bagit", state="ready", items=None,
        asked_at=clock.now(), finished_at=clock.now(), digest=stored.digest, size_bytes=stored.size_bytes,
        file_count=1, manifest_sha256=stored.digest,
    )  # fmt: skip
    session.add(row)
    record_object(session, stored, role="package", media_type="application/zip", now=clock.now())
    session.flush()
    return int(row.id)


def package_in(session: Any, store: FileStore, unit_id: int, account: str, number: int) -> int:
    """Enter a package that was handed in and waits for an answer."""
    stored = store.put_bytes(f"PK in {number}".encode())
    row = HandIn(
        unit_id=unit_id, as_named=False, channel="web", name="移交.zip", digest=stored.digest,
        size_bytes=stored.size_bytes, state="checked", handed_in_at=clock.now(), format="bagit", account_no=account,
        cases=1, items=2, files=9, signature="none",
    )  # fmt: skip
    session.add(row)
    record_object(session, stored, role="package", media_type="application/zip", now=clock.now())
    session.flush()
    return int(row.id)


def checked(session: Any, unit_id: int, case: CaseFile) -> int:
    """Let a four-property check of a case wait for a person to say something of one item."""
    row = PropertyRun(
        moment="longterm", household_id=case.household_id, case_id=case.id, unit_id=unit_id, edition="FP2026",
        state="open", fingerprint="0" * 64, papers=2, pages=2, begun_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    for place, (code, mode, result) in enumerate(
        (("CQ-1-1", "automatic", "passed"), ("CQ-5-2", "manual", "open")), start=1
    ):
        session.add(
            PropertyResult(
                run_id=row.id, place=place, code=code, property="security", mode=mode, title_zh="备份数据可恢复性",
                title_en="Backups can be restored", result=result, evidence="写明最近一次恢复演练的日期。",
            )
        )  # fmt: skip
    session.flush()
    return int(row.id)
