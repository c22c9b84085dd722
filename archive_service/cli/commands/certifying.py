"""`copies ...`: the register of certified copies, how a code stands, taking a copy back."""

from __future__ import annotations

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.copies import actions, queries
from archive_service.zone import local

_STATE = {"valid": "有效", "withdrawn": "已撤回", "unknown": "查无此件"}


@click.group()
def copies() -> None:
    """Certified copies; they are issued at the page of the household or over /api/v1."""


@copies.command("list")
@click.option("--state", type=click.Choice(["valid", "withdrawn"]), help="Only these.")
@click.option("--text", default="", help="Number or receiver contains it, or it is the account number.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one copy a line.")
@click.pass_obj
def list_(services: Services, state: str | None, text: str, limit: int, as_json: bool) -> None:
    """List the register, newest first."""
    with services.reading() as (session, viewer):
        found = queries.copies(session, viewer, state=state or "", text=text, limit=limit).rows
    if as_json:
        for one in found:
            output.emit({**output.plain(one), "id": str(one.id), "state": one.state})
        return
    output.table(
        ("序号", "编号", "户号", "用途", "领取人", "页数", "出具", "状态"),
        [
            (one.id, one.number, one.account_no, one.purpose, one.receiver, one.page_count,
             local(one.issued_at).date(), _STATE[one.state])
            for one in found
        ],
    )  # fmt: skip


@copies.command()
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def check(services: Services, code: str, as_json: bool) -> None:
    """Say how the CODE that stands on a copy stands: valid, withdrawn or unknown, and the digest of the file."""
    with services.reading() as (session, _):
        found = queries.answer(session, code)
    if as_json:
        output.emit({"state": found.state, "sha256": found.digest})
    else:
        output.say(f"{_STATE[found.state]}{'，文件摘要 ' + found.digest if found.digest else ''}")


@copies.command()
@click.argument("copy_id", metavar="ID", type=ROW_ID)
@click.option("--reason", required=True, help="Why.")
@click.pass_obj
def withdraw(services: Services, copy_id: int, reason: str) -> None:
    """Take a copy back: from now on its code is answered with withdrawn."""
    with services.writing() as (session, viewer):
        number = actions.withdraw(session, viewer, copy_id, reason=reason, now=clock.now()).number
    output.say(f"已撤回 {number}。")
