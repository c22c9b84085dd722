"""Commands that are started again whenever they end, as a service manager does it, and the processes below them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Command:
    """An `archive-service` command that runs until it is stopped, with its output in a file of the home."""

    home: Path
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.home / f"{'-'.join(self.arguments[:3]).replace(',', '-').replace('--', '')}.log"

    def keep_up(self) -> None:
        """Start it when it does not run."""
        if self.process is not None and self.process.poll() is None:
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "archive_service", *self.arguments],
                env=dict(self.environment),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.starts += 1

    def stop(self) -> None:
        """End it as an operator would; one that does not end is killed."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self.process.pid if self.process is not None and self.process.poll() is None else None


@dataclass(frozen=True)
class Tree:
    """Which processes there were at one moment, with parents and commands."""

    parents: Mapping[int, int]
    commands: dict[int, str] = field(default_factory=dict)

    @classmethod
    def now(cls) -> Tree:
        """Look at all processes."""
        return cls(dict(_parents()))

    def below(self, pid: int | None, *, having: str = "") -> list[int]:
        """Return all processes below one whose command holds the words, and which are no forks of such a one."""
        found = []
        for one in self.parents:
            above = list(self._above(one))
            if pid in above and having in self.command(one) and (not having or having not in self.command(above[0])):
                found.append(one)
        return found

    def children(self, pid: int | None) -> list[int]:
        """Return the processes whose parent this one is."""
        return [one for one, parent in self.parents.items() if parent == pid]

    def command(self, pid: int) -> str:
        """Return the command line of a process; empty when it is gone."""
        if pid not in self.commands:
            with contextlib.suppress(OSError):
                self.commands[pid] = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        return self.commands.get(pid, "")

    def _above(self, pid: int) -> Iterator[int]:
        while (pid := self.parents.get(pid, 0)) > 1:
            yield pid


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                # The name of the program, in brackets, may itself hold blanks and brackets.
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    yield int(folder.name), int(parent)


def working_in(home: Path) -> list[int]:
    """Return every process whose environment names this home, whoever its parent is by now."""
    mark = f"ARCHIVE_HOME={home}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def left_behind(home: Path) -> str:
    """Describe the processes of this home: what they are, whose children, and what they wait for."""
    tree = Tree.now()
    lines = []
    for pid in working_in(home):
        with contextlib.suppress(OSError):
            state = [
                line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line[:3] in ("Sta", "Sig")
            ]
            waits = Path(f"/proc/{pid}/wchan").read_text()
            lines.append(f"{pid} below {tree.parents.get(pid)}, waits in {waits}: {tree.command(pid)} {state}")
    return "processes are left behind:\n" + "\n".join(lines)


def kill(pid: int) -> bool:
    """Kill a process as the kernel does when memory is short; say whether it was still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def gone(home: Path, *, within_s: float) -> bool:
    """Say whether all processes of this home end within the time."""
    end = time.monotonic() + within_s
    while working_in(home):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
