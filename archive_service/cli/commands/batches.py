"""`batch`: what came in together, how good its scans are, and whether it was filed."""

from __future__ import annotations

import click

from archive_service import clock, zone
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.worker.properties import desk
from ingest import queries as intake
from ingest.filing import actions, work
from ingest.quality import queries
from ingest.quality.findings import NAMES
from ingest.quality.views import QualitySheet

_STATE = {"open": "未归档", "filed": "整批已归档", "returned": "整批已退回"}
_VERDICT = {"open": "待抽检", "passed": "合格", "failed": "不合格，整批返工"}


@click.group()
def batch() -> None:
    """Batches of received files."""


@batch.command("list")
@click.option("--state", type=click.Choice(list(_STATE)), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one batch a line.")
@click.pass_obj
def list_(services: Services, state: str | None, limit: int, as_json: bool) -> None:
    """List batches, newest first."""
    with services.reading() as (session, viewer):
        found = intake.batches(session, viewer, state=state or "", limit=limit)
    if as_json:
        for one in found:
            output.emit(one)
        return
    output.table(
        ("批次", "名称", "文件", "页", "归档", "收到"),
        [
            (one.id, one.name, one.files, one.pages, _STATE[one.state], f"{zone.local(one.received_at):%Y-%m-%d %H:%M}")
            for one in found
        ],
    )


@batch.command()
@click.argument("batch_id", metavar="ID", type=ROW_ID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(services: Services, batch_id: int, as_json: bool) -> None:
    """Show whether a batch was filed, and what it was sent back for."""
    with services.reading() as (session, viewer):
        found = intake.standing_of(session, viewer, batch_id)
    if as_json:
        output.emit({"batch": str(batch_id), **output.plain(found)})
        return
    output.say(f"批次 {batch_id}：{_STATE[found.state]}" + (f"，四性检测 {found.check}。" if found.check else "。"))
    if found.failed:
        output.table(("代码", "项目", "原因和办法"), [(one.code, one.title_zh, one.evidence) for one in found.failed])
    if found.out or found.went_back:
        output.say(f"{found.out} 件资料已移出户档案，{found.went_back} 个文件已退回。")


@batch.command()
@click.argument("batch_id", metavar="ID", type=ROW_ID)
@click.pass_obj
def file(services: Services, batch_id: int) -> None:
    """File a batch through the four-property check; one that fails is sent back, which is exit code 3."""
    with services.reading() as (_, viewer):
        pass
    run = work.file_batch(desk(services.settings, services.database, services.store, clock.now), viewer, batch_id)
    output.say(f"批次 {batch_id} 四性检测合格，整批已归档（检测 {run}）。")


@batch.command()
@click.argument("batch_id", metavar="ID", type=ROW_ID)
@click.argument("mended")
@click.option("--replace", "replaced", type=ROW_ID, multiple=True, help="A file that another replaces; many times.")
@click.pass_obj
def again(services: Services, batch_id: int, mended: str, replaced: tuple[int, ...]) -> None:
    """Hand in again what was sent back, saying what was mended; further files may then be added."""
    with services.writing() as (session, viewer):
        actions.hand_in_again(session, viewer, batch_id, mended=mended, replaced=replaced, now=clock.now())
    output.say(f"批次 {batch_id} 已重新交件，可以补交文件。")


@batch.command()
@click.argument("batch_id", metavar="ID", type=ROW_ID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def quality(services: Services, batch_id: int, as_json: bool) -> None:
    """Print the quality sheet of a batch: what was found on its pages, which pages to inspect, what came of it."""
    with services.reading() as (session, viewer):
        sheet = queries.quality_sheet(session, viewer, batch_id, services.settings)
    if as_json:
        sample = [{**output.plain(one), "scan_id": str(one.scan_id)} for one in sheet.sample]
        output.emit({**output.plain(sheet), "batch_id": str(sheet.batch_id), "sample": sample})
        return
    _say(sheet)


def _say(sheet: QualitySheet) -> None:
    output.say(f"批次 {sheet.name}：{sheet.files} 份文件，{sheet.pages} 页，{sheet.pages_with_faults} 页有问题。")
    found = [(NAMES[one.code], one.pages, one.accepted) for one in sheet.counts if one.pages]
    if found:
        output.table(("问题", "页数", "已认可"), found)
    verdict = sheet.verdict
    output.say(f"抽检 {verdict.inspected}/{verdict.drawn} 页：{_VERDICT[verdict.state]}。")
    output.table(
        ("扫描件", "页", "文件", "检出", "结论", "时间"),
        [
            (
                one.scan_id,
                one.page_no,
                one.file_name,
                "、".join(NAMES[code] for code in one.codes),
                (NAMES.get(one.fault, "合格") if one.fault else "合格") if one.inspected else "未看",
                zone.local(one.inspected_at).strftime("%Y-%m-%d %H:%M") if one.inspected_at else "",
            )
            for one in sheet.sample
        ],
    )
