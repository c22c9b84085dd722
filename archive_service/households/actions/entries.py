"""Cases on their way into the register, and writing them: many rows with one statement, and none read back.

What is new is held in objects that no session knows; each stands for its row until the batch is written, no longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from archive_service.households.judging import Judgement, judge
from archive_service.households.tables import CaseFile, CaseStage, HouseholdFile
from archive_service.households.verdicts import keep, kept_values

#: Written as plain rows: nobody looks at them again in the same transaction.
_STAGES = cast(Table, CaseStage.__table__)
_HOUSEHOLDS, _CASES = cast(Table, HouseholdFile.__table__), cast(Table, CaseFile.__table__)

_COLUMNS: Mapping[type, Sequence[str]] = {
    kind: [column.key for column in table.columns if column.key != "id"]
    for kind, table in ((HouseholdFile, _HOUSEHOLDS), (CaseFile, _CASES))
}

Outcome = Literal["created", "updated", "unchanged"]
Changes = dict[str, list[Any]]


@dataclass(eq=False)
class Entry:
    """A case in the register: its row, the household's row, and the days recorded for it by stage."""

    case: CaseFile
    household: HouseholdFile
    days: dict[str, date]
    #: Days that have no row yet.
    fresh_days: dict[str, date] = field(default_factory=dict)
    #: Days that were corrected since; hearing them again changes nothing.
    earlier: set[tuple[str, date]] = field(default_factory=set)
    new: bool = False
    #: What came out for a new case before anything was known of earlier ones.
    judged: Judgement | None = None


def insert_households(session: Session, households: Iterable[HouseholdFile]) -> None:
    """Write the households that have no row yet, and give them its id."""
    new = {one.account_no: one for one in households if one.id is None}
    if not new:
        return
    # One statement for many rows; rows that are to come back with their ids would be sent one by one.
    session.execute(insert(_HOUSEHOLDS), [_values(one) for one in new.values()])
    ids = select(HouseholdFile.id, HouseholdFile.account_no).where(HouseholdFile.account_no.in_(new))
    for row in session.execute(ids):
        new[row.account_no].id = row.id


def insert_cases(session: Session, entries: Sequence[Entry]) -> None:
    """Write new cases with what their assessment says before earlier cases are looked at, and give them their ids."""
    if not entries:
        return
    for entry in entries:
        entry.case.household_id = entry.household.id
        entry.judged = judge(entry.case, entry.household, ())
        keep(entry.case, entry.judged)
    session.execute(insert(_CASES), [_values(entry.case) for entry in entries])
    cases = {entry.case.application_no: entry.case for entry in entries}
    ids = select(CaseFile.id, CaseFile.application_no).where(CaseFile.application_no.in_(cases))
    for row in session.execute(ids):
        cases[row.application_no].id = row.id


def insert_days(session: Session, entries: Sequence[Entry], *, now: datetime) -> None:
    """Write the days of stages that have no row yet."""
    days = [
        {"case_id": entry.case.id, "stage": stage, "done_on": day, "recorded_at": now}
        for entry in entries
        for stage, day in entry.fresh_days.items()
    ]
    if days:
        session.execute(insert(_STAGES), days)


def mend_cases(session: Session, entries: Sequence[Entry], judged: Sequence[Judgement]) -> None:
    """Write what came out for new cases where papers of earlier cases serve them."""
    rows = [
        {"row_id": entry.case.id, **kept_values(entry.case, after)}
        for entry, after in zip(entries, judged, strict=True)
        if entry.new and after is not entry.judged
    ]
    if rows:
        names = [name for name in rows[0] if name != "row_id"]
        columns: dict[str, Any] = {name: bindparam(name, type_=_CASES.c[name].type) for name in names}
        session.execute(update(_CASES).where(_CASES.c.id == bindparam("row_id")).values(columns), rows)


def _values(row: HouseholdFile | CaseFile) -> dict[str, Any]:
    """Return what stands in the columns of a row that is not written yet."""
    there = row.__dict__
    return {name: there.get(name) for name in _COLUMNS[type(row)]}
