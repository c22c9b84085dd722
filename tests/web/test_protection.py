"""Against callers who ask too much, hand in too much, or say that they are somebody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from archive_service.web.app import create_app
from archive_service.web.pace import Pace
from archive_service.web.services import Services
from tests.web.conftest import Browser, World


@contextmanager
def browser_at(world: World, *, peer: str = "testclient", **settings: object) -> Iterator[Browser]:
    """A browser at an address, at an app with other settings."""
    changed = world.services.settings.model_copy(update=settings)
    app = create_app(Services(changed, world.services.database, world.services.store, world.services.index))
    with Browser(app, base_url="http://archive.test", follow_redirects=False, client=(peer, 4711)) as browser:
        yield browser


def test_a_caller_who_asks_too_often_is_told_when_to_come_again(world: World) -> None:
    with browser_at(world, requests_a_minute=5) as browser:
        answers = [browser.get("/healthz") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        assert answers[-1].headers["content-security-policy"]
        # Somebody else is not kept waiting.
        assert browser.get("/healthz", headers={"Authorization": "Bearer other"}).status_code == 200


def test_requests_come_back_with_time_one_by_one() -> None:
    now = 0.0
    pace = Pace(60, lambda: now)
    assert [pace.wait("a") for _ in range(61)] == [0] * 60 + [1]
    now = 1.5
    assert (pace.wait("a"), pace.wait("a")) == (0, 1)
    now = 3600.0
    assert [pace.wait("a") for _ in range(61)][-1] == 1
    assert [Pace(0, lambda: now).wait("a") for _ in range(1000)] == [0] * 1000


def test_a_person_hands_in_no_more_than_a_day_allows(world: World) -> None:
    with browser_at(world, upload_bytes_a_day=20) as browser:
        browser.sign_in("archivist")
        token = {"X-Form-Token": browser.token}
        for number, status in ((1, 201), (2, 201), (3, 429)):
            file = ("a.pdf", f"%PDF-1.4 {number} ----".encode(), "application/pdf")
            answer = browser.post("/api/v1/scans", files={"file": file}, headers=token)
            assert answer.status_code == status, number
        assert answer.json()["code"] == "intake.quota"
        assert 0 < int(answer.headers["retry-after"]) <= 24 * 3600
        assert browser.get("/api/v1/scans").json()["total"] == 3


PROXY, HEADER = "10.1.0.7", "X-Remote-User"


def test_a_trusted_proxy_says_who_is_signed_in(world: World) -> None:
    with browser_at(world, peer=PROXY, sign_on_header=HEADER, trusted_proxies="10.1.0.0/24") as browser:
        said = {HEADER: "archivist", "X-Forwarded-For": "6.6.6.6, 192.168.7.9"}
        answer = browser.get("/sign-in?next=/cases", headers=said)
        assert answer.headers["location"] == "/cases"
        page = browser.get("/me/sign-ins", headers=said)
        assert page.status_code == 200
        assert "192.168.7.9" in page.text
        # Another person at the same browser is another person here.
        assert browser.get("/cases", headers={HEADER: "staff"}).headers["location"].startswith("/sign-in")
        assert browser.get("/sign-in", headers={HEADER: "nobody"}).status_code == 401
        signed_out = browser.get("/sign-in?done=signed-out", headers={HEADER: "staff"})
        assert signed_out.status_code == 200


def test_what_anybody_else_says_in_that_header_is_refused(world: World) -> None:
    with browser_at(world, peer="10.9.9.9", sign_on_header=HEADER, trusted_proxies=PROXY) as browser:
        for address in ("/sign-in", "/cases", "/api/v1/cases", "/static/x"):
            answer = browser.get(address, headers={HEADER: "archivist"})
            assert answer.status_code == 403, address
            assert "sign-in.foreign-header" in answer.text
            assert answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
        assert browser.get("/cases").headers["location"].startswith("/sign-in")


def test_without_the_setting_the_header_means_nothing(world: World) -> None:
    with browser_at(world, peer=PROXY, trusted_proxies=PROXY) as browser:
        assert browser.get("/sign-in", headers={HEADER: "archivist"}).status_code == 200
        assert browser.get("/cases", headers={HEADER: "archivist"}).headers["location"].startswith("/sign-in")


def test_a_header_given_twice_names_nobody(world: World) -> None:
    with browser_at(world, peer=PROXY, sign_on_header=HEADER, trusted_proxies=PROXY) as browser:
        twice = [(HEADER, "archivist"), (HEADER, "staff")]
        assert browser.get("/sign-in", headers=twice).status_code == 200


def test_an_address_that_somebody_wrote_themselves_is_not_believed(world: World) -> None:
    """Of the hops only those count that our own proxies wrote; from a stranger none."""
    for peer, seen in ((PROXY, "192.168.7.9"), ("10.9.9.9", "10.9.9.9")):
        with browser_at(world, peer=peer, trusted_proxies=PROXY) as browser:
            browser.sign_in("archivist")
            told = {"X-Forwarded-For": "127.0.0.1, 192.168.7.9"}
            browser.post("/sign-out", data={"token": browser.token})
            answer = browser.post(
                "/sign-in", data={"login": "archivist", "password": "correct horse 电表 staple"}, headers=told
            )
            assert answer.status_code == 303
            assert seen in browser.get("/me/sign-ins").text


def test_networks_that_cannot_be_read_stop_the_start(world: World) -> None:
    with pytest.raises(ValueError, match=r"10\.1"), browser_at(world, trusted_proxies="10.1.0.0/99") as browser:
        browser.get("/healthz")
