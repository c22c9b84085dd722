"""`batch`: what came in together, and how good its scans are."""

from __future__ import annotations

import click

from archive_service import zone
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from ingest.quality import queries
from ingest.quality.findings import NAMES
from ingest.quality.views import QualitySheet

_VERDICT = {"open": "待抽检", "passed": "合格", "failed": "不合格，整批返工"}


@click.group()
def batch() -> None:
    """Batches of received files."""


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
