"""`storage`: whether what is stored can be changed or removed, tested now; which objects are locked, and lock them."""

from __future__ import annotations

from datetime import datetime

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.fixity import write_once
from archive_service.fixity.proofs import GOOD, prove_all
from archive_service.fixity.write_once import StoreState
from archive_service.people.roles import Right
from archive_service.storage.choose import open_stores
from archive_service.web.words.storage import LOCK_LET, LOCK_STATE, OBJECT_LOCK
from retention import locking, paper_locks, paper_rules

_STORES = {"first": "主存储", "second": "第二存储"}
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def storage() -> None:
    """Whether stored objects can be changed or removed, and how they are locked."""


@storage.command()
@_JSON
@click.pass_obj
def check(services: Services, as_json: bool) -> int:
    """Test now what must fail: changing and removing what is locked; 5 when a store lets it happen."""
    with services.reading() as (_, viewer):
        viewer.require(Right.SYSTEM_HEALTH)
    found = prove_all(services.database, open_stores(services.settings), by=viewer, now=clock.now())
    _show(services, as_json=as_json)
    return 0 if all(one.state in GOOD for one in found) else 5


@storage.command()
@_JSON
@click.pass_obj
def status(services: Services, as_json: bool) -> int:
    """Say what the last tests proved, how many objects are locked, and which are not; 5 when one does not hold."""
    return _show(services, as_json=as_json)


@storage.command()
@click.pass_obj
def lock(services: Services) -> None:
    """Order the job that locks what is owed; the upkeep orders it by itself every few minutes."""
    rules = paper_rules.load(services.settings.paper_rules_file)
    with services.writing() as (session, viewer):
        viewer.require(Right.SYSTEM_HEALTH)
        ordered = locking.ask(session, rules, now=clock.now(), today=clock.today())
    output.say("已下达锁定任务。" if ordered else "没有要锁定的对象，或没有存储通过自检。")


def _show(services: Services, *, as_json: bool) -> int:
    with services.reading() as (session, viewer):
        stores = write_once.seen_by(session, viewer, now=clock.now())
        unlocked = write_once.unlocked(session, viewer)
        rules = paper_rules.load(services.settings.paper_rules_file)
        papers = paper_locks.standing(session, viewer, rules, now=clock.now())
    if as_json:
        output.emit({"stores": stores, "unlocked": unlocked, "papers": papers})
    else:
        head = ("存储", "自检结果", "最近自检 (UTC)", "最近通过 (UTC)", "已锁定", "其中冻结", "没有锁定")
        output.table(head, [_row(one) for one in stores])
        if unlocked:
            rows = [(_STORES[one.store], OBJECT_LOCK[one.state], one.code, one.digest) for one in unlocked]
            output.table(("存储", "原因", "回答", "摘要"), rows)
        if any(one.state == "enforced" for one in stores):
            told = [(one.title, str(one.papers), str(one.locked), _day(one.until)) for one in papers]
            output.table(("系统文件", "份数", "已锁定", "最早到期 (UTC)"), told)
    return 0 if all(one.proven and not one.refused and not one.short for one in stores) else 5


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else "–"


def _row(one: StoreState) -> tuple[str, ...]:
    let = f"（{LOCK_LET[one.let]}）" if one.let else ""
    proven = f"{one.proven_at:%Y-%m-%d %H:%M}" if one.proven_at else "–"
    counts = (str(one.locked), str(one.held), str(one.refused + one.short))
    return (_STORES[one.store], LOCK_STATE[one.state] + let, f"{one.at:%Y-%m-%d %H:%M}", proven, *counts)
