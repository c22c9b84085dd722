"""A package of another archive comes in by its page and by the interface: checked, answered, and on record."""

from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select, update

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.exchange.hand_ins.actions import TAKE_JOB
from archive_service.exchange.hand_ins.work import TakeHandler
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.worker import hand_ins
from tests.exchange.test_hand_ins import foreign, tarred
from tests.exchange.world import paper
from tests.web.conftest import Browser, World
from tests.web.programs import Program, program


@pytest.fixture
def archivist(world: World) -> Iterator[Program]:
    with program(world, "archivist") as one:
        yield one


def hand_in(browser: Browser, name: str, data: bytes) -> httpx.Response:
    return browser.post("/packages/in", data={"token": browser.token}, files={"file": (name, io.BytesIO(data))})


def run_jobs(world: World) -> None:
    services = world.services
    with services.database.unit_of_work() as session:
        session.execute(update(Job).where(Job.kind != TAKE_JOB, Job.state == "queued").values(state="cancelled"))
    taking = hand_ins.taking(services.settings, services.database, services.store, now=clock.now, today=clock.today)
    handler = TakeHandler(lambda: taking, services.database, services.settings.lease_s, clock.now)
    runner = Runner(services.database, {TAKE_JOB: handler}, "w", ("upkeep",), services.settings.lease_s, clock.now)
    while runner.run_one():
        pass


def test_a_package_is_handed_in_checked_and_accepted_on_its_page(world: World, browser: Browser) -> None:
    browser.get("/packages/in")
    answer = hand_in(browser, "移交.tar", foreign(paper("one")))
    assert answer.status_code == 303
    made = answer.headers["location"]
    assert "hx-get" in browser.get(made).text
    run_jobs(world)
    assert browser.get(f"{made}/state").headers["HX-Refresh"] == "true"
    assert "接收入库" in browser.get(made).text
    assert browser.submit(f"{made}/accept").status_code == 422
    assert browser.submit(f"{made}/accept", sure="1").status_code == 303
    run_jobs(world)
    page = browser.get(made).text
    assert "/intake?batch=" in page
    assert "接收入库" not in page
    assert "移交.tar" in browser.get("/packages/in?state=taken").text


def test_a_refused_package_says_everything_that_is_wrong_in_both_languages(world: World, browser: Browser) -> None:
    spoiled = tarred({"bag/bagit.txt": b"no bag", "bag/fetch.txt": b"x", "bag/data/a": b"1"})
    made = hand_in(browser, "坏.tar", spoiled).headers["location"]
    run_jobs(world)
    page = browser.get(made).text
    assert [code in page for code in ("bag.declaration", "bag.fetch", "bag.no-manifest")] == [True] * 3
    assert "请移交方更正后重新导出" in page
    browser.submit("/me/preferences", name="language", value="en", next="/")
    assert "pack the files themselves" in browser.get(made).text
    empty = hand_in(browser, "空.zip", b"").headers["location"]
    assert "file.empty" in browser.get(empty).text


def test_a_program_hands_a_package_in_and_sends_it_back(world: World, archivist: Program) -> None:
    sent = archivist.post("/api/v1/packages/in", files={"file": ("移交.tar", io.BytesIO(foreign(paper("two"))))})
    assert sent.status_code == 201, sent.text
    number = sent.json()["hand_in"]
    assert sent.headers["location"] == f"/api/v1/packages/in/{number}"
    run_jobs(world)
    assert archivist.told(f"/packages/in/{number}")["state"] == "checked"
    assert archivist.done(f"/packages/in/{number}/decline", reason="与移交清单不符")["state"] == "declined"
    listed = archivist.told("/packages/in", state="declined")
    assert ([one["hand_in"] for one in listed["hand_ins"]], listed["total"]) == ([number], 1)
    refused = archivist.post(f"/api/v1/packages/in/{number}/accept")
    assert (refused.status_code, refused.json()["code"]) == (409, "package.not-waiting")
    with world.services.database.reading() as session:
        about = (AuditEntry.object_kind == "hand-in", AuditEntry.object_id == number)
        told = session.scalars(select(AuditEntry.did).where(*about).order_by(AuditEntry.seq)).all()
        assert told == ["package.handed-in", "package.checked", "package.declined"]
