"""`cases`: register households and cases from the business system, list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path

import click
from sqlalchemy.orm import Session

from archive_service import clock
from archive_service.cli import fates, output
from archive_service.cli.services import Services
from archive_service.households import actions, queries
from archive_service.households.actions.previews import Fate
from archive_service.households.csv_rows import CsvRow, rows_of
from archive_service.households.states import ANY_OPEN, STATES
from archive_service.households.values import ImportReport
from archive_service.people import actions as people
from archive_service.people import queries as people_queries
from archive_service.people.viewer import Viewer

#: Rows of one transaction.
PART = 1000


@click.group()
def cases() -> None:
    """Households and cases as the business system knows them."""


@cases.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preview", is_flag=True, help="Only say what would become of each row; nothing is written.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a CSV of the refused rows; with --preview, of what would become of every row.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_(services: Services, file: Path, preview: bool, report: Path | None, as_json: bool) -> int:
    """Register households and cases from a CSV file or the first sheet of an Excel workbook; again changes nothing.

    A thousand rows are written at a time: what is stopped half way has whole thousands in it, and the same file again
    takes the rest. Centres that are not known yet are added below the topmost unit, unless the command acts in a
    person's name.
    """
    text = fates.text_of(services, file)
    # Once to its end before anything is written: a file that breaks off in the middle is refused whole.
    count = sum(1 for _ in rows_of(text))
    if preview:
        return _preview(services, text, count, report, as_json)
    total = ImportReport(0, 0, 0, ())
    with output.progress() as bar:
        task = bar.add_task("登记案件", total=count)
        rows = rows_of(text)
        # A part is a transaction of its own: others need not wait for the whole file, and repeating rows is harmless.
        while part := list(islice(rows, PART)):
            total = _added(total, _import_part(services, part))
            bar.advance(task, len(part))
    if report is not None:
        fates.write_refused(report, total.errors)
    return _report(total, as_json)


def _preview(services: Services, text: str, count: int, report: Path | None, as_json: bool) -> int:
    found: list[Fate] = []
    with output.progress() as bar:
        task = bar.add_task("预览", total=count)
        for part in actions.in_parts(lambda: rows_of(text), PART):
            found += _preview_part(services, part)
            bar.advance(task, len(part))
    if report is not None:
        fates.write_fates(report, found)
    if as_json:
        for fate in sorted(found, key=lambda one: one.line):
            output.emit(fate)
        return 3 if any(fate.error for fate in found) else 0
    return 3 if fates.say_fates(found) else 0


def _preview_part(services: Services, rows: Sequence[CsvRow]) -> list[Fate]:
    with services.writing() as (session, viewer):
        try:
            if services.login is None:
                viewer = _add_centres(session, viewer, rows, quiet=True)
            return actions.preview_cases(
                session,
                rows,
                by=viewer,
                now=clock.now(),
                today=clock.today(),
                account_no_pattern=services.settings.account_no_pattern,
                application_no_pattern=services.settings.application_no_pattern,
                filing_due_workdays=services.settings.filing_due_workdays,
            )
        finally:
            # Centres that the import would add are not added by looking.
            session.rollback()


def _import_part(services: Services, rows: Sequence[Mapping[str, str]]) -> ImportReport:
    with services.writing() as (session, viewer):
        if services.login is None:
            viewer = _add_centres(session, viewer, rows)
        return actions.import_cases(
            session,
            rows,
            by=viewer,
            now=clock.now(),
            today=clock.today(),
            account_no_pattern=services.settings.account_no_pattern,
            application_no_pattern=services.settings.application_no_pattern,
            filing_due_workdays=services.settings.filing_due_workdays,
        )


def _added(one: ImportReport, other: ImportReport) -> ImportReport:
    return ImportReport(
        one.created + other.created,
        one.updated + other.updated,
        one.unchanged + other.unchanged,
        one.errors + other.errors,
    )


def _report(report: ImportReport, as_json: bool) -> int:
    if as_json:
        output.emit(report)
    else:
        output.say(f"新登记 {report.created} 件，更新 {report.updated} 件，未变 {report.unchanged} 件。")
        output.say(f"有误 {len(report.errors)} 行。")
        output.table(("行", "列", "说明"), [(e.line, e.column, e.message) for e in report.errors])
    return 3 if report.errors else 0


def _add_centres(session: Session, viewer: Viewer, rows: Sequence[Mapping[str, str]], *, quiet: bool = False) -> Viewer:
    known = people_queries.units_by_code(session)
    wanted = dict.fromkeys(row.get("centre", "").strip() for row in rows)
    roots = [node for node in people_queries.unit_tree(session, viewer) if node.parent_id is None]
    for code in wanted:
        if code and code not in known:
            people.add_unit(session, code=code, name=code, parent_id=roots[0].id, by=viewer, now=clock.now())
            if not quiet:
                output.stderr.print(f"新增服务中心：{code}", markup=False, highlight=False)
    return people_queries.system_viewer(session)


@cases.command("list")
@click.option("--centre", help="Only cases of this centre.")
@click.option("--state", type=click.Choice([ANY_OPEN, *STATES]), help="Only cases in this state; open: not filed yet.")
@click.option("--category", help="Only this customer category.")
@click.option("--business", help="Only this business type.")
@click.option("--complete/--incomplete", default=None, help="Only complete or only incomplete cases.")
@click.option("--due-before", type=click.DateTime(["%Y-%m-%d"]), help="Only cases due for filing before this day.")
@click.option("--limit", default=50, show_default=True, help="Most cases to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one case a line.")
@click.pass_obj
def list_(
    services: Services,
    centre: str | None,
    state: str | None,
    category: str | None,
    business: str | None,
    complete: bool | None,
    due_before: date | None,
    limit: int,
    as_json: bool,
) -> None:
    """List cases, the soonest due first."""
    filters = queries.CaseFilters(
        centre=centre,
        state=state,
        customer_category=category,
        business_type=business,
        complete=complete,
        due_before=due_before,
    )
    with services.reading() as (session, viewer):
        listing = queries.cases(session, viewer, filters=filters, after=None, limit=limit, counted=None)
    if as_json:
        for row in listing.rows:
            output.emit(row)
        return
    output.table(
        ("申请编号", "户号", "户名", "类别", "业务", "归档期限", "齐全", "缺", "存疑"),
        [
            (
                row.application_no,
                row.account_no,
                row.account_name,
                row.customer_category,
                row.business_type,
                row.filing_due_on,
                "是" if row.complete else "否",
                row.missing_count,
                row.doubtful_count,
            )
            for row in listing.rows
        ],
    )
    output.say(f"共 {listing.total} 件。")
