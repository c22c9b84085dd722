"""A person's own ways in: where they are signed in, tokens for programs, the second factor at the door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from archive_service import clock
from archive_service.people import queries as people
from archive_service.people import totp
from archive_service.people.scopes import Scope
from archive_service.people.tokens import issue_token
from archive_service.web.app import create_app
from archive_service.web.services import Services
from tests.support import records
from tests.web.conftest import Browser, World, flat


@pytest.fixture
def elsewhere(world: World) -> Iterator[Browser]:
    """The archivist of centre A in another browser."""
    headers = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0"}
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False, headers=headers) as browser:
        yield browser.sign_in("archivist")


def test_a_person_sees_where_they_are_signed_in_and_ends_one(browser: Browser, elsewhere: Browser) -> None:
    page = flat(browser.get("/me/sign-ins").text)
    assert "Edge · Windows" in page
    assert page.count("就是这里") == 1
    number = re.search(r"/me/sign-ins/(\d+)/end", page)
    assert number is not None
    assert browser.submit(f"/me/sign-ins/{number.group(1)}/end").status_code == 303
    assert elsewhere.get("/").headers["location"] == "/sign-in"
    assert browser.get("/").status_code == 200


def test_all_other_sign_ins_are_ended_at_once(browser: Browser, elsewhere: Browser) -> None:
    assert browser.submit("/me/sign-ins/end-others").headers["location"] == "/me/sign-ins?done=ended"
    assert elsewhere.get("/").headers["location"] == "/sign-in"
    assert browser.get("/").status_code == 200


def test_nobody_ends_the_sign_in_of_somebody_else(world: World, browser: Browser) -> None:
    for number in (world.near.sign_in, world.far.sign_in, 999_999):
        assert browser.submit(f"/me/sign-ins/{number}/end").status_code == 404
        assert browser.submit(f"/me/tokens/{number}/end").status_code == 404


def test_a_changed_password_ends_the_other_sign_ins(browser: Browser, elsewhere: Browser) -> None:
    new = "another 密码 entirely 2"
    answer = browser.submit("/password", current=records.PASSWORD, new=new, again=new)
    assert answer.headers["location"] == "/me?done=password"
    assert elsewhere.get("/").headers["location"] == "/sign-in"
    assert browser.get("/").status_code == 200


def test_the_present_password_is_not_guessed_through_the_page_that_changes_it(browser: Browser) -> None:
    new = "another 密码 entirely 2"
    for _ in range(5):
        assert browser.submit("/password", current="wrong", new=new, again=new).status_code == 409
    answer = browser.submit("/password", current=records.PASSWORD, new=new, again=new)
    assert answer.status_code == 429
    assert browser.get("/").status_code == 200


def make_token(browser: Browser, *scopes: Scope, password: str = records.PASSWORD, label: str = "夜间核对") -> str:
    """Make a token in the web and return it as it is shown."""
    until = (clock.today() + timedelta(days=30)).isoformat()
    chosen = {f"scope.{scope.value}": "1" for scope in scopes}
    answer = browser.submit("/me/tokens", label=label, until=until, password=password, **chosen)
    found = re.search(r'class="form-control num mt-1"\s+readonly\s+value="([^"]+)"', answer.text)
    return found.group(1) if found else f"refused {answer.status_code}"


def bearer(token: str) -> dict[str, str]:
    """The header with which a program shows a token."""
    return {"Authorization": f"Bearer {token}"}


def test_a_token_is_shown_once_and_does_no_more_than_its_scope(
    world: World, browser: Browser, anonymous: Browser
) -> None:
    token = make_token(browser, Scope.READ)
    assert token not in browser.get("/me/tokens").text
    anonymous.cookies.clear()
    assert anonymous.get("/api/v1/cases", headers=bearer(token)).status_code == 200
    refused = anonymous.get("/api/v1/scans", headers=bearer(token))
    assert (refused.status_code, refused.json()["code"]) == (403, "token.scope")
    files = {"file": ("a.pdf", b"%PDF-1.4", "application/pdf")}
    assert anonymous.post("/api/v1/scans", files=files, headers=bearer(token)).status_code == 403
    assert anonymous.get(f"/api/v1/scans/{world.near.scan}", headers=bearer(token)).status_code == 404
    # Reading without the scope for personal data is reading masked.
    held = anonymous.get(f"/api/v1/items/{world.near.personal_item}/pages/1", headers=bearer(token))
    assert held.json()["text"] == ""


def test_a_token_for_handing_in_reads_nothing(browser: Browser, anonymous: Browser) -> None:
    token = make_token(browser, Scope.INTAKE)
    anonymous.cookies.clear()
    files = {"file": ("a.pdf", b"%PDF-1.4", "application/pdf")}
    assert anonymous.post("/api/v1/scans", files=files, headers=bearer(token)).status_code == 201
    for address in ("/api/v1/cases", "/api/v1/search?q=a"):
        assert anonymous.get(address, headers=bearer(token)).status_code == 403, address


def test_the_list_of_tokens_says_scope_and_last_use_and_ends_one(browser: Browser, anonymous: Browser) -> None:
    token = make_token(browser, Scope.READ, Scope.INTAKE)
    page = flat(browser.get("/me/tokens").text)
    assert "夜间核对" in page
    assert "没有用过" in page
    number = re.search(r"/me/tokens/(\d+)/end", page)
    assert number is not None
    assert browser.submit(f"/me/tokens/{number.group(1)}/end").status_code == 303
    anonymous.cookies.clear()
    assert anonymous.get("/api/v1/cases", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"password": "wrong"}, 409),
        ({"label": " "}, 422),
        ({"until": "2020-01-01"}, 422),
        ({"until": "soon"}, 422),
        ({"scope.read": ""}, 422),
        # A scope that the person's rights do not fill is none.
        ({"scope.read": "", "scope.audit": "1"}, 422),
    ],
)
def test_a_token_is_not_made_by_a_borrowed_screen_nor_without_name_end_and_scope(
    browser: Browser, wrong: dict[str, str], status: int
) -> None:
    until = (clock.today() + timedelta(days=30)).isoformat()
    said = {"label": "x", "until": until, "password": records.PASSWORD, "scope.read": "1", **wrong}
    answer = browser.submit("/me/tokens", **{name: value for name, value in said.items() if value})
    assert answer.status_code == status
    assert "令牌已建立" not in answer.text


def test_a_token_without_scopes_of_an_earlier_version_keeps_all_rights(world: World, anonymous: Browser) -> None:
    now = clock.now()
    with world.services.database.unit_of_work() as session:
        archivist = people.viewer_by_login(session, "archivist")
        assert archivist is not None
        token, _ = issue_token(session, by=archivist, label="n", expires_at=now + timedelta(days=1), now=now)
    assert anonymous.get("/api/v1/scans", headers=bearer(token)).status_code == 200


def set_up(browser: Browser) -> tuple[str, list[str]]:
    """Set the second factor up as a person does; return what the device keeps, and the recovery codes."""
    assert browser.submit("/me/second-factor", password="wrong").status_code == 409
    assert browser.submit("/me/second-factor", password=records.PASSWORD).status_code == 303
    page = browser.get("/me/second-factor").text
    assert "data:image/png;base64," in page
    found = re.search(r'<code class="num">([A-Z2-7 ]+)</code>', page)
    assert found is not None
    secret = found.group(1).replace(" ", "")
    assert browser.submit("/me/second-factor/confirm", code="000000").status_code == 422
    done = browser.submit("/me/second-factor/confirm", code=totp.code_at(secret, totp.step_of(clock.now()) - 1))
    return secret, re.findall(r"[A-Z2-7]{5}-[A-Z2-7]{5}", done.text)


def test_the_second_factor_is_set_up_and_asked_for(world: World, browser: Browser) -> None:
    secret, codes = set_up(browser)
    assert len(codes) == 10
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as other:
        answer = other.post(
            "/sign-in", data={"login": "archivist", "password": records.PASSWORD, "next": "/cases?due=overdue"}
        )
        assert answer.headers["location"] == "/sign-in/code?next=%2Fcases%3Fdue%3Doverdue"
        assert "archive_session" not in other.cookies
        assert other.get("/").headers["location"] == "/sign-in"
        assert other.post("/sign-in/code", data={"code": "000000"}).status_code == 401
        good = {"code": totp.code_at(secret, totp.step_of(clock.now()) + 1), "next": "/cases?due=overdue"}
        answer = other.post("/sign-in/code", data=good)
        assert answer.headers["location"] == "/cases?due=overdue"
        assert other.get("/").status_code == 200
        assert "archive_half" not in other.cookies


def test_the_second_factor_is_taken_away_only_with_the_password(browser: Browser) -> None:
    set_up(browser)
    assert browser.submit("/me/second-factor/remove", password="wrong").status_code == 409
    assert "已启用" in browser.get("/me/second-factor").text
    assert browser.submit("/me/second-factor/remove", password=records.PASSWORD).status_code == 303
    assert "已启用" not in browser.get("/me/second-factor").text


def test_a_role_that_must_have_it_is_led_to_set_it_up(world: World) -> None:
    settings = world.services.settings.model_copy(update={"second_factor_roles": "archivist, audit_admin"})
    app = create_app(Services(settings, world.services.database, world.services.store, world.services.index))
    with Browser(app, base_url="http://archive.test", follow_redirects=False) as browser:
        browser.sign_in("archivist")
        assert browser.get("/cases").headers["location"] == "/me/second-factor"
        assert browser.get("/api/v1/cases").json()["code"] == "second-factor.set-first"
        set_up(browser)
        assert browser.get("/cases").status_code == 200


def test_a_role_that_nobody_knows_is_no_setting(world: World) -> None:
    settings = world.services.settings.model_copy(update={"second_factor_roles": "archivst"})
    with pytest.raises(ValueError, match="archivst"):
        create_app(Services(settings, world.services.database, world.services.store, world.services.index))


def test_a_browser_that_was_here_before_is_not_kept_out_by_others_behind_its_address(world: World) -> None:
    settings = world.services.settings.model_copy(update={"sign_in_address_attempts": 3})
    app = create_app(Services(settings, world.services.database, world.services.store, world.services.index))
    with Browser(app, base_url="http://archive.test", follow_redirects=False) as own:
        own.sign_in("archivist").submit("/sign-out")
        with Browser(app, base_url="http://archive.test", follow_redirects=False) as thief:
            for n in range(3):
                thief.post("/sign-in", data={"login": f"u{n}", "password": "x"})
            assert thief.post("/sign-in", data={"login": "archivist", "password": "x"}).status_code == 429
        own.sign_in("archivist")
