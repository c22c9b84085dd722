"""`notices ...`: the log of mails, and one that failed sent again."""

from __future__ import annotations

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.notices import actions, queries

_STATES = {"waiting": "待发", "sending": "发送中", "sent": "已发", "failed": "失败", "dropped": "未发"}


@click.group()
def notices() -> None:
    """Mails about loans and other notices."""


@notices.command()
@click.option("--state", type=click.Choice(list(_STATES)), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one mail a line.")
@click.pass_obj
def outbox(services: Services, state: str | None, limit: int, as_json: bool) -> None:
    """List mails and how they stand, newest first; nothing of what they say."""
    with services.reading() as (session, viewer):
        found = queries.mails(session, viewer, state=state or "", limit=limit).rows
    if as_json:
        for one in found:
            output.emit({**output.plain(one), "id": str(one.id)})
        return
    output.table(
        ("编号", "收件人", "单位", "种类", "状态", "次数", "错误"),
        [
            (one.id, one.person, one.unit_name, one.kind, _STATES.get(one.state, one.state), one.attempts,
             one.error_code)
            for one in found
        ],
    )  # fmt: skip


@notices.command("send-again")
@click.argument("mail_id", metavar="ID", type=ROW_ID)
@click.pass_obj
def send_again(services: Services, mail_id: int) -> None:
    """Owe a mail that failed once more; the worker sends it."""
    with services.writing() as (session, viewer):
        actions.send_again(session, viewer, mail_id, now=clock.now())
    output.say(f"邮件 {mail_id} 将再次发送。")
