"""Import of households and cases from the business system: every row is tried, every bad row is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.catalogue.load import edition_for, editions
from archive_service.errors import ArchiveError, Damaged, Unavailable
from archive_service.households.actions.register import Register
from archive_service.households.cells import BadCell
from archive_service.households.csv_rows import Reading, case_of_row, check_columns, row_error
from archive_service.households.values import CaseData, ImportReport, RowError
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer

#: Rows that are looked up, judged and written together.
_ROWS_A_BATCH = 1000


def import_cases(
    session: Session,
    rows: Sequence[Mapping[str, str]],
    *,
    by: Viewer,
    now: datetime,
    today: date,
    account_no_pattern: str,
    application_no_pattern: str,
    filing_due_workdays: int = 3,
) -> ImportReport:
    """Register the cases that `rows` describe, by the columns of the agreed import file.

    Importing the same rows again changes nothing. A bad row is reported by its line and does not stop the others;
    an unknown or missing column raises Invalid before any row is taken.
    """
    by.require(Right.CASE_IMPORT)
    check_header(rows)
    reading = reading_for(session, by, account_no_pattern, application_no_pattern)
    outcomes: Counter[str] = Counter()
    errors: list[RowError] = []
    said: list[tuple[int, CaseData]] = []
    for place, row in enumerate(rows, start=2):
        line = getattr(row, "line", 0) or place
        try:
            said.append((line, case_of_row(row, reading)))
        except BadCell as e:
            errors.append(row_error(line, e))

    def fresh() -> Register:
        return Register(session, by, now, today, filing_due_workdays)

    for first in range(0, len(said), _ROWS_A_BATCH):
        _take(fresh, said[first : first + _ROWS_A_BATCH], outcomes, errors)
    errors.sort(key=lambda error: error.line)
    report = ImportReport(outcomes["created"], outcomes["updated"], outcomes["unchanged"], tuple(errors))
    _note(session, report, by=by, now=now)
    return report


def check_header(rows: Sequence[Mapping[str, str]]) -> None:
    """Raise Invalid, naming them, when a required column is missing or one is not known."""
    check_columns(rows, stages=sorted({stage for edition in editions() for stage in edition.stages}))


def reading_for(session: Session, by: Viewer, account_no_pattern: str, application_no_pattern: str) -> Reading:
    """Return what rows of this person are checked against."""
    mine = select(Unit.code, Unit.id).where(Unit.id.in_(by.units(Right.CASE_IMPORT)))
    return Reading(
        account_no_pattern=account_no_pattern,
        application_no_pattern=application_no_pattern,
        units=dict(session.execute(mine).all()),
        edition_for=edition_for,
    )


def _take(
    fresh: Callable[[], Register],
    said: Sequence[tuple[int, CaseData]],
    outcomes: Counter[str],
    errors: list[RowError],
) -> None:
    """Register a batch; when somebody else registers one of its numbers at the same moment, its rows one by one."""
    try:
        taken, refused = _registered(fresh(), said)
    except IntegrityError:
        if len(said) > 1:
            for one in said:
                _take(fresh, [one], outcomes, errors)
            return
        message = "另一人正在登记同一户号或申请编号，这一行没有导入。请稍后重新导入。"
        taken, refused = Counter(), [row_error(said[0][0], BadCell(None, "cases.at-once", message))]
    outcomes.update(taken)
    errors.extend(refused)


def _registered(register: Register, said: Sequence[tuple[int, CaseData]]) -> tuple[Counter[str], list[RowError]]:
    taken: Counter[str] = Counter()
    refused: list[RowError] = []
    # A batch is written whole or not at all, whatever stops it half-way.
    with register.session.begin_nested():
        register.open(
            accounts={data.account_no for _, data in said}, applications={data.application_no for _, data in said}
        )
        for line, data in said:
            try:
                taken[register.take(data)] += 1
            except (Damaged, Unavailable):
                raise
            except ArchiveError as e:
                refused.append(row_error(line, e))
        register.write()
    return taken, refused


def _note(session: Session, report: ImportReport, *, by: Viewer, now: datetime) -> None:
    facts = {
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "refused_lines": [error.line for error in report.errors][:200],
        "refused": len(report.errors),
    }
    record(
        session,
        by=by.actor,
        did="cases.imported",
        object_kind="import",
        object_id=now.isoformat(timespec="seconds"),
        unit_id=by.unit_id or None,
        facts=facts,
        now=now,
    )
