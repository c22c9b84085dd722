"""A child of the supervisor: `python -m archive_service.worker ROLE NAME SUPERVISOR`, the last its process id."""

from __future__ import annotations

import gc
import random
import sys

from archive_service import clock, logs, settings
from archive_service.db.session import Database
from archive_service.worker import jobs, parent
from archive_service.worker.upkeep import Upkeep

#: Seconds between looks for work when there was none.
IDLE_S = 0.25
#: New objects between looks for garbage that reference counts do not free.
_LOOK_EVERY = 50_000


def main() -> None:
    """Work until told to stop or until the parent is gone."""
    role, name, supervisor = sys.argv[1], sys.argv[2], int(sys.argv[3])
    logs.configure(settings.load())
    told = parent.Told()
    parent.end_with(supervisor)
    if role == "work":
        _work(name, told)
    else:
        _keep_up(told)


def _work(name: str, told: parent.Told) -> None:
    runner = jobs.open_runner(settings.load(), worker=name)
    # What is loaded by now stays until the end, and a job holds much at once that is no garbage: looking through it
    # every few hundred objects takes a fifth of the time of judging cases.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_LOOK_EVERY)
    while not told.to_end:
        if not runner.run_one():
            # Workers that wake at the same moment would only stand in each other's way.
            told.rest(IDLE_S * random.uniform(0.8, 1.2))  # noqa: S311
    # Or libraries would call at the end what was kept from the collector a leak.
    gc.unfreeze()


def _keep_up(told: parent.Told) -> None:
    loaded = settings.load()
    upkeep = Upkeep(loaded, Database(loaded.url()), now=clock.now)
    while not told.to_end:
        upkeep.run_once()
        told.rest(IDLE_S)


if __name__ == "__main__":
    main()
