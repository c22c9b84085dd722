"""`audit`: the trail of what happened, and whether it is whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click

from archive_service import clock
from archive_service.audit import bundle as bundles
from archive_service.audit import checkpoints, deposits, note, offline, sheet
from archive_service.audit.verify import chain_breaks
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.errors import Invalid, NotFound, Refused, Unavailable
from archive_service.households.queries import trail
from archive_service.people import queries
from archive_service.proofs import selecting
from archive_service.proofs.selecting import Asked
from archive_service.worker.checkpoints import take_out
from archive_service.zone import local
from indexing.identities import watch


@click.group()
def audit() -> None:
    """What happened, by whom, when."""


@audit.command("list")
@click.option("--before", type=ROW_ID, help="Continue below this entry.")
@click.option("--limit", default=50, show_default=True, help="Most entries to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one entry a line.")
@click.pass_obj
def list_(services: Services, before: int | None, limit: int, as_json: bool) -> None:
    """List audit entries, newest first."""
    with services.reading() as (session, viewer):
        listing = queries.audit_entries(session, viewer, before=before, limit=limit)
    if as_json:
        for entry in listing.entries:
            output.emit(entry)
        return
    output.table(
        ("序号", "时间", "人员", "事项", "对象"),
        [
            (e.seq, e.at.isoformat(timespec="seconds"), e.person_name, e.did, f"{e.object_kind} {e.object_id}")
            for e in listing.entries
        ],
    )


@audit.command()
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 366), help="Days to look back.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one flag a line.")
@click.pass_obj
def flags(services: Services, days: int, as_json: bool) -> None:
    """List who read much within an hour, at night, or their own file."""
    now = clock.now()
    with services.reading() as (session, viewer):
        found = watch.flags(session, viewer, services.settings, since=now - timedelta(days=days), until=now)
    if as_json:
        for one in found:
            output.emit(one)
        return
    output.table(
        ("事项", "人员", "自", "至", "户数", "解除遮蔽"),
        [
            (
                _FLAGS[one.kind],
                one.person_name,
                local(one.first_at).isoformat(timespec="minutes"),
                local(one.last_at).isoformat(timespec="minutes"),
                len(one.accounts),
                one.unmasked,
            )
            for one in found
        ],
    )


_FLAGS = {"mass": "一小时内读得多", "night": "夜间查阅", "own": "查阅本人档案"}


@audit.command()
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option(
    "--checkpoint", "outside", multiple=True, type=click.Path(path_type=Path), help="A checkpoint kept outside."
)
@click.option("--key", help="Fingerprint of the archive's public key.")
@click.option("--record", help="Who touched it: an account number, or kind:number such as item:12.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify(
    services: Services,
    bundle: Path | None,
    outside: tuple[Path, ...],
    key: str | None,
    record: str | None,
    as_json: bool,
) -> int:
    """Check the hash chain and checkpoints, or a BUNDLE, which needs no archive."""
    if bundle is not None:
        return _verify_bundle(bundle, outside, key, record, as_json)
    if outside or key or record:
        raise Invalid("audit.no-bundle", "这些选项只用于核验审计包。请先用 audit export 导出审计包。")
    with services.database.reading() as session:
        found = chain_breaks(session)
        untrue = checkpoints.own_faults(session, services.settings)
    if as_json:
        first = min([*(b.seq for b in found), *(one.size for one in untrue)], default=None)
        output.emit({"whole": not found and not untrue, "first": first, "breaks": found, "checkpoints": untrue})
    elif found or untrue:
        output.table(("序号", "问题"), [(b.seq, b.reason) for b in found] + [(one.size, one.reason) for one in untrue])
    else:
        output.say("审计链完整，检查点均成立。")
    return 5 if found or untrue else 0


def _verify_bundle(bundle: Path, outside: tuple[Path, ...], key: str | None, record: str | None, as_json: bool) -> int:
    try:
        report = offline.verify(bundle, outside=outside, key=key, record=record)
    except offline.NoBundle as e:
        raise Invalid("audit.not-a-bundle", str(e)) from e
    if as_json:
        output.emit(report)
    else:
        for line in offline.sentences(report, record):
            output.say(line)
    return offline.exit_code(report, record)


@audit.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write; it must not be there.")
@click.option("--account", help="Only what concerns this account.")
@click.option("--sample", "sample_id", type=ROW_ID, help="Only what concerns the accounts of this sample.")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def export(
    services: Services,
    out: Path,
    account: str | None,
    sample_id: int | None,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Write a bundle that others can check without the archive."""
    asked = Asked(account, sample_id, since.date() if since else None, until.date() if until else None)
    with services.reading() as (session, viewer):
        chosen, unit = selecting.chosen(session, viewer, asked)
    with output.progress() as bar:
        task = bar.add_task("导出", total=None)
        made = bundles.export(
            services.database, services.settings, out, chosen, by=viewer.actor, unit_id=unit, now=clock.now(),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    if as_json:
        output.emit(made)
        return
    output.say(f"已导出 {made.entries} 条到 {out}，检查点覆盖至第 {made.size} 条。签名公钥指纹：{made.key or '无'}")


@audit.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write; it must not be there.")
def verifier(out: Path) -> None:
    """Write the program that checks bundles, one file that runs without the archive."""
    _write_new(out, Path(offline.__file__).read_bytes())
    output.say(f"核验程序已写到 {out}：python {out.name} 审计包")


@audit.command()
@click.option("--make", is_flag=True, help="Make one now and take it to its places.")
@click.option("--print", "page", type=click.Path(path_type=Path), help="Write the newest as PDF with QR code.")
@click.option("--save", type=click.Path(path_type=Path), help="Write the newest as a file to keep outside.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def checkpoint(services: Services, make: bool, page: Path | None, save: Path | None, as_json: bool) -> None:
    """Show signed checkpoints and whether they reached their places."""
    with services.reading() as (session, viewer):
        trail.require_whole(session, viewer)
    if make:
        while checkpoints.make(services.database, services.settings, now=clock.now()) is not None:
            continue
        take_out(services.database, services.settings, now=clock.now())
    with services.database.reading() as session:
        made = deposits.checkpoints(session)
        places = deposits.places(session, checkpoints.places(services.settings))
    if page or save:
        if not made:
            raise NotFound("audit.no-checkpoint", "还没有检查点。请加上 --make 先建立一个。")
        if page:
            _write_new(page, sheet.pdf(made[0]))
        if save:
            _write_new(save, note.file_of(made[0].note, made[0].signature))
    if as_json:
        output.emit({"checkpoints": made, "places": places})
        return
    output.table(
        ("覆盖至", "时间", "根", "签名"),
        [(one.size, local(one.made_at).isoformat(timespec="seconds"), one.root[:16], one.algorithm) for one in made],
    )
    output.table(
        ("位置", "已送达", "待送", "上次失败"), [(p.place, p.arrived_size, p.waiting, p.error or "") for p in places]
    )


def _write_new(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as opened:
            opened.write(content)
    except FileExistsError as e:
        raise Refused("audit.file-there", "目标文件已存在，没有覆盖。请换一个文件名。") from e
    except OSError as e:
        raise Unavailable("audit.unwritable", "文件无法写入。请检查文件夹、权限和磁盘空间后重试。") from e
