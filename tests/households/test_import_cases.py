"""Import of cases from the business system: what is taken, what is refused by line, and that it may be repeated."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.households import actions
from archive_service.households.csv_rows import read_csv
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.households.values import ImportReport
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from tests.support import records
from tests.support.records import NOW, TODAY

ROW = {
    "account_no": "3300123456",
    "account_name": "李四",
    "service_address": "清河路 12 号",
    "customer_category": "LR",
    "business_type": "NEW",
    "application_no": "20261102000001",
    "centre": "ROOT",
    "capacity_kva": "8",
    "voltage": "220V",
    "conditions": "tenant",
    "accepted_on": "2026-11-02",
    "energised_on": "",
}


def take(session: Session, *rows: Mapping[str, str], by: Viewer | None = None) -> ImportReport:
    """Import rows as the defaults of the settings would."""
    records.unit(session)
    return actions.import_cases(
        session,
        rows,
        by=by or records.system(session),
        now=NOW,
        today=TODAY,
        account_no_pattern=records.ACCOUNTS,
        application_no_pattern=records.APPLICATIONS,
    )


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.errors)


def test_importing_the_same_rows_again_changes_nothing(database: Database) -> None:
    """Neither a row, nor a revision, nor the trail, but for the entry that an import took place."""
    other = ROW | {"account_no": "3300123457", "application_no": "20261102000002"}
    with database.unit_of_work() as session:
        assert counts(take(session, ROW, other)) == (2, 0, 0, 0)
        revisions = session.scalars(select(HouseholdFile.revision).order_by(HouseholdFile.id)).all()
        entries = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        assert counts(take(session, ROW, other)) == (0, 0, 2, 0)
        assert session.scalars(select(HouseholdFile.revision).order_by(HouseholdFile.id)).all() == revisions
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == entries + 1


def test_a_case_is_registered_with_all_that_the_row_says(database: Database) -> None:
    """Dates in both spellings, the deadline three working days after energisation, conditions as codes."""
    row = ROW | {"energised_on": "2026/11/6", "stage_SURVEY_on": "2026/11/3", "conditions": "tenant;photos"}
    with database.unit_of_work() as session:
        assert counts(take(session, row)) == (1, 0, 0, 0)
        case = session.scalars(select(CaseFile)).one()
        assert (case.accepted_on, case.energised_on) == (date(2026, 11, 2), date(2026, 11, 6))
        assert case.filing_due_on == date(2026, 11, 11)
        assert case.conditions == ["photos", "tenant"]
        assert {one.stage: one.done_on.day for one in case.stages} == {"ACCEPT": 2, "SURVEY": 3, "ENERGISE": 6}
        assert case.edition
        assert case.missing_count > 0


def test_a_changed_row_updates_what_may_change_and_the_trail_names_old_and_new(database: Database) -> None:
    """Capacity, conditions and dates not recorded yet; the case is judged again."""
    with database.unit_of_work() as session:
        take(session, ROW)
        report = take(session, ROW | {"capacity_kva": "12.5", "conditions": "", "energised_on": "2026-11-06"})
        assert counts(report) == (0, 1, 0, 0)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.did == "case.updated")).one()
        assert entry.facts["changes"] == {
            "capacity_kva": ["8.00", "12.50"],
            "conditions": [["tenant"], []],
            "stage_ENERGISE_on": [None, "2026-11-06"],
        }
        assert session.scalars(select(CaseFile)).one().filing_due_on == date(2026, 11, 11)


def test_what_a_row_does_not_say_stays(database: Database) -> None:
    """An absent column or an empty cell does not erase capacity, voltage or dates."""
    short = {k: v for k, v in ROW.items() if k not in ("capacity_kva", "voltage", "conditions", "accepted_on")}
    with database.unit_of_work() as session:
        take(session, ROW)
        assert counts(take(session, short)) == (0, 0, 1, 0)
        assert session.scalars(select(CaseFile)).one().conditions == ["tenant"]


def test_without_a_conditions_column_the_conditions_are_unknown(database: Database) -> None:
    """Then the case cannot be assessed, which is shown, and is not complete."""
    with database.unit_of_work() as session:
        take(session, {k: v for k, v in ROW.items() if k != "conditions"})
        case = session.scalars(select(CaseFile)).one()
        assert case.conditions is None
        assert case.assessment_error
        assert not case.complete


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("account_no", "330012345", "id.account-no"),
        ("account_no", "3.30012E+12", "id.account-no"),
        ("account_no", "", "cases.empty-cell"),
        ("account_name", "", "cases.empty-cell"),
        ("account_name", "字" * 201, "cases.too-long"),
        ("account_name", "=cmd|' /C calc'!A0", "cases.formula"),
        ("account_name", "＝HYPERLINK(1)", "cases.formula"),
        ("service_address", "@SUM(1)", "cases.formula"),
        ("account_name", "李\u202e四", "cases.control-character"),
        ("customer_category", "XX", "cases.customer-category"),
        ("business_type", "NOPE", "cases.business-type"),
        ("business_type", "SUSP", "cases.combination"),
        ("application_no", "12", "id.application-no"),
        ("centre", "NOWHERE", "cases.centre"),
        ("capacity_kva", "many", "cases.number"),
        ("capacity_kva", "NaN", "cases.number"),
        ("capacity_kva", "-5", "cases.number"),
        ("capacity_kva", "1e9", "cases.number"),
        ("conditions", "tenant;flying", "cases.condition"),
        ("accepted_on", "2026-02-30", "cases.date"),
        ("accepted_on", "11/2/2026", "cases.date"),
        ("accepted_on", "2026-11-21", "case.date-in-future"),
        ("energised_on", "2026-11-01", "case.dates-order"),
        ("stage_ACCEPT_on", "2026-11-03", "cases.dates-differ"),
    ],
)
def test_a_bad_row_is_named_by_line_and_does_not_stop_the_others(
    database: Database, column: str, value: str, code: str
) -> None:
    """Whatever is wrong in it, the rows before and after are taken, and nothing of it stays."""
    before = ROW | {"account_no": "3300000001", "application_no": "20261102000101"}
    after = ROW | {"account_no": "3300000002", "application_no": "20261102000102"}
    with database.unit_of_work() as session:
        report = take(session, before, ROW | {column: value}, after)
        assert (report.created, [(error.line, error.code) for error in report.errors]) == (2, [(3, code)])
        assert session.scalars(select(HouseholdFile.account_no)).all() == ["3300000001", "3300000002"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"account_no": "3300999999"}, "case.other-household"),
        ({"business_type": "INC"}, "case.fixed"),
        ({"accepted_on": "2026-11-03"}, "case.stage-recorded"),
        ({"centre": "EAST"}, "case.centre-differs"),
    ],
)
def test_a_registered_case_keeps_its_household_kind_days_and_centre(
    database: Database, change: dict[str, str], code: str
) -> None:
    """Such a row is an error, and the case stays as it was."""
    with database.unit_of_work() as session:
        records.unit(session, "EAST", below=records.unit(session))
        take(session, ROW)
        report = take(session, ROW | change | {"capacity_kva": "99"})
        assert [error.code for error in report.errors] == [code]
        case = session.scalars(select(CaseFile)).one()
        assert (str(case.capacity_kva), case.business_type, case.accepted_on) == ("8.00", "NEW", date(2026, 11, 2))


def test_a_new_case_does_not_drag_a_household_into_another_centre(database: Database) -> None:
    """A household belongs to one unit; the import does not move it."""
    with database.unit_of_work() as session:
        records.unit(session, "EAST", below=records.unit(session))
        take(session, ROW)
        report = take(session, ROW | {"application_no": "20261102000009", "centre": "EAST"})
        assert [(error.code, error.column) for error in report.errors] == [("case.centre-differs", "centre")]


def test_unknown_and_missing_columns_are_refused_by_name(database: Database) -> None:
    """Before any row is taken."""
    with database.unit_of_work() as session:
        with pytest.raises(Invalid) as unknown:
            take(session, ROW | {"colour": "red", "stage_PARTY_on": ""})
        assert (unknown.value.code, unknown.value.facts["columns"]) == (
            "cases.unknown-column",
            ["colour", "stage_PARTY_on"],
        )
        with pytest.raises(Invalid) as missing:
            take(session, {k: v for k, v in ROW.items() if k not in ("centre", "account_no")})
        assert missing.value.facts["columns"] == ["account_no", "centre"]
        assert session.scalars(select(HouseholdFile)).all() == []


def test_a_person_imports_only_into_their_own_units(database: Database) -> None:
    """Another unit is answered like one that does not exist; staff may not import at all."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east = records.unit(session, "EAST", below=root)
        by = records.viewer(session, at=east)
        report = take(session, ROW, ROW | {"centre": "EAST", "application_no": "20261102000002"}, by=by)
        assert (report.created, [error.code for error in report.errors]) == (1, ["cases.centre"])
        assert "ROOT" in report.errors[0].message
        with pytest.raises(NotPermitted):
            take(session, ROW, by=records.viewer(session, Role.STAFF))


def test_name_and_address_follow_the_newest_case_only(database: Database) -> None:
    """A re-import of an older case does not turn a change of name back."""
    newer = ROW | {
        "application_no": "20261110000001",
        "business_type": "RENAME",
        "account_name": "王五",
        "accepted_on": "2026-11-10",
    }
    with database.unit_of_work() as session:
        take(session, ROW, newer)
        head = session.scalars(select(HouseholdFile)).one()
        assert head.account_name == "王五"
        assert counts(take(session, ROW, newer)) == (0, 0, 2, 0)
        assert head.account_name == "王五"


def test_a_stage_day_is_written_once(database: Database) -> None:
    """The same day again is no change, another day is refused."""
    with database.unit_of_work() as session:
        case = records.case(session)
        by = records.viewer(session)

        def record(day: date) -> None:
            actions.record_stage(
                session,
                application_no=case.application_no,
                stage="ENERGISE",
                done_on=day,
                by=by,
                now=NOW,
                today=TODAY,
                filing_due_workdays=3,
            )

        record(date(2026, 11, 6))
        revision = session.get_one(HouseholdFile, case.household_id).revision
        record(date(2026, 11, 6))
        assert session.get_one(HouseholdFile, case.household_id).revision == revision
        with pytest.raises(Refused) as refused:
            record(date(2026, 11, 9))
        assert refused.value.code == "case.stage-recorded"
        assert (case.energised_on, case.filing_due_on) == (date(2026, 11, 6), date(2026, 11, 11))


def as_csv(*rows: Mapping[str, str], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_files_of_every_office_encoding_are_read(encoding: str) -> None:
    """Spreadsheets write UTF-8 with and without mark, GBK, and UTF-16."""
    assert dict(read_csv(as_csv(ROW).encode(encoding))[0]) == ROW


def test_lines_are_counted_as_an_editor_shows_them() -> None:
    """A cell may hold a line break, and empty rows are left out."""
    data = b'account_no,account_name\r\n1,"a\r\nb"\r\n,\r\n2,c\r\n'
    assert [(row.line, row["account_no"]) for row in read_csv(data)] == [(2, "1"), (5, "2")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "cases.empty"),
        (b"PK\x03\x04rest of a workbook", "cases.not-csv"),
        (b"a,b,a\n1,2,3\n", "cases.duplicate-column"),
        (b'a,b\n"1,2\n', "cases.csv"),
        (b"a,b\n\xff\xff\xfe,\x00", "cases.encoding"),
    ],
)
def test_what_is_no_csv_is_invalid_with_a_sentence(data: bytes, code: str) -> None:
    """No library's words reach the person."""
    with pytest.raises(Invalid) as refused:
        read_csv(data)
    assert refused.value.code == code


def test_a_row_with_too_many_cells_and_numbers_kept_as_text(database: Database) -> None:
    """An unquoted comma shifts a row, which is refused; ="0012345678" is how a spreadsheet keeps zeros."""
    kept = as_csv(ROW).replace("3300123456", '"=""0300123456"""')
    shifted = as_csv(ROW).splitlines()[1].replace("20261102000001", "20261102000002") + ",more"
    with database.unit_of_work() as session:
        report = take(session, *read_csv((kept + shifted).encode()))
        assert [(error.line, error.code) for error in report.errors] == [(3, "cases.too-many-cells")]
        assert session.scalars(select(HouseholdFile.account_no)).all() == ["0300123456"]
