"""`retention ...`: schedules and what is due; holds and disposals have modules of their own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.commands import disposing, holding
from archive_service.cli.services import Services
from archive_service.lifecycle import actions as lifecycle
from retention import actions, drafts, queries, reckoning, said, schedule

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def retention() -> None:
    """How long records are kept, by which rule, and what is held."""


@retention.command()
@_JSON
@click.pass_obj
def schedules(services: Services, as_json: bool) -> None:
    """List the editions of the schedule; the one in force is marked."""
    with services.database.reading() as session:
        found = drafts.drafts(session, services.viewer(session))
        current = reckoning.in_force(session, today=clock.today()).edition
    standard = schedule.standard()
    rows = [(one.id, one.code, one.title, one.effective_from, one.state) for one in found]
    rows.append((0, standard.edition, standard.title_zh, standard.effective_from, "released"))
    if as_json:
        heads = ("id", "code", "title", "effective_from", "state")
        output.emit([dict(zip(heads, row, strict=True)) | {"in_force": row[1] == current} for row in rows])
        return
    output.table(
        ("编号", "版本", "名称", "生效", "状态", "现行"), [(*row, "是" if row[1] == current else "") for row in rows]
    )


@retention.command("schedule")
@click.argument("draft_id", type=int)
@click.pass_obj
def show_schedule(services: Services, draft_id: int) -> None:
    """Print the text of an edition of the schedule; 0 is the one of the package."""
    if draft_id == 0:
        output.say(schedule.standard_text())
        return
    with services.database.reading() as session:
        output.say(drafts.draft(session, services.viewer(session), draft_id).text)


@retention.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--draft", "draft_id", type=int, help="The draft whose text it takes the place of.")
@click.pass_obj
def draft(services: Services, file: Path, draft_id: int | None) -> None:
    """Keep the schedule in FILE as a draft, and have shown what it would change."""
    text = file.read_text(encoding="utf-8")
    with services.database.unit_of_work() as session:
        viewer = services.viewer(session)
        row = actions.save_draft(session, viewer, text, draft_id=draft_id, now=clock.now())
        actions.preview(session, viewer, row.id, now=clock.now())
        key = row.id
    output.say(f"已保存为草稿 {key}，正在预览。请用 retention preview {key} 查看影响。")


@retention.command()
@click.argument("draft_id", type=int)
@click.option("--list", "effect", type=click.Choice(["earlier", "later"]), help="List these papers of the last run.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True, help="So many at most.")
@_JSON
@click.pass_obj
def preview(services: Services, draft_id: int, effect: str | None, limit: int, as_json: bool) -> None:
    """Print how many papers a draft makes due earlier and later, or which."""
    with services.database.reading() as session:
        viewer = services.viewer(session)
        found = drafts.runs(session, viewer, draft_id)
        changed = drafts.changes(session, viewer, found[0].id, effect=effect, limit=limit) if effect and found else []
    if effect:
        if as_json:
            output.emit(list(changed))
            return
        output.table(
            ("资料", "户号", "题名", "原来", "改为"),
            [(one.item_id, one.account_no, one.title, one.was, one.becomes) for one in changed],
        )
        return
    if as_json:
        output.emit(found)
        return
    output.table(
        ("用途", "状态", "完成到", "资料", "提前", "推后"),
        [(one.purpose, one.state, f"{one.done}/{one.total}", one.items, one.earlier, one.later) for one in found],
    )


@retention.command("release-schedule")
@click.argument("draft_id", type=int)
@click.pass_obj
def release_schedule(services: Services, draft_id: int) -> None:
    """Put a draft in force that somebody else wrote and that was previewed."""
    with services.database.unit_of_work() as session:
        actions.release(session, services.viewer(session), draft_id, now=clock.now(), today=clock.today())
    output.say("已发布，正在按新版重新计算到期日。")


@retention.command("drop-schedule")
@click.argument("draft_id", type=int)
@click.pass_obj
def drop_schedule(services: Services, draft_id: int) -> None:
    """Give a draft up; its code stays taken."""
    with services.database.unit_of_work() as session:
        actions.drop(session, services.viewer(session), draft_id, now=clock.now())
    output.say("草稿已作废。")


@retention.command()
@click.option("--list", "which", type=click.Choice(queries.LISTS), default="now", show_default=True, help="Which.")
@click.option("--account", default="", help="Only this account.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True, help="So many at most.")
@_JSON
@click.pass_obj
def due(services: Services, which: str, account: str, limit: int, as_json: bool) -> None:
    """List what is due, earliest first, with the rule that gave the day."""
    with services.database.reading() as session:
        found = queries.dues(
            session, services.viewer(session), which=which, text=account, today=clock.today(), limit=limit
        )
    if as_json:
        output.emit({"total": found.total, "items": list(found.rows)})
        return
    output.table(
        ("到期", "户号", "资料", "规则", "版本", "冻结", "说明"),
        [
            (one.due_on or one.outcome, one.account_no, one.title, one.rule, one.edition,
             "是" if one.held else "", one.reason)
            for one in found.rows
        ],
    )  # fmt: skip
    output.say(f"共 {found.total} 件。")


@retention.command()
@click.argument("item_id", type=int)
@click.option("--kind", type=click.Choice(said.KINDS), required=True, help="What happened to the paper.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day on which it happened.")
@click.option("--by", "by_item_no", type=int, help="Number of the item that took its place.")
@click.option("--reason", required=True, help="How that is known.")
@click.pass_obj
def say(services: Services, item_id: int, kind: str, day: datetime, by_item_no: int | None, reason: str) -> None:
    """Say that a paper was superseded, or that the contract in it has ended: its clock counts from there."""
    with services.database.unit_of_work() as session:
        viewer = services.viewer(session)
        said.say(
            session, viewer, item_id, kind=kind, happened_on=day.date(), by_item_no=by_item_no, reason=reason,
            now=clock.now(), today=clock.today(),
        )  # fmt: skip
    output.say("已登记，到期日已重算。")


@retention.command()
@click.argument("account_no")
@click.pass_obj
def close(services: Services, account_no: str) -> None:
    """Close an account whose cases are filed: its file moves to the closed series, and its clocks start."""
    with services.database.unit_of_work() as session:
        count = lifecycle.close_household(session, account_no, by=services.viewer(session), now=clock.now())
        reckoning.reckon_account(session, account_no, today=clock.today())
    output.say(f"户号 {account_no} 已封存，{count} 个案件一并封存。")


@retention.command()
@click.argument("account_no")
@click.option("--reason", required=True, help="Why the closing was wrong.")
@click.pass_obj
def reopen(services: Services, account_no: str, reason: str) -> None:
    """Take the file of a closed account out of the closed series and stop its clocks."""
    with services.database.unit_of_work() as session:
        viewer = services.viewer(session)
        count = lifecycle.reopen_household(session, account_no, reason=reason, by=viewer, now=clock.now())
        reckoning.reckon_account(session, account_no, today=clock.today())
    output.say(f"户号 {account_no} 已恢复，{count} 个案件回到已归档。")


for _command in (*disposing.COMMANDS, *holding.COMMANDS):
    retention.add_command(_command)
