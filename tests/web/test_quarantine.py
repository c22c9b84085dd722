"""A file in which a virus was found: told by name, kept, and handed to nobody."""

from __future__ import annotations

from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from ingest import states
from ingest.errors import refuse
from ingest.tables import Scan
from tests.web.conftest import Browser, World


def test_what_holds_a_virus_is_named_and_downloaded_by_nobody(world: World, browser: Browser) -> None:
    address = f"/scans/{world.near.scan}/original"
    assert browser.get(address).status_code == 200
    with world.services.database.unit_of_work() as session:
        scan, error = session.get_one(Scan, world.near.scan), refuse("file.virus", find="Win.Test.EICAR_HDB-1")
        scan.state, scan.error_code, scan.error_message = states.REFUSED, error.code, error.message
    page = browser.get(f"/scans/{world.near.scan}").text
    assert "Win.Test.EICAR_HDB-1" in page
    assert address not in page
    refused = browser.get(address)
    assert refused.status_code == 409
    assert "已隔离" in refused.text
    with world.services.database.reading() as session:
        downloads = session.scalars(select(AuditEntry).where(AuditEntry.did == "original.downloaded")).all()
        assert len(downloads) == 1
