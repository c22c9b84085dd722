"""`verify`, `doctor`, `reindex`: is everything there, unaltered, reachable and findable."""

from __future__ import annotations

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.doctor import examine
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from indexing.rebuild import rebuild


@click.command()
@click.option("--sample", type=int, help="Read back only this many objects, those checked longest ago first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify(services: Services, sample: int | None, as_json: bool) -> int:
    """Check the audit chain, every stored object against its digest, rows against objects, records against index."""
    with output.progress() as bar:
        task = bar.add_task("核验", total=None)
        result = findings(
            services,
            sample=sample,
            now=clock.now(),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        output.emit(result)
    else:
        output.say(f"已读回 {result.objects_checked} 个对象，审计记录 {result.audit_entries} 条。")
        output.table(("类别", "对象", "说明"), [(f.kind, f.subject, f.message) for f in result.findings])
        output.say("没有发现问题。" if not result.findings else f"发现 {len(result.findings)} 个问题，请按说明处理。")
    return 5 if result.findings else 0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def doctor(services: Services, as_json: bool) -> int:
    """Say which components are reachable, in which version, and what to do about those that are not."""
    parts = examine(services)
    if as_json:
        output.emit({"ok": all(part.ok for part in parts), "components": parts})
    else:
        output.table(("组件", "状态", "说明"), [(p.name, "正常" if p.ok else "异常", p.detail) for p in parts])
    return 0 if all(part.ok for part in parts) else 6


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def reindex(services: Services, as_json: bool) -> None:
    """Build a new index beside the old one and swap them."""
    with output.progress() as bar:
        task = bar.add_task("重建索引", total=None)
        count = rebuild(
            services.database,
            services.index,
            now=clock.now(),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        output.emit({"indexed": count})
    else:
        output.say(f"索引已重建，共 {count} 件。")
