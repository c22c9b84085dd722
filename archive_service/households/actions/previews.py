"""What would become of the rows of an import: told of every row before anything is written.

The rows are decided by the register of the import itself, which is thrown away afterwards. They come in parts, and rows
that bear on each other come in one part, so that a preview needs little memory and holds no lock for long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from archive_service import ids
from archive_service.errors import ArchiveError, Damaged, Unavailable
from archive_service.households.actions.imports import check_header, reading_for
from archive_service.households.actions.register import Register
from archive_service.households.cells import BadCell
from archive_service.households.csv_rows import CsvRow, case_of_row, row_error
from archive_service.households.values import CaseData, RowError
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class Fate:
    """What would become of a row."""

    line: int
    #: created, updated, unchanged or refused
    outcome: str
    account_no: str
    application_no: str
    #: What holds and what would, by column; nothing for new cases.
    changes: Mapping[str, Any] = field(default_factory=dict)
    error: RowError | None = None


def preview_cases(
    session: Session,
    rows: Sequence[CsvRow],
    *,
    by: Viewer,
    now: datetime,
    today: date,
    account_no_pattern: str,
    application_no_pattern: str,
    filing_due_workdays: int = 3,
) -> list[Fate]:
    """Return what `import_cases` would do with these rows, in their order, and write nothing.

    Raises NotPermitted, and Invalid for unknown or missing columns.
    """
    by.require(Right.CASE_IMPORT)
    check_header(rows)
    reading = reading_for(session, by, account_no_pattern, application_no_pattern)
    fates: dict[int, Fate] = {}
    said: list[tuple[CsvRow, CaseData]] = []
    for row in rows:
        try:
            said.append((row, case_of_row(row, reading)))
        except BadCell as e:
            fates[row.line] = _refused(row, e)
    undone = session.begin_nested()
    try:
        register = Register(session, by, now, today, filing_due_workdays)
        register.open(
            accounts={data.account_no for _, data in said}, applications={data.application_no for _, data in said}
        )
        for row, data in said:
            fates[row.line] = _decided(register, row, data)
    finally:
        undone.rollback()
    return [fates[row.line] for row in rows]


def in_parts(rows: Callable[[], Iterable[CsvRow]], size: int) -> Iterator[list[CsvRow]]:
    """Yield all rows in parts of about `size`, those of one account together; `rows` is gone through twice.

    Rows of one account that stand in several places come after those that stand alone, and rows whose application
    number is given to several accounts come last, in one part: the first of them in the file is the one that is taken.
    """
    accounts: Counter[str] = Counter()
    owners: dict[str, str] = {}
    torn: set[str] = set()
    for row in rows():
        account, application = _numbers(row)
        accounts[account] += 1
        if owners.setdefault(application, account) != account:
            torn.add(application)
    part: list[CsvRow] = []
    together: list[tuple[str, CsvRow]] = []
    last: list[CsvRow] = []
    for row in rows():
        account, application = _numbers(row)
        if application in torn:
            last.append(row)
        elif accounts[account] > 1:
            together.append((account, row))
        else:
            part.append(row)
            if len(part) >= size:
                yield part
                part = []
    together.sort(key=lambda one: (one[0], one[1].line))
    before = ""
    for account, row in together:
        if len(part) >= size and account != before:
            yield part
            part = []
        part.append(row)
        before = account
    yield from (one for one in (part, last) if one)


def _numbers(row: Mapping[str, str]) -> tuple[str, str]:
    account, application = (ids.compact(row.get(name) or "") for name in ("account_no", "application_no"))
    return account, application.upper()


def _decided(register: Register, row: CsvRow, data: CaseData) -> Fate:
    mark = register.noted
    try:
        outcome = register.take(data)
    except (Damaged, Unavailable):
        raise
    except ArchiveError as e:
        return _refused(row, e)
    changes = register.changes_after(mark) if outcome == "updated" else {}
    return Fate(row.line, outcome, data.account_no, data.application_no, changes)


def _refused(row: CsvRow, error: BadCell | ArchiveError) -> Fate:
    account, application = _numbers(row)
    return Fate(row.line, "refused", account[:40], application[:40], error=row_error(row.line, error))
