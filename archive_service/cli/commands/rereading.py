"""`reread`: read pages again that a filter finds, when reading has become better."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import click

from archive_service import clock, zone
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.cli.units import unit_id
from archive_service.errors import Invalid
from archive_service.jobs.nudge import nudge
from archive_service.people.queries import units_below
from archive_service.people.roles import Right
from ingest.again import actions, queries
from ingest.again.queries import Filters
from ingest.ocr import reader

#: Word for the engine and the settings of this very installation.
CURRENT = "CURRENT"
#: Files looked up at a time; each is queued in a transaction of its own.
_PORTION = 200
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--engine-not", metavar="NAME", help="Pages read by another engine, or with other settings: CURRENT.")
@click.option("--below", type=click.FloatRange(0, 1), help="Pages read with less confidence than this, 0 to 1.")
@click.option("--from", "begin", type=_DAY, help="Files received on this day or later.")
@click.option("--to", "end", type=_DAY, help="Files received on this day or earlier.")
@click.option("--centre", metavar="CODE", help="Only files of this centre and those below it.")
@click.option("--scan", "scan_id", type=ROW_ID, help="Only this file.")
@click.option("--dry-run", is_flag=True, help="Count only; queue nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def reread(
    services: Services,
    engine_not: str | None,
    below: float | None,
    begin: datetime | None,
    end: datetime | None,
    centre: str | None,
    scan_id: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Queue pages for reading again; old readings are kept, and worse new ones do not replace them."""
    if all(given is None for given in (engine_not, below, begin, end, centre, scan_id)):
        raise Invalid("reread.filter", "请至少给出一个条件，例如 --engine-not CURRENT、--below 0.9 或 --scan 编号。")
    filters = _filters(services, engine_not, below, begin, end, centre, scan_id)
    if dry_run:
        with services.reading() as (session, _):
            found = queries.count(session, filters)
        _tell(found.scans, found.pages, dry_run=True, as_json=as_json)
        return
    said = {
        "engine_not": engine_not, "below": below, "centre": centre,
        "from": begin.date().isoformat() if begin else None, "to": end.date().isoformat() if end else None,
    }  # fmt: skip
    scans, pages = _queue(services, filters, {name: value for name, value in said.items() if value is not None})
    _tell(scans, pages, dry_run=False, as_json=as_json)


def _filters(
    services: Services,
    engine_not: str | None,
    below: float | None,
    begin: datetime | None,
    end: datetime | None,
    centre: str | None,
    scan_id: int | None,
) -> Filters:
    settings: str | None = None
    if engine_not == CURRENT:
        engine_not, settings = reader.identity(services.settings.ocr_engine, services.settings.ocr_runtime)
    with services.reading() as (session, viewer):
        units = viewer.units(Right.SCAN_REVIEW)
        if centre is not None:
            units &= units_below(session, unit_id(session, centre))
    return Filters(
        units,
        engine_not,
        settings,
        below,
        _midnight(begin) if begin else None,
        _midnight(end + timedelta(days=1)) if end else None,
        scan_id,
    )


def _midnight(day: datetime) -> datetime:
    return datetime.combine(day.date(), time(), tzinfo=zone.LOCAL)


def _queue(services: Services, filters: Filters, said: dict[str, Any]) -> tuple[int, int]:
    scans = pages = after = 0
    while True:
        with services.reading() as (session, _):
            portion = queries.next_scans(session, filters, after=after, limit=_PORTION)
        if not portion:
            return scans, pages
        for scan_id in portion:
            with services.writing() as (session, viewer):
                queued = actions.ask(session, viewer, scan_id, filters, said=said, now=clock.now())
            scans, pages, after = scans + bool(queued), pages + queued, scan_id
        nudge(services.settings, (actions.QUEUE,))


def _tell(scans: int, pages: int, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        output.emit({"scans": scans, "pages": pages, "queued": not dry_run})
    elif dry_run:
        output.say(f"符合条件的有 {scans} 份文件的 {pages} 页，没有排队。去掉 --dry-run 即开始重新识读。")
    elif pages:
        output.say(
            f"已让 {scans} 份文件的 {pages} 页排队重新识读。"
            "进度用 archive-service jobs list --kind scan.read-again 查看。"
        )
    else:
        output.say("没有符合条件的页，或者它们已在排队。")
