"""Scan quality on the pages: findings with pictures, accepting them, the quality sheet, better scans handed in."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from sqlalchemy import func, select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.jobs.tables import Job
from ingest.quality.tables import PageFinding, PageInspection, Rescan
from ingest.tables import Scan, ScanDocument
from tests.support.stored_pages import picture
from tests.web.conftest import Browser, World, flat


def sent(browser: Browser, world: World, *, page: int = 1, scan: int | None = None, **fields: str) -> object:
    files = {"file": ("更好的一页.jpg", picture(200, (600, 800)), "image/jpeg")}
    data = {"token": browser.token, "reason": "影像不清", **fields}
    return browser.post(f"/scans/{scan or world.near.scan}/pages/{page}/rescan", data=data, files=files)


def did(world: World, what: str) -> list[dict[str, object]]:
    with world.services.database.reading() as session:
        return [row.facts for row in session.scalars(select(AuditEntry).where(AuditEntry.did == what))]


def test_a_finding_stands_on_the_page_of_its_file_with_its_sentence_and_picture(world: World, browser: Browser) -> None:
    page = browser.get(f"/scans/{world.near.scan}").text
    assert "页边有宽 4.5 毫米的黑边" in page
    assert f'src="/scans/{world.near.scan}/findings/{world.near.finding}/picture"' in page
    assert 'class="flawed"' in page
    desk = browser.get(f"/review/{world.near.document}").text
    assert "页边有宽 4.5 毫米的黑边" in desk
    assert 'class="flawed"' in desk


def test_the_picture_of_a_finding_outlines_its_place(world: World, browser: Browser) -> None:
    answer = browser.get(f"/scans/{world.near.scan}/findings/{world.near.finding}/picture")
    assert answer.headers["content-type"] == "image/jpeg"
    shown = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR_RGB).astype(int)
    orange = (shown[..., 0] - shown[..., 2]) > 60
    assert orange[:, :12].any()
    assert not orange[:, 20:].any()


def test_a_repeated_page_is_shown_beside_the_one_that_it_repeats(world: World, browser: Browser) -> None:
    with world.services.database.unit_of_work() as session:
        row = session.get_one(PageFinding, world.near.finding)
        row.code, row.facts, row.boxes = "page-repeated", {"other": 1}, []
    answer = browser.get(f"/scans/{world.near.scan}/findings/{world.near.finding}/picture")
    shown = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape[1] == 720


def test_a_picture_is_only_had_under_its_own_file(world: World, browser: Browser) -> None:
    address = f"/scans/{world.near.scan}/findings/{world.far.finding}/picture"
    assert browser.get(address).status_code == 404
    assert browser.get(f"/scans/{world.far.scan}/findings/{world.near.finding}/picture").status_code == 404
    assert browser.get(f"/scans/{world.near.scan}/superseded/{world.far.rescan}/image").status_code == 404


def test_an_accepted_finding_is_closed_once_and_on_record(world: World, browser: Browser) -> None:
    address = f"/scans/{world.near.scan}/findings/{world.near.finding}/accept"
    assert browser.submit(address).headers["location"] == f"/scans/{world.near.scan}?page=1#quality"
    page = browser.get(f"/scans/{world.near.scan}").text
    assert "已认可" in page
    assert 'class="flawed"' not in page
    assert browser.submit(address).status_code == 409
    assert [facts["code"] for facts in did(world, "page.finding-accepted")] == ["dark-border"]


@pytest.mark.parametrize("who", ["staff", "auditor", "sysadmin"])
def test_others_than_those_who_work_on_scans_change_and_see_nothing(world: World, anonymous: Browser, who: str) -> None:
    anonymous.sign_in(who)
    near = world.near
    for address in (
        f"/scans/{near.scan}/findings/{near.finding}/picture",
        f"/scans/{near.scan}/superseded/{near.rescan}/image",
        f"/intake/batches/{near.batch}/quality",
        f"/scans/{near.scan}/pages/1/rescan",
        f"/api/v1/batches/{near.batch}/quality",
        f"/api/v1/scans/{near.scan}/findings",
    ):
        assert anonymous.get(address).status_code in (403, 404), address
    assert anonymous.submit(f"/scans/{near.scan}/findings/{near.finding}/accept").status_code in (403, 404)
    seen = {"scan": str(near.scan), "page": "1", "fault": "none"}
    assert anonymous.submit(f"/intake/batches/{near.batch}/quality", **seen).status_code in (403, 404)
    assert sent(anonymous, world).status_code in (403, 404)  # type: ignore[attr-defined]
    assert did(world, "page.inspected") == []


def test_nothing_of_another_centre_is_changed(world: World, browser: Browser) -> None:
    far = world.far
    assert browser.submit(f"/scans/{far.scan}/findings/{far.finding}/accept").status_code == 404
    # Under an address of the own centre, too.
    assert browser.submit(f"/scans/{world.near.scan}/findings/{far.finding}/accept").status_code == 404
    seen = {"scan": str(far.scan), "page": "1", "fault": "none"}
    assert browser.submit(f"/intake/batches/{far.batch}/quality", **seen).status_code == 404
    assert browser.submit(f"/intake/batches/{world.near.batch}/quality", **seen).status_code == 422
    assert sent(browser, world, scan=far.scan).status_code == 404  # type: ignore[attr-defined]
    with world.services.database.reading() as session:
        assert session.get_one(PageFinding, far.finding).decision is None
        assert session.scalar(select(func.count()).select_from(PageInspection)) == 0


def test_the_quality_sheet_counts_and_takes_what_a_person_saw(world: World, browser: Browser) -> None:
    address = f"/intake/batches/{world.near.batch}/quality"
    sheet = flat(browser.get(address).text)
    assert "待抽检" in sheet
    assert "5%，至少 30 页" in sheet
    browser.submit(address, scan=str(world.near.scan), page="1", fault="none")
    assert browser.get(f"/api/v1/batches/{world.near.batch}/quality").json()["verdict"] == "passed"
    browser.submit(address, scan=str(world.near.scan), page="1", fault="page-missing", note="缺背面")
    found = browser.get(f"/api/v1/batches/{world.near.batch}/quality").json()
    assert (found["verdict"], found["losses"], found["inspected"]) == ("failed", 1, 1)
    assert found["pages_found"]["dark-border"] == 1
    assert found["sample"][0] | {"inspected_at": None} == {
        "scan": str(world.near.scan), "page": 1, "file": found["sample"][0]["file"], "found": ["dark-border"],
        "inspected": True, "fault": "page-missing", "note": "缺背面", "inspected_by": "张三",
        "inspected_at": None,
    }  # fmt: skip
    assert [facts["fault"] for facts in did(world, "page.inspected")] == [None, "page-missing"]


@pytest.mark.parametrize("fault", ["none", "blurred"])
def test_a_page_that_was_replaced_has_to_be_looked_at_again(world: World, browser: Browser, fault: str) -> None:
    address = f"/intake/batches/{world.near.batch}/quality"
    browser.submit(address, scan=str(world.near.scan), page="1", fault=fault)
    with world.services.database.unit_of_work() as session:
        session.get_one(Rescan, world.near.rescan).taken_at = clock.now()
    found = browser.get(f"/api/v1/batches/{world.near.batch}/quality").json()
    assert (found["verdict"], found["inspected"], found["sample"][0]["fault"]) == ("open", 0, None)
    browser.submit(address, scan=str(world.near.scan), page="1", fault="none")
    found = browser.get(f"/api/v1/batches/{world.near.batch}/quality").json()
    assert (found["verdict"], found["inspected"]) == ("passed", 1)


@pytest.mark.parametrize("fields", [{"fault": "nonsense"}, {"fault": ""}, {"page": "2", "fault": "none"}])
def test_what_cannot_be_said_of_a_page_is_refused(world: World, browser: Browser, fields: dict[str, str]) -> None:
    address = f"/intake/batches/{world.near.batch}/quality"
    answer = browser.submit(address, **{"scan": str(world.near.scan), "page": "1", **fields})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert did(world, "page.inspected") == []


def test_a_better_scan_may_be_as_large_as_any_file_handed_in(world: World, browser: Browser) -> None:
    scanned = picture(200, (600, 800)) + bytes(2 * 1024 * 1024)
    files = {"file": ("彩色 300 dpi.jpg", scanned, "image/jpeg")}
    data = {"token": browser.token, "reason": "影像不清"}
    answer = browser.post(f"/scans/{world.near.scan}/pages/1/rescan", data=data, files=files)
    assert answer.status_code == 303, answer.text
    with world.services.database.reading() as session:
        (kept,) = session.scalars(select(Rescan.digest).where(Rescan.state == "waiting"))
    assert world.services.store.read(kept) == scanned


def test_a_better_scan_is_kept_and_a_job_is_owed(world: World, browser: Browser) -> None:
    answer = sent(browser, world)
    assert answer.headers["location"] == f"/scans/{world.near.scan}?page=1#quality"  # type: ignore[attr-defined]
    with world.services.database.reading() as session:
        row = session.scalars(select(Rescan).where(Rescan.state == "waiting")).one()
        job = session.scalars(select(Job).where(Job.kind == "page.rescan")).one()
        assert (job.subject, job.state) == (str(row.id), "queued")
        assert world.services.store.read(row.digest) == picture(200, (600, 800))
    assert "正在识读" in browser.get(f"/scans/{world.near.scan}").text
    assert sent(browser, world).status_code == 409  # type: ignore[attr-defined]


def test_a_better_scan_needs_a_file_and_a_reason_and_a_page_that_is_not_filed(world: World, browser: Browser) -> None:
    assert sent(browser, world, reason=" ").status_code == 422  # type: ignore[attr-defined]
    assert browser.submit(f"/scans/{world.near.scan}/pages/1/rescan", reason="影像不清").status_code == 422
    assert sent(browser, world, page=9).status_code == 404  # type: ignore[attr-defined]
    empty = {"file": ("空.jpg", io.BytesIO(b""), "image/jpeg")}
    data = {"token": browser.token, "reason": "影像不清"}
    answer = browser.post(f"/scans/{world.near.scan}/pages/1/rescan", data=data, files=empty)
    assert answer.status_code in (409, 422)
    with world.services.database.unit_of_work() as session:
        session.get_one(ScanDocument, world.near.document).state = "filed"
    refused = sent(browser, world)
    assert refused.status_code == 409  # type: ignore[attr-defined]
    assert "先在校核台撤销归入" in refused.text  # type: ignore[attr-defined]
    with world.services.database.unit_of_work() as session:
        session.get_one(ScanDocument, world.near.document).state = "proposed"
        session.get_one(Scan, world.near.scan).state = "read"
    assert "还在处理中" in sent(browser, world).text  # type: ignore[attr-defined]
