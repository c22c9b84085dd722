"""`sheets`: print cover and separator sheets."""

from __future__ import annotations

from pathlib import Path

import click

from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.errors import Invalid, Unavailable
from archive_service.households import queries
from archive_service.people.roles import Right
from ingest.sheets import case_sheets, draw


@click.command()
@click.option("--case", "application_no", metavar="APPLICATION_NO", help="Case whose cover and separators to print.")
@click.option("--type", "types", multiple=True, metavar="CODE", help="Separator for this type; those still missing.")
@click.option("--cover/--no-cover", default=True, show_default=True, help="Print the cover sheet of the case.")
@click.option("--plain", type=click.IntRange(0, 500), default=0, help="So many separators of no case and type.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="PDF to be written.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def sheets(
    services: Services,
    application_no: str | None,
    types: tuple[str, ...],
    cover: bool,
    plain: int,
    out: Path,
    as_json: bool,
) -> None:
    """Print cover and separator sheets as a PDF of A4 pages; scanned with the papers they say what lies behind them."""
    wanted = []
    if application_no:
        with services.reading() as (session, viewer):
            case = queries.case(session, viewer, application_no)
            viewer.require(Right.SCAN_RECEIVE, queries.unit_of(session, case.household_id))
        wanted += [case_sheets.cover(case)] if cover else []
        wanted += case_sheets.separators(case, types or case_sheets.wanted_types(case))
    wanted += case_sheets.plain(plain)
    if not wanted:
        raise Invalid("sheet.nothing", "没有要打印的分隔页。请用 --case 指定案件，或用 --plain 指定通用分隔页的张数。")
    try:
        out.write_bytes(draw.pdf(wanted))
    except OSError as e:
        raise Unavailable("sheet.unwritable", "文件写不进去。请检查文件夹是否存在、有无权限和磁盘空间后重试。") from e
    if as_json:
        output.emit({"file": str(out), "sheets": [one.code.text for one in wanted]})
    else:
        output.say(f"已写入 {out}（{len(wanted)} 张）。")
