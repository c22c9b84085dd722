"""`properties ...`: run the four-property check over a case, see what came of it, keep the items."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.people.roles import Right
from archive_service.properties import actions, queries, work
from archive_service.properties import due as waiting
from archive_service.properties.actions.schemes import LONGEST_TEXT
from archive_service.properties.queries import RunView
from archive_service.properties.report import MODES, MOMENTS, PROPERTIES, RESULTS, STATES
from archive_service.properties.scheme import read, standard_text
from archive_service.properties.work import Desk
from archive_service.worker.properties import desk
from archive_service.zone import local


@click.group()
def properties() -> None:
    """The four-property check (DA/T 70): authenticity, integrity, usability, security."""


@properties.command()
@click.argument("application_no")
@click.option("--moment", type=click.Choice(["filing", "longterm"]), help="The one that fits the case if not given.")
@click.option("--ask-people", is_flag=True, help="Leave manual items open until a person answers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def run(services: Services, application_no: str, moment: str | None, ask_people: bool, as_json: bool) -> int:
    """Check a case now; 5 when an item failed."""
    with services.reading() as (_, viewer):
        pass
    made = work.check_case(_desk(services), viewer, application_no, moment=moment or "", ask_people=ask_people)
    return _shown(services, made, as_json)


@properties.command()
@click.argument("check", type=ROW_ID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(services: Services, check: int, as_json: bool) -> int:
    """Show what came of a run, item by item; 5 when one failed."""
    return _shown(services, check, as_json)


@properties.command("list")
@click.option("--case", "application_no", default="", help="Application number.")
@click.option("--state", type=click.Choice(["open", "passed", "failed"]), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one run a line.")
@click.pass_obj
def list_(services: Services, application_no: str, state: str | None, limit: int, as_json: bool) -> None:
    """List the runs, newest first."""
    with services.reading() as (session, viewer):
        found = queries.runs(session, viewer, application_no=application_no, state=state or "", limit=limit).rows
    if as_json:
        for one in found:
            output.emit(one)
        return
    output.table(
        ("编号", "环节", "户号", "对象", "结论", "不合格", "检测"),
        [
            (one.id, MOMENTS[one.moment], one.account_no or "—", _subject(one), STATES[one.state],
             one.counts.get("failed", 0), f"{local(one.begun_at):%Y-%m-%d %H:%M}")
            for one in found
        ],
    )  # fmt: skip


@properties.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one case a line.")
@click.pass_obj
def due(services: Services, limit: int, as_json: bool) -> None:
    """List the kept cases that are due to be checked over time, in their turn."""
    with services.reading() as (session, viewer):
        days = queries.in_force(session, clock.today()).longterm_every_days
        found = waiting.due_cases(session, viewer, now=clock.now(), every_days=days, limit=limit)
    if as_json:
        for one in found:
            output.emit(one)
        return
    output.say(f"每 {days} 天检测一次；到期待检 {len(found)} 个案件。")
    output.table(
        ("申请编号", "户号", "归档", "上次检测", "问题"),
        [
            (one.application_no, one.account_no, _day(one.filed_at),
             _day(one.checked_at), "未销号" if one.followed else "")
            for one in found
        ],
    )  # fmt: skip


@properties.command()
@click.argument("check", type=ROW_ID)
@click.argument("code")
@click.argument("result", type=click.Choice(["passed", "failed", "not_applicable"]))
@click.argument("evidence")
@click.pass_obj
def answer(services: Services, check: int, code: str, result: str, evidence: str) -> None:
    """Answer a manual item of a run, saying what was seen."""
    with services.reading() as (_, viewer):
        pass
    work.answer(_desk(services), viewer, check, code, result=result, evidence=evidence)
    output.say("已填写。")


@properties.command()
@click.argument("check", type=ROW_ID)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--data", "as_data", is_flag=True, help="The data as JSON instead of the PDF.")
@click.pass_obj
def report(services: Services, check: int, out: Path, as_data: bool) -> None:
    """Write the report of a run to a file."""
    with services.writing() as (session, viewer):
        digest, _ = actions.hand_over(session, viewer, check, "data" if as_data else "report", now=clock.now())
    out.write_bytes(services.store.read(digest))
    output.say(f"已写出 {out}，sha256 {digest}。")


@properties.command()
@click.option(
    "--check", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Only check a file."
)
@click.option("--draft", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Keep a file as a draft.")
@click.option("--release", type=ROW_ID, help="Release the draft of this number, which somebody else wrote.")
@click.option("--standard", is_flag=True, help="Print the edition of the program as YAML, to begin from.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def items(
    services: Services, file: Path | None, draft: Path | None, release: int | None, standard: bool, as_json: bool
) -> int:
    """Show the items in force, check or draft another edition, release one; 3 when a file is no good."""
    if standard:
        click.echo(standard_text(), nl=False)
        return 0
    if file is not None:
        return _checked(_text(file))
    if draft is not None:
        with services.writing() as (session, viewer):
            row = actions.save_scheme(session, viewer, _text(draft), now=clock.now())
            output.say(f"草稿 {row.id} 已保存：{row.code} {row.title}。")
        return 0
    if release is not None:
        with services.writing() as (session, viewer):
            row = actions.release_scheme(session, viewer, release, now=clock.now(), today=clock.today())
            output.say(f"已发布 {row.code}，今后的检测按这一版。")
        return 0
    with services.reading() as (session, viewer):
        viewer.require(Right.RECORD_READ)
        made = queries.in_force(session, clock.today())
    if as_json:
        output.emit(made.model_dump(mode="json"))
        return 0
    output.say(f"{made.title_zh}（{made.edition}）")
    rows = [
        ("、".join(one.codes.values()), one.title_zh, PROPERTIES[one.property], MODES[one.mode]) for one in made.items
    ]
    output.table(("代码", "项目", "性质", "方式"), rows)
    return 0


def _day(moment: datetime | None) -> str:
    return f"{local(moment):%Y-%m-%d}" if moment else "—"


def _subject(one: RunView) -> str:
    if one.batch_id is not None:
        return f"批次 {one.batch_id}"
    return one.application_no or f"信息包 {one.package_id}"


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as source:
        return source.read(LONGEST_TEXT + 1)


def _checked(text: str) -> int:
    found = read(text)[1]
    for one in found:
        output.say(f"第 {one.line} 行：{one.message}")
    if not found:
        output.say("没有问题。")
    return 3 if found else 0


def _desk(services: Services) -> Desk:
    return desk(services.settings, services.database, services.store, clock.now)


def _shown(services: Services, run_id: int, as_json: bool) -> int:
    with services.reading() as (session, viewer):
        found: RunView = queries.run(session, viewer, run_id)
    if as_json:
        output.emit(found)
    else:
        output.say(
            f"四性检测 {found.id}：{MOMENTS[found.moment]}，{STATES[found.state]}，{found.papers} 件 {found.pages} 页。"
        )
        rows = [(one.code, one.title_zh, RESULTS[one.result], one.evidence) for one in found.results]
        output.table(("代码", "项目", "结论", "依据"), rows)
    return 5 if found.state == "failed" else 0
