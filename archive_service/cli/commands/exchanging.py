"""`export` and `import`: whole household files out of the archive and into it, as packages that others can read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from archive_service import clock, signing
from archive_service.cli import output
from archive_service.cli.commands.ingesting import new_batch
from archive_service.cli.services import Services
from archive_service.cli.units import unit_id
from archive_service.errors import Invalid
from archive_service.exchange import arriving, by_hand, checked, leaving
from archive_service.exchange import content as contents
from archive_service.exchange.arriving import Incoming
from archive_service.exchange.bags.write import FolderTarget, settle
from archive_service.exchange.eep import names as eep_names
from archive_service.exchange.eep.check import EepChecked, check_eep
from archive_service.exchange.findings import PackageRefused, refused
from archive_service.exchange.restore import admit, restore
from archive_service.exchange.schema import HouseholdSaid
from archive_service.exchange.sealing import Seal, seal_of
from archive_service.exchange.work import write_package
from archive_service.jobs.nudge import nudge
from archive_service.properties import work
from archive_service.settings import Settings
from archive_service.worker.properties import desk as property_desk
from ingest import vetting
from ingest.receive import Said, receive
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
        if out.exists():
            out.rmdir()
        partial.rename(out)
        with services.writing() as (session, viewer):
            row = by_hand.finish(session, viewer, held.package_id, folder=out, files=count, now=clock.now())
            told = {"package": row.id, "account_no": account_no, "format": kind, "files": count, "out": str(out),
                    "manifest_sha256": row.manifest_sha256}  # fmt: skip
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


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--centre", help="Centre that takes the household in; the one the package names if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_command(services: Services, folder: Path, centre: str | None, as_json: bool) -> None:
    """Take in a BagIt or EEP package: a household of such an archive, or files that are read like received ones."""
    work = services.settings.home / "work"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as at:
        desk = Path(at)
        try:
            kind, incoming, seal = _checked(services.settings, folder, desk)
            if arriving.is_ours(incoming):
                told = _restore(services, incoming, desk, kind, centre, seal=seal)
            else:
                told = _receive(services, incoming, folder.name, centre)
        except PackageRefused as e:
            if as_json:
                output.emit({"taken": False, "findings": e.facts["findings"]})
            raise
    told |= {"taken": True, "format": kind, **output.plain(seal)}
    if as_json:
        output.emit(told)
    else:
        _say(told)


def _checked(settings: Settings, folder: Path, desk: Path) -> tuple[str, Incoming, Seal]:
    """Check a package of either format. Raises PackageRefused with every finding."""
    ours = signing.certificate_der(settings, now=clock.now())
    if (folder / eep_names.FILE).is_symlink() or (folder / eep_names.FILE).exists():
        inside = desk / "inline"
        inside.mkdir()
        found: EepChecked = check_eep(folder, desk=inside, our_certificate=ours)
        if not found.valid:
            raise refused(found.findings)
        return "eep", arriving.from_eep(folder, found), Seal(found.signature, found.signer)
    bag = arriving.check_folder(folder)
    return "bagit", arriving.from_bag(folder, bag), seal_of(folder, bag, our_certificate=ours)


def _restore(
    services: Services, incoming: Incoming, desk: Path, kind: str, centre: str | None, *, seal: Seal
) -> dict[str, Any]:
    def admitted(said: HouseholdSaid) -> None:
        with services.reading() as (session, viewer):
            admit(session, viewer, said, unit_id=unit_id(session, centre or said.unit))

    look: Callable[[Path, str], None] = vetting.vetting(services.settings)
    checking = property_desk(services.settings, services.database, services.store, clock.now)
    arrived = arriving.arrive(incoming, store=services.store, admit=admitted, vet=look, desk=desk)
    now = clock.now()
    with services.writing() as (session, viewer):
        made = restore(
            session,
            viewer,
            arrived,
            unit_id=unit_id(session, centre or arrived.said.unit),
            format=kind,
            seal=seal,
            keep_rendition=lambda session, item_id, kept: carried.keep(session, item_id, kept, now=now),
            filing_due_workdays=services.settings.filing_due_workdays,
            now=now,
            today=clock.today(),
        )
        check = checked.taken(session, checking, viewer, made, arrived)
        told = {"account_no": arrived.said.household.account_no, "items": len(arrived.said.items),
                "cases": len(arrived.said.cases), "package": made.id, "check": check}  # fmt: skip
    work.write_report(checking, check)
    nudge(services.settings)
    return told


def _receive(services: Services, incoming: Incoming, name: str, centre: str | None) -> dict[str, Any]:
    """Hand the files of a foreign package to the step that receives scans; they are read like every other."""
    batch_id = new_batch(services, name=name, channel="cli", centre=centre)
    with services.reading() as (_, viewer):
        pass
    scans = []
    for path in sorted(incoming.files):
        with incoming.open(path) as stream:
            receipt = receive(
                services.database,
                services.store,
                stream=stream,
                file_name=path.rpartition("/")[2],
                batch_id=batch_id,
                viewer=viewer,
                said=Said(None, None, None),
                max_bytes=services.settings.max_upload_bytes,
                now=clock.now(),
            )
        scans.append({"file": path, "scan": receipt.scan_id, "state": receipt.state, "error": receipt.error_code})
    nudge(services.settings)
    return {"batch": batch_id, "scans": scans}


def _say(told: dict[str, Any]) -> None:
    if "account_no" in told:
        output.say(f"已接收户号 {told['account_no']}：{told['cases']} 个案件，{told['items']} 件资料。")
        if told["signature"] == "none":
            output.say("信息包没有签名：随包的元数据和经历只是移交方的说法，请与移交方核对。")
    else:
        output.say(f"外来信息包，{len(told['scans'])} 个文件已作为批次 {told['batch']} 接收，将按扫描件识别。")
    if told["signature"] == "foreign":
        output.say(f"签名有效，但不是本档案库的：{told['signer']}。请核对签名人。")
