"""Workers behind a broker: Celery carries nudges, the job rows hold the truth.

A nudge says "there may be work in this queue"; the worker then claims from the rows exactly as the embedded worker
does. So a message that is lost, late or delivered twice changes nothing, and the scheduled sweep finds what no
message announced. Source: docs/decisions/0004.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from celery import Celery

from archive_service import clock, logs, settings
from archive_service.db.session import Database
from archive_service.settings import Settings
from archive_service.worker import jobs
from archive_service.worker.upkeep import Upkeep

log = logs.get("celery")
TASK = "archive.work"
SWEEP = "archive.sweep"
#: Seconds between sweeps, which also start work whose nudge was lost.
SWEEP_EVERY_S = 10.0


def make_app(loaded: Settings) -> Celery:
    """Return the Celery application for the broker in the settings."""
    app = Celery("archive", broker=loaded.broker_url)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue="light",
        broker_connection_retry_on_startup=True,
        beat_schedule={"sweep": {"task": SWEEP, "schedule": SWEEP_EVERY_S, "options": {"queue": "upkeep"}}},
        timezone="UTC",
    )
    app.task(work, name=TASK)
    app.task(sweep, name=SWEEP)
    return app


def work(queue: str) -> None:
    """Run jobs of one queue until none is due, then nudge whoever does the next step."""
    runner = _runner(queue)
    did = False
    while runner.run_one():
        did = True
    if did:
        nudge(settings.load())


def sweep() -> None:
    """Bring the index up, take up forgotten scans, and nudge every queue in case a message was lost."""
    _upkeep().run_once()
    nudge(settings.load())


def nudge(loaded: Settings) -> None:
    """Tell the workers that there may be work; without a broker, or when it is away, the sweep finds it anyway."""
    if not loaded.broker_url:
        return
    app = _app()
    for queue in ("light", "read"):
        try:
            app.send_task(TASK, args=(queue,), queue=queue, retry=False)
        except app.connection_for_write().connection_errors as e:
            log.warning("no nudge could be sent", queue=queue, fault=type(e).__name__)


def run_worker(loaded: Settings, queues: tuple[str, ...]) -> None:
    """Run a Celery worker, with the scheduler in it, until interrupted."""
    options: list[Any] = ["--queues", ",".join(queues or jobs.QUEUES), "--concurrency", str(loaded.worker_count())]
    if not queues or "upkeep" in queues:
        options += ["--beat", "--schedule", str(loaded.home / "celery-beat")]
    _app().worker_main(["worker", "--loglevel", "WARNING", *options])


@lru_cache(maxsize=1)
def _app() -> Celery:
    return make_app(settings.load())


@lru_cache(maxsize=8)
def _runner(queue: str) -> Any:
    return jobs.open_runner(settings.load(), worker=f"celery:{queue}", queues=(queue,))


@lru_cache(maxsize=1)
def _upkeep() -> Upkeep:
    loaded = settings.load()
    return Upkeep(loaded, Database(loaded.url()), now=clock.now)
