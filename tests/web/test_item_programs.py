"""What programs say of items and scans: the paper, notes, pages that will do, better scans, reading again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive_service.audit.tables import AuditEntry
from ingest.quality.tables import Rescan
from ingest.tables import ScanPage
from tests.support.hostile import plain_pdf
from tests.web.conftest import World
from tests.web.programs import Program, program


@pytest.fixture
def archivist(world: World) -> Iterator[Program]:
    with program(world, "archivist") as one:
        yield one


def test_what_a_paper_is_is_said_once_as_it_was_seen(world: World, archivist: Program) -> None:
    """A second word on what was seen before the first is refused; readers say nothing."""
    address = f"/api/v1/items/{world.near.internal_item}"
    seen = archivist.get(address).headers["etag"]
    first = archivist.post(f"{address}/paper", json={"medium": "copy"}, headers={"If-Match": "*"})
    assert first.status_code == 200, first.text
    fields = archivist.put(f"{address}/fields/voltage", json={"value": "380V"}, headers={"If-Match": seen})
    late = archivist.put(f"{address}/fields/voltage", json={"value": "220V"}, headers={"If-Match": seen})
    assert (fields.status_code, late.status_code) == (200, 412)
    assert archivist.refused(f"/items/{world.near.internal_item}/marks", mark="seal:nobody", word="seen") == (
        404,
        "mark.not-found",
    )
    with program(world, "staff") as staff:
        assert staff.refused(f"/items/{world.near.internal_item}/paper", medium="copy")[0] == 403


def test_a_note_is_pinned_once_and_taken_off(world: World, archivist: Program) -> None:
    """Asked twice under one key there is one; off the page it is no more."""
    address = f"/api/v1/items/{world.near.internal_item}/pages/1/notes"
    said = {"x": 500, "y": 250, "text": "请核对户名"}
    pinned = [archivist.post(address, json=said, headers={"Idempotency-Key": "note-0001"}) for _ in range(2)]
    assert pinned[0].status_code == 200, pinned[0].text
    (note,) = archivist.get(address).json()["notes"]
    assert ({name: note[name] for name in said}, note["mine"]) == (said, True)
    assert archivist.post(address, json={**said, "x": 1001}).status_code == 422
    assert archivist.delete(f"{address}/{note['note']}").json()["notes"] == []
    assert archivist.delete(f"{address}/{note['note']}").json()["code"] == "note.not-found"


def test_pages_are_looked_at_and_originals_taken_on_record(world: World, archivist: Program) -> None:
    """The bytes are those of the page's own address; taking the original out is written down."""
    for kind in (f"items/{world.near.internal_item}/pages/1", f"scans/{world.near.scan}/pages/1"):
        shown = archivist.get(f"/api/v1/{kind}/image")
        assert shown.status_code == 200
        assert shown.content == archivist.get(f"/{kind}/image").content
    taken = archivist.get(f"/api/v1/items/{world.near.internal_item}/pages/1/original")
    assert taken.headers["content-disposition"].startswith("attachment")
    with world.services.database.reading() as session:
        assert session.query(AuditEntry).filter_by(did="original.downloaded").count() == 1
    with program(world, "staff") as staff:
        assert staff.get(f"/api/v1/items/{world.near.internal_item}/pages/1/original").status_code == 403


def test_what_is_wrong_with_a_page_is_accepted_or_mended(world: World, archivist: Program) -> None:
    """Accepted once; a better scan of another unit's page is refused as the page refuses it."""
    address = f"/scans/{world.near.scan}"
    (found,) = archivist.done(f"{address}/findings/{world.near.finding}/accept")["findings"]
    assert found["decision"] == "accepted"
    assert archivist.refused(f"{address}/findings/{world.near.finding}/accept") == (409, "quality.decided")
    file = {"file": ("重扫.pdf", plain_pdf(), "application/pdf")}
    better = archivist.post(f"/api/v1{address}/pages/1/rescan", files=file, data={"reason": "影像不清"})
    assert better.status_code == 201, better.text
    with world.services.database.reading() as session:
        assert session.get_one(Rescan, int(better.json()["rescan"])).scan_id == world.near.scan
    bare = archivist.post(f"/api/v1{address}/pages/1/rescan", files=file)
    assert (bare.status_code, bare.json()["code"]) == (422, "rescan.reason")
    far = archivist.post(f"/api/v1/scans/{world.far.scan}/pages/1/rescan", files=file, data={"reason": "影像不清"})
    assert far.status_code == 404


def test_a_page_that_was_drawn_is_judged_on_the_quality_sheet(world: World, archivist: Program) -> None:
    """What was seen stands on the sheet; a page of another batch was not drawn."""
    batch = f"/batches/{world.near.batch}/quality"
    sheet = archivist.done(batch, scan=world.near.scan, page=1, fault="dark-border", note="左侧")
    seen = {(one["scan"], one["page"]): one["fault"] for one in sheet["sample"]}
    assert seen[str(world.near.scan), 1] == "dark-border"
    assert archivist.refused(batch, scan=world.far.scan, page=1, fault=None) == (422, "quality.not-drawn")


def test_a_file_is_read_again_for_a_reason(world: World, archivist: Program) -> None:
    """Queued and on record; without a reason nothing is, and another unit's file is none."""
    with world.services.database.unit_of_work() as session:
        page = session.query(ScanPage).filter_by(scan_id=world.near.scan).one()
        page.raw_digest = page.image_digest
    address = f"/scans/{world.near.scan}/read-again"
    assert archivist.refused(address, reason=" ") == (422, "reread.reason")
    assert archivist.done(address, reason="文字识读有误")["scan"] == str(world.near.scan)
    assert archivist.refused(address, reason="文字识读有误") == (409, "reread.nothing")
    assert archivist.refused(f"/scans/{world.far.scan}/read-again", reason="文字识读有误")[0] == 404
    with world.services.database.reading() as session:
        asked = session.query(AuditEntry).filter_by(did="scan.read-again-asked").one()
    assert asked.facts["reason"] == "文字识读有误"


def test_the_history_of_a_file_is_read_page_by_page(world: World, archivist: Program) -> None:
    """Newest first, each thing once, as many as there are; another unit's file has none."""
    archivist.done(f"/items/{world.near.internal_item}/paper", medium="copy")
    address, seen, after = f"/households/{world.near.account_no}/history", [], {}
    while True:
        page = archivist.told(address, limit=2, **after)
        seen += page["events"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    numbers = [one["seq"] for one in seen]
    assert numbers == sorted(set(numbers), reverse=True)
    assert len(numbers) == page["total"]
    assert seen[0]["did"] == "item.paper-said"
    assert archivist.get(f"/api/v1/households/{world.far.account_no}/history").status_code == 404
