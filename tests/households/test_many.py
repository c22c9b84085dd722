"""Many at once: thick households, long lists and long imports cost statements by the batch, not by the row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database
from archive_service.households import actions, queries
from archive_service.households.queries import CaseFilters
from archive_service.households.tables import CaseFile, HouseholdFile, Verdict
from archive_service.households.values import ImportReport
from tests.households.test_import_cases import ROW, take
from tests.support import records
from tests.support.records import NOW, TODAY
from tests.support.statements import counted

#: Reads of one household whose cost in statements must not follow its thickness.
READS: dict[str, Callable[[Session, Any, CaseFile, str], object]] = {
    "the file": lambda s, v, case, account: queries.household(s, v, account),
    "whether papers agree": lambda s, v, case, account: queries.observations(
        s, v, case.application_no, today=records.TODAY
    ),
    "the history": lambda s, v, case, account: queries.history(s, v, account),
    "completeness": lambda s, v, case, account: list(queries.completeness(s, v, account_no=account)),
}


def row(number: int, **said: str) -> dict[str, str]:
    return ROW | {"account_no": f"33{number:08d}", "application_no": f"20261102{number:06d}"} | said


def imported(database: Database, rows: list[dict[str, str]]) -> ImportReport:
    with database.unit_of_work() as session:
        return take(session, *rows)


@pytest.mark.parametrize("read", READS)
def test_a_thick_household_is_read_with_as_many_statements_as_a_thin_one(database: Database, read: str) -> None:
    """Three items or thirty: the rows are more, the questions are the same."""
    sent = []
    for count in (3, 30):
        with database.unit_of_work() as session:
            case = records.case(session)
            for _ in range(count):
                records.item(
                    session, case, fields={"account_no": "3300000000"}, pages=[records.page(1), records.page(2)]
                )
            account = session.get_one(HouseholdFile, case.household_id).account_no
        with database.reading() as session, counted(database) as statements:
            viewer = records.system(session)
            READS[read](session, viewer, case, account)
        sent.append(len(statements))
    assert sent[0] == sent[1]


def test_an_import_asks_by_the_batch(database: Database) -> None:
    """Ten times the rows in one batch cost no more statements."""
    sent = []
    for first, count in ((0, 4), (1000, 40)):
        rows = [row(number) for number in range(first, first + count)]
        with database.unit_of_work() as session:
            records.unit(session)
            records.system(session)
            with counted(database) as statements:
                assert take(session, *rows).created == count
        sent.append(len(statements))
    assert sent[1] <= sent[0]


def test_bad_rows_inside_a_batch_are_named_by_their_lines_and_the_others_stay(database: Database) -> None:
    """A cell that cannot be read, a case of another household, a changed kind: in the middle of many good rows."""
    rows = [row(number) for number in range(1, 41)]
    rows[6] = row(7, capacity_kva="many")
    rows[20] = row(21, application_no=rows[3]["application_no"])
    rows[30] = row(4, business_type="INC")
    report = imported(database, rows)
    assert [(error.line, error.code) for error in report.errors] == [
        (8, "cases.number"),
        (22, "case.other-household"),
        (32, "case.fixed"),
    ]
    assert report.created == len(rows) - 3
    with database.reading() as session:
        kept = set(session.scalars(select(HouseholdFile.account_no)))
        assert kept == {one["account_no"] for place, one in enumerate(rows) if place not in (6, 20, 30)}
        assert chain_breaks(session) == []


def test_a_row_refused_in_a_batch_leaves_nothing_even_in_a_household_that_another_row_changes(
    database: Database,
) -> None:
    """The good row about the same household is taken; of the bad one neither dates nor capacity stay."""
    imported(database, [row(1)])
    report = imported(
        database,
        [row(1, capacity_kva="99", accepted_on="2026-11-03"), row(1, voltage="380V")],
    )
    assert ([error.code for error in report.errors], report.updated) == (["case.stage-recorded"], 1)
    with database.reading() as session:
        case = session.scalars(select(CaseFile)).one()
        assert (str(case.capacity_kva), case.voltage, case.accepted_on) == ("8.00", "380V", date(2026, 11, 2))


def test_two_rows_of_one_household_in_one_batch_make_one_file(database: Database) -> None:
    """The second sees what the first opened; the newer case gives the name, and both are judged with it."""
    newer = row(
        1, application_no="20261110000001", business_type="RENAME", account_name="王五", accepted_on="2026-11-10"
    )
    report = imported(database, [row(1), newer, newer])
    assert (report.created, report.unchanged, report.errors) == (2, 1, ())
    with database.reading() as session:
        head = session.scalars(select(HouseholdFile)).one()
        assert (head.account_name, head.revision) == ("王五", 3)
        did = session.scalars(select(AuditEntry.did).order_by(AuditEntry.seq)).all()
        registered = [one for one in did if one.startswith(("household.", "case."))]
        assert registered == ["household.opened", "case.registered", "case.registered", "household.updated"]
        judged = session.scalar(select(func.count(Verdict.case_id.distinct())))
        assert judged == 2


def test_a_batch_in_one_go_leaves_what_the_same_rows_one_by_one_leave(database: Database) -> None:
    """Counts, verdicts, revisions and the trail's verbs do not depend on how rows are bundled."""
    rows = [row(number % 7, application_no=f"2026110200{number:04d}") for number in range(20)]
    imported(database, rows)
    alone = [
        one | {"account_no": f"44{one['account_no'][2:]}", "application_no": f"9{one['application_no']}"}
        for one in rows
    ]
    for one in alone:
        assert imported(database, [one]).created == 1
    with database.reading() as session:
        assert _left(session, "33") == _left(session, "44")


def _left(session: Session, beginning: str) -> object:
    heads = (
        select(HouseholdFile).where(HouseholdFile.account_no.startswith(beginning)).order_by(HouseholdFile.account_no)
    )
    return [
        (
            head.revision,
            [
                (case.state, case.due_count, case.missing_count, case.accepted_on, _verdicts(session, case))
                for case in head.cases
            ],
        )
        for head in session.scalars(heads)
    ]


def _verdicts(session: Session, case: CaseFile) -> list[tuple[object, ...]]:
    """Every column but the numbers, in the order of writing: many cases share what the database copied."""
    columns = [column for column in Verdict.__table__.columns if column.key not in ("id", "case_id")]
    rows = select(*columns).where(Verdict.case_id == case.id).order_by(Verdict.id)
    return [tuple(row) for row in session.execute(rows)]


def test_when_the_batch_cannot_be_written_its_rows_are_taken_one_by_one(database: Database) -> None:
    """A number that somebody else registers at the same moment costs its own row only."""
    with database.unit_of_work() as session:
        # Stands for the other person: the database refuses this one number, whoever asks.
        session.execute(text("create unique index one_number on household_files (substr(account_no, 1, 9))"))
    rows = [row(11), row(22), row(23), row(34)]
    report = imported(database, rows)
    assert [(error.line, error.code) for error in report.errors] == [(4, "cases.at-once")]
    with database.reading() as session:
        found = session.scalars(select(HouseholdFile.account_no).order_by(HouseholdFile.account_no)).all()
        assert found == [rows[0]["account_no"], rows[1]["account_no"], rows[3]["account_no"]]
        assert chain_breaks(session) == []


def test_an_import_that_was_killed_is_resumed_without_duplicates(database: Database) -> None:
    """What was committed is found unchanged, the rest is taken, and nothing stands there twice."""
    rows = [row(number) for number in range(1, 31)]
    imported(database, rows[:10])
    with pytest.raises(KeyboardInterrupt):
        _killed_after(database, rows[10:20])
    report = imported(database, rows)
    assert (report.created, report.unchanged, report.errors) == (20, 10, ())
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CaseFile)) == len(rows)
        assert chain_breaks(session) == []


def _killed_after(database: Database, rows: list[dict[str, str]]) -> None:
    with database.unit_of_work() as session:
        take(session, *rows)
        raise KeyboardInterrupt


def test_a_long_list_is_counted_only_as_far_as_asked(database: Database) -> None:
    """Beyond that it says that there are more; without a bound it counts all."""
    with database.unit_of_work() as session:
        for number in range(7):
            records.case(session, f"2026110200{number:04d}")
        viewer = records.system(session)
        counts = [queries.cases(session, viewer, counted=bound) for bound in (3, 7, None)]
        assert [(one.total, one.more) for one in counts] == [(3, True), (7, False), (7, False)]
        assert len(counts[0].rows) == 7


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_pages_of_a_list_meet_whatever_state_and_deadline_its_cases_have(database: Database, limit: int) -> None:
    """Collecting and filed ones are merged by deadline, those without one come last, none is missed or shown twice."""
    with database.unit_of_work() as session:
        for number in range(12):
            stages = {"ACCEPT": date(2026, 10, 1)}
            if number % 4:
                stages["ENERGISE"] = date(2026, 10, 8) + timedelta(days=number % 3)
            case = records.case(session, f"2026110200{number:04d}", stages=stages)
            case.state = "filed" if number % 2 else "collecting"
        session.flush()
        viewer = records.system(session)
        found, after = [], None
        while True:
            page = queries.cases(session, viewer, after=after, limit=limit)
            found += [(row.filing_due_on or date.max, row.id) for row in page.rows]
            after = page.next
            if after is None:
                break
        assert found == sorted(found)
        assert len({key for _, key in found}) == 12
        filed = queries.cases(session, viewer, filters=CaseFilters(state="filed"))
        assert {one.state for one in filed.rows} == {"filed"}


def test_letters_in_an_application_number_are_found_by_its_beginning(database: Database) -> None:
    """A number that goes on with a letter is as near as one that goes on with a digit."""
    with database.unit_of_work() as session:
        for number in ("20261102A1", "2026110211", "20261103A1"):
            records.case(session, number)
        viewer = records.system(session)
        found = queries.cases(session, viewer, filters=CaseFilters(text="20261102"))
        assert {one.application_no for one in found.rows} == {"20261102A1", "2026110211"}


def test_recording_a_stage_judges_the_case_and_keeps_items_in_sight(database: Database) -> None:
    """A case that holds papers is judged with them when a day is recorded, like one that is imported again."""
    with database.unit_of_work() as session:
        case = records.case(session, conditions=("natural",))
        filed = records.item(session, case)
        actions.record_stage(
            session, application_no=case.application_no, stage="ENERGISE", done_on=date(2026, 11, 6),
            by=records.viewer(session), now=NOW, today=TODAY, filing_due_workdays=3,
        )  # fmt: skip
        evidence = select(Verdict.evidence).where(Verdict.case_id == case.id, Verdict.document_type == "A02R")
        assert session.scalar(evidence) == [filed.id]


def test_a_new_case_that_an_earlier_paper_serves_is_counted_with_it(database: Database) -> None:
    """What an import notes of new cases is what judging them again would: also where the household held something."""
    with database.unit_of_work() as session:
        case = records.case(session, account_no="3300000001", conditions=("natural",), category="LR")
        records.item(session, case, "A05", fields={"valid_to": "2030-01-01"})
    rows = [
        row(1, application_no="20261110000001", business_type="CANCEL", accepted_on="2026-11-10", conditions="natural")
    ]
    imported(database, [*rows, row(2)])
    with database.unit_of_work() as session:
        cases = session.scalars(select(CaseFile).order_by(CaseFile.id)).all()
        kept = [(one.due_count, one.satisfied_count, one.missing_count) for one in cases]
        inherited = session.scalars(select(Verdict.case_id).where(Verdict.status == "inherited")).all()
        assert inherited == [cases[1].id]
        for one in cases:
            actions.reassess_case(session, one, today=TODAY, now=NOW)
        assert [(one.due_count, one.satisfied_count, one.missing_count) for one in cases] == kept
        assert chain_breaks(session) == []
