"""`export` and `import`: whole household files out of the archive and into it, as packages that others can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.cli.units import unit_id
from archive_service.errors import Invalid
from archive_service.exchange import by_hand, checked, leaving
from archive_service.exchange import content as contents
from archive_service.exchange.bags.write import FolderTarget, settle
from archive_service.exchange.findings import PackageRefused
from archive_service.exchange.hand_ins import actions as hand_ins
from archive_service.exchange.hand_ins import by_hand as by_hand_in
from archive_service.exchange.hand_ins import queries as hand_in_queries
from archive_service.exchange.work import write_package
from archive_service.jobs.nudge import nudge
from archive_service.properties import queries as property_queries
from archive_service.worker import hand_ins as incoming
from archive_service.worker.properties import desk as property_desk
from ingest import queries as scans
from ingest.arriving import arrive
from ingest.names import display_name
from ingest.renditions import carried


@click.command("export")
@click.argument("account_no")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["bagit", "eep"]),
    default="bagit",
    show_default=True,
    help="BagIt 1.0, or EEP by DA/T 48 with a signature.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder that becomes the package.")
@click.option("--item", "items", multiple=True, type=int, help="Number of an item; all of them if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def export_command(
    services: Services, account_no: str, kind: str, out: Path, items: tuple[int, ...], as_json: bool
) -> None:
    """Write the whole file of a household, or some of its items, as a BagIt or EEP package."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Invalid("package.out", "输出文件夹已有内容，没有写入。请换一个空的或新的文件夹。")
    chosen = sorted(set(items)) or None
    leaving.clear(services.database, services.settings.home, now=clock.now)
    with services.writing() as (session, viewer):
        made = by_hand.begin(session, viewer, account_no, format=kind, items=chosen, now=clock.now())
        partial = leaving.partial_of(out, made.id)
        held = leaving.hold(services.settings.home, made.id, partial)
        household_id = made.household_id
    try:
        count = _write(services, household_id, chosen, kind, partial)
        check = _checked(services, held.package_id, partial)
        if out.exists():
            out.rmdir()
        partial.rename(out)
        with services.writing() as (session, viewer):
            row = by_hand.finish(session, viewer, held.package_id, folder=out, files=count, now=clock.now())
            told = {"package": row.id, "account_no": account_no, "format": kind, "files": count, "out": str(out),
                    "check": check, "manifest_sha256": row.manifest_sha256}  # fmt: skip
    finally:
        leaving.end(services.database, held, now=clock.now())
    if as_json:
        output.emit(told)
    else:
        output.say(f"已写出 {kind} 信息包：{out}（{count} 个文件）\n清单 sha256 {told['manifest_sha256']}")


def _write(services: Services, household_id: int, chosen: list[int] | None, kind: str, partial: Path) -> int:
    """Write the package into a folder of its own and return how many files it has."""
    with services.reading() as (session, viewer), output.progress() as bar:
        said = contents.content(session, viewer, household_id, items=chosen, renditions_of=carried.renditions_of)
        task = bar.add_task("写出信息包", total=None)
        count = write_package(
            kind,
            FolderTarget(partial),
            session,
            services.store,
            said,
            settings=services.settings,
            now=clock.now(),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    settle(partial)
    return count


def _checked(services: Services, package_id: int, partial: Path) -> int:
    """Check the package for the four properties before it leaves; return the run. Raises Refused."""
    desk = property_desk(services.settings, services.database, services.store, clock.now)
    with services.reading() as (_, viewer):
        pass
    return checked.written(desk, viewer, package_id, partial)


@click.command("import")
@click.argument("package", type=click.Path(exists=True, path_type=Path))
@click.option("--centre", help="Centre that takes it in; the one the package names if not given.")
@click.option("--hold", "wait", is_flag=True, help="Have it checked only, by the worker; `packages` accepts it later.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_command(services: Services, package: Path, centre: str | None, wait: bool, as_json: bool) -> None:
    """Take in a BagIt or EEP package, a folder or a ZIP or TAR of one, in the name of whoever runs the command.

    A household of such an archive is entered; files of other programs are read like received ones. What is refused is
    on record with every finding, as for packages handed in on the page.
    """
    if wait:
        _hold(services, package, centre, as_json=as_json)
        return
    by_hand_in.clear(services.database, services.settings.home, now=clock.now)
    with services.writing() as (session, viewer):
        place = unit_id(session, centre) if centre else viewer.unit_id
        made = hand_ins.hand_in(
            session, viewer, None, name=display_name(package.name), channel="cli", unit_id=place,
            as_named=centre is None, now=clock.now(),
        )  # fmt: skip
        held = by_hand_in.hold(services.settings.home, made.id)
    try:
        refusal = _taken(services, held.hand_in_id, package)
    finally:
        by_hand_in.end(services.database, held, now=clock.now())
    if refusal is not None:
        if as_json:
            output.emit({"taken": False, "hand_in": held.hand_in_id, "findings": refusal.facts["findings"]})
        raise refusal
    told = _told(services, held.hand_in_id)
    nudge(services.settings)
    if as_json:
        output.emit(told)
    else:
        _say(told)


def _hold(services: Services, package: Path, centre: str | None, *, as_json: bool) -> None:
    """Hand a package in as the page does, to wait for somebody's answer."""
    if package.is_dir():
        raise Invalid("package.hold-folder", "等待答复的信息包要存进档案库，不能是文件夹。请先打成 ZIP 或 TAR 再交来。")
    with services.reading() as (session, viewer):
        place = unit_id(session, centre) if centre else viewer.unit_id
    with package.open("rb") as stream:
        made = arrive(
            services.settings, services.database, services.store, viewer, stream, name=package.name, channel="cli",
            unit_id=place, as_named=centre is None, now=clock.now(),
        )  # fmt: skip
    nudge(services.settings, ("upkeep",))
    with services.reading() as (session, viewer):
        found = hand_in_queries.hand_in(session, viewer, made)
    if as_json:
        output.emit({"taken": False, "hand_in": found.id, "state": found.state, "findings": found.findings})
    else:
        output.say(f"信息包已交来，编号 {made}，检查后等待答复。请用 packages show {made} 查看检查结果。")


def _taken(services: Services, hand_in_id: int, package: Path) -> PackageRefused | None:
    """Check a package and take it in; return the refusal, which then is on record."""
    settings, database = services.settings, services.database
    taking = incoming.taking(settings, database, services.store, now=clock.now, today=clock.today)
    with services.reading() as (_, viewer), output.progress() as bar:
        task = bar.add_task("接收信息包", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        def end(session: Session) -> None:
            """Nothing else hangs on a pass that a command makes."""

        refusal = taking.check(hand_in_id, viewer, folder=package, end=end, progress=progress)
        if refusal is not None:
            return refusal
        with services.writing() as (session, viewer):
            hand_ins.begin_taking(session, viewer, hand_in_id, now=clock.now())
        return taking.take(hand_in_id, viewer, folder=package, end=end, progress=progress)


def _told(services: Services, hand_in_id: int) -> dict[str, Any]:
    """Return what came of a package, as the command says it."""
    with services.reading() as (session, viewer):
        row = hand_in_queries.hand_in(session, viewer, hand_in_id)
        told: dict[str, Any] = {"taken": True, "hand_in": row.id, "format": row.format, "warnings": row.findings}
        if row.batch_id is not None:
            found = scans.scans(session, viewer, state=None, batch_id=row.batch_id, after=None, limit=max(1, row.files))
            told |= {"batch": row.batch_id, "scans": [
                {"file": one.file_name, "scan": one.id, "state": one.state, "error": one.error_code}
                for one in reversed(found.rows)
            ]}  # fmt: skip
        else:
            assert row.package_id is not None
            newest = property_queries.newest_of_package(session, row.package_id)
            told |= {"account_no": row.account_no, "items": row.items, "cases": row.cases, "package": row.package_id,
                     "check": newest.id if newest else None}  # fmt: skip
        return told | {"signature": row.signature, "signer": row.signer}


def _say(told: dict[str, Any]) -> None:
    if "account_no" in told:
        output.say(f"已接收户号 {told['account_no']}：{told['cases']} 个案件，{told['items']} 件资料。")
        if told["signature"] == "none":
            output.say("信息包没有签名：随包的元数据和经历只是移交方的说法，请与移交方核对。")
    else:
        output.say(f"外来信息包，{len(told['scans'])} 个文件已作为批次 {told['batch']} 接收，将按扫描件识别。")
    if told["signature"] == "foreign":
        output.say(f"签名有效，但不是本档案库的：{told['signer']}。请核对签名人。")
    for one in told["warnings"]:
        output.say(f"请留意：{one['message']}")
