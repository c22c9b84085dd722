"""What one centre holds, the other never learns; what is personal, only those see who may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive_service import clock
from archive_service.people import queries as people
from archive_service.people import sign_in
from tests.web.conftest import HOSTILE, ID_NUMBER, PHONE, PHRASE, Browser, Centre, World


def pages_of(centre: Centre) -> list[str]:
    """Every address that names something of a centre."""
    return [
        f"/households/{centre.account_no}",
        f"/households/{centre.account_no}/items",
        f"/households/{centre.account_no}/history",
        f"/households/{centre.account_no}/cases/{centre.application_no}",
        f"/items/{centre.internal_item}",
        f"/items/{centre.internal_item}/pages/1/image",
        f"/items/{centre.internal_item}/pages/1/thumbnail",
        f"/items/{centre.internal_item}/pages/1/original",
        f"/items/{centre.personal_item}",
        f"/intake/batches/{centre.batch}",
        f"/scans/{centre.scan}",
        f"/scans/{centre.scan}/state",
        f"/scans/{centre.scan}/pages/1/image",
        f"/scans/{centre.scan}/pages/1/thumbnail",
        f"/scans/{centre.scan}/original",
        f"/scans/{centre.scan}/findings/{centre.finding}/picture",
        f"/scans/{centre.scan}/superseded/{centre.rescan}/image",
        f"/scans/{centre.scan}/pages/1/rescan",
        f"/intake/batches/{centre.batch}/quality",
        f"/review/{centre.document}",
        f"/review/{centre.document}/reject",
        f"/api/v1/scans/{centre.scan}",
        f"/api/v1/scans/{centre.scan}/text",
        f"/api/v1/scans/{centre.scan}/findings",
        f"/api/v1/batches/{centre.batch}/quality",
        f"/api/v1/households/{centre.account_no}",
        f"/api/v1/households/{centre.account_no}/completeness",
        f"/api/v1/cases/{centre.application_no}/completeness",
        f"/api/v1/items/{centre.internal_item}",
        f"/api/v1/items/{centre.internal_item}/pages/1",
    ]


def test_an_archivist_reads_everything_of_the_own_centre(world: World, browser: Browser) -> None:
    for address in pages_of(world.near):
        assert browser.get(address).status_code in (200, 286), address


def test_an_archivist_of_one_centre_finds_nothing_of_another(world: World, browser: Browser) -> None:
    for address in pages_of(world.far):
        answer = browser.get(address)
        assert answer.status_code == 404, address
        assert "远方食品" not in answer.text


def test_what_is_not_there_and_what_may_not_be_known_look_the_same(world: World, browser: Browser) -> None:
    there = browser.get(f"/items/{world.far.internal_item}")
    nowhere = browser.get("/items/999999")
    assert there.status_code == nowhere.status_code
    assert there.text.replace(f"/items/{world.far.internal_item}", "") == nowhere.text.replace("/items/999999", "")


def test_decisions_about_another_centres_documents_are_not_found(world: World, browser: Browser) -> None:
    for verb, fields in (
        ("confirm", {"document_type": "K01R", "account_no": world.far.account_no}),
        ("reject", {"reason": "x"}),
        ("undo", {}),
    ):
        assert browser.submit(f"/review/{world.far.document}/{verb}", **fields).status_code == 404


def test_a_document_cannot_be_filed_into_another_centres_household(world: World, browser: Browser) -> None:
    form = {"document_type": "K01R", "account_no": world.far.account_no}
    answer = browser.submit(f"/review/{world.near.document}/confirm", **form)
    assert answer.status_code == 422
    assert "没有登记这个户号" in answer.text


def test_files_cannot_be_put_into_another_centres_batch(world: World, browser: Browser) -> None:
    files = {"files": ("a.pdf", b"%PDF-1.4 x", "application/pdf")}
    answer = browser.post("/intake/files", data={"token": browser.token, "batch": str(world.far.batch)}, files=files)
    assert answer.status_code == 404


def test_lists_counts_and_facets_leave_the_other_centre_out(world: World, browser: Browser) -> None:
    for address in ("/", "/cases", "/scans", "/review/queue", "/intake", f"/search?q={PHRASE}", "/search?q=远方食品"):
        assert world.far.account_no not in browser.get(address).text, address
    assert browser.get("/api/v1/cases").json()["total"] == 1
    assert browser.get("/api/v1/scans").json()["total"] == 1
    found = browser.get("/api/v1/search", params={"q": PHRASE}).json()
    assert found["total"] == 1
    assert [b["value"] for b in found["facets"]["centre"]] == ["A"]
    asked_far = browser.get("/api/v1/search", params={"q": PHRASE, "centre": "B"}).json()
    assert asked_far["total"] == 0


def test_suggestions_name_no_household_of_another_centre(world: World, browser: Browser) -> None:
    assert world.near.account_no in browser.get("/review/households?account_no=5100").text
    assert world.far.account_no not in browser.get("/review/households?account_no=5100").text
    assert "没有登记户号" in browser.get(f"/review/cases?account_no={world.far.account_no}").text


def test_an_auditor_above_both_sees_both(world: World, anonymous: Browser) -> None:
    anonymous.sign_in("auditor")
    assert anonymous.get(f"/households/{world.far.account_no}").status_code == 200
    page = anonymous.get("/").text
    assert "A供电所" in page
    assert "B供电所" in page
    cases = anonymous.get("/completeness/B/2026-11").text
    assert world.far.account_no in cases
    assert world.near.account_no not in cases


def test_a_reader_sees_personal_numbers_masked_and_is_told(world: World, staff: Browser) -> None:
    for address in (
        f"/items/{world.near.internal_item}",
        f"/households/{world.near.account_no}",
        f"/api/v1/items/{world.near.internal_item}",
    ):
        text = staff.get(address).text
        assert PHONE not in text, address
        assert ID_NUMBER not in text, address
    assert "138****0092" in staff.get(f"/items/{world.near.internal_item}").text
    assert "遮蔽" in staff.get(f"/households/{world.near.account_no}").text


def test_a_reader_is_told_who_opens_a_personal_paper_instead_of_seeing_it(world: World, staff: Browser) -> None:
    page = staff.get(f"/items/{world.near.personal_item}")
    assert page.status_code == 200
    assert "需借阅审批" in page.text
    assert ID_NUMBER not in page.text
    picture = staff.get(f"/items/{world.near.personal_item}/pages/1/image")
    assert picture.status_code == 403
    assert not picture.headers["content-type"].startswith("image/")
    lock = staff.get(f"/items/{world.near.personal_item}/pages/1/thumbnail")
    assert lock.headers["content-type"] == "image/svg+xml"
    assert staff.get(f"/api/v1/items/{world.near.personal_item}/pages/1").json()["text"] == ""


def test_an_archivist_sees_the_personal_paper(world: World, browser: Browser) -> None:
    assert ID_NUMBER in browser.get(f"/items/{world.near.personal_item}").text
    picture = browser.get(f"/items/{world.near.personal_item}/pages/1/image")
    assert picture.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    "address", ["/intake", "/scans", "/review", "/review/queue", "/review/households", "/completeness"]
)
def test_a_reader_has_no_place_at_the_archivists_desk(staff: Browser, address: str) -> None:
    answer = staff.get(address)
    assert answer.status_code == 403
    assert "权限" in answer.text


def test_a_reader_may_not_take_originals_out(world: World, staff: Browser) -> None:
    answer = staff.get(f"/items/{world.near.internal_item}/pages/1/original")
    assert answer.status_code == 403
    assert "下载原件" not in staff.get(f"/items/{world.near.internal_item}").text


def test_an_administrator_of_accounts_has_no_window_into_the_records(world: World, anonymous: Browser) -> None:
    anonymous.sign_in("sysadmin")
    assert "管理员的账号看不到档案内容" in anonymous.get("/").text
    assert anonymous.get("/search?q=A").status_code == 403
    assert anonymous.get(f"/households/{world.near.account_no}").status_code == 404


def test_an_original_leaves_only_as_a_file_and_on_record(world: World, browser: Browser) -> None:
    answer = browser.get(f"/scans/{world.near.scan}/original")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    name = answer.headers["content-disposition"]
    assert name.startswith('attachment; filename="')
    assert "filename*=UTF-8''" in name
    assert "<" not in name
    with world.services.database.reading() as session:
        auditor = people.viewer_by_login(session, "auditor")
        assert auditor is not None
        entries = people.audit_entries(session, auditor).entries
    taken = [one.object_id for one in entries if one.did == "original.downloaded"]
    assert taken == [str(world.near.scan)]


def test_names_from_outside_come_out_as_text(world: World, browser: Browser) -> None:
    for address in (
        "/cases",
        f"/households/{world.near.account_no}",
        f"/scans/{world.near.scan}",
        f"/review/{world.near.document}",
        f"/items/{world.near.internal_item}",
        f"/intake?batch={world.near.batch}",
        "/scans",
        f"/search?q={PHRASE}",
    ):
        text = browser.get(address).text
        assert HOSTILE not in text, address
        assert "<img src=x" not in text, address
    assert "&lt;script&gt;" in browser.get("/cases").text


def test_what_a_person_types_comes_back_as_text(browser: Browser) -> None:
    for address in (
        f'/search?q="><b>{HOSTILE}',
        f"/cases?q={HOSTILE}",
        f"/scans?q={HOSTILE}",
        f"/review/cases?account_no={HOSTILE}",
    ):
        assert HOSTILE not in browser.get(address + HOSTILE).text


def test_numbers_no_table_can_hold_name_nothing(browser: Browser) -> None:
    for number in ("0", "-1", "99999999999999999999", "1e3", "٣"):
        for kind in ("items", "scans", "review", "intake/batches"):
            assert browser.get(f"/{kind}/{number}").status_code == 404
    for address in (
        "/scans?after=99999999999999999999",
        "/intake?batch=99999999999999999999",
        "/search?q=a&offset=99999999999",
        "/cases?after=x",
    ):
        assert browser.get(address).status_code in (200, 422), address


def test_a_program_reads_with_a_token_what_its_person_may_read(world: World, anonymous: Browser) -> None:
    with world.services.database.unit_of_work() as session:
        staff = people.viewer_by_login(session, "staff")
        assert staff is not None
        now = clock.now()
        secret, row = sign_in.issue_token(
            session, by=staff, label="夜间核对", expires_at=now + timedelta(days=1), now=now
        )
    header = {"Authorization": f"Bearer {secret}"}
    assert anonymous.get("/api/v1/cases", headers=header).json()["total"] == 1
    assert anonymous.get(f"/api/v1/households/{world.far.account_no}", headers=header).status_code == 404
    assert anonymous.get("/api/v1/cases", headers={"Authorization": "Bearer no"}).status_code == 401
    with world.services.database.unit_of_work() as session:
        sign_in.revoke_token(session, sign_in_id=row.id, by=staff, now=now)
    assert anonymous.get("/api/v1/cases", headers=header).status_code == 401
