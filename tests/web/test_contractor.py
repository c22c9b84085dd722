"""The digitisation contractor: hands files in, follows those, and knows of nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive_service.people.roles import Role
from archive_service.storage.files import FileStore
from tests.support import records
from tests.web.conftest import FAR_NAME, Browser, World, doubtful_scan


@pytest.fixture
def contractor(world: World) -> Iterator[Browser]:
    """Somebody of a scanning firm at centre A."""
    with world.services.database.unit_of_work() as session:
        records.person(session, "scanner", roles=[Role.CONTRACTOR], at=records.unit(session, "A"))
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser.sign_in("scanner")


def own_scan(world: World, store: FileStore) -> tuple[int, int, int]:
    """A doubtful scan that the contractor handed in: batch, scan, document."""
    with world.services.database.unit_of_work() as session:
        at = records.unit(session, "A")
        case = records.case(session, at=at)
        scan, document = doubtful_scan(session, store, at.id, "5100000009", case, 9)
        scanner = records.queries.viewer_by_login(session, "scanner")
        assert scanner is not None
        scan.batch.received_by = scan.received_by = scanner.person_id
        session.flush()
        return scan.batch_id, scan.id, document.id


def test_the_first_page_is_the_intake(contractor: Browser) -> None:
    assert contractor.get("/").headers["location"] == "/intake"
    assert contractor.get("/intake").status_code == 200


def test_files_are_handed_in_and_followed(contractor: Browser) -> None:
    answer = contractor.post(
        "/intake", data={"token": contractor.token}, files={"files": ("甲.pdf", b"%PDF-1.4 x", "application/pdf")}
    )
    assert answer.status_code == 303
    assert "甲.pdf" in contractor.get(answer.headers["location"]).text
    assert "甲.pdf" in contractor.get("/scans").text
    assert contractor.get("/api/v1/scans").json()["total"] == 1


def test_ones_own_scan_is_seen_with_its_pages_and_quality(world: World, store: FileStore, contractor: Browser) -> None:
    batch, scan, _ = own_scan(world, store)
    for address in (
        f"/scans/{scan}",
        f"/scans/{scan}/pages/1/image",
        f"/scans/{scan}/pages/1/rescan",
        f"/intake/batches/{batch}?keep=1",
        f"/intake/batches/{batch}/quality",
        f"/api/v1/scans/{scan}",
        f"/api/v1/scans/{scan}/findings",
    ):
        assert contractor.get(address).status_code == 200, address


def test_nothing_of_others_is_seen_not_even_in_the_own_unit(world: World, contractor: Browser) -> None:
    for centre in (world.near, world.far):
        for address in (
            f"/scans/{centre.scan}",
            f"/scans/{centre.scan}/pages/1/image",
            f"/scans/{centre.scan}/findings/{centre.finding}/picture",
            f"/intake/batches/{centre.batch}",
            f"/intake/batches/{centre.batch}/quality",
            f"/api/v1/scans/{centre.scan}/text",
        ):
            assert contractor.get(address).status_code == 404, address
        files = {"files": ("a.pdf", b"%PDF-1.4 x", "application/pdf")}
        form = {"token": contractor.token, "batch": str(centre.batch)}
        assert contractor.post("/intake/files", data=form, files=files).status_code in (403, 404)
    assert FAR_NAME not in contractor.get("/scans").text
    assert contractor.get("/api/v1/scans").json()["total"] == 0


def test_nothing_is_decided_searched_or_taken_out(world: World, store: FileStore, contractor: Browser) -> None:
    _, scan, document = own_scan(world, store)
    assert contractor.get(f"/review/{document}").status_code == 404
    assert contractor.submit(f"/review/{document}/confirm", document_type="K01R").status_code == 404
    assert contractor.get(f"/scans/{scan}/original").status_code == 403
    for address in ("/search?q=A", "/cases", "/review", "/jobs", "/api/v1/search?q=A", "/api/v1/cases"):
        assert contractor.get(address).status_code == 403, address
    assert contractor.get(f"/households/{world.near.account_no}").status_code == 404
