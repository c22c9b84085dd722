"""`rooms ...`: places with free space, labels, papers put away and taken out by their codes, stocktakes."""

from __future__ import annotations

from pathlib import Path

import click

from archive_service import clock
from archive_service.audit.record import record
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.printing import Label, Shape, label_sheets
from archive_service.rooms import actions, queries, rules
from archive_service.rooms.rules import NAMES, Kind
from archive_service.rooms.views import PlaceView

_OUT = click.Path(dir_okay=False, path_type=Path)


@click.group()
def rooms() -> None:
    """Rooms, what stands in them, and where papers lie."""


@rooms.command("list")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one place a line.")
@click.pass_obj
def list_(services: Services, code: str | None, as_json: bool) -> None:
    """List the rooms, or what stands directly in the place CODE, with free space."""
    with services.reading() as (session, viewer):
        if code is None:
            found = queries.rooms(session, viewer)
        else:
            found = queries.inside(session, viewer, queries.place(session, viewer, code))
    if as_json:
        for one in found:
            output.emit({**output.plain(one), "id": str(one.id)})
        return
    output.table(
        ("编码", "种类", "名称", "单位", "里面", "可放盒", "可放资料"),
        [
            (one.code, NAMES[one.kind], one.name, one.unit_name, one.inside, one.free_boxes, one.free_papers)
            for one in found
        ],
    )


@rooms.command()
@click.argument("code")
@click.option("--kind", type=click.Choice([one.value for one in Kind]), help="Those of this kind in it.")
@click.option("--shape", type=click.Choice([one.value for one in Shape]), default="box", help="What they stick on.")
@click.option("--out", type=_OUT, required=True, help="Where the sheets go, as PDF.")
@click.pass_obj
def labels(services: Services, code: str, kind: str | None, shape: str, out: Path) -> None:
    """Write sheets of labels with QR codes for the place CODE, or for the places of a kind in it."""
    now = clock.now()
    with services.writing() as (session, viewer):
        place = queries.place(session, viewer, code)
        found = queries.labelled(session, viewer, place, Kind(kind) if kind else place.kind)
        rules.check_labels(len(found))
        record(
            session, by=viewer.actor, did="paper.printed", object_kind="place", object_id=place.id,
            unit_id=place.unit_id, facts={"paper": "place-labels", "code": place.code, "labels": len(found)}, now=now,
        )  # fmt: skip
    out.write_bytes(label_sheets([_label(one) for one in found], Shape(shape), title="库房标签", made_at=now))
    output.say(f"已写出 {len(found)} 张标签：{out}")


def _label(place: PlaceView) -> Label:
    lines = [place.unit_name, NAMES[place.kind]]
    if place.kind in (Kind.CABINET, Kind.SHELF):
        lines.insert(1, " · ".join(one.name for one in place.way))
    return Label(place.code, place.name or NAMES[place.kind], lines)


@rooms.command()
@click.argument("box")
@click.argument("codes", nargs=-1, required=True)
@click.option("--move", is_flag=True, help="Also papers that lie in another box.")
@click.pass_obj
def put(services: Services, box: str, codes: tuple[str, ...], move: bool) -> None:
    """Put the papers that CODES name into the box BOX: all of them or, when one is refused, none."""
    put_away = 0
    with services.writing() as (session, viewer):
        into = queries.place(session, viewer, box).id
        for code in codes:
            moved = actions.put_away(session, into, code, move=move, by=viewer, now=clock.now())
            put_away += len(moved.papers)
    output.say(f"已放入 {box}：{put_away} 件，还可放 {moved.room_left} 件。")


@rooms.command()
@click.argument("codes", nargs=-1, required=True)
@click.option("--reason", default="", help="What for.")
@click.pass_obj
def take(services: Services, codes: tuple[str, ...], reason: str) -> None:
    """Take the papers that CODES name out of their boxes: all of them or, when one is refused, none."""
    taken = 0
    with services.writing() as (session, viewer):
        for code in codes:
            taken += len(actions.take_out(session, code, reason=reason, by=viewer, now=clock.now()).papers)
    output.say(f"已取出 {taken} 件。")


@rooms.group()
def stocktake() -> None:
    """Counting what is there against what ought to be."""


@stocktake.command("open")
@click.argument("code")
@click.option("--counts", type=click.Choice(["papers", "boxes"]), default="papers", help="What is counted.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def open_(services: Services, code: str, counts: str, as_json: bool) -> None:
    """Open a stocktake of the place CODE; what ought to be there is written down now."""
    with services.writing() as (session, viewer):
        place = queries.place(session, viewer, code)
        number = actions.open_stocktake(session, place.id, counts, by=viewer, now=clock.now()).id
    _say(services, number, as_json=as_json)


@stocktake.command()
@click.argument("stocktake_id", metavar="ID", type=ROW_ID)
@click.argument("codes", nargs=-1, required=True)
@click.pass_obj
def scan(services: Services, stocktake_id: int, codes: tuple[str, ...]) -> None:
    """Write down CODES as scanned, in order; that of a box or shelf says where the next things are."""
    unknown = 0
    with services.writing() as (session, viewer):
        where: int | None = None
        for code in codes:
            seen = actions.scan(session, stocktake_id, code, where, by=viewer, now=clock.now())
            where = seen.place_id
            if seen.unknown is not None:
                unknown += 1
                output.advise(seen.unknown.message)
    output.say(f"已记下 {len(codes)} 次扫码，其中 {unknown} 个不认识。")


@stocktake.command()
@click.argument("stocktake_id", metavar="ID", type=ROW_ID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(services: Services, stocktake_id: int, as_json: bool) -> None:
    """Show what a stocktake comes to."""
    _say(services, stocktake_id, as_json=as_json)


@stocktake.command()
@click.argument("stocktake_id", metavar="ID", type=ROW_ID)
@click.option("--watched-by", required=True, help="Name of who watched the count.")
@click.option("--reason", default="", help="Why there are differences, and what is done about them.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def close(services: Services, stocktake_id: int, watched_by: str, reason: str, as_json: bool) -> None:
    """Close a stocktake for good."""
    with services.writing() as (session, viewer):
        actions.close_stocktake(session, stocktake_id, reason=reason, watched_by=watched_by, by=viewer, now=clock.now())
    _say(services, stocktake_id, as_json=as_json)


def _say(services: Services, stocktake_id: int, *, as_json: bool) -> None:
    with services.reading() as (session, viewer):
        one = queries.stocktake(session, viewer, stocktake_id)
        found = queries.result(session, viewer, one)
    counts = {outcome.value: many for outcome, many in found.counts.items()}
    if as_json:
        output.emit({"stocktake": str(one.id), "place": one.place.code, "state": one.state, "counts": counts})
        return
    output.say(
        f"盘点 {one.id}（{one.place.code}）：在册 {one.expected}，在位 {found.seen}，差异 {found.differences}，"
        + ("已结束。" if one.state == "closed" else "进行中。")
    )
