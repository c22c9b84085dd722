"""The children of the supervisor end with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archive_service.settings import Settings

#: Starts a child and is gone before the child can have looked for its parent.
_SHORT_LIVED = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "archive_service.worker", "upkeep", "w", str(os.getpid())],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
os._exit(0)
"""


@pytest.mark.usefixtures("database")
def test_a_worker_whose_supervisor_died_while_it_started_does_not_stay(settings: Settings) -> None:
    """Otherwise each killed supervisor would leave processes that nobody looks after."""
    environment = {**os.environ, **settings.environment()}
    started = subprocess.run(
        [sys.executable, "-c", _SHORT_LIVED],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        text=True,
    )
    child = int(started.stdout)
    try:
        for _ in range(300):
            if not _runs(child):
                break
            time.sleep(0.1)
        assert not _runs(child)
    finally:
        if _runs(child):
            os.kill(child, 9)


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
