"""`audit`: the trail of what happened, and whether it is whole."""

from __future__ import annotations

from datetime import timedelta

import click

from archive_service import clock
from archive_service.audit.verify import chain_breaks
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.people import queries
from archive_service.zone import local
from indexing.identities import watch


@click.group()
def audit() -> None:
    """What happened, by whom, when."""


@audit.command("list")
@click.option("--before", type=ROW_ID, help="Continue below this entry.")
@click.option("--limit", default=50, show_default=True, help="Most entries to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one entry a line.")
@click.pass_obj
def list_(services: Services, before: int | None, limit: int, as_json: bool) -> None:
    """List audit entries, newest first."""
    with services.reading() as (session, viewer):
        listing = queries.audit_entries(session, viewer, before=before, limit=limit)
    if as_json:
        for entry in listing.entries:
            output.emit(entry)
        return
    output.table(
        ("序号", "时间", "人员", "事项", "对象"),
        [
            (e.seq, e.at.isoformat(timespec="seconds"), e.person_name, e.did, f"{e.object_kind} {e.object_id}")
            for e in listing.entries
        ],
    )


@audit.command()
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 366), help="Days to look back.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one flag a line.")
@click.pass_obj
def flags(services: Services, days: int, as_json: bool) -> None:
    """List who read much within an hour, at night, or their own file."""
    now = clock.now()
    with services.reading() as (session, viewer):
        found = watch.flags(session, viewer, services.settings, since=now - timedelta(days=days), until=now)
    if as_json:
        for one in found:
            output.emit(one)
        return
    output.table(
        ("事项", "人员", "自", "至", "户数", "解除遮蔽"),
        [
            (
                _FLAGS[one.kind],
                one.person_name,
                local(one.first_at).isoformat(timespec="minutes"),
                local(one.last_at).isoformat(timespec="minutes"),
                len(one.accounts),
                one.unmasked,
            )
            for one in found
        ],
    )


_FLAGS = {"mass": "一小时内读得多", "night": "夜间查阅", "own": "查阅本人档案"}


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify(services: Services, as_json: bool) -> int:
    """Check the hash chain from the first entry to the last."""
    with services.database.reading() as session:
        found = chain_breaks(session)
    if as_json:
        output.emit({"whole": not found, "breaks": found})
    elif found:
        output.table(("序号", "问题"), [(b.seq, b.reason) for b in found])
    else:
        output.say("审计链完整。")
    return 5 if found else 0
