"""Who gets in: sign-in, sign-out, passwords, foreign pages, and what every answer carries."""

from __future__ import annotations

import errno
import re

import pytest

from archive_service.web.app import create_app
from archive_service.web.services import Services
from tests.support import records
from tests.web.conftest import Browser, Centre, World

#: These say nothing about any record.
OPEN = {
    "/sign-in", "/sign-in/code", "/sign-in/oidc", "/sign-in/oidc/back", "/sign-in/oidc/out", "/healthz", "/readyz",
    "/metrics", "/favicon.ico", "/verify-copy", "/api/v1/openapi.json",
}  # fmt: skip


def places_of(centre: Centre) -> dict[str, object]:
    """What stands in the places of addresses for the things of a centre."""
    return {
        "account_no": centre.account_no, "application_no": centre.application_no, "item_id": centre.internal_item,
        "batch_id": centre.batch, "scan_id": centre.scan, "document_id": centre.document, "page_no": 1,
        "centre": centre.code, "month": "2026-11", "job_id": centre.job, "finding_id": centre.finding,
        "rescan_id": centre.rescan, "person_id": centre.person, "sign_in_id": centre.sign_in,
        "unit_id": centre.unit, "name": "account_no", "number": 1, "list_name": "cases", "act": "password",
        "webhook_id": centre.webhook, "delivery_id": centre.delivery, "correction_id": centre.correction,
        "ruling_id": centre.ruling, "rule": "XC01", "draft_id": centre.draft, "check_id": centre.check,
        "sample_id": centre.sample, "place": 1, "raised_id": centre.raised,
        "paper": "contents", "listing": "ledger", "import_id": centre.import_file,
        "request_id": centre.request, "wish_id": centre.wish, "grant_id": centre.grant, "loan_id": centre.loan,
        "place_id": centre.room, "stocktake_id": centre.stocktake, "transfer_id": centre.transfer,
        "package_id": centre.package, "hand_in_id": centre.hand_in,
        "run_id": centre.audit_run, "size": centre.checkpoint, "entry": centre.entry,
        "properties_run": centre.property_run, "scheme_id": 999_999,
        "notice_id": 999_999, "copy_id": centre.copy, "kind": "xlsx", "year": 2027, "note_id": 999_999,
        "hold_id": 999_999, "disposal_id": 999_999, "disposal_paper": "report",
        "schedule_id": 999_999, "subject_id": 999_999, "fact_id": 999_999,
        "personal_item": centre.personal_item, "line": centre.account_no, "reading_id": 999_999, "mail_id": 999_999,
    }  # fmt: skip


def routes(world: World) -> list[tuple[str, str]]:
    """Every method and address of the program, with the numbers of centre A in the places."""
    places, found = places_of(world.near), []
    for address, methods in addresses(world).items():
        filled = re.sub(r"\{(\w+)\}", lambda m: str(places[m.group(1)]), address)
        found += [(method, filled) for method in sorted(methods)]
    return found


def addresses(world: World) -> dict[str, set[str]]:
    """Every address of the program with its methods."""
    found: dict[str, set[str]] = {}
    for route in world.app.routes:
        inner = route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else [route]
        for one in inner:
            if getattr(one, "methods", None):
                found.setdefault(one.path, set()).update(one.methods - {"HEAD"})
    return found


def test_the_walk_over_the_addresses_sees_the_pages_and_the_interface(world: World) -> None:
    known = addresses(world)
    assert {"/", "/intake", "/review/{document_id}/confirm", "/items/{item_id}", "/api/v1/scans"} <= set(known)
    assert known["/api/v1/scans"] == {"GET", "POST"}
    assert len(known) > 45


def test_nobody_gets_anything_without_signing_in(world: World, anonymous: Browser) -> None:
    for method, address in routes(world):
        if address in OPEN:
            continue
        answer = anonymous.request(method, address)
        if address.startswith("/api/"):
            assert answer.status_code == 401, address
            assert answer.json()["code"] == "sign-in.required"
        else:
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in"), address
        assert world.near.account_no not in answer.text


def test_every_answer_carries_the_headers(world: World, browser: Browser) -> None:
    for method, address in [*routes(world), ("GET", "/no-such-page"), ("DELETE", "/"), ("POST", "/me/preferences")]:
        answer = browser.request(method, address)
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy, address
        assert "unsafe" not in policy, address
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store", address
        assert answer.status_code != 500, address
        if address == "/sign-out":
            browser.sign_in("archivist")


def test_no_page_writes_style_or_script_into_itself(world: World, browser: Browser) -> None:
    for method, address in routes(world):
        if method != "GET" or not (answer := browser.get(address)).headers.get("content-type", "").startswith(
            "text/html"
        ):
            continue
        assert not re.search(r"<[^>]*\sstyle\s*=", answer.text), address
        assert not re.search(r"<[^>]*\son[a-z]+\s*=", re.sub(r'"[^"]*"', '""', answer.text)), address
        for script in re.findall(r"<script[^>]*>", answer.text):
            assert " src=" in script, address


def test_static_files_may_be_kept_for_good_and_personal_pages_never(browser: Browser) -> None:
    page = browser.get("/")
    address = re.search(r'href="(/static/[0-9a-f]{12}/app\.css)"', page.text)
    assert address is not None
    assert "immutable" in browser.get(address.group(1)).headers["cache-control"]
    assert page.headers["cache-control"] == "no-store"


def test_a_wrong_password_says_nothing_about_the_login(anonymous: Browser) -> None:
    known = anonymous.post("/sign-in", data={"login": "archivist", "password": "wrong"})
    unknown = anonymous.post("/sign-in", data={"login": "nobody", "password": "wrong"})
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("archivist", "") == unknown.text.replace("nobody", "")
    assert "set-cookie" not in known.headers


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(anonymous: Browser) -> None:
    answer = anonymous.post("/sign-in", data={"login": "archivist", "password": records.PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


def test_behind_tls_the_cookie_and_the_headers_insist_on_it(world: World) -> None:
    settings = world.services.settings.model_copy(update={"cookie_secure": True})
    app = create_app(Services(settings, world.services.database, world.services.store, world.services.index))
    with Browser(app, base_url="https://archive.test", follow_redirects=False) as browser:
        answer = browser.post("/sign-in", data={"login": "archivist", "password": records.PASSWORD})
        assert answer.headers["set-cookie"].startswith("__Host-archive=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age=" in browser.get("/").headers["strict-transport-security"]


def test_each_sign_in_gets_a_new_secret_and_sign_out_ends_it_on_the_server(anonymous: Browser) -> None:
    anonymous.sign_in("archivist")
    first = anonymous.cookies["archive_session"]
    assert anonymous.submit("/sign-out").headers["location"] == "/sign-in?done=signed-out"
    anonymous.cookies.set("archive_session", first)
    assert anonymous.get("/").headers["location"] == "/sign-in"
    anonymous.cookies.clear()
    anonymous.sign_in("archivist")
    assert anonymous.cookies["archive_session"] != first


def test_after_signing_in_nobody_is_sent_to_another_site(anonymous: Browser) -> None:
    for away in ("https://evil.test/", "//evil.test", "/\\evil.test", "evil.test"):
        anonymous.cookies.clear()
        form = {"login": "archivist", "password": records.PASSWORD, "next": away}
        assert anonymous.post("/sign-in", data=form).headers["location"] == "/"
    anonymous.cookies.clear()
    back = {"login": "archivist", "password": records.PASSWORD, "next": "/cases?due=overdue"}
    assert anonymous.post("/sign-in", data=back).headers["location"] == "/cases?due=overdue"


def test_a_password_given_by_someone_else_opens_only_the_page_to_change_it(anonymous: Browser) -> None:
    anonymous.sign_in("newcomer")
    assert anonymous.get("/").headers["location"] == "/password"
    assert anonymous.get("/api/v1/cases").status_code == 403
    new = "望江镇 seven lanterns 9"
    short = anonymous.submit("/password", current=records.PASSWORD, new="short", again="short")
    assert short.status_code == 422
    assert "12" in short.text
    assert anonymous.submit("/password", current=records.PASSWORD, new=new, again=new + "x").status_code == 422
    done = anonymous.submit("/password", current=records.PASSWORD, new=new, again=new)
    assert done.headers["location"] == "/me?done=password"
    assert anonymous.get("/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_sent_from_another_site_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    fields = {"token": browser.token, "name": "theme", "value": "dark", "next": "/"}
    answer = browser.post("/me/preferences", data=fields, headers=headers)
    assert answer.status_code == 403
    assert "request.foreign" in answer.text
    assert 'data-bs-theme="light"' in browser.get("/").text


def test_a_form_without_the_token_of_its_session_is_refused(world: World, browser: Browser) -> None:
    address = f"/review/{world.near.document}/confirm"
    for token in ("", "0" * 64, "ü"):
        answer = browser.post(address, data={"token": token, "document_type": "K01R"})
        assert answer.status_code == 403
        assert "request.token" in answer.text
    assert "确认归入" in browser.get(f"/review/{world.near.document}").text


def test_a_browser_session_changes_nothing_through_the_interface_without_its_token(browser: Browser) -> None:
    files = {"file": ("a.pdf", b"%PDF-1.4", "application/pdf")}
    assert browser.post("/api/v1/scans", files=files).status_code == 403
    answer = browser.post("/api/v1/scans", files=files, headers={"X-Form-Token": browser.token})
    assert answer.status_code == 201


def test_too_large_a_body_is_refused_before_it_is_read(browser: Browser) -> None:
    answer = browser.post("/me/preferences", content=b"x" * (2 * 1024 * 1024))
    assert answer.status_code == 413
    assert "request.too-large" in answer.text


def test_someone_unknown_cannot_send_a_large_body_to_the_upload_either(anonymous: Browser) -> None:
    assert anonymous.post("/intake", content=b"x" * (2 * 1024 * 1024)).status_code == 413


def test_a_fault_nobody_foresaw_gives_a_number_and_no_inside(world: World, anonymous: Browser) -> None:
    def broken() -> None:
        raise RuntimeError("secret /path")

    world.app.add_api_route("/broken", broken)
    answer = anonymous.get("/broken")
    assert answer.status_code == 500
    assert re.search(r"[0-9A-F]{4}-[0-9A-F]{2}", answer.text)
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]


def test_a_full_disk_says_that_nothing_was_kept(world: World, browser: Browser) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device: /tmp/x")

    world.app.add_api_route("/full", full)
    answer = browser.get("/full")
    assert answer.status_code == 503
    assert "没有保存" in answer.text
    assert "/tmp/x" not in answer.text


def test_machines_see_that_it_lives_and_nothing_of_the_records(world: World, anonymous: Browser) -> None:
    assert anonymous.get("/healthz").text == "ok"
    ready = anonymous.get("/readyz")
    assert (ready.status_code, ready.json()["state"]) == (200, "ready")
    assert world.near.account_no not in ready.text
    assert anonymous.get("/metrics").status_code == 404
