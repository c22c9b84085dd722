"""`backup` and `restore`: a copy of everything, and the way back."""

from __future__ import annotations

import time
from pathlib import Path

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.backup import backup as back_up
from archive_service.cli.manifest import Manifest
from archive_service.cli.restore import restore as bring_back
from archive_service.cli.services import Services
from archive_service.people.roles import Right


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the backup; one that holds a backup of this archive gets only what is new.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def backup(services: Services, out: Path, as_json: bool) -> int:
    """Copy database and objects into a folder while the archive runs; settings and their secrets are not part of it."""
    with services.reading() as (_, viewer):
        viewer.require(Right.SYSTEM_HEALTH)
    begun = time.monotonic()
    with output.progress() as bar:
        task = bar.add_task("备份", total=None)
        made = back_up(
            services.settings,
            services.store,
            out,
            now=clock.now(),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    told = made.manifest
    if as_json:
        output.emit({
            "out": str(out), **_told(told), "copied": made.copied, "copied_bytes": made.copied_bytes,
            "damaged": [{"digest": digest, "kind": kind} for digest, kind in told.missing.items()],
            "took_s": round(time.monotonic() - begun, 2),
        })  # fmt: skip
    else:
        output.say(f"备份完成：对象 {told.objects} 个（新增 {made.copied} 个），审计记录至第 {told.audit_seq} 条。")
        output.say("备份含全部档案和个人信息，请限制访问并异地保存。设置和密钥不在其中，请另行保管。")
        output.table(("未能备份的内容", "类别"), told.missing.items()) if told.missing else None
    return 5 if told.missing else 0


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def restore(services: Services, folder: Path, as_json: bool) -> int:
    """Restore a backup into an empty home and database, rebuild the index and check everything."""
    begun = time.monotonic()
    with output.progress() as bar:
        task = bar.add_task("恢复", total=None)
        done = bring_back(
            services.settings,
            folder,
            now=clock.now(),
            progress=lambda step, count, total: bar.update(task, description=step, completed=count, total=total),
        )
    told = done.manifest
    if as_json:
        output.emit({
            "home": str(services.settings.home), **_told(told), "schema_now": done.schema, "indexed": done.indexed,
            "same": done.same, "findings": done.findings, "took_s": round(time.monotonic() - begun, 2),
        })  # fmt: skip
    else:
        output.say(f"已恢复到 {told.created_at} 的状态：对象 {told.objects} 个，审计记录至第 {told.audit_seq} 条。")
        output.table(("类别", "对象", "说明"), [(f.kind, f.subject, f.message) for f in done.findings])
        output.say("核验没有发现问题。" if not done.findings else f"发现 {len(done.findings)} 个问题，请按说明处理。")
    return 5 if done.findings else 0


def _told(told: Manifest) -> dict[str, object]:
    return {
        "created_at": told.created_at,
        "program": told.program,
        "schema": told.schema,
        "database": told.database,
        "kind": told.kind,
        "objects": told.objects,
        "objects_bytes": told.objects_bytes,
        "counts": told.counts,
        "audit": {"seq": told.audit_seq, "hash": told.audit_hash},
        "manifest_sha256": told.sha256,
    }
