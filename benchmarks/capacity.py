"""Capacity on paper: the tables of docs/scale.md, from measured figures and marked assumptions.

    python -m benchmarks.capacity [--households 300000 1340000 30000000] [--pages-per-household 6.65] [--seed 1] …

Every figure is an option; `--help` names them with where they come from. A test compares what is printed with the page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from math import ceil

from benchmarks.arrivals import Waits, peak_hour, workers_needed
from benchmarks.capacity_model import YEAR, Archive, archive
from benchmarks.figures import FIGURES, WEIGHTS
from benchmarks.support import table

#: A county of 300,000 files, a city whose archivists tell of 1.34 million customers, a province.
HOUSEHOLDS = (300_000, 1_340_000, 30_000_000)
#: Machines of storage are not counted: they follow from the bytes.
Row = tuple[str, Callable[[Archive], str]]


def number(value: float) -> str:
    """Return a number with three digits that mean something."""
    if value >= 1000:
        digits = len(str(int(value)))
        return f"{round(value, 3 - digits):,.0f}"
    return f"{value:.3g}"


def size(value: float) -> str:
    """Return bytes with the unit that fits, powers of 1000."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            return f"{number(value)} {unit}"
        value /= 1000
    raise AssertionError("unreachable")


def span(hours: float) -> str:
    """Return a time with the unit that fits."""
    if hours < 1 / 60:
        return f"{number(hours * 3600)} s"
    if hours < 1:
        return f"{number(hours * 60)} min"
    return f"{number(hours)} h" if hours < 72 else f"{number(hours / 24)} days"


def compared(archives: Sequence[Archive], rows: Sequence[Row]) -> str:
    """Return a table with a column for each archive."""
    heads = ["", *(f"{one.households:,.0f} households" for one in archives)]
    return table(heads, [[name, *(tell(one) for one in archives)] for name, tell in rows])


def holdings() -> list[Row]:
    """Return what the archive holds, and what a year adds."""
    kinds = ("original", "image", "thumbnail", "lines", "pdf")
    names = ("originals", "page images", "thumbnails", "lines (JSON)", "PDF/A of the items")
    return [
        ("pages", lambda one: number(one.pages)),
        ("cases", lambda one: number(one.drivers["case"])),
        ("items", lambda one: number(one.drivers["item"])),
        ("objects", lambda one: number(one.rows["stored_objects"])),
        *((name, partial(_of_kind, kind=kind)) for kind, name in zip(kinds, names, strict=True)),
        ("all objects, once", lambda one: size(one.stored_bytes)),
        ("full-text index", lambda one: size(one.index_bytes)),
        ("database, SQLite", lambda one: size(one.sqlite_bytes)),
        ("database, PostgreSQL", lambda one: size(sum(one.database_bytes.values()))),
        ("pages a year", lambda one: number(one.pages_a_year)),
        ("objects a year", lambda one: size(one.stored_bytes / one.pages * one.pages_a_year)),
    ]


def _of_kind(one: Archive, kind: str) -> str:
    return size(one.object_bytes[kind])


def tables() -> list[Row]:
    """Return rows and bytes of every table on PostgreSQL, and partitions where it is parted."""

    def told(one: Archive, *, name: str) -> str:
        parts = one.partitions.get(name)
        parted = f", {parts} partitions" if parts else ""
        return f"{number(one.rows[name])}, {size(one.database_bytes[name])}{parted}"

    return [(f"`{each.table}`", partial(told, name=each.table)) for each in WEIGHTS]


@cache
def _waits(households: float, changed: tuple[tuple[str, float], ...], seed: int) -> tuple[Waits, ...]:
    one = archive(households, **dict(changed))
    return tuple(workers_needed(one.load, p95_s=one["wait-goal"], seed=seed))


def queue(seed: int) -> list[Row]:
    """Return the simulated year."""

    def waits(one: Archive, at: int) -> Waits | None:
        found = _waits(one.households, tuple((name.replace("-", "_"), v) for name, v in one.figures.items()), seed)
        return found[at] if len(found) >= -at else None

    def told(one: Archive, at: int) -> str:
        found = waits(one, at)
        if found is None:
            return "–"
        return f"{found.workers}: {span(found.p50_s / 3600)}; {span(found.p95_s / 3600)}; {span(found.most_s / 3600)}"

    def workers(one: Archive) -> int:
        found = waits(one, -1)
        return one.backlog_workers + (found.workers if found else 0)

    def busy(one: Archive) -> str:
        found = waits(one, -1)
        return f"{found.busy:.1%}" if found else ""

    return [
        ("files a year", lambda one: number(one.load.files_a_year)),
        ("files in the busiest hour", lambda one: number(peak_hour(one.load))),
        ("workers: wait p50; p95; longest", lambda one: told(one, -1)),
        ("one worker less", lambda one: told(one, -2)),
        ("share of the year they are busy", busy),
        ("workers for the backlog", lambda one: number(one.backlog_workers)),
        ("machines for year and backlog", lambda one: number(ceil(workers(one) / one["workers-per-machine"]))),
        ("memory for that", lambda one: size(workers(one) * one["worker-memory"])),
    ]


def limits() -> list[Row]:
    """Return what each part has to bear against what it was seen to bear."""

    def reading(one: Archive, share: float) -> str:
        return span(one.hours(one.stored_bytes * share, "verified-bytes-a-second"))

    return [
        ("items filed a second, busiest hour", lambda one: number(one.peak_filings())),
        ("items filed a second, backlog", lambda one: number(backlog_filings(one))),
        ("of what one audit chain lets through", lambda one: f"{share_of_chain(one):.1%}"),
        ("phrase p95 in one index", lambda one: span(one.phrase_p95_ms() / 3.6e6)),
        ("indexes (shards) to keep the wanted time", lambda one: number(one.search_shards)),
        ("index made anew, one process", lambda one: span(one.hours(one.drivers["item"], "indexed-a-second"))),
        ("first backup, one process", lambda one: span(one.hours(one.stored_bytes, "copied-bytes-a-second"))),
        ("backup of a day", lambda one: span(one.hours(one.stored_bytes_a_day, "copied-bytes-a-second"))),
        ("reading everything back, one process", lambda one: reading(one, 1)),
        ("every night, to read all back in a year", lambda one: reading(one, 1 / 365)),
        ("moving the rows to PostgreSQL", lambda one: span(one.hours(sum(one.rows.values()), "carried-rows-a-second"))),
    ]


def backlog_filings(one: Archive) -> float:
    """Return items filed a second while the backlog is read in the months set."""
    return one.drivers["item"] / (one["backlog-months"] / 12 * YEAR * one["used-share"])


def share_of_chain(one: Archive) -> float:
    """Return the share of what one audit chain lets through that backlog and busiest hour together take."""
    return (one.peak_filings() + backlog_filings(one)) / one["filings-a-second"]


def _money(one: Archive, kind: str) -> str:
    return f"{one.money_per_page()[kind]:.5f} yuan"


def money() -> list[Row]:
    """Return what a page costs."""
    kinds = ("reading", "objects", "database and index", "people")
    return [
        *((kind, partial(_money, kind=kind)) for kind in kinds),
        ("a page, all its years", lambda one: f"{sum(one.money_per_page().values()):.5f} yuan"),
        ("all pages", lambda one: f"{number(sum(one.money_per_page().values()) * one.pages / 1e6)} million yuan"),
    ]


def sources(figures: dict[str, float]) -> str:
    """Return the figures and where they come from."""
    rows = [(f"`--{one.name}`", f"{figures[one.name]:,g}", one.unit, one.source) for one in FIGURES]
    return table(("figure", "value", "unit", "where from"), rows)


def report(households: Sequence[float], *, seed: int, **changed: float) -> str:
    """Return the tables of the page."""
    archives = [archive(count, **changed) for count in households]
    parts = [
        ("What it holds", compared(archives, holdings())),
        ("Rows, bytes and partitions by table", compared(archives, tables())),
        ("A year of arrivals", compared(archives, queue(seed))),
        ("What each part has to bear", compared(archives, limits())),
        ("What a page costs", compared(archives, money())),
        ("The figures", sources(dict(archives[0].figures))),
    ]
    return "\n\n".join(f"### {name}\n\n{text}" for name, text in parts)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--households", type=float, nargs="+", default=HOUSEHOLDS)
    parser.add_argument("--seed", type=int, default=1)
    for one in FIGURES:
        told = f"{one.unit}; {one.source}".replace("%", "%%")
        parser.add_argument(f"--{one.name}", type=float, default=one.value, help=told)
    given = vars(parser.parse_args())
    households, seed = given.pop("households"), given.pop("seed")
    sys.stdout.write(report(households, seed=seed, **given) + "\n")


if __name__ == "__main__":
    main()
