"""Take a set of scans through the real program, and collect what it made of them and at what cost."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from archive_service import clock
from archive_service.cli.services import Services
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.settings import Settings
from benchmarks import support
from benchmarks.recognition_score import Found, ReadFile, ReadPage
from benchmarks.recognition_truth import ScanSet
from ingest import report, sort
from ingest.recognise.values import Proposal
from ingest.tables import Scan, ScanPage

_LOOK_S = 0.5
_KIB_A_GIB = 2**20


@dataclass(frozen=True)
class Outcome:
    """What became of a set."""

    files: Mapping[str, ReadFile]
    pages_a_minute: float
    #: Most resident memory that any one process of the program had.
    worker_gib: float


def run(scans: ScanSet, home: Path, workers: int = 2) -> Outcome:
    """Register the cases, ingest the scans with so many workers in a fresh archive, and read back everything."""
    program = str(Path(sys.executable).parent / "archive-service")
    environment = {"ARCHIVE_HOME": str(home), "ARCHIVE_WORKERS": str(workers)}
    top = next((unit for unit in scans.units if unit[2] is None), None)
    named = ["--unit-code", top[0], "--unit", top[1]] if top else []
    support.run([program, "init", *named], environment=environment)
    for code, name, above in scans.units:
        if above is not None:
            support.run([program, "people", "add-unit", code, name, "--below", above], environment=environment)
    support.run([program, "cases", "import", str(scans.folder / "cases.csv")], environment=environment)
    begun = time.perf_counter()
    output, worker_gib = _watched([program, "ingest", str(scans.folder / "scans"), "--json"], environment)
    took_s = time.perf_counter() - begun
    ids = [json.loads(line)["scan"] for line in output.splitlines()]
    files = collect(home, [int(one) for one in ids if one])
    return Outcome(files, 60 * scans.page_count / took_s, worker_gib)


def collect(home: Path, scan_ids: list[int]) -> dict[str, ReadFile]:
    """Return what the archive under `home` says of these scans, by file name; members of containers too."""
    services = Services(Settings(_env_file=None, home=home))
    files: dict[str, ReadFile] = {}
    with services.reading() as (session, viewer):
        for scan_id in scan_ids:
            for one in _with_members(report.result(session, viewer, scan_id)):
                text = report.text(session, services.store, viewer, int(one["scan"]))
                files[one["file"]] = _file(one, text)
    services.database.close()
    return files


def again(home: Path) -> Outcome:
    """Recognise anew, with the rules of today, what the archive under `home` has read; nothing is read or filed."""
    services = Services(Settings(_env_file=None, home=home))
    files: dict[str, ReadFile] = {}
    with services.reading() as (session, _):
        accounts = {one.id: one.account_no for one in session.scalars(select(HouseholdFile))}
        cases = {one.id: one.application_no for one in session.scalars(select(CaseFile))}
        for scan in session.scalars(select(Scan)).all():
            rows = session.scalars(select(ScanPage).where(ScanPage.scan_id == scan.id).order_by(ScanPage.page_no)).all()
            proposals = sort.recognised(
                session, scan, rows, settings=services.settings, store=services.store, today=clock.now().date()
            )
            documents = [_proposed(one, accounts, cases) for one in proposals]
            pages = tuple(ReadPage(row.rotation or 0, row.text or "") for row in rows)
            files[scan.file_name] = ReadFile(scan.file_name, pages, tuple(documents))
    services.database.close()
    return Outcome(files, math.nan, math.nan)


def _proposed(one: Proposal, accounts: Mapping[int, str], cases: Mapping[int, str]) -> Found:
    return Found(
        one.document_type,
        one.pages,
        accounts.get(one.household_id or 0),
        cases.get(one.case_id or 0),
        {name: found.value for name, found in one.fields.items()},
        not one.doubts and one.household_id is not None,
        one.doubts,
    )


def _with_members(result: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield result
    for member in result.get("members", []):
        yield from _with_members(member)


def _file(result: Mapping[str, Any], text: Mapping[str, Any]) -> ReadFile:
    pages = tuple(ReadPage(page["rotation"] or 0, page["text"]) for page in text["pages"])
    # A container repeats what its members hold.
    items = [] if result.get("members") else result["items"]
    return ReadFile(result["file"], pages, tuple(_found(item) for item in items if item["state"] != "dropped"))


def _found(item: Mapping[str, Any]) -> Found:
    return Found(
        item["document_type"],
        tuple(item["pages"]),
        item["account_no"],
        item["application_no"],
        {name: str(found["value"]) for name, found in item["fields"].items()},
        item["state"] == "filed",
        tuple(item["doubts"]),
    )


def _watched(command: list[str], environment: Mapping[str, str]) -> tuple[str, float]:
    """Run a program to its end; return what it printed and the most memory of one of its processes."""
    most = [0]
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, done, most), daemon=True)
        watcher.start()
        output, _ = process.communicate()
        done.set()
        watcher.join()
    return output, most[0] / _KIB_A_GIB


def _watch(parent: int, done: threading.Event, most: list[int]) -> None:
    while not done.wait(_LOOK_S):
        for pid in _below(parent):
            most[0] = max(most[0], _peak_kib(pid))


def _below(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield from _below(int(child))


def _peak_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
