"""A folder in which the processes of one web server add up their figures, for prometheus_client's multiprocess mode.

The folder has to be named in the environment before prometheus_client is imported for the first time; each process
maps files of its own in it. It belongs to one server and goes with it. Source: docs/decisions/0015.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: The files into which a process writes; gauges that live with a process are not used.
_KINDS = ("counter", "histogram")
#: Enough for every route, status and code there is; a file that has to grow on a full disk would end the process.
_BYTES = 2 * 1024 * 1024


@contextlib.contextmanager
def shared_figures(home: Path) -> Iterator[None]:
    """Let the processes that are started in the block add up their figures."""
    place = home / "run"
    place.mkdir(parents=True, exist_ok=True)
    _sweep(place)
    folder = Path(tempfile.mkdtemp(prefix="figures-", dir=place))
    before = os.environ.get(VARIABLE)
    with (folder / "server.lock").open("wb") as lock:
        # Other servers may use the same home, in other containers with the same process ids.
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.environ[VARIABLE] = str(folder)
        try:
            yield
        finally:
            os.environ.pop(VARIABLE)
            if before is not None:
                os.environ[VARIABLE] = before
            shutil.rmtree(folder, ignore_errors=True)


def claim_room() -> None:
    """Take the disk space that this process's figures need; raises OSError when there is none.

    A mapped file is made with holes, and writing into a hole on a full disk ends the process by SIGBUS.
    """
    folder = os.environ.get(VARIABLE)
    for kind in _KINDS if folder else ():
        handle = os.open(Path(folder or "", f"{kind}_{os.getpid()}.db"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(handle, 0, _BYTES)
        finally:
            os.close(handle)


def _sweep(place: Path) -> None:
    """Remove what servers left behind that were killed."""
    for folder in place.glob("figures-*"):
        with contextlib.suppress(OSError), (folder / "server.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
