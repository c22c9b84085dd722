"""`recognise`: the model that names papers beside the rules: train, judge, take back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from archive_service import clock, zone
from archive_service.catalogue import load
from archive_service.catalogue.schema import Edition
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.people.roles import Right
from ingest.naming import actions, queries, training
from ingest.naming.training import Trained
from ingest.recognise.naming.examples import EACH
from ingest.recognise.naming.judge import Judgement, TypeScore, judge
from ingest.recognise.values import OTHER

#: Most mistakes that are shown to a person; JSON has all.
_SHOWN = 15
_STATES = {"in_use": "使用中", "replaced": "已被替换", "taken_back": "已换回", "package": "随程序提供"}
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_EACH = click.option(
    "--generated",
    "each",
    default=EACH,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Papers generated of every type.",
)


@click.group()
def recognise() -> None:
    """The model that tells what a paper is: train it on confirmed documents, judge it, take it back."""


@recognise.command()
@_EACH
@click.option("--force", is_flag=True, help="Put the new model in use even if it names fewer papers right.")
@_JSON
@click.pass_obj
def train(services: Services, each: int, force: bool, as_json: bool) -> int:
    """Train on generated papers and on what people confirmed; put the new model in use unless it is worse."""
    edition = load.current(clock.today())
    with services.reading() as (session, viewer):
        viewer.require(Right.SYSTEM_HEALTH)
        used = queries.in_use(session, services.store).model
        output.advise("正在收集已确认的资料并训练，需要一两分钟。")
        confirmed = list(queries.confirmed(session, services.store))
    trained = training.train(confirmed, used, edition, each=each)
    installed = force or not trained.worse
    stored = services.store.put_bytes(trained.model.data) if installed else None
    with services.writing() as (session, viewer):
        if stored:
            actions.install(session, viewer, trained, stored, now=clock.now())
        else:
            actions.decline(session, viewer, trained, now=clock.now())
    if as_json:
        output.emit(_as_json(trained, used.digest, installed=installed))
    else:
        _say_trained(trained, edition, installed=installed)
    return 0 if installed else 3


@recognise.command()
@_JSON
@click.pass_obj
def rollback(services: Services, as_json: bool) -> None:
    """Take the model in use back; the one before it is in use again."""
    with services.writing() as (session, viewer):
        actions.roll_back(session, viewer, now=clock.now())
        digest = queries.in_use(session, services.store).model.digest
    if as_json:
        output.emit({"in_use": digest})
    else:
        output.say(f"已换回模型 {digest[:12]}，下一份扫描件起生效。")


@recognise.command()
@_JSON
@click.pass_obj
def models(services: Services, as_json: bool) -> None:
    """List the models, the newest first; the last is that of the package."""
    with services.reading() as (session, viewer):
        viewer.require(Right.SYSTEM_HEALTH)
        rows = queries.models(session)
    if as_json:
        for row in rows:
            output.emit(row)
        return
    output.table(
        ("模型", "状态", "训练时间", "生成", "确认", "留作检验", "正确率"),
        [
            (
                row.digest[:12],
                _STATES[row.state],
                f"{zone.local(row.trained_at):%Y-%m-%d %H:%M}" if row.trained_at else "",
                row.generated,
                row.confirmed,
                row.held_back,
                _share(row.accuracy),
            )
            for row in rows
        ],
    )


@recognise.command()
@_EACH
@_JSON
@click.pass_obj
def evaluate(services: Services, each: int, as_json: bool) -> None:
    """Judge the model in use on confirmed documents held back and on freshly generated papers."""
    edition = load.current(clock.today())
    with services.reading() as (session, viewer):
        viewer.require(Right.SYSTEM_HEALTH)
        model = queries.in_use(session, services.store).model
        held = training.held_back(list(queries.confirmed(session, services.store)))
    confirmed, generated = judge(model, held), judge(model, training.fresh_papers(edition, each=each))
    if as_json:
        output.emit({"model": model.digest, "confirmed": _told(confirmed), "generated": _told(generated)})
        return
    output.say(f"模型 {model.digest[:12]}")
    _say("已确认的资料（留作检验）", confirmed, edition)
    _say("新生成的资料", generated, edition)


def _as_json(trained: Trained, before: str, *, installed: bool) -> dict[str, Any]:
    return {
        "model": trained.model.digest,
        "installed": installed,
        "worse": trained.worse,
        "confirmed": trained.confirmed,
        "generated": trained.generated,
        "before": {"model": before, **_both(trained.before, trained.generated_before)},
        "after": _both(trained.after, trained.generated_after),
    }


def _both(confirmed: Judgement, generated: Judgement) -> dict[str, Any]:
    return {"confirmed": _told(confirmed), "generated": _told(generated)}


def _told(judged: Judgement) -> dict[str, Any]:
    return {
        "documents": judged.papers,
        "right": judged.right,
        "accuracy": judged.accuracy,
        "types": [_score(one) for one in judged.types],
        "mistaken": [{"type": true, "taken_for": taken, "count": count} for true, taken, count in judged.mistaken],
    }


def _score(one: TypeScore) -> Mapping[str, object]:
    return {"type": one.code, "documents": one.papers, "precision": one.precision, "recall": one.recall}


def _say_trained(trained: Trained, edition: Edition, *, installed: bool) -> None:
    output.say(f"学自生成的资料 {trained.generated} 份、确认的资料 {trained.confirmed} 份。")
    for title, before, after in (
        ("留作检验的确认资料", trained.before, trained.after),
        ("新生成的资料", trained.generated_before, trained.generated_after),
    ):
        was, is_now = _share(before.accuracy), _share(after.accuracy)
        output.say(f"{title} {after.papers} 份：原模型正确 {was}，新模型正确 {is_now}。")
    if not trained.after.papers:
        output.say("还没有可留作检验的确认资料，只能以生成的资料比较。")
    judged = trained.after if trained.after.papers else trained.generated_after
    _say("新模型", judged, edition)
    if not installed:
        output.say("新模型不如原模型，没有启用。可在确认更多资料后再训练；确要启用请加 --force。")
    elif trained.worse:
        output.say(f"新模型 {trained.model.digest[:12]} 不如原模型，已按要求启用；recognise rollback 可换回。")
    else:
        output.say(f"已启用新模型 {trained.model.digest[:12]}，下一份扫描件起生效；recognise rollback 可换回。")


def _say(title: str, judged: Judgement, edition: Edition) -> None:
    output.say(f"{title}：{judged.papers} 份，正确 {judged.right} 份（{_share(judged.accuracy)}）。")
    if judged.types:
        rows = [
            (one.code, _name(one.code, edition), one.papers, _share(one.precision), _share(one.recall))
            for one in judged.types
        ]
        output.table(("类型", "名称", "份数", "精确率", "召回率"), rows)
    if judged.mistaken:
        output.say("最常混淆：")
        mistakes = [
            (f"{true} {_name(true, edition)}", f"{taken} {_name(taken, edition)}", count)
            for true, taken, count in judged.mistaken[:_SHOWN]
        ]
        output.table(("实际", "误为", "次数"), mistakes)


def _name(code: str, edition: Edition) -> str:
    known = edition.document_types.get(code)
    return known.name_zh if known else "其他资料" if code == OTHER else code


def _share(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"
