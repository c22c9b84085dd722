"""The child: takes everything away from itself, does one step, says one thing, ends."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from archive_service.errors import ArchiveError
from ingest.sandbox import kernel
from ingest.sandbox.verdict import OUT_OF_MEMORY

#: (the file to open, a folder to write to, arguments) -> JSON value.
Step = Callable[[Path, Path, Mapping[str, Any]], Any]

_ROOT = Path(__file__).resolve().parents[2]
#: What loaded libraries still read: code loaded late, fonts, encodings.
_READABLE = tuple(
    dict.fromkeys(
        Path(p).resolve()
        for p in (sys.prefix, sys.base_prefix, _ROOT / "ingest", _ROOT / "archive_service", "/usr/share", "/usr/lib",
                  "/usr/local/share/fonts", "/lib", "/lib64", "/etc/fonts")
    )
)  # fmt: skip
_OPEN_FILES = 64
_NICE = 5


def run(step: Step, request: Mapping[str, Any], *, answer_fd: int, parent: int, landlock: int) -> NoReturn:
    """Do `step` under the limits of `request`, write its outcome to `answer_fd` and end the process."""
    status = 1
    try:
        path, work = Path(request["path"]), Path(request["work"])
        os.setsid()
        kernel.die_with_parent(parent)
        answer_fd = _keep_only(answer_fd)
        _limit(request)
        kernel.give_up_privileges()
        kernel.confine(landlock, readable=(*_READABLE, path), writable=work)
        _say(answer_fd, _outcome(step, path, work, request["arguments"]))
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    finally:
        # Libraries may be in any state: no atexit handlers, no destructors, no flushing.
        os._exit(status)


def _keep_only(answer_fd: int) -> int:
    """Close every inherited file but the answer; standard streams go nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    moved = os.dup2(answer_fd, 1000) if answer_fd < 4 else answer_fd
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.dup2(moved, 3, inheritable=False)
    os.closerange(4, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return 3


def _limit(request: Mapping[str, Any]) -> None:
    os.environ.clear()
    os.umask(0o077)
    os.chdir(request["work"])
    tempfile.tempdir = request["work"]
    os.nice(_NICE)
    for number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # What the libraries already occupy is not the step's doing.
    memory = _mapped_bytes() + int(request["memory_bytes"])
    seconds = int(request["cpu_s"]) + 1
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, seconds, seconds + 2),
        (resource.RLIMIT_FSIZE, int(request["file_bytes"]), int(request["file_bytes"])),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NPROC, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))


def _mapped_bytes() -> int:
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def _outcome(step: Step, path: Path, work: Path, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Do the step; whatever hostile bytes make a library raise becomes one of four outcomes."""
    try:
        return {"value": step(path, work, arguments)}
    except ArchiveError as error:
        return {"refused": error.facts.get("variant", error.code), "facts": error.facts}
    except MemoryError:
        return {"refused": "file.memory-limit", "facts": {}}
    except RecursionError:
        return {"refused": "file.damaged", "facts": {}}
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return {"no_space": True}
        if error.errno == errno.EFBIG:
            return {"refused": "file.unpack-limit", "facts": {}}
        return {"refused": "file.unreadable", "facts": {"cause": type(error).__name__}}
    except Exception as error:  # noqa: BLE001
        # Parsers of hostile bytes raise anything. The class name goes to the log, the text stays here.
        return {"refused": "file.unreadable", "facts": {"cause": type(error).__name__}}


def _say(answer_fd: int, outcome: dict[str, Any]) -> None:
    data = memoryview(json.dumps(outcome).encode())
    while data:
        data = data[os.write(answer_fd, data) :]
