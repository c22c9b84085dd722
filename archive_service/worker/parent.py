"""How a process learns that it should end: by a signal, or because the one that started it is gone."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

_PR_SET_PDEATHSIG = 1


def end_with(parent: int, by: signal.Signals = signal.SIGTERM) -> None:
    """Have this process sent the signal when its parent ends; end now if it already has, even before we could ask."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:
        sys.exit(0)


class Told:
    """Whether this process was told to end, by SIGTERM or SIGINT; what it does at that moment it finishes first.

    A `threading.Event` would not do: the signal may come while the main thread holds the event's lock to wait for it,
    and setting it would then wait for that lock for ever.
    """

    def __init__(self) -> None:
        """Listen from now on, instead of ending at once."""
        self.to_end = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def rest(self, seconds: float) -> None:
        """Do nothing for a while; told meanwhile, the process goes on when the while is over."""
        if not self.to_end:
            time.sleep(seconds)

    def _note(self, *_: object) -> None:
        self.to_end = True
