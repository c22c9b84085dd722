"""A preview tells of every row what an import would do with it, and writes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.errors import Invalid, NotPermitted
from archive_service.households import actions
from archive_service.households.actions.previews import Fate
from archive_service.households.csv_rows import CsvRow, rows_of
from archive_service.households.tables import HouseholdFile
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from tests.households.test_import_cases import ROW, take
from tests.households.test_many import row
from tests.households.test_push import everything
from tests.support import records
from tests.support.records import NOW, TODAY


def numbered(rows: Sequence[Mapping[str, str]]) -> list[CsvRow]:
    """Rows as they come out of a file."""
    text = ",".join(ROW) + "\n" + "\n".join(",".join(one[name] for name in ROW) for one in rows)
    return list(rows_of(text))


def preview(session: Session, rows: Sequence[CsvRow], by: Viewer | None = None) -> list[Fate]:
    records.unit(session)
    return actions.preview_cases(
        session, rows, by=by or records.system(session), now=NOW, today=TODAY,
        account_no_pattern=records.ACCOUNTS, application_no_pattern=records.APPLICATIONS,
    )  # fmt: skip


def whole(session: Session, rows: Sequence[CsvRow], size: int = 4) -> list[Fate]:
    found = itertools.chain.from_iterable(preview(session, part) for part in actions.in_parts(lambda: rows, size))
    return sorted(found, key=lambda one: one.line)


#: Rows of a second file: good, bad, changed, the same, twice, and one number for two accounts.
SECOND = [
    row(1), row(2, capacity_kva="12.5"), row(3, energised_on="2026-11-06"), row(4, capacity_kva="many"),
    row(5, account_name=""), row(6, business_type="INC"), row(20), row(21), row(20, application_no="20261103000020"),
    row(22, application_no="20261102000021"), row(23, accepted_on="1900-01-01"), row(24, accepted_on="2026-11-21"),
    row(1, account_no="3399999999"), row(25), row(25, voltage="380V"), row(26, centre="NOWHERE"),
]  # fmt: skip


def test_a_preview_tells_what_the_import_then_does_and_writes_nothing(database: Database) -> None:
    """Row by row the same outcome, whatever parts the preview came in."""
    with database.unit_of_work() as session:
        take(session, *(row(number) for number in range(1, 8)))
        rows = numbered(SECOND)
        before = everything(session)
        fates = whole(session, rows)
        assert everything(session) == before
        report = take(session, *rows)
        refused = {one.line: (one.column, one.code) for one in report.errors}
        assert {one.line: (one.error.column, one.error.code) for one in fates if one.error} == refused
        told = [sum(one.outcome == word for one in fates) for word in ("created", "updated", "unchanged")]
        assert told == [report.created, report.updated, report.unchanged]
        assert len(refused) == 8


def test_changes_are_told_by_column_with_what_holds(database: Database) -> None:
    with database.unit_of_work() as session:
        take(session, row(1), row(2))
        changed = row(1, capacity_kva="12.5", account_name="王五", energised_on="2026-11-06")
        fates = preview(session, numbered([changed, row(2), row(3)]))
        assert [one.outcome for one in fates] == ["updated", "unchanged", "created"]
        assert dict(fates[0].changes) == {
            "capacity_kva": ["8.00", "12.50"],
            "account_name": ["李四", "王五"],
            "stage_ENERGISE_on": [None, "2026-11-06"],
        }
        assert fates[1].changes == fates[2].changes == {}


def test_only_who_imports_previews_and_columns_are_looked_at_first(database: Database) -> None:
    with database.unit_of_work() as session:
        with pytest.raises(NotPermitted):
            preview(session, numbered([row(1)]), by=records.viewer(session, Role.STAFF))
        short = next(iter(rows_of("account_no,colour\n3300000001,red")))
        with pytest.raises(Invalid, match="colour"):
            preview(session, [short])


def test_a_long_preview_asks_by_the_part_and_names_exactly_the_bad_rows(database: Database) -> None:
    """Thirty-seven bad ones among two thousand."""
    bad = {number * 53 + 7 for number in range(37)}
    rows = numbered([row(n, capacity_kva="many") if n in bad else row(n) for n in range(2000)])
    with database.unit_of_work() as session:
        fates = whole(session, rows, size=500)
        assert {one.line - 2 for one in fates if one.outcome == "refused"} == bad
        assert session.scalar(select(func.count()).select_from(HouseholdFile)) == 0


@given(
    numbers=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=30),
    size=st.integers(1, 5),
)
def test_parts_hold_every_row_once_and_what_bears_on_each_other_together(numbers: Any, size: int) -> None:
    rows = numbered([row(0, account_no=f"33{a:08d}", application_no=f"20261102{b:06d}") for a, b in numbers])
    parts = list(actions.in_parts(lambda: rows, size))
    assert sorted(one.line for part in parts for one in part) == [one.line for one in rows]
    owners: dict[str, set[str]] = {}
    for one in rows:
        owners.setdefault(one["application_no"], set()).add(one["account_no"])
    places: dict[str, set[int]] = {}
    for place, part in enumerate(parts):
        assert len({one["account_no"] for one in part}) <= size or place == len(parts) - 1
        for one in part:
            torn = len(owners[one["application_no"]]) > 1
            key = "torn" if torn else one["account_no"]
            places.setdefault(key, set()).add(place)
            lines = [each.line for each in part if each["account_no"] == one["account_no"]]
            assert lines == sorted(lines)
    assert all(len(found) == 1 for found in places.values())
