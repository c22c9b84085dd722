"""`fixity`: read objects back now, and say how far the checks are."""

from __future__ import annotations

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.fixity import queries
from archive_service.fixity.actions import check_some
from archive_service.inspection.lost import raise_for_lost
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Right
from archive_service.storage.choose import open_stores


@click.group()
def fixity() -> None:
    """Read stored objects back in turn and mend damaged ones from their second copy."""


@fixity.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(services: Services, as_json: bool) -> int:
    """Say how many objects were checked and when, and what failed; 5 when an object is lost."""
    with services.reading() as (session, viewer):
        found = queries.status(session, viewer)
    sums = found.figures
    if as_json:
        output.emit(found)
    else:
        output.say(
            f"对象 {sums.objects} 个，已校验 {sums.checked} 个，有第二份 {sums.copied} 个，丢失 {sums.lost} 个。"
        )
        output.table(("最近校验月份", "对象数"), [(age.month, str(age.objects)) for age in found.ages])
        rows = [(f"{e.at:%Y-%m-%d %H:%M}", e.outcome, e.store, e.digest) for e in found.events]
        output.table(("时间 (UTC)", "结果", "存储", "摘要"), rows)
    return 5 if sums.lost else 0


@fixity.command()
@click.option("--budget", type=click.IntRange(min=1), help="Stop after so many MiB; without it everything is read.")
@click.pass_obj
def run(services: Services, budget: int | None) -> int:
    """Read objects back, those checked longest ago first; 5 when one is lost."""
    with services.reading() as (session, viewer):
        viewer.require(Right.SYSTEM_HEALTH)
        everything = queries.figures(session).size_bytes + 1
    done = check_some(
        services.database,
        open_stores(services.settings),
        budget_bytes=everything if budget is None else budget * 1024 * 1024,
        before=clock.now(),
        now=clock.now,
        agent=services.login or "command line",
    )
    if done.lost:
        with services.database.unit_of_work() as session:
            raise_for_lost(session, system_viewer(session), now=clock.now(), today=clock.today())
    output.say(f"已校验 {done.objects} 个对象，复制 {done.copies} 个，修复 {done.repaired} 个，丢失 {done.lost} 个。")
    return 5 if done.lost else 0
