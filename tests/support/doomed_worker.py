"""A worker that kills itself with SIGKILL the first time it passes a given point.

`python -m tests.support.doomed_worker POINT NAME`: works in ARCHIVE_HOME until there is nothing left to do.
"""

from __future__ import annotations

import os
import signal
import sys

from archive_service import clock, settings
from archive_service.jobs.runner import Runner
from archive_service.worker import jobs


def main() -> None:
    """Run jobs until none is due, dying at the point."""
    point, name = sys.argv[1:3]
    loaded = settings.load()
    workshop = jobs.open_workshop(loaded)

    def passed(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    workshop.passed = passed
    runner = Runner(workshop.database, jobs.handlers(workshop), name, jobs.QUEUES, loaded.lease_s, clock.now)
    while runner.run_one():
        continue


if __name__ == "__main__":
    main()
