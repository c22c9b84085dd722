"""Run claimed jobs: keep their lease alive, and turn what goes wrong into a retry or a failure."""

from __future__ import annotations

import errno
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from archive_service import logs
from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed, LeaseLost

log = logs.get("jobs")
#: Seconds between looks whether the job that runs was cancelled.
LOOK_S = 1.0
#: What the system says of a disk, perhaps one over the network, that does not answer.
_AWAY = (errno.EIO, errno.ETIMEDOUT, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH)


class Handler(Protocol):
    """What is done for one kind of job."""

    def run(self, claimed: Claimed) -> None:
        """Do the work; its last transaction calls `queue.finish`, so results and the end of the job are one commit.

        Work that takes long calls `claimed.check()` between its pages and so ends soon after it was cancelled.
        """

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Write down that the work could not be done, in the transaction that fails the job."""


@dataclass
class Runner:
    """Takes jobs one at a time and hands them to their handlers."""

    database: Database
    handlers: Mapping[str, Handler]
    worker: str
    queues: tuple[str, ...]
    lease_s: float
    now: Callable[[], datetime]
    #: Says which of its queues it can work for at this moment; the others wait, and nothing of them fails.
    fit: Callable[[Sequence[str]], Sequence[str]] = field(default=lambda queues: queues)
    _last: Claimed | None = field(default=None, init=False, repr=False)

    def run_one(self) -> bool:
        """Claim and run one job; say whether there was one."""
        queues = self.fit(self.queues)
        if not queues:
            return False
        claimed = self._last = queue.claim(
            self.database,
            worker=self.worker,
            queues=queues,
            now=self.now(),
            lease_s=self.lease_s,
            last=self._last,
        )
        if claimed is None:
            return False
        with self._alive(claimed):
            self._attempt(claimed)
        return True

    def _attempt(self, claimed: Claimed) -> None:
        handler = self.handlers[claimed.kind]
        try:
            if claimed.exhausted:
                self._give_up(handler, claimed, code="job.worker-died", detail="the worker died at every attempt")
            else:
                handler.run(claimed)
        except LeaseLost:
            log.warning("lease lost", job=claimed.id, kind=claimed.kind, attempt=claimed.attempt)
        except Exception as e:  # noqa: BLE001 - a fault in one job must not end the worker; it is recorded and retried
            self._failed(handler, claimed, e)

    def _failed(self, handler: Handler, claimed: Claimed, error: Exception) -> None:
        code = _class_of(error)
        detail = "".join(traceback.format_exception(error))
        log.error("job failed", job=claimed.id, kind=claimed.kind, attempt=claimed.attempt, code=code, detail=detail)
        try:
            if claimed.attempt >= claimed.max_attempts:
                self._give_up(handler, claimed, code=code, detail=detail)
            else:
                with self.database.unit_of_work() as session:
                    queue.retry(session, claimed, code=code, detail=detail, now=self.now())
        except LeaseLost:
            log.warning("lease lost", job=claimed.id, kind=claimed.kind, attempt=claimed.attempt)

    def _give_up(self, handler: Handler, claimed: Claimed, *, code: str, detail: str) -> None:
        with self.database.unit_of_work() as session:
            now = self.now()
            queue.fail(session, claimed, code=code, detail=detail, now=now)
            handler.give_up(session, claimed, code=code, now=now)

    @contextmanager
    def _alive(self, claimed: Claimed) -> Iterator[None]:
        """Renew the lease from a thread while the block runs, and tell the handler when it is lost."""
        stopped = threading.Event()
        beat = threading.Thread(target=self._beat, args=(claimed, stopped), daemon=True)
        beat.start()
        try:
            yield
        finally:
            stopped.set()
            beat.join()

    def _beat(self, claimed: Claimed, stopped: threading.Event) -> None:
        renewed = time.monotonic()
        while not stopped.wait(min(LOOK_S, self.lease_s / 4)):
            try:
                if time.monotonic() - renewed < self.lease_s / 4:
                    self._look(claimed)
                    continue
                with self.database.unit_of_work() as session:
                    queue.renew(session, claimed, now=self.now(), lease_s=self.lease_s)
                renewed = time.monotonic()
            except LeaseLost:
                claimed.lost.set()
                return
            except Exception as e:  # noqa: BLE001 - a database that is away for a moment must not end the heart-beat
                log.warning("no sign of life could be given", job=claimed.id, fault=type(e).__name__)

    def _look(self, claimed: Claimed) -> None:
        with self.database.reading() as session:
            if not queue.holds(session, claimed):
                raise LeaseLost


def _class_of(error: Exception) -> str:
    """Return the code under which a failure is kept: what is away or full comes back, and is no fault of ours."""
    if isinstance(error, ArchiveError):
        return error.code
    if isinstance(error, OperationalError | InterfaceError):
        return "database.unavailable"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk.full"
    if isinstance(error, OSError) and error.errno in _AWAY:
        return "store.unavailable"
    return "internal.fault"
