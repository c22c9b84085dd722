"""The commands of `retention` about holds: placing, also on what a search finds, reviewing, releasing, listing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import click
from sqlalchemy.orm import Session

from archive_service import clock, masking
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.errors import Refused
from archive_service.holds import actions as hold_actions
from archive_service.holds import queries as holds
from archive_service.holds.actions import On
from archive_service.holds.rules import Kind, Terms
from archive_service.people.roles import Right
from indexing import search as indexing
from indexing.search import Hit
from indexing.sync import follow

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
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


@click.command("hold-found")
@click.argument("query")
@click.option("--households", "whole", is_flag=True, help="The whole households of what is found.")
@click.option("--kind", type=click.Choice([one.value for one in Kind]), required=True, help="Why it is held.")
@click.option("--reason", required=True, help="In words.")
@click.option("--authority", required=True, help="By whose word: a court, an office, the number of a letter.")
@click.option("--review-on", type=_DAY, required=True, help="The day on which somebody looks at it again.")
@click.option("--count", type=int, help="How many it holds, to confirm; without it, only the number is printed.")
@click.pass_obj
def hold_found(
    services: Services,
    query: str,
    whole: bool,
    kind: str,
    reason: str,
    authority: str,
    review_on: datetime,
    count: int | None,
) -> None:
    """Hold what a search finds; asked without --count, say how many that are."""
    while follow(services.database, services.index, now=clock.now()):
        continue
    with services.database.reading() as session:
        viewer = services.viewer(session)
        hits = _found(session, services, query, viewer.units(Right.HOLD_KEEP))
    on = On(accounts=sorted({one.account_no for one in hits})) if whole else On(item_ids=[one.item_id for one in hits])
    if count is None:
        output.say(f"找到 {on.count} 个对象，没有冻结。确认时请加 --count {on.count}。")
        return
    if count != on.count:
        raise Refused("hold.search-changed", "检索结果已经变化，没有冻结任何资料。请核对新的件数后再确认。")
    terms = Terms(kind, reason, authority, review_on.date())
    with services.database.unit_of_work() as session:
        made = hold_actions.place_all(
            session,
            services.viewer(session),
            on,
            terms,
            found_by=masking.text(query),
            now=clock.now(),
            today=clock.today(),
        )
        keys = [one.id for one in made]
    output.say(f"已冻结 {on.count} 个对象，编号 {'、'.join(map(str, keys))}。")


@click.command("review-hold")
@click.argument("hold_id", type=int)
@click.option("--review-on", type=_DAY, required=True, help="The day on which somebody looks at it next.")
@click.option("--reason", required=True, help="Why it is still needed.")
@click.pass_obj
def review_hold(services: Services, hold_id: int, review_on: datetime, reason: str) -> None:
    """Put the review of a hold off, saying why."""
    with services.database.unit_of_work() as session:
        hold_actions.postpone_review(
            session,
            services.viewer(session),
            hold_id,
            review_on=review_on.date(),
            reason=reason,
            now=clock.now(),
            today=clock.today(),
        )
    output.say("已推后复查日。")


@click.command()
@click.argument("hold_id", type=int)
@click.option("--reason", required=True, help="Why it is not needed any more.")
@click.pass_obj
def release(services: Services, hold_id: int, reason: str) -> None:
    """Release a hold."""
    with services.database.unit_of_work() as session:
        hold_actions.release(session, services.viewer(session), hold_id, reason=reason, now=clock.now())
    output.say("已解除冻结。")


@click.command("holds")
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


def _found(session: Session, services: Services, query: str, units: Collection[int]) -> list[Hit]:
    hits: list[Hit] = []
    while True:
        found = indexing.search(
            session,
            services.index,
            viewer_units=frozenset(units),
            query=query,
            limit=indexing.MOST_A_PAGE,
            offset=len(hits),
            may_read_personal_units=frozenset(units),
        )
        if found.refused:
            raise Refused("search.identity", "证件号码不写在命令里，没有查找。请改用户号、户名或地址。")
        hits += found.hits
        if not found.hits or len(hits) >= found.total:
            return hits


COMMANDS = (hold, hold_found, review_hold, release, list_holds)
