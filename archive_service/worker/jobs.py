"""Every kind of job and what does it, for all ways of running workers."""

from __future__ import annotations

from archive_service import clock
from archive_service.catalogue import load
from archive_service.db.session import Database
from archive_service.jobs.queue import QUEUES as QUEUES
from archive_service.jobs.runner import Handler, Runner
from archive_service.settings import Settings
from archive_service.storage.choose import open_store
from ingest.pipeline import StepHandler
from ingest.receive import STEP_JOB
from ingest.workshop import Workshop


def handlers(workshop: Workshop) -> dict[str, Handler]:
    """Return the handler of each kind of job."""
    return {STEP_JOB: StepHandler(workshop)}


def open_workshop(settings: Settings) -> Workshop:
    """Open what the steps work with."""
    load.use_folder(settings.home / "catalogue")
    return Workshop(settings, Database(settings.url()), open_store(settings), now=clock.now, today=clock.today)


def open_runner(settings: Settings, *, worker: str, queues: tuple[str, ...] = QUEUES) -> Runner:
    """Open a runner that takes jobs from `queues` under the name `worker`."""
    workshop = open_workshop(settings)
    return Runner(workshop.database, handlers(workshop), worker, queues, settings.lease_s, clock.now)
