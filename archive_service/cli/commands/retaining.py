"""`retention ...`: review lists, their plans and certificates."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.errors import Invalid, NotFound
from archive_service.people.queries import unit_by_code
from retention import certificate as papers
from retention import disposal, queries
from retention import review as reviewing
from retention.candidates import Due

_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.group()
def retention() -> None:
    """Review of what is due, and its disposal."""


@retention.command()
@click.option("--centre", required=True, help="The unit whose items are reviewed, by code.")
@click.option("--title", required=True, help="What the list is called.")
@click.option("--due", "dues", multiple=True, required=True, metavar="ITEM:DATE:RULE", help="An item that is due.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def review(services: Services, centre: str, title: str, dues: tuple[str, ...], as_json: bool) -> None:
    """Freeze items that are due into a review list."""
    with services.writing() as (session, viewer):
        unit = unit_by_code(session, centre)
        if unit is None:
            raise NotFound("unit.not-found", "没有这个单位代码。请核对后再试。")
        row = reviewing.freeze(
            session, viewer, unit_id=unit.id, title=title, dues=[_due(one) for one in dues], now=clock.now(),
            today=clock.today(),
        )  # fmt: skip
        view = queries.one(session, viewer, row.id).summary
    _print([view], as_json)


@retention.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one list a line.")
@click.pass_obj
def lists(services: Services, as_json: bool) -> None:
    """Print the review lists, newest first."""
    with services.reading() as (session, viewer):
        found = queries.lists(session, viewer, limit=500).rows
    _print(list(found), as_json)


@retention.command()
@click.argument("list_id", type=int)
@click.option("--out", type=_OUT, required=True, help="Where the plan goes, as PDF.")
@click.pass_obj
def plan(services: Services, list_id: int, out: Path) -> None:
    """Write the plan that stands for a list, to be checked before two people sign for it."""
    with services.reading() as (session, viewer):
        out.write_bytes(papers.plan(session, queries.row(session, viewer, list_id), now=clock.now()))


@retention.command()
@click.argument("list_id", type=int)
@click.option("--place", required=True, help="Where paper and media are destroyed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def execute(services: Services, list_id: int, place: str, as_json: bool) -> None:
    """Ask for the execution of an approved list; it begins once two witnesses have signed in and signed."""
    with services.writing() as (session, viewer):
        disposal.plan(session, viewer, list_id, place=place, now=clock.now(), today=clock.today())
        view = queries.one(session, viewer, list_id).summary
    _print([view], as_json)


@retention.command()
@click.argument("list_id", type=int)
@click.option("--out", type=_OUT, required=True, help="Where the certificate goes, as PDF.")
@click.pass_obj
def certificate(services: Services, list_id: int, out: Path) -> None:
    """Write the certificate of a list that was executed."""
    with services.reading() as (session, viewer):
        digest = queries.row(session, viewer, list_id).certificate_digest
    if digest is None:
        raise NotFound("disposal.no-certificate", "这份清单还没有执行完，没有销毁证明。")
    out.write_bytes(services.store.read(digest))


def _due(said: str) -> Due:
    item, _, rest = said.partition(":")
    day, _, rule = rest.partition(":")
    try:
        return Due(int(item), date.fromisoformat(day), rule)
    except ValueError as e:
        raise Invalid("disposal.due", "请按“资料号:到期日:依据”的格式填写，例如 12:2026-01-31:销户后5年。") from e


def _print(found: list[queries.ListView], as_json: bool) -> None:
    if as_json:
        for one in found:
            output.emit(one)
        return
    head = ("号", "登记号", "名称", "状态", "件数", "可执行", "备份可能含至")
    output.table(
        head,
        [
            (one.id, one.number, one.title, one.state, one.items, one.execute_from or "–", one.backups_until or "–")
            for one in found
        ],
    )
