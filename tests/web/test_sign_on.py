"""Signing in through an OpenID provider: an honest one that others wrote, and one that says what it should not."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.people.oidc.attempts import LASTS
from archive_service.people.oidc.provider import Provider
from archive_service.people.oidc.rules import origins
from archive_service.people.tables import SignIn
from archive_service.settings import Settings
from archive_service.web.readiness import Readiness
from tests.support.honest_provider import honest_provider
from tests.support.odd_provider import CLIENT, OddProvider, odd_provider
from tests.web.conftest import Browser, World
from tests.web.through_provider import (
    HERE,
    browsers,
    come_back,
    configured,
    refused,
    sent_back,
    sent_to,
    tied,
    told,
)


def test_somebody_whom_an_honest_provider_knows_signs_in_and_out(world: World, tmp_path: Path) -> None:
    """From the button to the page that was asked for, with a process that we did not write."""
    zhou = {"sub": "u-4711", "preferred_username": "staff", "name": "周启明"}
    with honest_provider(tmp_path / "provider.log", zhou) as provider, browsers(world, provider.issuer) as (browser,):
        page = browser.get("/sign-in?next=/cases")
        button = re.search(r'href="(/sign-in/oidc\?next=[^"]+)"', page.text)
        assert button is not None
        assert "统一身份认证" in page.text
        there = browser.get(button.group(1)).headers["location"]
        asked = parse_qs(urlsplit(there).query)
        assert asked["response_type"] == ["code"]
        assert asked["code_challenge_method"] == ["S256"]
        assert {len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge")} == {True}
        assert asked["redirect_uri"] == [f"{HERE}/sign-in/oidc/back"]

        # Not tied yet: the page says by which name the administrator ties.
        unknown = browser.get(provider.consent(there, "u-4711").removeprefix(HERE))
        refused(unknown, "u-4711", browser)
        assert told(world, "person.sign-in-failed")[-1]["why"] == "unknown-person"

        person_id = tied(world, provider.issuer, "u-4711")
        back = provider.consent(sent_to(browser), "u-4711").removeprefix(HERE)
        entered = browser.get(back)
        assert (entered.status_code, entered.headers["location"]) == (303, "/cases")
        assert browser.get("/cases").status_code == 200
        assert told(world, "person.signed-in")[-1]["way"] == "oidc"
        with world.services.database.reading() as session:
            last = session.scalars(select(SignIn).order_by(SignIn.id.desc())).first()
            assert last is not None
            assert (last.person_id, last.kind, last.way, last.vouched_factor) == (person_id, "session", "oidc", False)

        # The way back in the browser's history changes nothing.
        assert browser.get(back).headers["location"] == "/"
        assert browser.get("/cases").status_code == 200

        out = browser.submit("/sign-out")
        assert out.headers["location"] == "/sign-in?done=signed-out-here"
        assert "/sign-in/oidc/out" in browser.get(out.headers["location"]).text
        end = browser.get("/sign-in/oidc/out").headers["location"]
        assert end.startswith(f"{provider.issuer}/oauth2/end_session?")
        assert parse_qs(urlsplit(end).query)["post_logout_redirect_uri"] == [f"{HERE}/sign-in"]
        assert browser.get(back).status_code == 401

        denied = browser.get(provider.consent(sent_to(browser), "").removeprefix(HERE))
        # This provider forgets the state when somebody says no; such an answer is nobody's.
        refused(denied, "请从登录页重新开始", browser)


def test_who_says_no_at_the_provider_is_told_so(world: World, odd: OddProvider) -> None:
    tied(world, odd.issuer, "s-1")
    with browsers(world, odd.issuer) as (browser,):
        back = re.sub(r"code=[^&]+", "error=access_denied", sent_back(sent_to(browser)))
        refused(browser.get(back), "没有放行", browser)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"nonce": "of another sign-in"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another-program"}, "aud"),
        ({"aud": [CLIENT, "another-program"]}, "azp"),
        ({"azp": "another-program"}, "azp"),
        ({"iss": "https://another.example"}, "iss"),
        ({"sub": None}, "sub"),
        ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "claim"),
    ],
)
def test_a_token_about_something_else_opens_nothing(
    world: World, odd: OddProvider, claims: dict[str, object], why: str
) -> None:
    tied(world, odd.issuer, "s-1")
    odd.claims |= claims
    with browsers(world, odd.issuer) as (browser,):
        refused(come_back(browser), "没有通过核验", browser)
        assert told(world, "person.sign-in-failed")[-1]["why"] in (why, "claim")
        # The same sign-in with nothing wrong goes through: it was refused for that alone.
        odd.claims = {"sub": "s-1"}
        assert come_back(browser).headers["location"] == "/cases"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": int(time.time()) - 3600}, "exp"),
        ({"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200}, "iat"),
        ({"nbf": int(time.time()) + 3600}, "nbf"),
    ],
)
def test_a_token_of_another_time_names_the_clocks(
    world: World, odd: OddProvider, claims: dict[str, object], why: str
) -> None:
    tied(world, odd.issuer, "s-1")
    odd.claims |= claims
    with browsers(world, odd.issuer) as (browser,):
        refused(come_back(browser), "时钟", browser)
        assert told(world, "person.sign-in-failed")[-1]["why"] == why


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_the_provider_alone_could_not_have_signed_opens_nothing(
    world: World, odd: OddProvider, algorithm: str
) -> None:
    tied(world, odd.issuer, "s-1")
    odd.algorithm = algorithm
    with browsers(world, odd.issuer) as (browser,):
        refused(come_back(browser), "没有通过核验", browser)
        assert told(world, "person.sign-in-failed")[-1]["why"] == "signature"


def test_a_key_that_was_changed_counts_at_once_and_one_that_was_taken_back_no_more(
    world: World, odd: OddProvider
) -> None:
    tied(world, odd.issuer, "s-1")
    with browsers(world, odd.issuer, 3) as (first, second, third):
        assert come_back(first).status_code == 303
        old = odd.key
        odd.turn_key()
        assert come_back(second).status_code == 303
        odd.key = old
        refused(come_back(third), "没有通过核验", third)


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(world: World, odd: OddProvider) -> None:
    tied(world, odd.issuer, "s-1")
    with browsers(world, odd.issuer, 2) as (mine, other):
        # Somebody else's browser, one that began nothing and one that began its own.
        back = sent_back(sent_to(mine))
        refused(other.get(back), "不是从这个浏览器开始的", other)
        sent_to(other)
        refused(other.get(back), "不是从这个浏览器开始的", other)
        # That did not use it up.
        assert mine.get(back).headers["location"] == "/cases"
        kept = dict(mine.cookies)
        mine.submit("/sign-out")
        mine.cookies.update(kept)
        assert mine.get(back).status_code == 401
        # Without state, with another, with none of our making.
        for wrong in ("", "?code=code-0", "?state=x&code=code-0", "?state=&code="):
            refused(mine.get(f"/sign-in/oidc/back{wrong}"), "重新开始", mine)


def test_a_sign_in_that_took_too_long_is_over(world: World, odd: OddProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    tied(world, odd.issuer, "s-1")
    with browsers(world, odd.issuer) as (browser,):
        back = sent_back(sent_to(browser))
        later = clock.now() + LASTS
        monkeypatch.setattr(clock, "now", lambda: later)
        refused(browser.get(back), "已经过期", browser)


def test_a_code_of_another_client_or_another_sign_in_opens_nothing(world: World, odd: OddProvider) -> None:
    """The provider checks client and PKCE; what it refuses is refused here."""
    tied(world, odd.issuer, "s-1")
    with browsers(world, odd.issuer, 2) as (mine, other):
        theirs = parse_qs(urlsplit(sent_back(sent_to(other))).query)["code"][0]
        back = sent_back(sent_to(mine))
        refused(mine.get(re.sub(r"code=[^&]+", f"code={theirs}", back)), "没有通过核验", mine)
        assert told(world, "person.sign-in-failed")[-1]["why"] == "code"
        code = parse_qs(urlsplit(back := sent_back(sent_to(mine))).query)["code"][0]
        odd.codes[code]["client_id"] = "another-program"
        refused(mine.get(back), "没有通过核验", mine)


def test_two_providers_are_not_mixed_up(world: World, odd: OddProvider) -> None:
    """RFC 9207: who names itself must be the one that was asked, and who says it does must do so."""
    tied(world, odd.issuer, "s-1")
    with browsers(world, odd.issuer) as (browser,):
        odd.back = {"iss": "https://another.example"}
        refused(come_back(browser), "没有通过核验", browser)
        assert told(world, "person.sign-in-failed")[-1]["why"] == "issuer"
        odd.back, odd.described = {}, {"authorization_response_iss_parameter_supported": True}
        refused(come_back(browser), "没有通过核验", browser)
        odd.back = {"iss": odd.issuer}
        assert come_back(browser).headers["location"] == "/cases"


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://127.0.0.1:9/token"},
        {"jwks_uri": "https://another.example/jwks"},
        {"authorization_endpoint": "https://another.example/authorize"},
        {"userinfo_endpoint": "http://another.example/userinfo"},
        {"token_endpoint": None},
    ],
)
def test_a_provider_that_points_elsewhere_is_not_followed(
    world: World, odd: OddProvider, described: dict[str, object]
) -> None:
    odd.described = described
    with browsers(world, odd.issuer) as (browser,):
        refused(browser.get("/sign-in/oidc"), "暂时无法访问", browser)
    assert set(odd.asked) == {"/.well-known/openid-configuration"}


def test_only_the_hosts_that_are_configured_are_ever_asked(odd: OddProvider, settings: Settings) -> None:
    told = {"oidc_issuer": odd.issuer, "oidc_client_id": CLIENT, "public_address": HERE}
    provider = Provider.of(settings.model_copy(update=told))
    assert provider is not None
    with odd_provider() as another, pytest.raises(Exception, match="not a host of the provider"):
        provider._session().get(another.issuer, withhold_token=True)
    assert another.asked == []
    assert origins("https://id.example/realm", ["keys.example:8443"]) == {
        "https://id.example:443", "https://keys.example:8443"
    }  # fmt: skip
    for wrong in ("http://id.example", "ftp://id.example", "id.example", "https://u:p@id.example"):
        with pytest.raises(ValueError, match=r".+"):
            origins(wrong, [])


def test_with_the_provider_away_passwords_go_on_and_everybody_is_told(world: World, odd: OddProvider) -> None:
    tied(world, odd.issuer, "s-1")
    odd.broken = 503
    services = configured(world, odd.issuer)
    with browsers(world, odd.issuer) as (browser,):
        page = browser.get("/sign-in")
        assert page.status_code == 200
        assert "暂时无法访问，请先用密码登录" in page.text
        refused(browser.get("/sign-in/oidc"), "先用登录名和密码登录", browser)
        browser.sign_in("staff")
    found = {one.component: one for one in Readiness.of(services).components()}["sign-on"]
    assert (found.state, found.code) == ("degraded", "sign-on.unavailable")
    odd.broken = 0
    assert {one.component: one.state for one in Readiness.of(services).components()}["sign-on"] == "ok"
    assert {one.component: one.state for one in Readiness.of(world.services).components()}["sign-on"] == "off"
    nowhere = configured(world, odd.issuer, oidc_new_people_unit="NOWHERE")
    found = {one.component: one for one in Readiness.of(nowhere).components()}["sign-on"]
    assert (found.state, found.code) == ("degraded", "sign-on.unit")


def test_without_the_setting_there_is_no_such_way_in(world: World, anonymous: Browser) -> None:
    assert "/sign-in/oidc" not in anonymous.get("/sign-in").text
    for address in ("/sign-in/oidc", "/sign-in/oidc/back?state=x&code=y", "/sign-in/oidc/out"):
        assert anonymous.get(address).status_code == 404


def test_after_coming_back_nobody_is_sent_to_another_site(world: World, odd: OddProvider) -> None:
    tied(world, odd.issuer, "s-1")
    with browsers(world, odd.issuer) as (browser,):
        for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example", "/" + "x" * 1500):
            entered = browser.get(sent_back(sent_to(browser, wanted)))
            assert entered.headers["location"] == "/", wanted
            browser.submit("/sign-out")


def test_a_session_is_new_and_none_that_was_put_there_before(world: World, odd: OddProvider) -> None:
    tied(world, odd.issuer, "s-1")
    with browsers(world, odd.issuer) as (browser,):
        browser.cookies.set("archive_session", "planted", domain="archive.test")
        entered = come_back(browser)
        assert "planted" not in (entered.headers.get("set-cookie") or "")
        assert browser.get("/cases").status_code == 200
        with world.services.database.reading() as session:
            assert len(session.scalars(select(SignIn).where(SignIn.way == "oidc")).all()) == 1


@pytest.mark.parametrize(
    ("meant", "wrong"),
    [
        ({"oidc_issuer": "http://id.example"}, "https"),
        ({"oidc_issuer": "https://id.example", "oidc_client_id": ""}, "CLIENT_ID"),
        ({"oidc_issuer": "https://id.example", "public_address": ""}, "PUBLIC_ADDRESS"),
    ],
)
def test_a_setting_that_cannot_be_meant_stops_the_start(world: World, meant: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong), browsers(world, **{"issuer": "", **meant}):  # type: ignore[arg-type]
        pass
