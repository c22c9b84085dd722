"""`inspection ...`: the auditor's figures, and whether the kept ones are right."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

import click

from archive_service import clock, signing, zone
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.fixity import errors
from archive_service.households import counting
from archive_service.households.queries import figures
from archive_service.inspection import queries


@click.group()
def inspection() -> None:
    """Indicators of the auditor's desk."""


@inspection.command()
@click.option("--by", type=click.Choice(get_args(figures.Dimension)), default="unit", help="What to group by.")
@click.option("--centre", help="Only this unit and those below it, by code.")
@click.option("--category", help="Only this customer category.")
@click.option("--business", help="Only this business type.")
@click.option("--since", metavar="MONTH", help="Only cases energised in this month (2026-11) or later.")
@click.option("--until", metavar="MONTH", help="Only cases energised in this month or earlier.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def indicators(
    services: Services,
    by: str,
    centre: str | None,
    category: str | None,
    business: str | None,
    since: str | None,
    until: str | None,
    as_json: bool,
) -> None:
    """Print every indicator, grouped by unit, category, business type or month."""
    filters = figures.FigureFilters(centre, category, business, since, until)
    with services.database.reading() as session:
        board = queries.board(
            session, services.viewer(session), by=cast(figures.Dimension, by), filters=filters, today=clock.today()
        )
    if as_json:
        output.emit(board.as_json())
        return
    heads = [one.name for one in board.indicators]
    output.table(
        ("", "案件", *heads),
        [(row.name, row.cases, *(value.printed for value in row.values)) for row in [*board.rows, board.whole]],
    )


@inspection.command("storage-errors")
@click.option("--unit", default="", help="Also the papers of this unit, by code.")
@click.option("--month", default="", metavar="MONTH", help="Also the papers of this month (2026-11).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def storage_errors(services: Services, unit: str, month: str, as_json: bool) -> None:
    """Print what reading stored objects back found wrong, by unit and month."""
    with services.reading() as (session, viewer):
        found = errors.errors(session, viewer, unit=unit, month=month)
    if as_json:
        output.emit(found)
        return
    sums = [(one.month, one.unit_name, one.errors, one.lost) for one in found.sums]
    output.table(("月份", "单位", "错误", "没有完好副本"), sums)
    if found.hits:
        rows = [(f"{one.at:%Y-%m-%d}", one.account_no, one.item_no, one.page_no, one.outcome) for one in found.hits]
        output.table(("日期 (UTC)", "户号", "件号", "页", "结果"), rows)


@inspection.command()
@click.option("--repair", is_flag=True, help="Make the kept figures say what the cases do.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def recount(services: Services, repair: bool, as_json: bool) -> int:
    """Count all cases afresh and compare the kept figures with that; exit 5 when they differ and are not mended."""
    with services.database.reading() as session:
        found = counting.differences(session, today=clock.today())
    if found and repair:
        with services.database.unit_of_work() as session:
            counting.mend(session, today=clock.today())
    if as_json:
        output.emit({"differences": found, "repaired": bool(found and repair)})
    else:
        output.table(("案件", "不符之处"), [(one.case_id, one.what) for one in found])
        output.say("指标与逐件重算一致。" if not found else f"发现 {len(found)} 处不符{'，已更正' if repair else ''}。")
    return 5 if found and not repair else 0


@inspection.command()
@click.pass_obj
def certificate(services: Services) -> None:
    """Print the certificate by which others check the signature of a sample's PDF."""
    output.say(signing.certificate(services.settings, now=clock.now()).decode().rstrip())


@inspection.command("check-signature")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--certificate",
    "given",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The certificate that the archive handed out, as PEM.",
)
def check_signature(file: Path, given: Path) -> None:
    """Say whether a PDF is as this archive signed it; needs nothing but the file and the certificate."""
    found = signing.check(file.read_bytes(), given.read_bytes())
    if not found.untouched:
        raise click.ClickException("这份文件在签名之后被改动过，不可采信。请向档案库重新索取。")
    if not found.ours:
        raise click.ClickException("文件没有被改动，但不是用这张证书签的名。请核对证书来源。")
    signed = f"{zone.local(found.signed_at):%Y-%m-%d %H:%M:%S}" if found.signed_at else "–"
    output.say(f"签名有效，签名后没有改动。签名时间：{signed}")
