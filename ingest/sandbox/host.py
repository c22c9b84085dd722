"""The side of the worker: keeps a zygote at hand, hands it steps, takes results and nothing else."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

from archive_service.errors import Unavailable
from ingest import errors
from ingest.sandbox import wire
from ingest.sandbox.verdict import End, code_of

_MIB = 1024 * 1024
_ROOT = Path(__file__).resolve().parents[2]
#: A guard against leaks of the libraries, as measured; a restart costs half a second.
_JOBS_PER_ZYGOTE = 500
#: How long loading the libraries may take on a busy machine.
_START_S = 120.0
#: How much longer than the child we wait for the zygote that should have killed it.
_GRACE_S = 10.0


@dataclass(frozen=True)
class Allowance:
    """What one child may use."""

    memory_bytes: int
    wall_s: float
    cpu_s: float
    #: Largest file, and all files together, that it may write.
    file_bytes: int = 256 * _MIB
    work_bytes: int = 1024 * _MIB
    #: Longest answer.
    result_bytes: int = 64 * _MIB


class Sandbox:
    """Runs steps on hostile files, one at a time, each in a child process of its own.

    Safe to share between threads (they take turns) and to inherit over a fork (the new process starts its own).
    """

    def __init__(self, steps: str = "ingest.formats.steps", *, search: Sequence[Path] = ()) -> None:
        """`steps` is a module with a mapping STEPS; `search` holds further folders to import it from."""
        self._steps = steps
        self._search = (_ROOT, *search)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._jobs = 0
        self._ready: Mapping[str, Any] = {}
        _all.add(self)

    def run(
        self, step: str, path: Path, *, into: Path, allow: Allowance, folders: bool = False, **arguments: Any
    ) -> Any:
        """Do `step` on the file at `path`; files it makes end up in the folder `into`, its answer is returned.

        With `folders` the folders that it makes come over too, with the plain files and folders in them.

        Raises FileRefused for whatever the file does to the child, Unavailable for trouble on our side. Nothing is
        left in `into` unless the step succeeded.
        """
        work = Path(tempfile.mkdtemp(prefix="step-", dir=into)).absolute()
        request = {"step": step, "path": str(path.absolute()), "work": str(work), "arguments": arguments}
        try:
            report, answer = self._exchange(request | asdict(allow), wait_s=allow.wall_s + _GRACE_S)
            value = _value(report, answer, allow)
            _hand_over(work, into, folders=folders)
            return value
        finally:
            rmtree(work, ignore_errors=True)

    def isolation(self) -> str:
        """Say in a few words what keeps a child apart on this machine."""
        with self._lock:
            self._start()
            ready = self._ready
        version = ready.get("landlock", 0)
        files = f"landlock {version}" if version else "user rights only"
        network = "shared" if ready.get("network", True) else "none"
        if network == "shared" and version >= 4:
            network = "no TCP"
        return f"limits: memory, time, files · files: {files} · network: {network}"

    def close(self) -> None:
        """End the zygote; the next step starts a new one."""
        with self._lock:
            self._stop()

    def _exchange(self, request: Mapping[str, Any], *, wait_s: float) -> tuple[Mapping[str, Any], bytes]:
        with self._lock:
            sock = self._start()
            try:
                sock.settimeout(wait_s)
                wire.send_json(sock, request)
                report, answer = wire.receive_json(sock), wire.receive(sock)
                if report is None or answer is None:
                    raise wire.Broken
            except wire.Broken as error:
                self._stop()
                raise errors.no_sandbox() from error
            except BaseException:
                # Interrupted half way: an answer still under way must not be taken for that of the next step.
                self._stop()
                raise
            self._jobs += 1
            if self._jobs >= _JOBS_PER_ZYGOTE:
                self._stop()
            return report, answer

    def _start(self) -> socket.socket:
        if self._socket is not None and self._process is not None and self._process.poll() is None:
            return self._socket
        self._stop()
        ours, theirs = socket.socketpair()
        try:
            # A fresh interpreter, not a fork: it inherits no threads, no locks, no connections and no environment.
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "ingest.sandbox", self._steps],
                stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=self._environment(), cwd="/", close_fds=True, start_new_session=True,
            )  # fmt: skip
            # Were this end still open here, the end of a zygote that dies while it starts would never be noticed.
            theirs.close()
            self._socket = ours
            ours.settimeout(_START_S)
            self._ready = wire.receive_json(ours) or {}
            if not self._ready:
                raise wire.Broken
        except (OSError, wire.Broken) as error:
            ours.close()
            self._stop()
            raise errors.no_sandbox() from error
        finally:
            theirs.close()
        return ours

    def _environment(self) -> dict[str, str]:
        """Only what Python and numpy need: numpy would start threads, and a process with threads must not fork."""
        one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        return one | {
            "PYTHONPATH": os.pathsep.join(str(p) for p in self._search),
            "PYTHONSAFEPATH": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
            "PATH": "/usr/bin:/bin",
            "MALLOC_ARENA_MAX": "1",
        }

    def _stop(self) -> None:
        process, self._process = self._process, None
        sock, self._socket = self._socket, None
        self._jobs = 0
        if sock is not None:
            sock.close()
        if process is not None:
            # Its child dies with it: the kernel was told so.
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()

    def _forget(self) -> None:
        """In a forked process: the zygote belongs to the parent; let go of it without touching it."""
        self._lock = threading.Lock()
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.returncode = 0
        self._process = self._socket = None
        self._jobs = 0


def _value(report: Mapping[str, Any], answer: bytes, allow: Allowance) -> Any:
    """Return what the step answered, or raise what became of it. The child is not believed about anything else."""
    end = End(report["status"], report["killed"], report["peak_bytes"], report["cpu_s"])
    facts = {"peak_mib": end.peak_bytes // _MIB, "cpu_s": round(end.cpu_s, 2)}
    code = code_of(end, memory_bytes=allow.memory_bytes, cpu_s=allow.cpu_s)
    if code is not None:
        raise errors.refuse(code, **facts, status=end.status)
    try:
        outcome = json.loads(answer)
        if "value" in outcome:
            return outcome["value"]
        if outcome.get("no_space"):
            raise errors.no_space()
        told = {k: v for k, v in outcome["facts"].items() if k in ("limit", "looks_like", "member", "cause")}
        raise errors.refuse(str(outcome["refused"]), **told)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise errors.refuse("file.crash", **facts) from error


def _hand_over(work: Path, into: Path, *, folders: bool) -> None:
    """Move plain files out of the child's folder; links and the like would lead out of it and are dropped."""
    for entry in os.scandir(work):
        kind = entry.stat(follow_symlinks=False)
        if _is_plain(kind) or (folders and stat.S_ISDIR(kind.st_mode)):
            if stat.S_ISDIR(kind.st_mode):
                _drop_links(Path(entry.path))
            os.replace(entry.path, into / entry.name)


def _drop_links(folder: Path) -> None:
    """Leave only plain files and folders below a folder that no child writes to any more."""
    for at, below, files in os.walk(folder):
        for name in (*below, *files):
            path = os.path.join(at, name)
            kind = os.lstat(path)
            if not _is_plain(kind) and not stat.S_ISDIR(kind.st_mode):
                os.unlink(path)


def _is_plain(kind: os.stat_result) -> bool:
    return stat.S_ISREG(kind.st_mode) and kind.st_nlink == 1


_all: weakref.WeakSet[Sandbox] = weakref.WeakSet()
_shared: Sandbox | None = None
_shared_lock = threading.Lock()


def shared() -> Sandbox:
    """Return the sandbox of this process, which knows the steps of `ingest.formats`."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Sandbox()
        return _shared


def isolation() -> str:
    """Say what keeps hostile files apart on this machine, for `doctor`."""
    try:
        return shared().isolation()
    except Unavailable:
        return "not available"


@atexit.register
def _close_all() -> None:
    for sandbox in list(_all):
        sandbox.close()


def _after_fork() -> None:
    global _shared_lock
    _shared_lock = threading.Lock()
    for sandbox in list(_all):
        sandbox._forget()


os.register_at_fork(after_in_child=_after_fork)
