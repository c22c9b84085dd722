"""`retention ...`: schedules, what is due, and holds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.commands import disposing
from archive_service.cli.services import Services
from archive_service.holds import actions as hold_actions
from archive_service.holds import queries as holds
from archive_service.holds.actions import On
from archive_service.holds.rules import Kind, Terms
from archive_service.lifecycle import actions as lifecycle
from retention import actions, drafts, queries, reckoning, schedule

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DAY = click.DateTime(["%Y-%m-%d"])


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


@retention.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def draft(services: Services, file: Path) -> None:
    """Keep the schedule in FILE as a draft, and have shown what it would change."""
    text = file.read_text(encoding="utf-8")
    with services.database.unit_of_work() as session:
        viewer = services.viewer(session)
        row = actions.save_draft(session, viewer, text, draft_id=None, now=clock.now())
        actions.preview(session, viewer, row.id, now=clock.now())
        key = row.id
    output.say(f"已保存为草稿 {key}，正在预览。请用 retention preview {key} 查看影响。")


@retention.command()
@click.argument("draft_id", type=int)
@_JSON
@click.pass_obj
def preview(services: Services, draft_id: int, as_json: bool) -> None:
    """Print how many papers a draft makes due earlier and later."""
    with services.database.reading() as session:
        found = drafts.runs(session, services.viewer(session), draft_id)
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
@click.option("--account", "accounts", multiple=True, help="A whole household, by account number.")
@click.option("--application", "applications", multiple=True, help="A whole case, by application number.")
@click.option("--item", "item_ids", multiple=True, type=int, help="A single item, by its id.")
@click.option("--kind", type=click.Choice([one.value for one in Kind]), required=True, help="Why it is held.")
@click.option("--reason", required=True, help="In words.")
@click.option("--authority", required=True, help="By whose word: a court, an office, the number of a letter.")
@click.option("--review-on", type=_DAY, required=True, help="The day on which somebody looks at it again.")
@click.pass_obj
def hold(
    services: Services,
    accounts: tuple[str, ...],
    applications: tuple[str, ...],
    item_ids: tuple[int, ...],
    kind: str,
    reason: str,
    authority: str,
    review_on: datetime,
) -> None:
    """Hold households, cases or items: none of it is disposed of until it is released."""
    terms = Terms(kind, reason, authority, review_on.date())
    with services.database.unit_of_work() as session:
        made = hold_actions.place(
            session,
            services.viewer(session),
            On(accounts, applications, item_ids),
            terms,
            now=clock.now(),
            today=clock.today(),
        )
        key = made.id
    output.say(f"已冻结，编号 {key}。")


@retention.command()
@click.argument("hold_id", type=int)
@click.option("--reason", required=True, help="Why it is not needed any more.")
@click.pass_obj
def release(services: Services, hold_id: int, reason: str) -> None:
    """Release a hold."""
    with services.database.unit_of_work() as session:
        hold_actions.release(session, services.viewer(session), hold_id, reason=reason, now=clock.now())
    output.say("已解除冻结。")


@retention.command("holds")
@click.option("--state", type=click.Choice(["lasting", "overdue", "released"]), default="lasting", help="Which.")
@_JSON
@click.pass_obj
def list_holds(services: Services, state: str, as_json: bool) -> None:
    """List holds, newest first."""
    with services.database.reading() as session:
        found = holds.holds(session, services.viewer(session), state=state, today=clock.today(), limit=200)
    if as_json:
        output.emit({"total": found.total, "holds": list(found.rows)})
        return
    output.table(
        ("编号", "种类", "原因", "依据", "复查日", "对象"),
        [(one.id, one.kind, one.reason, one.authority, one.review_on, one.subjects) for one in found.rows],
    )


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


for _command in disposing.COMMANDS:
    retention.add_command(_command)
