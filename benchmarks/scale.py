"""The archive at 100,000 and at 1,000,000 items: pages, search, import, rebuild, freshness, and how they grow.

    python -m benchmarks.scale [--items 100000 1000000] [--database URL] [--engine tantivy|opensearch]
                               [--rounds 60] [--only pages search ...] [--home FOLDER]

Each size gets a home of its own in a temporary folder, filled by bulk inserts (`benchmarks.fill`); with `--home` the
homes stay there and are used again. A server database (`--database`, empty and migrated by the script) takes one size.
Every part runs in a process of its own; its memory is that process's peak. Beside each figure stands the engine alone
in the same run (SQL by the driver, Tantivy used directly). Growth is the exponent e of size^e from the smallest size
to the largest: 0 is constant, 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from archive_service import logs, migrations
from archive_service.db.session import Database
from archive_service.settings import Settings
from benchmarks.scale_lines import Line
from benchmarks.scale_parts import PARTS, holds
from benchmarks.support import machine, table

#: Milliseconds or numbers a second to reach: line -> (size, figure).
GOALS: Mapping[str, Mapping[int, float]] = {
    "household page, 8 items": {1_000_000: 60},
    "household page, 300 items": {1_000_000: 60},
    "list of": {1_000_000: 100},
    "search: phrase": {100_000: 30, 1_000_000: 150},
    "index rebuild": {100_000: 1500, 1_000_000: 1500},
    "new item found": {100_000: 2000, 1_000_000: 2000},
}
_ALSO_PARTS = ("fill", *PARTS)


def main() -> int:
    """Run the benchmark; return 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--database", default="", help="address of an empty server database instead of SQLite")
    parser.add_argument("--engine", choices=("tantivy", "opensearch"), default="tantivy")
    parser.add_argument("--rounds", type=int, default=60, help="requests or questions a line")
    parser.add_argument("--only", nargs="+", choices=_ALSO_PARTS, default=list(_ALSO_PARTS))
    parser.add_argument("--home", type=Path, help="keep the homes here, and use those that are there")
    parser.add_argument("--part", choices=_ALSO_PARTS, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.part:
        _one_part(told)
        return 0
    if told.database and len(told.items) > 1:
        parser.error("a server database takes one size")
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        found = {size: _measure(told, size, (told.home or Path(temporary)) / str(size)) for size in sorted(told.items)}
    print(_whole(found))
    return 0


def _settings(told: argparse.Namespace, home: Path) -> Settings:
    return Settings(
        _env_file=None, home=home, database_url=told.database, search_engine=told.engine, log_level="WARNING"
    )


def _measure(told: argparse.Namespace, size: int, home: Path) -> dict[str, dict[str, Any]]:
    """Measure one size in child processes; print its table; return the lines by name."""
    lines: dict[str, dict[str, Any]] = {}
    for part in _ALSO_PARTS:
        if part in told.only:
            for line in _in_child(told, part, size, home):
                lines[line["name"]] = line
    print(f"\n{size:,} items\n\n{_table(size, lines)}\n", flush=True)
    return lines


def _in_child(told: argparse.Namespace, part: str, size: int, home: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.scale", "--part", part, "--items", str(size), "--home", str(home)]
    command += ["--engine", told.engine, "--rounds", str(told.rounds), "--database", told.database]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ)
    load = os.getloadavg()[0]
    print(f"- {size:,}: {part} took {time.perf_counter() - began:,.0f} s, load {load:.1f}", flush=True)
    lines: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return lines


def _one_part(told: argparse.Namespace) -> None:
    settings, size = _settings(told, told.home), told.items[0]
    logs.configure(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    # A home that was kept may be of an earlier version.
    migrations.upgrade(settings.url())
    lines = _filled(settings, size) if told.part == "fill" else list(PARTS[told.part](settings, told.rounds))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([{**asdict(line), "memory_mb": memory} for line in lines]))


def _filled(settings: Settings, size: int) -> list[Line]:
    # The pool of papers takes a second to draw, which only this part needs.
    from benchmarks.fill import fill

    done = settings.home / "filled"
    if done.exists():
        return []
    database = Database(settings.url())
    began, cpu = time.perf_counter(), time.process_time()
    filled = fill(database, size, progress=lambda n, whole: print(f"filled {n:,} of {whole:,}", file=sys.stderr))
    took, took_cpu = time.perf_counter() - began, time.process_time() - cpu
    database.close()
    done.touch()
    assert holds(settings) == (filled.items, filled.households, filled.pages)
    return [Line("fill by bulk inserts, items a second", rate=size / took, rate_cpu=size / took_cpu)]


def percentile(times: Sequence[float], share: float) -> float:
    """Return the time that `share` of all do not pass."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _table(size: int, lines: Mapping[str, dict[str, Any]]) -> str:
    rows = []
    for name, line in lines.items():
        memory = f"{line['memory_mb']:,.0f} MB"
        if line["rate"] is not None:
            alone = f"{line['rate_alone']:,.0f}" if line["rate_alone"] else ""
            ratio = f"{line['rate'] / line['rate_alone']:.2f}" if line["rate_alone"] else ""
            cells = [f"{line['rate']:,.0f}", f"{line['rate_cpu']:,.0f}", alone, ratio]
        else:
            alone = _both(line["alone"])
            ratio = f"{statistics.median(line['wall']) / statistics.median(line['alone']):.2f}" if alone else ""
            cells = [_both(line["wall"]), _both(line["cpu"]), alone, ratio]
        rows.append([name, *cells, memory, _kept(name, size, line)])
    heads = ["line", "p50 / p95 ms, or a second", "the same in CPU time", "engine alone", "ratio", "memory", "goal"]
    return table(heads, rows)


def _both(times: Sequence[float]) -> str:
    return f"{percentile(times, 0.5):.1f} / {percentile(times, 0.95):.1f}" if times else ""


def _kept(name: str, size: int, line: Mapping[str, Any]) -> str:
    goal = next((goals.get(size) for begun, goals in GOALS.items() if name.startswith(begun)), None)
    if goal is None:
        return ""
    kept = line["rate"] >= goal if line["rate"] is not None else percentile(line["wall"], 0.95) <= goal
    return f"{goal:,.0f}: {'reached' if kept else 'NOT reached'}"


def _whole(found: Mapping[int, Mapping[str, dict[str, Any]]]) -> str:
    """Return all sizes in one table, with the exponent of growth, as it can stand in the README."""
    sizes = list(found)
    rows = []
    for name in dict.fromkeys(name for lines in found.values() for name in lines):
        own = [found[size].get(name) for size in sizes]
        cells = [_short(line) if line else "" for line in own]
        rows.append([name, *cells, _growth(sizes, own)])
    return table(["line", *(f"{size:,} items" for size in sizes), "growth"], rows)


def _short(line: Mapping[str, Any]) -> str:
    if line["rate"] is not None:
        alone = f" ({line['rate'] / line['rate_alone']:.2f} x the engine alone)" if line["rate_alone"] else ""
        return f"{line['rate']:,.0f}{alone}"
    alone = f" (alone {percentile(line['alone'], 0.95):.1f})" if line["alone"] else ""
    return f"{_both(line['wall'])} ms{alone}"


def _growth(sizes: Sequence[int], own: Sequence[Mapping[str, Any] | None]) -> str:
    first, last = own[0], own[-1]
    if len(sizes) < 2 or first is None or last is None:
        return ""
    if first["rate"] is not None:
        grown = first["rate"] / last["rate"]
    else:
        grown = percentile(last["wall"], 0.95) / percentile(first["wall"], 0.95)
    return f"{math.log(grown) / math.log(sizes[-1] / sizes[0]):.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
