"""`loans ...`: the daily work of the counter and of those who decide; `--as` says who acts."""

from __future__ import annotations

import click

from archive_service import clock
from archive_service.borrowing import actions, lines, queries
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.web.labels import Labels


@click.group()
def loans() -> None:
    """Records that are asked for, lent, read and brought back."""


@loans.command()
@click.argument("line")
@click.option("--purpose", required=True, help="Code of the purpose, such as legal.")
@click.option("--words", required=True, help="Why, in words.")
@click.option(
    "--way", type=click.Choice(["screen", "print", "copy", "paper"]), default="screen", help="How to have it."
)
@click.option("--days", default=1, show_default=True, help="Working days for paper, 24 hours each otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def request(services: Services, line: str, purpose: str, words: str, way: str, days: int, as_json: bool) -> None:
    """Ask for LINE: ACCOUNT_NO, or ACCOUNT_NO|APPLICATION_NO|PAPERS|PAGES with numbers parted by commas."""
    wish = lines.read(line).wish(way=way, days=days, prints=1 if way == "print" else 0, unmasked=False)
    now = clock.now()
    with services.writing() as (session, viewer):
        made = actions.ask(session, viewer, [wish], purpose=purpose, words=words, now=now)
        found = queries.request_view(session, viewer, made.id, now)
    (one,) = found.lines
    why = Labels("zh").loan_reason(one.reason)
    if as_json:
        output.emit({"request": str(found.request_id), "wish": str(one.wish_id), "state": one.state, "why": why})
    else:
        output.say(f"已申请，申请 {found.request_id}，编号 {one.wish_id}：{why}")


@loans.command("list")
@click.option("--state", type=click.Choice(["asked", "approved", "refused", "withdrawn", "done"]), help="Only these.")
@click.option("--limit", default=50, show_default=True, help="Most lines to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line of the register a line.")
@click.pass_obj
def list_(services: Services, state: str | None, limit: int, as_json: bool) -> None:
    """List the register of loans, newest first."""
    with services.reading() as (session, viewer):
        found = queries.loan_register(session, viewer, state=state or "", limit=limit)
    if as_json:
        for row in found:
            output.emit({**output.plain(row), "wish_id": str(row.wish_id), "request_id": str(row.request_id)})
        return
    output.table(
        ("编号", "户号", "申请人", "方式", "用途", "状态", "应还"),
        [(one.wish_id, one.account_no, one.asker, one.way, one.purpose, one.state, one.due_on) for one in found],
    )


@loans.command()
@click.argument("wish_id", metavar="ID", type=ROW_ID)
@click.option("--words", default="", help="Conditions.")
@click.pass_obj
def approve(services: Services, wish_id: int, words: str) -> None:
    """Approve a line that somebody else asked for."""
    with services.writing() as (session, viewer):
        actions.decide(session, viewer, wish_id, approve=True, words=words, now=clock.now())
    output.say(f"已批准 {wish_id}。")


@loans.command()
@click.argument("wish_id", metavar="ID", type=ROW_ID)
@click.option("--words", required=True, help="Why not.")
@click.pass_obj
def refuse(services: Services, wish_id: int, words: str) -> None:
    """Refuse a line, saying why."""
    with services.writing() as (session, viewer):
        actions.decide(session, viewer, wish_id, approve=False, words=words, now=clock.now())
    output.say(f"已驳回 {wish_id}。")


@loans.command("hand-out")
@click.argument("wish_id", metavar="ID", type=ROW_ID)
@click.option("--pages", required=True, type=int, help="Pages that both counted.")
@click.option("--note", default="", help="Why they are not those of the records.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def hand_out(services: Services, wish_id: int, pages: int, note: str, as_json: bool) -> None:
    """Hand the papers of an approved line out."""
    with services.writing() as (session, viewer):
        made = actions.hand_out(session, viewer, wish_id, pages_counted=pages, count_note=note, now=clock.now())
        loan, due_on = made.id, made.due_on
    if as_json:
        output.emit({"loan": str(loan), "due_on": due_on})
    else:
        output.say(f"已借出，借阅单 {loan}，应于 {due_on} 归还。")


@loans.command("return")
@click.argument("loan_id", metavar="LOAN", type=ROW_ID)
@click.option("--paper", "papers", multiple=True, metavar="ITEM=PAGES", help="A paper and its pages; all if none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def return_(services: Services, loan_id: int, papers: tuple[str, ...], as_json: bool) -> None:
    """Take papers back that both found sound; what is missing or damaged is written down at the page."""
    given = {item: pages for item, _, pages in (one.partition("=") for one in papers)}
    if any(not (item.isdigit() and pages.isdigit()) for item, pages in given.items()):
        raise click.BadParameter("ITEM=PAGES", param_hint="--paper")
    with services.writing() as (session, viewer):
        known = queries.loan_view(session, viewer, loan_id)
        out = {str(one.item_id): one.pages_out for one in known.papers if one.back_at is None}
        back = [(int(item), int(pages)) for item, pages in (given or out).items()]
        seen = [actions.Inspected(item, pages, "sound") for item, pages in back]
        state = actions.take_back(session, viewer, loan_id, seen, now=clock.now()).state
    if as_json:
        output.emit({"loan": str(loan_id), "state": state})
    else:
        output.say(f"借阅单 {loan_id}：" + ("已全部归还。" if state == "returned" else "已收下，还有未还的。"))


@loans.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one loan a line.")
@click.pass_obj
def overdue(services: Services, as_json: bool) -> None:
    """List who has papers that should be back, the longest overdue first."""
    with services.reading() as (session, viewer):
        found = queries.loans_out(session, viewer, today=clock.today(), overdue_only=True)
    if as_json:
        for row in found:
            output.emit({**output.plain(row), "loan_id": str(row.loan_id), "holder_id": str(row.holder_id)})
        return
    output.table(
        ("借阅单", "户号", "借阅人", "应还", "续借"),
        [(one.loan_id, one.account_no, one.holder, one.due_on, one.renewals) for one in found],
    )
