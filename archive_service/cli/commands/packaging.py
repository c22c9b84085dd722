"""`packages ...`: packages of other archives that were handed in, what their check found, and the answer to them."""

from __future__ import annotations

import click

from archive_service import clock, zone
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.errors import Invalid
from archive_service.exchange.hand_ins import actions, queries
from archive_service.exchange.hand_ins.queries import HandInView
from archive_service.jobs.nudge import nudge
from archive_service.web.words import HAND_IN_SIGNATURE, HAND_IN_STATE

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_QUEUES = ("upkeep",)


@click.group()
def packages() -> None:
    """Packages that others handed in: see them, accept them, send them back."""


@packages.command("list")
@click.option("--state", type=click.Choice(queries.STATES), help="Only these.")
@click.option("--before", type=ROW_ID, help="Only those handed in before this one: the next page.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="So many at most.")
@_JSON
@click.pass_obj
def list_(services: Services, state: str | None, before: int | None, limit: int, as_json: bool) -> None:
    """List what was handed in, newest first."""
    with services.reading() as (session, viewer):
        found = queries.hand_ins(session, viewer, state=state or "", before=before, limit=limit)
    if as_json:
        output.emit({"hand_ins": list(found.rows), "total": found.total, "next": found.next})
        return
    output.table(
        ("编号", "名称", "单位", "户号", "状态", "发现", "交来"),
        [
            (one.id, one.name, one.unit_name, one.account_no, _state(one), len(one.findings), _when(one))
            for one in found.rows
        ],
    )
    if found.next is not None:
        output.say(f"共 {found.total} 个，其余请加 --before {found.next} 查看。")


@packages.command()
@click.argument("hand_in_id", metavar="ID", type=ROW_ID)
@_JSON
@click.pass_obj
def show(services: Services, hand_in_id: int, as_json: bool) -> None:
    """Show how far a package is, what is in it, who signed it, and everything that is wrong with it."""
    with services.reading() as (session, viewer):
        found = queries.hand_in(session, viewer, hand_in_id)
    if as_json:
        output.emit(found)
        return
    output.say(f"信息包 {found.id} {found.name}：{_state(found)}。{_NEXT.get(found.state, '').format(id=found.id)}")
    if found.format:
        held = (
            f"户号 {found.account_no}，{found.cases} 个案件，{found.items} 件资料" if found.account_no else "外来文件"
        )
        signed = f"{HAND_IN_SIGNATURE.get(found.signature, found.signature)} {found.signer}".rstrip()
        output.say(f"{found.format}：{held}，{found.files} 个文件。{signed}。\n清单 sha256 {found.manifest_sha256}")
    if found.reason:
        output.say(f"退回原因：{found.reason}")
    if found.findings:
        output.table(("代码", "位置", "说明"), [(one["code"], one["path"], one["message"]) for one in found.findings])


@packages.command()
@click.argument("hand_in_id", metavar="ID", type=ROW_ID)
@click.option("--sure", is_flag=True, help="Who handed it over and who signed it was compared.")
@click.pass_obj
def accept(services: Services, hand_in_id: int, sure: bool) -> None:
    """Have a package that was checked taken in, by the worker and in the name of whoever runs the command."""
    if not sure:
        raise Invalid("package.confirm", "没有确认。请核对移交方和签名后加上 --sure，再接收。")
    with services.writing() as (session, viewer):
        actions.accept(session, viewer, hand_in_id, now=clock.now())
    nudge(services.settings, _QUEUES)
    output.say(f"已同意接收信息包 {hand_in_id}，正在后台接收。请用 packages show {hand_in_id} 查看结果。")


@packages.command()
@click.argument("hand_in_id", metavar="ID", type=ROW_ID)
@click.option("--reason", required=True, help="Why; it stays on record.")
@click.pass_obj
def decline(services: Services, hand_in_id: int, reason: str) -> None:
    """Send a package that was checked back."""
    with services.writing() as (session, viewer):
        actions.decline(session, viewer, hand_in_id, reason=reason, now=clock.now())
    output.say(f"已退回信息包 {hand_in_id}，没有接收任何内容。")


#: What is to be done next with a package in a state.
_NEXT = {
    "received": "正在排队检查，请稍后再看。",
    "checked": "核对后请用 packages accept {id} --sure 接收，或用 packages decline {id} --reason 退回。",
    "refused": "请移交方按下列问题改正后重新交来。",
    "stopped": "接收没有完成，请重新交来。",
}


def _state(one: HandInView) -> str:
    stopped = "（任务停止，请用 jobs list 查看原因后重试）" if one.stuck and one.state != "stopped" else ""
    return f"{HAND_IN_STATE[one.state].word}{stopped}"


def _when(one: HandInView) -> str:
    return f"{zone.local(one.handed_in_at):%Y-%m-%d %H:%M}"
