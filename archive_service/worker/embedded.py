"""Workers without a broker: child processes that poll the job rows, and the supervisor that keeps them alive.

One supervisor runs in a home at a time; it holds a lock file. A worker that dies is replaced after a short wait, and
the job that it held is free again at once. Losing the supervisor loses nothing: its children stop, and the next one
takes up the rows.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO

from sqlalchemy.exc import OperationalError

from archive_service import clock, logs
from archive_service.db.session import Database
from archive_service.jobs import queue
from archive_service.settings import Settings

log = logs.get("supervisor")
#: Seconds between looks at the children.
LOOK_S = 0.2
#: Longest wait before a worker that keeps dying is started again.
LONGEST_WAIT_S = 30.0
#: A worker that lived longer than this could start and work; it is replaced as quickly as one that died once.
SHORT_LIFE_S = 5.0
#: How long the children together may take to finish what they do.
FINISH_S = 20.0


@dataclass
class _Place:
    """A child process and what is known of its predecessors."""

    role: str
    number: int
    child: subprocess.Popen[bytes] | None = None
    name: str = ""
    deaths: int = 0
    started: float = 0.0
    start_at: float = 0.0


@dataclass
class Supervisor:
    """Starts workers and one upkeep process, and replaces those that die."""

    settings: Settings
    workers: int
    _places: list[_Place] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _lock: IO[bytes] | None = None

    def start(self) -> bool:
        """Start the children; say False, and do nothing, when another supervisor works in this home."""
        self._lock = _take_lock(self.settings.home / "supervisor.lock")
        if self._lock is None:
            return False
        self._places = [_Place("work", n) for n in range(self.workers)] + [_Place("upkeep", 0)]
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return True

    def stop(self) -> None:
        """Let the children finish their step, wait for them, and give the home free; the slow ones are killed."""
        self._stopped.set()
        if self._thread:
            self._thread.join()
        children = [place.child for place in self._places if place.child]
        for child in children:
            child.terminate()
        end = time.monotonic() + FINISH_S
        for child in children:
            _wait(child, seconds=max(0.0, end - time.monotonic()))
        if self._lock:
            self._lock.close()

    def __enter__(self) -> Supervisor:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pids(self) -> list[int]:
        """Process ids of the children that are alive."""
        return [place.child.pid for place in self._places if place.child and place.child.poll() is None]

    def _watch(self) -> None:
        database = Database(self.settings.url())
        try:
            while not self._stopped.wait(LOOK_S):
                for place in self._places:
                    try:
                        self._look_after(place, database)
                    except (OperationalError, OSError) as e:
                        # The job of a dead child cannot be freed now, or no process started: the next look tries again.
                        log.warning("worker not replaced yet", worker=place.name, fault=type(e).__name__)
        finally:
            database.close()

    def _look_after(self, place: _Place, database: Database) -> None:
        if place.child is not None and place.child.poll() is None:
            return
        if place.child is not None:
            self._bury(place, database)
        if time.monotonic() >= place.start_at:
            self._spawn(place)

    def _bury(self, place: _Place, database: Database) -> None:
        assert place.child is not None
        freed = queue.release(database, worker=place.name, now=clock.now())
        lived = time.monotonic() - place.started
        place.deaths = place.deaths + 1 if lived < SHORT_LIFE_S else 1
        wait = min(LONGEST_WAIT_S, 0.2 * 2.0**place.deaths)
        place.start_at = time.monotonic() + wait
        log.warning("worker died", worker=place.name, status=place.child.returncode, freed=freed, restart_in_s=wait)
        place.child = None

    def _spawn(self, place: _Place) -> None:
        place.name = f"{os.uname().nodename}:{os.getpid()}:{place.role}{place.number}:{time.time_ns()}"
        environment = {**os.environ, **self.settings.environment()}
        command = [sys.executable, "-m", "archive_service.worker", place.role, place.name, str(os.getpid())]
        place.child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno())  # noqa: S603
        place.started = time.monotonic()


def _take_lock(path: Path) -> IO[bytes] | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _wait(child: subprocess.Popen[bytes], *, seconds: float) -> None:
    try:
        child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
