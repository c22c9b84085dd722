"""`subjects ...`: what people ask about papers that speak of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.errors import NotFound
from archive_service.subjects import actions, answering, queries
from archive_service.subjects.rules import Kind, Proof, Relation, Said, Verdict
from retention import letters

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DAY = click.DateTime(["%Y-%m-%d"])
_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)
_STATES = ["all", "open", "late", "granted", "refused", "withdrawn"]


@click.group()
def subjects() -> None:
    """Requests for a copy, a correction, to store papers only, or to erase them."""


@subjects.command("list")
@click.option("--state", type=click.Choice(_STATES), default="open", show_default=True, help="Which.")
@click.option("--find", "text", default="", help="Part of a number or of who asked, or an account number.")
@_JSON
@click.pass_obj
def list_(services: Services, state: str, text: str, as_json: bool) -> None:
    """List the register, newest first."""
    wanted = "" if state == "all" else state
    with services.reading() as (session, viewer):
        found = queries.requests(session, viewer, state=wanted, text=text, today=clock.today(), limit=200)
    if as_json:
        output.emit({"total": found.total, "requests": list(found.rows)})
        return
    output.table(
        ("序号", "编号", "户号", "要求", "申请人", "答复期限", "状态"),
        [
            (one.id, one.number, one.account_no, answering.KINDS[one.kind], one.asker, one.due_on, one.state)
            for one in found.rows
        ],
    )


@subjects.command()
@_JSON
@click.pass_obj
def past(services: Services, as_json: bool) -> None:
    """List the letters whose retention is over; no review list takes them yet, so people decide about them."""
    with services.reading() as (session, viewer):
        found = letters.past(session, viewer, today=clock.today())
    if as_json:
        output.emit({"letters": found})
        return
    output.table(
        ("序号", "编号", "户号", "单位", "到期日", "规则"),
        [(one.request_id, one.number, one.account_no, one.unit_name, one.due.due_on, one.due.rule) for one in found],
    )
    if found:
        output.say("系统不会销毁它们。请在下次鉴定时写进鉴定意见，由负责人决定；要继续保管的，请延长 Q01 的期限。")


@subjects.command()
@click.argument("request_id", type=int)
@click.pass_obj
def show(services: Services, request_id: int) -> None:
    """Print a request with its papers, as JSON."""
    with services.reading() as (session, viewer):
        found = queries.request(session, viewer, request_id)
        papers = queries.papers(session, viewer, request_id)
        kept = letters.kept(session, found.household_id, today=clock.today()).get(found.id)
    told = {**output.plain(kept.due), "held": kept.held} if kept is not None else None
    output.emit({**output.plain(found), "papers": [output.plain(one) for one in papers], "letter_kept": told})


@subjects.command()
@click.argument("account_no")
@click.option("--kind", type=click.Choice([one.value for one in Kind]), required=True, help="What is asked.")
@click.option("--asker", required=True, help="Who asks.")
@click.option("--relation", type=click.Choice([one.value for one in Relation]), default="self", help="For themselves?")
@click.option("--proof", type=click.Choice([one.value for one in Proof]), required=True, help="What was seen of them.")
@click.option("--proof-note", default="", help="More of it; never a number of identity.")
@click.option("--words", required=True, help="What they want, in words.")
@click.option("--received-on", type=_DAY, help="The day it came in; today without it.")
@click.option("--paper", "papers", type=int, multiple=True, help="Number of an item; all of them without it.")
@click.pass_obj
def register(
    services: Services,
    account_no: str,
    kind: str,
    asker: str,
    relation: str,
    proof: str,
    proof_note: str,
    words: str,
    received_on: datetime | None,
    papers: tuple[int, ...],
) -> None:
    """Register a request about papers of a household."""
    day = received_on.date() if received_on else clock.today()
    said = Said(kind, asker, relation, proof, proof_note, words, day)
    with services.writing() as (session, viewer):
        made = actions.register(
            session,
            viewer,
            account_no,
            said,
            item_nos=papers,
            now=clock.now(),
            today=clock.today(),
            workdays_to_answer=services.settings.subject_answer_workdays,
        )
        told = f"已登记 {made.number}（序号 {made.id}），请在 {made.due_on} 前答复。"
    output.say(told)


@subjects.command()
@click.argument("request_id", type=int)
@click.option("--grant/--refuse", "granted", required=True, help="What is answered.")
@click.option("--reason", required=True, help="What was done, or why not; it stands in the letter.")
@click.option("--annotation", default="", help="The words that stand beside the papers, for a correction.")
@click.option("--copy", "copy_number", default="", help="The number of the certified copy, for a copy.")
@click.pass_obj
def decide(services: Services, request_id: int, granted: bool, reason: str, annotation: str, copy_number: str) -> None:
    """Answer a request; its letter is drawn and kept."""
    with services.reading() as (_, viewer):
        by = viewer
    verdict = Verdict(granted, reason, annotation, copy_number)
    answering.answer(services.database, services.store, by, request_id, verdict, now=clock.now())
    output.say("已答复，答复书已保存。")


@subjects.command()
@click.argument("request_id", type=int)
@click.option("--reason", required=True, help="Why.")
@click.pass_obj
def withdraw(services: Services, request_id: int, reason: str) -> None:
    """Put down that it is asked for no more."""
    with services.writing() as (session, viewer):
        actions.withdraw(session, viewer, request_id, reason=reason, now=clock.now())
    output.say("已登记撤回。")


@subjects.command()
@click.argument("request_id", type=int)
@click.option("--reason", required=True, help="Why.")
@click.pass_obj
def lift(services: Services, request_id: int, reason: str) -> None:
    """End what a request restricts."""
    with services.writing() as (session, viewer):
        count = actions.lift(session, viewer, request_id, reason=reason, now=clock.now())
    output.say(f"已解除 {count} 件资料的限制。")


@subjects.command()
@click.argument("request_id", type=int)
@click.option("--out", type=_OUT, required=True, help="The PDF that it is written into.")
@click.pass_obj
def letter(services: Services, request_id: int, out: Path) -> None:
    """Write the letter that answered a request, as PDF."""
    with services.reading() as (session, viewer):
        found = queries.request(session, viewer, request_id)
    if found.letter_digest is None:
        raise NotFound("subject.no-letter", "这项要求还没有答复书。请先答复。")
    out.write_bytes(services.store.read(found.letter_digest))
    output.say(f"已写入 {out}。")
