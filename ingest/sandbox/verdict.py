"""From the way a child ended to the code of the refusal."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import Literal

#: A child that dies above this share of its memory died of it, whatever the signal says.
_NEAR = 0.5
_BY_SIGNAL = {
    signal.SIGALRM: "file.time-limit",  # the clock a step sets for one page
    signal.SIGXCPU: "file.time-limit",
    signal.SIGVTALRM: "file.time-limit",
    signal.SIGABRT: "file.memory-limit",  # PDFium ends itself this way when memory is refused
    signal.SIGXFSZ: "file.unpack-limit",
}
#: Exit status of a child that ran out of memory even for saying so.
OUT_OF_MEMORY = 70

Killed = Literal["time", "work", "result"]


@dataclass(frozen=True)
class End:
    """How a child ended."""

    #: As os.waitpid tells it.
    status: int
    #: Why the zygote killed it, if it did.
    killed: Killed | None
    peak_bytes: int
    cpu_s: float


def code_of(end: End, *, memory_bytes: int, cpu_s: float) -> str | None:
    """Return the code of the refusal; None when the child ended by itself as it should.

    `memory_bytes` and `cpu_s` are what it was allowed.
    """
    if end.killed == "time":
        return "file.time-limit"
    if end.killed in ("work", "result"):
        return "file.unpack-limit"
    if os.WIFSIGNALED(end.status):
        return _of_signal(end, memory_bytes=memory_bytes, cpu_s=cpu_s)
    exit_status = os.waitstatus_to_exitcode(end.status)
    if exit_status == OUT_OF_MEMORY:
        return "file.memory-limit"
    return "file.crash" if exit_status else None


def _of_signal(end: End, *, memory_bytes: int, cpu_s: float) -> str:
    ended_by = os.WTERMSIG(end.status)
    if ended_by in _BY_SIGNAL:
        return _BY_SIGNAL[signal.Signals(ended_by)]
    if ended_by == signal.SIGKILL:
        # Not by us: the hard limit of processor time, or the system short of memory.
        return "file.time-limit" if end.cpu_s >= cpu_s else "file.memory-limit"
    return "file.memory-limit" if end.peak_bytes > _NEAR * memory_bytes else "file.crash"
