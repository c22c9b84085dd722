"""Ready or not: what is missing is named, search down does not stop filing, and what comes back is seen."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from archive_service import clock
from archive_service.jobs import queue
from archive_service.storage.store import ObjectStore
from archive_service.storage.tables import LockProof, ObjectLock
from archive_service.web.app import create_app
from archive_service.web.services import Services
from tests.support.faulty import Faults, FaultyDatabase, FaultyStore, cut_off, store_away, store_full
from tests.web.conftest import Browser, World

PATIENCE_S = 30


def browser(services: Services) -> Browser:
    return Browser(create_app(services), base_url="http://archive.test")


def parts(asked: Browser) -> tuple[int, str, dict[str, tuple[str, str]]]:
    """Status, state, and each component's state and code."""
    answer = asked.get("/readyz")
    body = answer.json()
    found = {one["component"]: (one["state"], one["code"]) for one in body["components"]}
    return answer.status_code, body["state"], found


def until(asked: Browser, holds: Callable[[tuple[int, str, Any]], bool]) -> tuple[int, str, Any]:
    """Ask until it holds: a look counts for some seconds."""
    end = time.monotonic() + PATIENCE_S
    while not holds(found := parts(asked)):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def missing(found: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {name: one for name, one in found.items() if one[0] not in ("ok", "off")}


def test_an_archive_that_lacks_nothing_is_ready(anonymous: Browser) -> None:
    """Each component is named; what is not used is off."""
    status, state, found = parts(anonymous)
    assert (status, state, missing(found)) == (200, "ready", {})
    assert set(found) == {
        "database", "schema", "store", "locks", "index", "broker", "workers", "disk", "partitions", "reader", "scanner",
        "sign-on",
    }  # fmt: skip
    assert {found[name] for name in ("broker", "locks", "scanner", "sign-on")} == {("off", "")}


def test_without_the_database_nothing_can_be_done(world: World) -> None:
    """What stands in it is unknown, not missing; when it is back, it is seen."""
    faults = Faults()
    away = FaultyDatabase(world.services.settings.url(), faults)
    with browser(replace(world.services, database=away)) as asked:
        assert parts(asked)[0] == 200
        faults.arm("reading", cut_off, times=100_000)
        expected = {
            "database": ("down", "database.unavailable"),
            **dict.fromkeys(("schema", "locks", "workers", "partitions"), ("unknown", "")),
        }  # fmt: skip
        # On a busy machine another component may not answer in time at first.
        status, state, found = until(asked, lambda seen: seen[0] == 503 and missing(seen[2]) == expected)
        assert (status, state, missing(found)) == (503, "not-ready", expected)
        faults.disarm()
        # Each component is looked at by itself: the database may be seen to be back before what stands in it.
        assert until(asked, lambda seen: not missing(seen[2]))[0] == 200
    away.close()


@pytest.mark.parametrize(("make", "code"), [(store_away, "store.unavailable"), (store_full, "store.full")])
def test_without_the_store_nothing_can_be_taken_in(world: World, make: Callable[[], Exception], code: str) -> None:
    """The code says whether it is away or full."""
    faults = Faults()
    with browser(replace(world.services, store=FaultyStore(world.services.store, faults))) as asked:
        faults.arm("read", make, times=100_000)
        _, state, found = until(asked, lambda seen: seen[0] == 503)
        assert (state, missing(found)) == ("not-ready", {"store": ("down", code)})
        faults.disarm()
        until(asked, lambda seen: seen[0] == 200)


def test_a_store_that_is_read_but_not_written_is_missing(world: World) -> None:
    """A disk that was mounted read-only answers every question and keeps nothing."""
    folder = world.services.settings.home / "objects" / "tmp"
    folder.rmdir()
    folder.touch()
    with browser(world.services) as asked:
        assert missing(parts(asked)[2]) == {"store": ("down", "store.unavailable")}


class Hanging:
    """A store that does not answer until it is let go."""

    def __init__(self, inner: ObjectStore) -> None:
        self._inner, self.let_go = inner, threading.Event()
        self.asked = 0

    def exists(self, digest: str) -> bool:
        """Answer late."""
        self.asked += 1
        self.let_go.wait()
        return self._inner.exists(digest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@pytest.fixture
def hanging(world: World) -> Iterator[Hanging]:
    store = Hanging(world.services.store)
    yield store
    store.let_go.set()


def test_a_store_that_hangs_is_named_and_keeps_nobody_waiting(world: World, hanging: Hanging) -> None:
    """The others are seen all the same, and it is not asked again while it hangs."""
    with browser(replace(world.services, store=hanging)) as asked:
        for _ in range(2):
            assert missing(parts(asked)[2]) == {"store": ("down", "store.unavailable")}
        assert hanging.asked == 1
        hanging.let_go.set()
        until(asked, lambda seen: seen[0] == 200)


def test_without_the_index_filing_goes_on(world: World) -> None:
    """Degraded, with the code that says which index is wanted."""
    pointer = world.services.settings.home / "index" / "current.json"
    kept = pointer.read_text("utf-8")
    for broken, code in ((None, "index.missing"), ({"stamp": "old"}, "index.outdated"),
                         ({"engine": "whoosh"}, "index.engine-changed")):  # fmt: skip
        pointer.unlink(missing_ok=True)
        if broken:
            pointer.write_text(json.dumps({**json.loads(kept), **broken}), "utf-8")
        with browser(world.services) as asked:
            status, state, found = until(asked, lambda seen: bool(missing(seen[2])))
        assert (status, state, missing(found)) == (200, "degraded", {"index": ("degraded", code)})


@pytest.mark.parametrize(("version", "code"), [("0000", "archive.outdated"), ("9999", "archive.newer")])
def test_tables_of_another_version_say_which_side_is_old(world: World, version: str, code: str) -> None:
    """Nothing is written into tables that the program does not know."""
    with world.services.database.unit_of_work() as session:
        session.execute(text("update alembic_version set version_num = :version"), {"version": version})
    with browser(world.services) as asked:
        status, _, found = parts(asked)
    assert (status, missing(found)) == (503, {"schema": ("down", code)})


def test_work_that_nobody_takes_is_named_by_its_queue(world: World) -> None:
    """A long queue is no fault while somebody works on it."""
    with world.services.database.unit_of_work() as session:
        for subject in (1, 2):
            queue.enqueue(session, kind="scan", subject=subject, queue="read", now=clock.now() - timedelta(minutes=10))
    with browser(world.services) as asked:
        answer = asked.get("/readyz")
        assert missing(parts(asked)[2]) == {"workers": ("degraded", "worker.none")}
    assert answer.status_code == 200
    assert "read" in next(one["message"] for one in answer.json()["components"] if one["component"] == "workers")
    queue.claim(world.services.database, worker="w", queues=("read",), now=clock.now(), lease_s=60)
    with browser(world.services) as asked:
        assert missing(parts(asked)[2]) == {}


def test_what_is_said_is_a_sentence_and_nothing_of_a_library_or_a_record(world: World) -> None:
    """Whoever asks needs no sign-in."""
    faults = Faults()
    away = FaultyDatabase(world.services.settings.url(), faults)
    faults.arm("reading", lambda: RuntimeError("secret /path"), times=100_000)
    with browser(replace(world.services, database=away)) as asked:
        answer = asked.get("/readyz")
    away.close()
    assert "secret" not in answer.text
    for one in answer.json()["components"]:
        assert bool(one["code"]) == bool(one["message"])
        assert not one["message"] or one["message"].endswith("。")


def test_a_store_that_no_longer_holds_what_it_locked_is_seen(world: World) -> None:
    """Here and in the figures; one that never held is only not used."""
    database = world.services.database

    def found(state: str, let: str = "") -> tuple[tuple[str, str], dict[str, str]]:
        with database.unit_of_work() as session:
            session.add(LockProof(store="first", at=clock.now(), state=state, let=let))
        with browser(world.services) as asked:
            seen = parts(asked)[2]["locks"]
        with Browser(create_app(world.services), client=("127.0.0.1", 40000)) as watching:
            lines = watching.get("/metrics").text.splitlines()
        return seen, dict(line.rsplit(" ", 1) for line in lines if line.startswith("archive_store_proven"))

    proven = 'archive_store_proven{store="first"}'
    assert found("absent") == (("off", ""), {proven: "0.0"})
    assert found("enforced") == (("ok", ""), {proven: "1.0"})
    assert found("broken", "deleted") == (("degraded", "store.unproven"), {proven: "0.0"})
    with database.unit_of_work() as session:
        session.add(LockProof(store="first", at=clock.now(), state="enforced", let=""))
        lock = {"name": "f" * 64, "held": False, "code": "AccessDenied", "seen_at": clock.now()}
        session.add(ObjectLock(digest="f" * 64, store="first", state="refused", **lock))
    with browser(world.services) as asked:
        assert parts(asked)[2]["locks"] == ("degraded", "store.unlocked")


def test_doctor_and_readyz_say_the_same(world: World) -> None:
    """The same sentence for work that nobody takes."""
    from archive_service.cli import doctor
    from archive_service.cli.services import Services as Commands

    with world.services.database.unit_of_work() as session:
        queue.enqueue(session, kind="scan", subject=1, queue="light", now=clock.now() - timedelta(minutes=10))
    with browser(world.services) as asked:
        told = [one["message"] for one in asked.get("/readyz").json()["components"] if one["message"]]
    commands = Commands(world.services.settings)
    found = [part.detail for part in doctor.examine(commands) if part.name == "后台任务"]
    commands.database.close()
    assert found == told
