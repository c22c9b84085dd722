"""A job is done exactly once however its workers fare."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.errors import Unavailable
from archive_service.jobs import actions, queue
from archive_service.jobs.queue import Claimed, LeaseLost
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def add_job(database: Database, subject: str = "1", max_attempts: int = 3) -> int:
    with database.unit_of_work() as session:
        job = queue.enqueue(session, kind="test", subject=subject, queue="light", now=NOW, max_attempts=max_attempts)
        return job.id


def claim(database: Database, worker: str = "w", now: datetime = NOW) -> Claimed | None:
    return queue.claim(database, worker=worker, queues=("light",), now=now, lease_s=60)


def job_of(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def test_a_job_is_claimed_by_one_worker_only(database: Database) -> None:
    """The second worker finds nothing while the first holds the lease."""
    add_job(database)
    assert claim(database, "first") is not None
    assert claim(database, "second") is None


def test_eight_workers_at_once_claim_each_job_once(database: Database) -> None:
    """No job is handed to two workers however hard they pull."""
    ids = {add_job(database, subject=str(n)) for n in range(20)}
    claimed: list[int] = []
    lock = threading.Lock()

    def pull(name: str) -> None:
        while (job := claim(database, name)) is not None:
            with lock:
                claimed.append(job.id)

    threads = [threading.Thread(target=pull, args=(f"w{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(ids)


def test_a_silent_workers_job_is_taken_over_and_its_late_result_refused(database: Database) -> None:
    """After the lease another worker has the job; the first one's finish writes nothing."""
    job_id = add_job(database)
    first = claim(database, "first")
    second = claim(database, "second", now=LATER)
    assert first is not None
    assert second is not None
    with pytest.raises(LeaseLost), database.unit_of_work() as session:
        queue.finish(session, first, now=LATER)
    with database.unit_of_work() as session:
        queue.finish(session, second, now=LATER)
    assert job_of(database, job_id).state == "done"


def test_a_sign_of_life_keeps_the_lease(database: Database) -> None:
    """A worker that renews is not taken for dead."""
    add_job(database)
    first = claim(database)
    assert first is not None
    with database.unit_of_work() as session:
        queue.renew(session, first, now=LATER, lease_s=60)
    assert claim(database, "second", now=LATER + timedelta(seconds=30)) is None


def test_a_job_that_always_kills_its_worker_is_given_up(database: Database) -> None:
    """After three dead workers the fourth claim is told not to try."""
    add_job(database)
    now = NOW
    for _ in range(3):
        job = claim(database, now=now)
        assert job is not None
        assert not job.exhausted
        now += timedelta(minutes=5)
    last = claim(database, now=now)
    assert last is not None
    assert last.exhausted


def test_a_dead_workers_jobs_are_free_at_once_when_its_death_is_known(database: Database) -> None:
    """The supervisor need not wait for the lease."""
    add_job(database)
    claim(database, "dead")
    assert queue.release(database, worker="dead", now=NOW) == 1
    assert claim(database, "alive") is not None


class Failing:
    """Fails as told and notes what it was given up for."""

    def __init__(self, database: Database, error: Exception | None) -> None:
        self.database, self.error, self.given_up = database, error, ""

    def run(self, claimed: Claimed) -> None:
        if self.error:
            raise self.error
        with self.database.unit_of_work() as session:
            queue.finish(session, claimed, now=NOW)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        self.given_up = code


def runner(database: Database, handler: Failing, now: datetime = NOW) -> Runner:
    return Runner(database, {"test": handler}, "w", ("light",), 60, lambda: now)


def test_a_failed_job_waits_and_is_given_up_after_its_last_attempt(database: Database) -> None:
    """The error's code is kept; the wait grows; the handler hears the reason at the end."""
    job_id = add_job(database, max_attempts=2)
    handler = Failing(database, Unavailable("store.full", "满"))
    assert runner(database, handler).run_one()
    assert job_of(database, job_id).state == "queued"
    assert not runner(database, handler).run_one(), "not before the wait is over"
    assert runner(database, handler, LATER).run_one()
    assert job_of(database, job_id).state == "failed"
    assert handler.given_up == "store.full"


def test_a_fault_in_one_job_does_not_stop_the_next(database: Database) -> None:
    """The queue goes on after any exception."""
    add_job(database, "1")
    assert runner(database, Failing(database, ZeroDivisionError())).run_one()
    second = add_job(database, "2")
    assert runner(database, Failing(database, None)).run_one()
    assert job_of(database, second).state == "done"


class Steps:
    """Work of two steps: the first one owes the second, under the same subject."""

    def __init__(self, database: Database) -> None:
        self.database, self.seen = database, list[str]()

    def run(self, claimed: Claimed) -> None:
        with self.database.unit_of_work() as session:
            if claimed.subject not in self.seen:
                queue.enqueue(session, kind="test", subject=claimed.subject, queue="light", now=NOW)
            self.seen.append(claimed.subject)
            queue.finish(session, claimed, now=NOW)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        raise AssertionError("nothing is given up")


def test_a_worker_finishes_what_it_began_before_it_takes_the_next(database: Database) -> None:
    """Of many files taken in at once the first are done early, not all of them at the very end."""
    for subject in ("a", "b", "c"):
        add_job(database, subject)
    steps = Steps(database)
    working = Runner(database, {"test": steps}, "w", ("light",), 60, lambda: NOW)
    while working.run_one():
        pass
    assert steps.seen == ["a", "a", "b", "b", "c", "c"]


def test_enqueueing_twice_before_the_start_is_one_job(database: Database) -> None:
    """A queued job of the same kind and subject is enough."""
    assert add_job(database) == add_job(database)
    with database.reading() as session:
        assert len(session.scalars(select(Job)).all()) == 1


class Endless:
    """Works on without writing anything, as while one long page is read, and asks between its pages."""

    def __init__(self, started: threading.Event) -> None:
        self.started, self.stopped = started, False

    def run(self, claimed: Claimed) -> None:
        self.started.set()
        try:
            while True:
                claimed.check()
                time.sleep(0.01)
        except LeaseLost:
            self.stopped = True
            raise

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        raise AssertionError("a cancelled job is not given up")


def test_a_cancelled_job_stops_although_its_worker_writes_nothing(database: Database) -> None:
    """The heart-beat sees it, long before the lease would have to be renewed, and the worker is free for others."""
    job_id = add_job(database)
    started = threading.Event()
    handler = Endless(started)
    working = Runner(database, {"test": handler}, "w", ("light",), 3600, lambda: NOW)
    thread = threading.Thread(target=working.run_one, daemon=True)
    thread.start()
    assert started.wait(60)
    with database.unit_of_work() as session:
        actions.cancel(session, job_id, now=NOW)
    thread.join(60)
    assert not thread.is_alive()
    assert handler.stopped
    assert (job_of(database, job_id).state, job_of(database, job_id).error_code) == ("cancelled", "job.cancelled")


def test_the_tries_are_counted_from_when_a_person_put_the_job_back(database: Database) -> None:
    """The wait before the next try is short again, but the token of an old worker fits no more."""
    job_id = add_job(database)
    now = NOW
    for _ in range(3):
        assert runner(database, Failing(database, Unavailable("store.full", "满")), now).run_one()
        now += timedelta(minutes=10)
    assert job_of(database, job_id).state == "failed"
    with database.unit_of_work() as session:
        actions.put_back(session, job_id, now=now)
    assert runner(database, Failing(database, Unavailable("store.full", "满")), now).run_one()
    job = job_of(database, job_id)
    assert (job.state, job.attempt, queue.tries(job.attempt, job.max_attempts)) == ("queued", 4, (1, 3))
    assert job.not_before == now + queue.BACK_OFF[0]
