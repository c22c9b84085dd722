"""An archive of its own for a test: a home with units, a registered household, and the command line run for real."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

COLUMNS = (
    "account_no,account_name,service_address,customer_category,business_type,application_no,centre,"
    "capacity_kva,voltage,conditions,accepted_on,energised_on"
)
ACCOUNT, APPLICATION = "5101431049", "202603100001"
ADDRESS = "青屿县东门街道阳光新城17幢1单元401室"
ROW = f"{ACCOUNT},汪雪梅,{ADDRESS},LR,NEW,{APPLICATION},QY02,12,220V,natural,2026-03-10,2026-03-20"


@cache
def _plain() -> Path:
    """The home of an archive on SQLite and files, made by the command line once a run."""
    folder = tempfile.mkdtemp(prefix="archive-of-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Archive(Path(folder) / "home")
    made._make()
    return made.home


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[Any]:
        """The JSON objects on standard output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Archive:
    """A home, the variables that say what else it stands on, and the command line that works in it."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, **environment: str) -> Answer:
        """Run `archive-service` with these arguments in a process of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
        done = subprocess.run(
            [sys.executable, "-m", "archive_service", *arguments],
            env={**kept, "ARCHIVE_HOME": str(self.home), "ARCHIVE_WORKERS": "1", **self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def prepare(self) -> None:
        """Make the archive and register one household with one case; a plain one is a copy of the first of its kind."""
        if self.environment:
            self._make()
        else:
            shutil.copytree(_plain(), self.home, dirs_exist_ok=True)

    def _make(self) -> None:
        assert self.run("init").code == 0
        cases = self.home / "cases.csv"
        cases.write_text(f"{COLUMNS}\n{ROW}\n", encoding="utf-8")
        answer = self.run("cases", "import", str(cases))
        assert answer.code == 0, answer.err
