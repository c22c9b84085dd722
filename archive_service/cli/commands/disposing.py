"""`retention review ...`: review lists, their plans and certificates."""

from __future__ import annotations

from pathlib import Path

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.errors import NotFound, NotPermitted
from archive_service.people import sign_in
from archive_service.people.queries import unit_by_code
from retention import candidates, disposal
from retention import certificate as papers
from retention import disposal_queries as queries
from retention import review as reviewing
from retention.disposal_rules import Opinion

_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.option("--centre", required=True, help="The unit whose items are reviewed, by code.")
@click.option("--title", required=True, help="What the list is called.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def review(services: Services, centre: str, title: str, as_json: bool) -> None:
    """Freeze items that are due into a review list."""
    with services.writing() as (session, viewer):
        unit = unit_by_code(session, centre)
        if unit is None:
            raise NotFound("unit.not-found", "没有这个单位代码。请核对后再试。")
        row = reviewing.freeze(
            session, viewer, unit_id=unit.id, title=title, dues=candidates.due(session, unit.id, today=clock.today()),
            now=clock.now(),
            today=clock.today(),
        )  # fmt: skip
        view = queries.summary(session, viewer, row.id)
    _print([view], as_json)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one list a line.")
@click.pass_obj
def lists(services: Services, as_json: bool) -> None:
    """Print the review lists, newest first."""
    with services.reading() as (session, viewer):
        found = queries.lists(session, viewer, limit=500).rows
    _print(list(found), as_json)


@click.command()
@click.argument("list_id", type=int)
@click.option("--item", "items", type=int, multiple=True, help="Only this item; without it, every item of the list.")
@click.option("--opinion", type=click.Choice([one.value for one in Opinion]), required=True, help="What is right.")
@click.option("--years", type=int, help="By how many years it is kept longer.")
@click.option("--reason", default="", help="Why it is kept longer or for good.")
@click.pass_obj
def judge(
    services: Services, list_id: int, items: tuple[int, ...], opinion: str, years: int | None, reason: str
) -> None:
    """Say what is thought right for items of a list."""
    with services.writing() as (session, viewer):
        chosen = items or queries.item_ids(session, viewer, list_id)
        count = reviewing.opine(
            session, viewer, list_id, chosen, opinion=opinion, years=years, reason=reason, now=clock.now()
        )
    output.say(f"已给出 {count} 件的鉴定意见。")


@click.command()
@click.argument("list_id", type=int)
@click.option("--out", type=_OUT, required=True, help="Where the report with the draft register goes, as PDF.")
@click.pass_obj
def propose(services: Services, list_id: int, out: Path) -> None:
    """Draw the appraisal report of a judged list and hand the list on for approval."""
    now = clock.now()
    with services.reading() as (session, viewer):
        made = papers.report(session, queries.row(session, viewer, list_id), now=now)
    stored = services.store.put_bytes(made)
    with services.writing() as (session, viewer):
        reviewing.propose(session, viewer, list_id, stored, now=now)
    out.write_bytes(made)


@click.command()
@click.argument("list_id", type=int)
@click.option("--approve/--send-back", required=True, help="Approve it, or send it back to be judged anew.")
@click.option("--note", default="", help="What is said to it; needed to send it back.")
@click.pass_obj
def decide(services: Services, list_id: int, approve: bool, note: str) -> None:
    """Decide on a proposed list, with password and one-time code of the person named by --as."""
    _present(services)
    with services.writing() as (session, viewer):
        reviewing.decide(
            session, viewer, list_id, approve=approve, note=note, now=clock.now(), today=clock.today(),
            waiting_days=services.settings.disposal_waiting_days,
        )  # fmt: skip


@click.command()
@click.argument("list_id", type=int)
@click.option("--plan", "plan_hash", required=True, help="The digest that stands on the printed plan.")
@click.pass_obj
def witness(services: Services, list_id: int, plan_hash: str) -> None:
    """Sign for a plan as one of two witnesses, with password and one-time code; the second one starts the execution."""
    _present(services)
    with services.writing() as (session, viewer):
        row = disposal.witness(session, viewer, list_id, plan_hash=plan_hash, now=clock.now(), today=clock.today())
        last = row.second_witness is not None
    output.say("两位监销人已签字，开始执行。" if last else "已签字，还需另一位监销人签字。")


@click.command()
@click.argument("list_id", type=int)
@click.option("--out", type=_OUT, required=True, help="Where the plan goes, as PDF.")
@click.pass_obj
def plan(services: Services, list_id: int, out: Path) -> None:
    """Write the plan that stands for a list, to be checked before two people sign for it."""
    with services.reading() as (session, viewer):
        out.write_bytes(papers.plan(session, queries.row(session, viewer, list_id), now=clock.now()))


@click.command()
@click.argument("list_id", type=int)
@click.option("--place", required=True, help="Where paper and media are destroyed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def execute(services: Services, list_id: int, place: str, as_json: bool) -> None:
    """Ask for the execution of an approved list; it begins once two witnesses have signed in and signed."""
    with services.writing() as (session, viewer):
        disposal.plan(session, viewer, list_id, place=place, now=clock.now(), today=clock.today())
        view = queries.summary(session, viewer, list_id)
    _print([view], as_json)


@click.command()
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


def _present(services: Services) -> None:
    """See that the person in whose name the command acts is the one at the keyboard."""
    with services.reading() as (_, viewer):
        if viewer.person_id is None:
            raise NotPermitted("disposal.person", "审批和监销必须由登录的人员本人办理。请登录后办理。")
        asked = viewer.has_second_factor
    password = click.prompt("密码", hide_input=True, err=True)
    code = click.prompt("动态验证码", err=True) if asked else ""
    sign_in.confirm_presence(
        services.database, person_id=viewer.person_id, password=password, code=code, now=clock.now()
    )


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


#: What `retention` offers besides schedules, dues and holds.
COMMANDS = (review, lists, judge, propose, decide, plan, execute, witness, certificate)
