"""Workers behind a broker: each message makes a worker take one job from the rows, as the embedded worker does.

Everything that must not cross a fork (connections, the reader of pages) is opened by the child process at its first
message. A child that replaces a dead one frees the dead one's jobs before it looks for work.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from celery import Celery, signals
from sqlalchemy.orm import Session

from archive_service import clock, logs
from archive_service.errors import Invalid, Unavailable
from archive_service.jobs import nudge, queue
from archive_service.jobs.queue import Claimed
from archive_service.jobs.runner import Handler, Runner
from archive_service.settings import Settings
from archive_service.worker import jobs, parent
from archive_service.worker.fit import Fit
from archive_service.worker.timetable import Timetable
from archive_service.worker.upkeep import Upkeep
from ingest.workshop import Workshop

log = logs.get("celery")
INDEX, SWEEP = "archive.index", "archive.sweep"
#: Seconds between looks for records that the index does not hold yet.
INDEX_EVERY_S = 1.0
#: Seconds between sweeps, which start work whose nudge was lost.
SWEEP_EVERY_S = 10.0
#: Most nudges that one sweep sends to a queue: more would only wait behind each other.
MOST_NUDGES = 16
#: Touched while the worker talks to its broker; whoever watches the process looks at its age.
ALIVE = Path(tempfile.gettempdir()) / "archive-worker.alive"


@dataclass
class Worker:
    """The tasks of one process and what they work with, opened after the fork."""

    settings: Settings
    _runners: dict[str, Runner] = field(default_factory=dict)
    #: True when a job may still be held that nobody works on any more.
    _dropped: bool = False

    def work(self, name: str) -> None:
        """Take one job of the queue and nudge the queues that have more."""
        if self._run_one(name):
            with self._workshop.database.reading() as session:
                due = queue.due(session, now=clock.now())
            nudge.nudge(self.settings, due)

    def _run_one(self, name: str) -> bool:
        if self._dropped:
            queue.release(self._workshop.database, worker=process_name(os.getpid()), now=clock.now())
            self._dropped = False
        try:
            return self._runner(name).run_one()
        except Exception:
            # Not even the failure could be written down: the row says that this process, which lives on, has the job.
            self._dropped = True
            raise

    def index(self) -> None:
        """Bring the index up to the records."""
        self._upkeep.run_once()

    def sweep(self) -> None:
        """Free the jobs of dead workers and nudge each queue as often as it has work, in case messages were lost."""
        database = self._workshop.database
        free_the_dead(self._workshop)
        with database.reading() as session:
            due = queue.due(session, now=clock.now())
        for name, count in due.items():
            nudge.nudge(self.settings, [name] * min(count, MOST_NUDGES))

    def _runner(self, name: str) -> Runner:
        if name not in self._runners:
            handlers = {kind: Limited(handler) for kind, handler in jobs.handlers(self._workshop).items()}
            place = process_name(os.getpid())
            self._runners[name] = Runner(
                self._workshop.database, handlers, place, (name,), self.settings.lease_s, clock.now, Fit(self.settings)
            )
        return self._runners[name]

    @cached_property
    def _workshop(self) -> Workshop:
        opened = jobs.open_workshop(self.settings)
        free_the_dead(opened)
        return opened

    @cached_property
    def _upkeep(self) -> Upkeep:
        return Upkeep(self.settings, self._workshop.database, now=clock.now)


@dataclass(frozen=True)
class Limited:
    """A handler whose job may be stopped for taking too long; it is then tried again like any other failure."""

    handler: Handler

    def run(self, claimed: Claimed) -> None:
        """Do the work."""
        try:
            self.handler.run(claimed)
        except SoftTimeLimitExceeded as e:
            raise Unavailable("job.too-long", "任务超过了时间上限，已停止，稍后自动重试。") from e

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Write down that the work could not be done."""
        self.handler.give_up(session, claimed, code=code, now=now)


def process_name(pid: int) -> str:
    """Return the name under which a process of this machine, or container, holds jobs; none other has ever had it."""
    return f"{_place()}:{pid}:{_started(pid)}"


def _place() -> str:
    # Containers may share a host name, but not the namespace in which process ids count.
    return f"{os.uname().nodename}/{Path('/proc/self/ns/pid').stat().st_ino}"


def _started(pid: int) -> str:
    """Return when a process began, in ticks since the machine did; empty when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # The name of the program, in brackets, may itself hold blanks and brackets.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def free_the_dead(workshop: Workshop) -> int:
    """End the leases of processes of this machine that are gone, so that nobody waits for them; return how many."""
    with workshop.database.reading() as session:
        holders = queue.holders(session)
    mine = [name for name in holders if name.startswith(f"{_place()}:")]
    dead = [name for name in mine if process_name(int(name.split(":")[1])) != name]
    return sum(queue.release(workshop.database, worker=name, now=clock.now()) for name in dead)


def make_worker(settings: Settings) -> Celery:
    """Return the Celery application with its tasks and its timetable."""
    app, worker = nudge.make_app(settings), Worker(settings)
    app.conf.worker_consumer = "archive_service.worker.consumer:NudgeConsumer"
    for name, run in ((nudge.WORK, worker.work), (INDEX, worker.index), (SWEEP, worker.sweep)):
        # Celery's own check of arguments takes no account of methods.
        app.task(run, name=name, typing=False)
    app.conf.beat_schedule = {
        "index": _every(INDEX_EVERY_S, INDEX, "index"),
        "sweep": _every(SWEEP_EVERY_S, SWEEP, "upkeep"),
    }
    return app


def _every(seconds: float, task: str, name: str) -> Mapping[str, Any]:
    # A turn that could not be taken in time is skipped: the next one does the same.
    return {"task": task, "schedule": seconds, "options": {"queue": name, "expires": seconds * 5}}


def run_worker(settings: Settings, queues: tuple[str, ...]) -> None:
    """Run a Celery worker until interrupted; the one for `upkeep` also keeps the timetable."""
    unknown = sorted(set(queues) - set(queue.QUEUES))
    if unknown:
        raise Invalid(
            "worker.queue", f"没有队列“{unknown[0]}”。可选：{'、'.join(queue.QUEUES)}。", given=",".join(unknown)
        )
    chosen = queues or queue.QUEUES
    options = ["--queues", ",".join(chosen), "--concurrency", str(settings.worker_count())]
    main = os.getpid()
    signals.beat_embedded_init.connect(lambda **_: parent.end_with(main), weak=False)
    signals.heartbeat_sent.connect(_touch)
    # Celery leaves its lines to us as soon as anybody listens; the handler was set up before, and its children fork.
    signals.setup_logging.connect(_keep_logging)
    app = make_worker(settings)
    if "upkeep" in chosen:
        app.steps["worker"].add(Timetable)
    app.worker_main(["worker", "--loglevel", "WARNING", "--without-gossip", "--without-mingle", *options])


def _keep_logging(**_: object) -> None:
    """Leave the log as it is."""


def _touch(**_: object) -> None:
    ALIVE.touch()
