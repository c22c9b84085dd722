"""Processes that write log lines, as the processes of one archive do: `python -m tests.support.talkers NAME LINES`."""

from __future__ import annotations

import os
import sys

from archive_service import logs
from archive_service.settings import Settings


def talk(name: str, lines: int) -> None:
    """Write so many lines, each saying who wrote it and which it is."""
    log = logs.get("talker")
    for number in range(lines):
        log.warning("line", said=f"{name}/{number}", filling="字" * (number % 80))


def main() -> None:
    """Write lines; with the argument `fork`, from a child that inherited the log as well."""
    name, lines = sys.argv[1], int(sys.argv[2])
    logs.configure(Settings())
    if "fork" in sys.argv[3:]:
        # The parent has written before, so that its child inherits an open file.
        talk(f"{name}-first", 1)
        child = os.fork()
        talk(f"{name}-child" if child == 0 else name, lines)
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    else:
        talk(name, lines)
    print("done", flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main()
