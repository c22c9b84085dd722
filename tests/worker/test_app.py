"""What a worker behind a broker knows of other workers and of endless jobs; no broker is asked here."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from celery.utils.imports import symbol_by_name
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.errors import Invalid
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.settings import Settings
from archive_service.worker import app, jobs

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def held_by(database: Database, worker: str) -> None:
    """Make a job that the worker holds for ten minutes."""
    with database.unit_of_work() as session:
        queue.enqueue(session, kind="test", subject=worker, queue="light", now=NOW)
    assert queue.claim(database, worker=worker, queues=("light",), now=NOW, lease_s=600)


def free(database: Database, settings: Settings) -> int:
    workshop = jobs.open_workshop(settings)
    try:
        return app.free_the_dead(workshop)
    finally:
        workshop.database.close()


def test_the_jobs_of_a_process_are_freed_when_it_is_gone_and_not_before(database: Database, settings: Settings) -> None:
    """Its successor need not wait for the lease."""
    with subprocess.Popen(["sleep", "60"]) as process:
        held_by(database, app.process_name(process.pid))
        assert free(database, settings) == 0
        process.kill()
    assert free(database, settings) == 1


def test_a_process_of_another_machine_is_never_taken_for_dead(database: Database, settings: Settings) -> None:
    """Process numbers mean nothing there; its lease decides."""
    held_by(database, "elsewhere/4026531836:999999:12345")
    held_by(database, "elsewhere:1:work0:17")
    assert free(database, settings) == 0


def test_a_number_given_to_a_new_process_does_not_keep_the_old_ones_job(database: Database, settings: Settings) -> None:
    """The system gives numbers out again; the moment of the start tells the two apart."""
    with subprocess.Popen(["sleep", "60"]) as process:
        place, pid, started = app.process_name(process.pid).split(":")
        held_by(database, f"{place}:{pid}:{int(started) - 500}")
        assert free(database, settings) == 1
        process.kill()


class Endless:
    """Is stopped for taking too long."""

    def run(self, claimed: Claimed) -> None:
        raise SoftTimeLimitExceeded(1)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        raise AssertionError(code)


def test_a_job_that_takes_too_long_is_tried_again_and_says_why(database: Database) -> None:
    """It goes on from its last finished page."""
    with database.unit_of_work() as session:
        queue.enqueue(session, kind="test", subject="1", queue="light", now=NOW)
    assert Runner(database, {"test": app.Limited(Endless())}, "w", ("light",), 60, lambda: NOW).run_one()
    with database.reading() as session:
        job = session.scalars(select(Job)).one()
    assert (job.state, job.error_code) == ("queued", "job.too-long")


def test_a_queue_that_does_not_exist_is_refused(settings: Settings) -> None:
    """A worker of a misspelt queue would wait for ever."""
    with pytest.raises(Invalid) as refused:
        app.run_worker(settings, ("light", "raed"))
    assert refused.value.code == "worker.queue"


def test_a_worker_makes_no_queues_for_messages_of_a_later_date(settings: Settings) -> None:
    """28 more to declare at each start, on a broker that may be slow, and no message ever waits in them."""
    behind = settings.model_copy(update={"broker_url": "amqp://guest@127.0.0.1:1//"})
    made = app.make_worker(behind)
    steps = symbol_by_name(made.conf.worker_consumer).Blueprint().types
    names = {step if isinstance(step, str) else f"{step.__module__}:{step.__name__}" for step in steps}
    assert "celery.worker.consumer.delayed_delivery:DelayedDelivery" not in names
    assert "celery.worker.consumer.tasks:Tasks" in names
