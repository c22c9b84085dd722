"""`papers ...`: the papers of a case, and ledger, indexes and labels of many, as PDF."""

from __future__ import annotations

from pathlib import Path

import click

from archive_service.cli import output
from archive_service.cli.asking import asking
from archive_service.cli.services import Services
from archive_service.errors import Invalid, Unavailable
from archive_service.web import case_filters, paper_lists, print_out
from archive_service.web import papers as of_case
from archive_service.web.print_out import Printed

_OUT = click.Path(dir_okay=False, path_type=Path)
_LANGUAGE = click.Choice(["zh", "en"])


@click.group()
def papers() -> None:
    """Papers to print: notices, transfer and contents lists, file notes, ledgers, indexes, labels."""


@papers.command()
@click.argument("application_no")
@click.argument("paper", type=click.Choice(list(of_case.TITLES)))
@click.option("--round", "round_", type=click.IntRange(min=1), help="Hand-over of a transfer list; the newest.")
@click.option("--language", type=_LANGUAGE, help="Language of the paper; that of the settings.")
@click.option("--out", type=_OUT, required=True, help="PDF to be written.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def case(
    services: Services,
    application_no: str,
    paper: str,
    round_: int | None,
    language: str | None,
    out: Path,
    as_json: bool,
) -> None:
    """Print a PAPER of the case APPLICATION_NO, on record."""
    made = print_out.of_case(asking(services, language), application_no, paper, round_=round_)
    _write(out, made, as_json)


@papers.command("list")
@click.argument("listing", type=click.Choice(list(paper_lists.TITLES)))
@click.option("--centre", default="", help="Code of a service centre.")
@click.option("--state", default="", help="Only cases in this state, such as filed.")
@click.option("--category", default="", help="Customer category: LR, LN or HV.")
@click.option("--business", default="", help="Business type, such as NEW.")
@click.option("--month", default="", help="Month of energisation, such as 2026-11.")
@click.option("--due", default="", help="overdue, today, week, or a day such as 2026-11-20.")
@click.option("--complete", default="", help="yes, no or unknown.")
@click.option("--language", type=_LANGUAGE, help="Language of the paper; that of the settings.")
@click.option("--out", type=_OUT, required=True, help="PDF to be written.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(services: Services, /, listing: str, language: str | None, out: Path, as_json: bool, **given: str) -> None:
    """Print the cases that the options let through as a LISTING, on record."""
    wanted = {name: value for name, value in given.items() if value}
    known = case_filters.known(wanted)
    for name in wanted:
        # On a page an unknown filter is let be; a command that printed too much would have put it on record.
        if name not in known:
            raise Invalid("paper.filter", f"筛选条件 --{name} 的值不认识。请核对代码或日期的写法。", given=name)
    _write(out, print_out.of_cases(asking(services, language), listing, known), as_json)


def _write(out: Path, made: Printed, as_json: bool) -> None:
    try:
        out.write_bytes(made.pdf)
    except OSError as e:
        raise Unavailable("sheet.unwritable", "文件写不进去。请检查文件夹是否存在、有无权限和磁盘空间后重试。") from e
    if as_json:
        output.emit({"file": str(out), "name": made.name, "bytes": len(made.pdf)})
    else:
        output.say(f"已写入 {out}（{made.name}）。")
