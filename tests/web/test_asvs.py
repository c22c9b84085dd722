"""OWASP ASVS 5.0, level 2: one test each, with its number, where the requirement can be tested from outside.

docs/security.md says what every number asks for and where the rest is tested.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.errors import Invalid
from archive_service.people import passwords
from archive_service.people import queries as people
from archive_service.people.tables import SignIn
from archive_service.web.app import create_app
from archive_service.web.services import Services
from tests.support import records
from tests.web.conftest import HOSTILE_FILE, ID_NUMBER, PHONE, Browser, World
from tests.web.test_doors import addresses

NEW = "望江镇 seven lanterns 9"


def later(world: World, browser: Browser, *, minutes: float, seen: float | None = None) -> int:
    """Let the sign-in of `browser` be so many minutes old, last seen so many ago; return what the next page says."""
    secret = browser.cookies["archive_session"]
    with world.services.database.unit_of_work() as session:
        row = session.scalars(select(SignIn).where(SignIn.token_hash == passwords.digest_of(secret))).one()
        row.created_at -= timedelta(minutes=minutes)
        row.expires_at -= timedelta(minutes=minutes)
        row.last_seen_at = clock.now() - timedelta(minutes=minutes if seen is None else seen)
    return browser.get("/cases").status_code


def test_3_2_1_what_came_from_outside_is_handed_over_as_a_file_in_a_sandbox(world: World, browser: Browser) -> None:
    answer = browser.get(f"/scans/{world.near.scan}/original")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_3_3_1_to_3_3_4_cookies_are_host_bound_secure_strict_and_out_of_reach(world: World) -> None:
    settings = world.services.settings.model_copy(update={"cookie_secure": True})
    app = create_app(Services(settings, world.services.database, world.services.store, world.services.index))
    with Browser(app, base_url="https://archive.test", follow_redirects=False) as browser:
        answer = browser.post("/sign-in", data={"login": "archivist", "password": records.PASSWORD})
    set_cookies = answer.headers.get_list("set-cookie")
    assert {one.split("=")[0] for one in set_cookies} == {"__Host-archive", "__Host-archive-device"}
    for one in set_cookies:
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(one.split("; "))
        assert "Domain" not in one


def test_3_4_1_behind_tls_browsers_are_told_to_stay_there_for_a_year(world: World) -> None:
    settings = world.services.settings.model_copy(update={"cookie_secure": True})
    app = create_app(Services(settings, world.services.database, world.services.store, world.services.index))
    with Browser(app, base_url="https://archive.test", follow_redirects=False) as browser:
        told = browser.get("/sign-in").headers["strict-transport-security"]
    age = re.match(r"max-age=(\d+); includeSubDomains", told)
    assert age is not None
    assert int(age.group(1)) >= 365 * 24 * 3600


def test_3_4_2_no_other_site_is_let_in(browser: Browser) -> None:
    for method in ("GET", "OPTIONS"):
        answer = browser.request(method, "/api/v1/cases", headers={"Origin": "https://evil.test"})
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_3_4_3_to_3_4_6_every_answer_says_what_a_browser_may_do_with_it(browser: Browser) -> None:
    for address in ("/", "/sign-in", "/api/v1/cases", "/no-such-page", "/favicon.ico"):
        headers = browser.get(address).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert {"camera=()", "microphone=()", "geolocation=()", "usb=()"} <= set(
            headers["permissions-policy"].split(", ")
        )


def test_3_5_1_to_3_5_3_nothing_is_changed_by_another_site_or_by_reading(world: World, browser: Browser) -> None:
    address = f"/review/{world.near.document}/reject"
    assert browser.post(address, data={"reason": "x"}).status_code == 403
    evil = {"token": browser.token, "reason": "x"}
    assert browser.post(address, data=evil, headers={"Origin": "https://evil.test"}).status_code == 403
    assert browser.post(address, data=evil, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    plain = {"Content-Type": "text/plain"}
    assert browser.post("/api/v1/jobs/retry-failed", content="{}", headers=plain).status_code == 403
    for path, methods in addresses(world).items():
        # What is not GET or POST only scripts can send, and a foreign one not without being asked first (CORS).
        assert methods <= (
            {"GET", "POST", "PUT", "PATCH", "DELETE"} if path.startswith("/api/") else {"GET", "POST"}
        ), path
    assert "确认归入" in browser.get(f"/review/{world.near.document}").text


def test_5_4_1_and_5_4_2_a_download_has_the_name_that_we_give_it(world: World, browser: Browser) -> None:
    named = browser.get(f"/scans/{world.near.scan}/original?filename=evil.html").headers["content-disposition"]
    assert re.fullmatch(r"attachment; filename=\"[A-Za-z0-9._-]+\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", named)
    assert HOSTILE_FILE not in named
    assert "evil" not in named


def test_6_2_1_to_6_2_9_a_password_is_long_free_and_taken_as_it_is(anonymous: Browser) -> None:
    anonymous.sign_in("archivist")
    page = anonymous.get("/password").text
    fields = re.findall(r"<input[^>]*type=\"password\"[^>]*>", page)
    assert len(fields) == 3
    assert not re.search(r"onpaste|autocomplete=\"off\"", page)
    for bad in ("short lamp", "password1234", "Woaini5201314", "archivist and more"):
        assert anonymous.submit("/password", current=records.PASSWORD, new=bad, again=bad).status_code == 422, bad
    odd = " 蓝 tide Lamp\t🔌" + "x" * 60
    assert anonymous.submit("/password", current="", new=odd, again=odd).status_code == 409
    assert anonymous.submit("/password", current=records.PASSWORD, new=odd, again=odd).status_code == 303
    anonymous.cookies.clear()
    for wrong in (odd.strip(), odd.lower(), odd[:-1]):
        assert anonymous.post("/sign-in", data={"login": "archivist", "password": wrong}).status_code == 401
    assert anonymous.post("/sign-in", data={"login": "archivist", "password": odd}).status_code == 303


@pytest.mark.parametrize("common", ["123456789012", "passwordpassword", "qwertyuiop123", "5201314woaini"])
def test_6_2_4_and_6_2_12_what_leaked_elsewhere_is_refused_without_asking_anybody(common: str) -> None:
    with pytest.raises(Invalid):
        passwords.check(common, login="somebody")


def test_6_3_1_guessing_is_slowed_and_on_record(world: World, anonymous: Browser) -> None:
    statuses = [
        anonymous.post("/sign-in", data={"login": "archivist", "password": f"wrong {n}"}).status_code for n in range(20)
    ]
    assert statuses[:5] == [401] * 5
    assert set(statuses[5:]) == {429}
    with world.services.database.reading() as session:
        auditor = people.viewer_by_login(session, "auditor")
        assert auditor is not None
        did = [entry.did for entry in people.audit_entries(session, auditor).entries]
    assert did.count("person.sign-in-failed") == 5
    assert "person.slowed" in did


def test_6_3_8_nobody_learns_which_logins_exist(anonymous: Browser) -> None:
    known = anonymous.post("/sign-in", data={"login": "archivist", "password": "wrong"})
    unknown = anonymous.post("/sign-in", data={"login": "nobody", "password": "wrong"})
    assert (known.status_code, known.text.replace("archivist", "")) == (
        unknown.status_code,
        unknown.text.replace("nobody", ""),
    )


def test_6_4_1_a_first_password_is_random_and_opens_only_the_page_that_changes_it(anonymous: Browser) -> None:
    made = {passwords.one_time("newcomer") for _ in range(100)}
    assert len(made) == 100
    assert all(len(one) >= passwords.MIN_LENGTH for one in made)
    anonymous.sign_in("newcomer")
    for address in ("/", "/cases", "/me", "/me/tokens", "/me/second-factor"):
        assert anonymous.get(address).headers["location"] == "/password", address


def test_7_2_3_and_7_2_4_a_session_is_256_random_bits_and_new_each_time(anonymous: Browser) -> None:
    seen = set()
    for _ in range(3):
        anonymous.cookies.delete("archive_session")
        anonymous.sign_in("archivist")
        seen.add(anonymous.cookies["archive_session"])
    assert len(seen) == 3
    assert all(len(secret) >= 43 for secret in seen)
    anonymous.cookies.set("archive_session", "chosen-by-somebody-else")
    answer = anonymous.post("/sign-in", data={"login": "archivist", "password": records.PASSWORD})
    assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]


def test_7_3_1_a_session_ends_when_nobody_uses_it(world: World, browser: Browser) -> None:
    idle = world.services.settings.session_idle_minutes
    assert later(world, browser, minutes=idle - 1) == 200
    assert later(world, browser, minutes=1, seen=idle + 1) == 303


def test_7_3_2_a_session_ends_however_much_it_is_used(world: World, browser: Browser) -> None:
    whole = world.services.settings.session_hours * 60
    assert later(world, browser, minutes=whole - 1, seen=0) == 200
    assert later(world, browser, minutes=2, seen=0) == 303


def test_7_4_1_a_session_that_was_ended_is_dead_on_the_server(browser: Browser) -> None:
    secret = browser.cookies["archive_session"]
    browser.submit("/sign-out")
    browser.cookies.set("archive_session", secret)
    assert browser.get("/cases").status_code == 303


def test_7_4_2_and_7_4_5_an_administrator_ends_the_sessions_of_a_person(world: World, staff: Browser) -> None:
    with world.services.database.reading() as session:
        number = people.person_id_of(session, people.system_viewer(session), "staff")
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as keeper:
        keeper.sign_in("sysadmin")
        assert staff.get("/cases").status_code == 200
        assert keeper.submit(f"/people/{number}/end-sign-ins").status_code == 303
        assert staff.get("/cases").status_code == 303
        staff.cookies.clear()
        staff.sign_in("staff")
        assert keeper.submit(f"/people/{number}/active", active="0", reason="离职").status_code == 303
        assert staff.get("/cases").status_code == 303


def test_7_4_4_every_page_lets_one_sign_out(browser: Browser) -> None:
    for address in ("/", "/cases", "/intake", "/me", "/me/tokens", "/people/roles"):
        assert 'action="/sign-out"' in browser.get(address).text, address


def test_7_5_1_the_password_is_asked_for_again_before_a_way_in_is_changed(browser: Browser) -> None:
    until = (clock.today() + timedelta(days=3)).isoformat()
    for address, fields in (
        ("/password", {"new": NEW, "again": NEW}),
        ("/me/second-factor", {}),
        ("/me/tokens", {"label": "x", "until": until, "scope.read": "1"}),
    ):
        assert browser.submit(address, **fields).status_code == 409, address


def test_8_2_3_fields_that_one_may_not_read_are_masked(world: World, staff: Browser) -> None:
    for address in (f"/api/v1/items/{world.near.internal_item}", f"/api/v1/items/{world.near.personal_item}"):
        text = staff.get(address).text
        assert PHONE not in text
        assert ID_NUMBER not in text


def test_8_3_2_a_right_that_was_taken_is_gone_with_the_next_request(world: World, staff: Browser) -> None:
    assert staff.get("/api/v1/cases").status_code == 200
    with world.services.database.unit_of_work() as session:
        by = people.system_viewer(session)
        view = people.person(session, by, people.person_id_of(session, by, "staff"))
        for grant in view.grants:
            records.people.revoke_role(
                session, person_id=view.id, role=grant.role, unit_id=grant.unit_id, by=by, now=clock.now()
            )
    assert staff.get("/api/v1/cases").status_code == 403


def test_13_4_4_trace_is_not_spoken(browser: Browser) -> None:
    assert browser.request("TRACE", "/").status_code == 405


def test_13_4_5_what_machines_ask_for_says_nothing_of_records(world: World, anonymous: Browser) -> None:
    for address in ("/docs", "/redoc", "/openapi.json", "/metrics", "/.git/config", "/static/"):
        assert anonymous.get(address).status_code in (303, 404), address


def test_14_2_1_secrets_stand_in_no_address(browser: Browser) -> None:
    secret = browser.cookies["archive_session"]
    for address in ("/", "/cases", "/me/sign-ins", "/me/tokens"):
        page = browser.get(address).text
        assert secret not in page
        assert not re.search(r"(href|action|src)=\"[^\"]*token=", page)


def test_14_3_2_nothing_personal_is_kept_by_browsers_or_proxies(world: World, browser: Browser) -> None:
    for address in ("/", f"/items/{world.near.personal_item}", f"/items/{world.near.personal_item}/pages/1/image"):
        assert browser.get(address).headers["cache-control"] == "no-store", address


def test_15_3_3_a_form_sets_no_more_than_it_shows(world: World, browser: Browser) -> None:
    browser.submit("/me/preferences", name="theme", value="dark", next="/", login="root", active="0", role="auditor")
    with world.services.database.reading() as session:
        archivist = people.viewer_by_login(session, "archivist")
    assert archivist is not None
    assert {role.value for role in archivist.roles} == {"archivist"}
    assert dict(archivist.preferences) == {"theme": "dark"}


def test_16_3_1_every_attempt_to_sign_in_is_on_record_with_its_address(world: World, anonymous: Browser) -> None:
    anonymous.post("/sign-in", data={"login": "archivist", "password": "wrong"})
    anonymous.sign_in("archivist")
    with world.services.database.reading() as session:
        auditor = people.viewer_by_login(session, "auditor")
        assert auditor is not None
        entries = people.audit_entries(session, auditor, limit=2).entries
    assert [entry.did for entry in entries] == ["person.signed-in", "person.sign-in-failed"]
    assert {entry.facts["address"] for entry in entries} == {"testclient"}


def test_16_5_1_a_fault_tells_a_number_and_nothing_else(world: World, anonymous: Browser) -> None:
    def broken() -> None:
        raise RuntimeError("select * from persons at /srv/secret")

    world.app.add_api_route("/broken", broken)
    answer = anonymous.get("/broken")
    assert answer.status_code == 500
    assert re.search(r"[0-9A-F]{4}-[0-9A-F]{2}", answer.text)
    assert not re.search(r"select|/srv|Traceback|RuntimeError", answer.text)
