"""Workers behind Redis and RabbitMQ: messages may be lost and workers killed; every file is finished exactly once."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, make_url, select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database
from archive_service.households.tables import Item
from archive_service.jobs import nudge
from archive_service.jobs.queue import QUEUES
from archive_service.jobs.tables import Job
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Right
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from ingest import states
from ingest.receive import Said, open_batch, receive
from ingest.tables import Scan
from tests.support import databases, records
from tests.support.born_digital import supply_reply
from tests.support.processes import Tree, gone, kill
from tests.support.proxy import Proxy
from tests.support.services import address

pytestmark = pytest.mark.service
ROOT = Path(__file__).parents[2]
ACCOUNT, APPLICATION = "5101431049", "202603100001"
#: Far above what anything here takes, so that a lease that ended by itself is never what made a test pass.
LEASE_S, PATIENCE_S = 600, 180
#: Seconds after which the door nudges again when nothing has begun.
AGAIN_S = 20


@pytest.fixture
def database_url(postgres: databases.Postgres) -> Iterator[str]:
    """Who has a broker has PostgreSQL."""
    with postgres.fresh() as url:
        yield url


@pytest.fixture(params=["redis", "rabbitmq"])
def behind(request: pytest.FixtureRequest, settings: Settings, database: Database) -> Settings:
    """Settings with an empty broker, and a registered household."""
    url = address(request.param, f"ARCHIVE_TEST_{request.param.upper()}_URL")
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
    with_broker = settings.model_copy(update={"broker_url": url, "lease_s": LEASE_S})
    empty(with_broker)
    return with_broker


def empty(settings: Settings) -> int:
    """Throw away every message that waits; return how many there were."""
    with nudge.make_app(settings).connection_for_write() as connection:
        channel = connection.default_channel
        found = 0
        for queue in nudge.make_app(settings).amqp.queues.values():
            bound = queue(channel)
            bound.declare()
            found += bound.purge()
        return found


def take_in(database: Database, settings: Settings, note: str = "") -> int:
    """Receive one paper and nudge, as every door does; return its scan's id."""
    with database.unit_of_work() as session:
        viewer = system_viewer(session)
        unit_id = min(viewer.units(Right.SCAN_RECEIVE))
        batch = open_batch(session, viewer, name="批", channel="cli", unit_id=unit_id, now=clock.now())
    receipt = receive(
        database,
        FileStore(settings.home / "objects"),
        stream=io.BytesIO(supply_reply(ACCOUNT, APPLICATION, note=note)),
        file_name="答复单.pdf",
        batch_id=batch.id,
        viewer=viewer,
        said=Said(),
        max_bytes=10_000_000,
        now=clock.now(),
    )
    nudge.nudge(settings)
    return receipt.scan_id


@contextmanager
def worker(settings: Settings, queues: tuple[str, ...] = QUEUES) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker process of its own, as an operator would start it."""
    environment = {**os.environ, **settings.environment()}
    command = [sys.executable, "-m", "archive_service", "worker", "--queues", ",".join(queues)]
    with (settings.home / "worker.log").open("ab") as log:
        running = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            yield running
        finally:
            running.terminate()
            running.wait(timeout=60)


def wait_until(settings: Settings, reached: Callable[[], bool]) -> None:
    """Wait; show what the worker wrote when it takes too long."""
    end = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < end, (settings.home / "worker.log").read_text()[-4000:]
        time.sleep(0.02)


def all_at_rest(database: Database) -> bool:
    with database.reading() as session:
        return all(state in states.FINAL for state in session.scalars(select(Scan.state)))


def assert_each_filed_once(database: Database, files: int) -> None:
    with database.reading() as session:
        assert session.scalars(select(Scan.state)).all() == ["filed"] * files
        assert session.scalar(select(func.count()).select_from(Item)) == files
        assert not chain_breaks(session)
        did = Counter(session.scalars(select(AuditEntry.did)))
    assert (did["scan.received"], did["item.filed"], did["scan.filed"]) == (files, files, files)


def test_a_file_goes_through_all_steps_by_nudges_alone(behind: Settings, database: Database) -> None:
    """No sweep runs here: each step's end nudges the next step's queue.

    The nudge of the door may be lost where a broker is slow to take it, which is the sweep's business in another test.
    """
    with worker(behind, ("light", "read")):
        take_in(database, behind)
        again = time.monotonic() + AGAIN_S

        def begun() -> bool:
            nonlocal again
            if time.monotonic() > again:
                nudge.nudge(behind)
                again = time.monotonic() + AGAIN_S
            with database.reading() as session:
                return session.scalars(select(Scan.state)).one() != states.RECEIVED

        wait_until(behind, begun)
        wait_until(behind, lambda: all_at_rest(database))
    assert_each_filed_once(database, 1)


def test_work_whose_messages_were_lost_is_found_by_the_sweep(
    behind: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker is emptied before the worker starts, and again and again while it works."""
    # A door gives up soon and stays quiet for a while; here a slow broker is to have every message all the same.
    monkeypatch.setattr(nudge, "SENDER_WAITS_S", 30)
    monkeypatch.setattr(nudge, "_quiet_until", 0.0)
    for n in range(5):
        take_in(database, behind, note=f"第 {n} 份")
    assert empty(behind) == 5

    def done_while_messages_are_lost() -> bool:
        empty(behind)
        return all_at_rest(database)

    with worker(behind):
        wait_until(behind, lambda: at_least_one_step_done(database))
        end = time.monotonic() + 3
        while time.monotonic() < end and not done_while_messages_are_lost():
            time.sleep(0.05)
        wait_until(behind, lambda: all_at_rest(database))
    assert_each_filed_once(database, 5)


def at_least_one_step_done(database: Database) -> bool:
    with database.reading() as session:
        return bool(session.scalar(select(func.count()).select_from(Job).where(Job.state == "done")))


def running_on(database: Database) -> int | None:
    """Return the process that holds a job now."""
    with database.reading() as session:
        holder = session.scalar(select(Job.worker).where(Job.state == "running"))
    return int(holder.split(":")[1]) if holder else None


def test_a_killed_worker_process_loses_nothing_and_its_job_is_free_at_once(
    behind: Settings, database: Database
) -> None:
    """SIGKILL of the child that holds a job, three times: others take over long before its lease ends."""
    with worker(behind):
        for n in range(3):
            take_in(database, behind, note=f"第 {n} 份")
            wait_until(behind, lambda: running_on(database) is not None)
            victim = running_on(database)
            if victim is not None:
                os.kill(victim, signal.SIGKILL)
            wait_until(behind, lambda: all_at_rest(database))
    assert_each_filed_once(database, 3)


def test_the_timetable_goes_on_after_all_processes_below_the_worker_were_killed(
    behind: Settings, database: Database
) -> None:
    """Messages are lost after that, so only a sweep can find the file."""
    with worker(behind) as running:
        take_in(database, behind, note="之前")
        wait_until(behind, lambda: all_at_rest(database))
        for child in Tree.now().below(running.pid):
            kill(child)
        take_in(database, behind, note="之后")
        empty(behind)
        wait_until(behind, lambda: all_at_rest(database))
    assert_each_filed_once(database, 2)


def test_nothing_of_a_killed_worker_stays(behind: Settings, database: Database) -> None:
    """A timetable without its worker would send messages for ever, one more of them after each death."""
    with worker(behind) as running:
        take_in(database, behind)
        wait_until(behind, lambda: all_at_rest(database))
        assert len(Tree.now().below(running.pid)) >= 2
        running.kill()
        assert gone(behind.home, within_s=PATIENCE_S)


def test_a_job_that_was_dropped_because_the_database_was_away_is_taken_up_long_before_its_lease_ends(
    behind: Settings, database: Database
) -> None:
    """The process lives on and can write nothing down: neither the results nor that it failed."""
    at = make_url(behind.database_url)
    assert at.host
    assert at.port
    door = Proxy(at.host, at.port)
    through = at.set(port=door.port).render_as_string(hide_password=False)
    with worker(behind.model_copy(update={"database_url": through})):
        for n in range(5):
            take_in(database, behind, note=f"第 {n} 份")
        wait_until(behind, lambda: running_on(database) is not None)
        door.shut()
        wait_until(behind, lambda: "OperationalError" in (behind.home / "worker.log").read_text())
        door.open()
        wait_until(behind, lambda: all_at_rest(database))
    door.shut()
    assert_each_filed_once(database, 5)


def test_files_are_taken_in_while_the_broker_is_away_and_worked_on_when_it_is_back(
    behind: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sender and worker lose their connections; neither ends, and nobody has to start anything again."""
    monkeypatch.setattr(nudge, "_quiet_until", 0.0)
    parts = urlsplit(behind.broker_url)
    assert parts.hostname
    assert parts.port
    door = Proxy(parts.hostname, parts.port)
    through = behind.model_copy(update={"broker_url": behind.broker_url.replace(f":{parts.port}/", f":{door.port}/")})
    with worker(through):
        take_in(database, through, note="之前")
        wait_until(through, lambda: all_at_rest(database))
        door.shut()
        take_in(database, through, note="其间")
        assert nudge._quiet_until > 0, "the nudge found nobody"
        door.open()
        wait_until(through, lambda: all_at_rest(database))
    door.shut()
    assert_each_filed_once(database, 2)


def test_a_worker_that_could_not_acknowledge_goes_on_when_the_broker_is_back(
    behind: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker goes away while a job runs: its message must not fill the worker's hands for ever."""
    monkeypatch.setattr(nudge, "_quiet_until", 0.0)
    parts = urlsplit(behind.broker_url)
    assert parts.hostname
    assert parts.port
    door = Proxy(parts.hostname, parts.port)
    url = behind.broker_url.replace(f":{parts.port}/", f":{door.port}/")
    through = behind.model_copy(update={"broker_url": url, "workers": 1})
    with worker(through):
        take_in(database, behind, note="之前")
        wait_until(through, lambda: running(database))
        door.shut()
        wait_until(through, lambda: not running(database))
        if parts.scheme == "redis":
            wait_until(through, lambda: "Couldn't ack" in (through.home / "worker.log").read_text())
        take_in(database, through, note="其间")
        door.open()
        wait_until(through, lambda: all_at_rest(database))
    door.shut()
    assert_each_filed_once(database, 2)


def running(database: Database) -> bool:
    with database.reading() as session:
        return session.scalar(select(Job.id).where(Job.state == "running").limit(1)) is not None
