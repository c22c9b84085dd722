"""The timetable of a worker behind a broker: a process that sends the messages of the sweeps, and is missed if it dies.

Celery's own step starts such a process too, but never looks at it again: once dead, nothing would be swept or indexed
until somebody started the worker anew.
"""

from __future__ import annotations

from typing import Any

from celery import bootsteps
from celery.beat import EmbeddedService

from archive_service import logs

log = logs.get("timetable")
#: Seconds between looks whether it is alive.
LOOK_S = 1.0


class Timetable(bootsteps.StartStopStep):  # type: ignore[misc]
    """The step of a worker that keeps the timetable."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._process: Any = None

    def start(self, worker: Any) -> None:
        """Start the process, and look after it from now on."""
        self._spawn(worker)
        worker.timer.call_repeatedly(LOOK_S, self._look_after, (worker,))

    def stop(self, worker: Any) -> None:
        """End the process."""
        self._process.stop()

    terminate = stop

    def _spawn(self, worker: Any) -> None:
        # The schedule is made anew from the program each time; there is nothing to keep in a file.
        self._process = EmbeddedService(worker.app, scheduler_cls="celery.beat:Scheduler")
        self._process.start()

    def _look_after(self, worker: Any) -> None:
        if not self._process.is_alive():
            log.warning("the timetable's process died and is started again")
            self._spawn(worker)
