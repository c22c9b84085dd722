"""The four-property check on its pages and over the interface: run, seen, answered, taken along, filed as a paper."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.properties.scheme import standard_text
from ingest.tables import Scan
from tests.properties.world import record_pages
from tests.support import records
from tests.web.conftest import Browser, World

#: What differs between the databases is tested in tests/properties.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_case_is_checked_answered_and_its_report_taken_along_and_filed(world: World, browser: Browser) -> None:
    """From the page of the case: begun with the manual items, one answered after the other, then the report."""
    near = world.near
    with world.services.database.unit_of_work() as session:
        record_pages(session, world.services.store)
    life = browser.get(f"/cases/{near.application_no}/life")
    assert f"/properties?case={near.application_no}" in life.text
    begun = browser.submit("/properties", application_no=near.application_no, ask_people="1")
    page = begun.headers["location"].partition("?")[0]
    shown = browser.get(page)
    assert "GD-1-1" in shown.text
    assert "GD-2-9" in shown.text
    # The case lacks papers: the check at filing says so.
    assert "不合格" in shown.text
    waiting = f"/properties/{near.property_run}"
    assert browser.get(f"{waiting}/report").status_code == 409
    empty = browser.submit(f"{waiting}/answers", code="CQ-5-2", result="passed", evidence=" ")
    assert (empty.status_code, "请写明看到了什么" in empty.text) == (422, True)
    answered = browser.submit(f"{waiting}/answers", code="CQ-5-2", result="passed", evidence="11 月 3 日演练，全部恢复")
    assert answered.status_code == 303
    taken = browser.get(f"{waiting}/report")
    assert taken.headers["content-type"] == "application/pdf"
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(taken.content)).pages)
    assert "全部恢复" in text.replace("\n", "")
    assert browser.get(f"{waiting}/data").json()["state"] == "passed"
    filed = browser.submit(f"{waiting}/file")
    assert "properties-filed" in filed.headers["location"]
    assert "properties-there" in browser.submit(f"{waiting}/file").headers["location"]
    with world.services.database.reading() as session:
        scan = session.scalars(select(Scan).where(Scan.said_application_no == near.application_no)).all()[-1]
        assert scan.file_name.startswith("四性检测报告")
        did = select(AuditEntry.did).where(
            AuditEntry.object_kind == "property-check", AuditEntry.object_id == str(near.property_run)
        )
        assert list(session.scalars(did.order_by(AuditEntry.seq))) == [
            "properties.answered", "properties.reported", "properties.downloaded", "properties.downloaded",
            "properties.filed",
        ]  # fmt: skip


def test_programs_check_a_case_and_read_what_came_of_it(world: World, browser: Browser) -> None:
    near = world.near
    token = {"X-Form-Token": browser.token}
    made = browser.post(f"/api/v1/cases/{near.application_no}/properties", json={}, headers=token).json()
    assert (made["moment"], made["state"]) == ("filing", "failed")
    # Nobody put the pages of this case on record: metadata that lead nowhere are found.
    assert next(one for one in made["results"] if one["code"] == "GD-1-11")["result"] == "failed"
    listed = browser.get(f"/api/v1/properties?application_no={near.application_no}").json()
    assert [one["check"] for one in listed["checks"]] == [made["check"], str(near.property_run)]
    assert browser.get(f"/api/v1/properties/{made['check']}").json() == made
    known = {one["codes"].get("filing") for one in browser.get("/api/v1/properties/items").json()["items"]}
    assert {one["code"] for one in made["results"]} <= known
    far = browser.post(f"/api/v1/cases/{world.far.application_no}/properties", json={}, headers=token)
    assert far.status_code == 404


def test_a_bad_edition_is_told_with_its_lines_and_the_text_stays_in_the_form(world: World, browser: Browser) -> None:
    """Editions are for the whole company: who drafts them has their place at its top."""
    with world.services.database.unit_of_work() as session:
        records.person(session, "keeper", at=records.unit(session))
    browser.submit("/sign-out")
    browser.sign_in("keeper")
    text = standard_text().replace("FP2026", "X-1").replace("check: digests-match", "check: no-such")
    answer = browser.submit("/properties/items", text=text)
    assert answer.status_code == 409
    assert "no-such" in answer.text
    assert "edition: X-1" in answer.text
    kept = browser.submit("/properties/items", text=text.replace("no-such", "digests-match"))
    assert kept.status_code == 303
    assert "X-1" in browser.get("/properties/items").text


def test_a_batch_is_filed_on_its_page_and_what_failed_is_told_there(world: World, browser: Browser) -> None:
    """A file waits for a person: not yet. A refused one: sent back with what to do, listed, and handed in again."""
    near = world.near
    page, api = f"/intake/batches/{near.batch}", f"/api/v1/batches/{near.batch}"
    assert "检测并归档" in browser.get(f"/intake?batch={near.batch}").text
    early = browser.submit(f"{page}/file")
    assert (early.status_code, "1 个待校核" in early.text) == (409, True)
    with world.services.database.unit_of_work() as session:
        scan = session.get_one(Scan, near.scan)
        scan.state, scan.error_code = "refused", "file.password"
    failed = browser.submit(f"{page}/file")
    assert (failed.status_code, "请去掉密码，解开压缩包后补交" in failed.text) == (409, True)
    detail = browser.get(api).json()
    assert (detail["state"], "GD-3-8" in [one["code"] for one in detail["failed"]]) == ("returned", True)
    assert [one["batch"] for one in browser.get("/api/v1/batches?state=returned").json()["batches"]] == [
        str(near.batch)
    ]
    run = browser.get(f"/properties/{detail['check']}")
    assert f"批次 {near.batch}" in run.text
    assert browser.get(f"/api/v1/properties?batch={near.batch}").json()["checks"][0]["batch_id"] == str(near.batch)
    assert browser.submit(f"{page}/again", mended=" ").status_code == 422
    said = browser.post(f"{api}/again", json={"mended": "去掉了密码"}, headers={"X-Form-Token": browser.token}).json()
    assert (said["state"], said["mended"], said["went_back"]) == ("open", "去掉了密码", 1)
    assert "上次重新交件时写明：去掉了密码" in browser.get(f"/intake?batch={near.batch}").text


def test_a_draft_is_shown_as_what_it_changes_and_can_be_gone_on_with(world: World, browser: Browser) -> None:
    with world.services.database.unit_of_work() as session:
        records.person(session, "keeper", at=records.unit(session))
    browser.submit("/sign-out")
    browser.sign_in("keeper")
    text = standard_text().replace("FP2026", "X-2").replace("longterm_every_days: 365", "longterm_every_days: 180")
    draft = browser.submit("/properties/items", text=text).headers["location"]
    shown = browser.get(draft.partition("#")[0]).text
    assert "365 → 180" in shown
    number = draft.partition("scheme=")[2].partition("&")[0]
    again = browser.submit("/properties/items", scheme=number, text=text.replace("180", "90"))
    assert f"scheme={number}&" in again.headers["location"]
    assert "365 → 90" in browser.get(f"/properties/items?scheme={number}").text
