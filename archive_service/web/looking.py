"""Looking at something that may hang, without hanging with it, and not more often than it is worth."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Look(Generic[T]):
    """Asks `ask` in a thread of its own, one at a time, and keeps the answer, which is not None, for a while.

    An answer, or a failure, is kept for `every_s` seconds, and longer when it was dear: asking again takes at most one
    part in `share` of the time. Who asks for the last answer waits `patience_s` seconds for a new one first.
    """

    ask: Callable[[], T]
    every_s: float
    patience_s: float
    share: int = 10
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _answer: T | None = None
    _failure: Exception | None = None
    _done: threading.Event | None = None
    _asked_at: float = 0.0
    _again_at: float = 0.0

    def after(self, begun: threading.Event, *, until: float) -> T:
        """Return the answer to what `begin` began, at the latest at `until` of the monotonic clock.

        Raises what `ask` raised, or TimeoutError.
        """
        if not begun.wait(max(0.0, until - time.monotonic())):
            raise TimeoutError
        return self._result()

    def last(self) -> T:
        """Return an answer that is new enough or, rather than wait too long, the one before."""
        if not self.begin().wait(self.patience_s) and self._answer is None and self._failure is None:
            raise TimeoutError
        return self._result()

    def _result(self) -> T:
        with self._lock:
            if self._failure is not None:
                raise self._failure
            assert self._answer is not None
            return self._answer

    def begin(self) -> threading.Event:
        """Start asking if it is time, and return what is set when there is a new enough answer."""
        with self._lock:
            under_way = self._done is not None and not self._done.is_set()
            if self._done is None or (not under_way and time.monotonic() >= self._again_at):
                self._done, self._asked_at = threading.Event(), time.monotonic()
                # A daemon: what hangs must not keep the process from ending.
                threading.Thread(target=self._run, args=(self._done,), daemon=True).start()
            return self._done

    def _run(self, done: threading.Event) -> None:
        answer: T | None = None
        failure: Exception | None = None
        try:
            answer = self.ask()
        except Exception as e:  # noqa: BLE001 - handed to whoever asked
            failure = e
        with self._lock:
            self._answer, self._failure = answer, failure
            took = time.monotonic() - self._asked_at
            self._again_at = time.monotonic() + max(self.every_s, self.share * took)
        done.set()
