"""The zygote: libraries loaded, one thread, no secrets; forks a child for every step and watches it."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import time
from collections.abc import Mapping
from typing import Any

from ingest.sandbox import child, kernel, wire

#: Seconds between two looks at how much a child has written.
_LOOK_S = 0.25
#: How long a child may take to end after it has answered.
_GRACE_S = 2.0


def main(steps_module: str) -> None:
    """Serve requests from the socket on standard input until its other end closes."""
    host = os.getppid()
    sock = socket.socket(fileno=os.dup(0))
    # Before anything is loaded: a user namespace can only be entered while there is a single thread.
    without_network = kernel.leave_network()
    steps: Mapping[str, child.Step] = importlib.import_module(steps_module).STEPS
    landlock = kernel.landlock_version()
    # Nothing loaded now is garbage; freezing it keeps its pages shared with the children.
    gc.collect()
    gc.freeze()
    with contextlib.suppress(wire.Broken):
        wire.send_json(sock, {"network": not without_network, "landlock": landlock, "steps": sorted(steps)})
        while (request := wire.receive_json(sock)) is not None:
            report, answer = _perform(steps, request, sock, host=host, landlock=landlock)
            wire.send_json(sock, report)
            wire.send(sock, answer)
    os._exit(0)


def _perform(
    steps: Mapping[str, child.Step], request: Mapping[str, Any], sock: socket.socket, *, host: int, landlock: int
) -> tuple[dict[str, Any], bytes]:
    read_fd, write_fd = os.pipe2(os.O_CLOEXEC)
    zygote = os.getpid()
    pid = os.fork()
    if pid == 0:
        child.run(steps[request["step"]], request, answer_fd=write_fd, parent=zygote, landlock=landlock)
    os.close(write_fd)
    os.set_blocking(read_fd, False)
    try:
        answer, killed = _watch(pid, read_fd, request, sock, host=host)
    finally:
        os.close(read_fd)
        _kill(pid)
        _, status, usage = os.wait4(pid, 0)
    report = {
        "status": status,
        "killed": killed,
        "peak_bytes": usage.ru_maxrss * 1024,
        "cpu_s": usage.ru_utime + usage.ru_stime,
    }
    return report, answer


def _watch(
    pid: int, read_fd: int, request: Mapping[str, Any], sock: socket.socket, *, host: int
) -> tuple[bytes, str | None]:
    """Collect the child's answer until it ends; say why it has to be killed, if it has to."""
    deadline = time.monotonic() + request["wall_s"]
    next_look = time.monotonic() + _LOOK_S
    answer = bytearray()
    poll = select.poll()
    poll.register(read_fd, select.POLLIN)
    poll.register(sock.fileno(), select.POLLRDHUP)
    while True:
        ready = dict(poll.poll(_LOOK_S * 1000))
        if sock.fileno() in ready or os.getppid() != host:
            raise wire.Broken  # nobody waits for the answer any more
        if read_fd in ready and not _drain(read_fd, answer):
            return (bytes(answer), None) if _ends(pid) else (b"", "time")
        if len(answer) > request["result_bytes"]:
            return b"", "result"
        if time.monotonic() > deadline:
            return b"", "time"
        if time.monotonic() > next_look:
            if _written(request["work"]) > request["work_bytes"]:
                return b"", "work"
            next_look = time.monotonic() + _LOOK_S


def _ends(pid: int) -> bool:
    """Wait a little for a child that has closed its answer; it stays there to be asked how it ended."""
    deadline = time.monotonic() + _GRACE_S
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return True
        time.sleep(0.0005)
    return False


def _drain(fd: int, into: bytearray) -> bool:
    """Move what is there into `into`; return False at the end of the stream."""
    with contextlib.suppress(BlockingIOError):
        for _ in range(64):
            part = os.read(fd, 1 << 16)
            if not part:
                return False
            into += part
    return True


def _written(folder: str) -> int:
    total = 0
    with contextlib.suppress(OSError):
        for where, _, files in os.walk(folder):
            for name in files:
                with contextlib.suppress(FileNotFoundError):
                    total += os.lstat(os.path.join(where, name)).st_size
    return total


def _kill(pid: int) -> None:
    """End the child and what it may have left in its session; not waited for yet, so the id is still its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
