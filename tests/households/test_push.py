"""What the business system pushes: each record by itself, in any order, any number of times."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.households import queries
from archive_service.households.heads import queries as heads
from archive_service.households.heads import rules
from archive_service.households.heads.tables import AccountLink, HeadValue
from archive_service.households.pushes import actions
from archive_service.households.pushes.queries import changes
from archive_service.households.tables import CaseFile, CaseStage, HouseholdFile
from archive_service.households.values import Answer
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from tests.households.test_import_cases import ROW
from tests.households.test_import_cases import take as take_rows
from tests.support import records
from tests.support.records import NOW, TODAY

ACCOUNT, OTHER, CASE = "3300123456", "3300123457", "20261102000001"
HOUSEHOLD: dict[str, Any] = {
    "kind": "household", "account_no": ACCOUNT, "as_of": "2026-11-02T09:00:00+08:00", "account_name": "李四",
    "service_address": "清河路 12 号", "customer_category": "LR", "centre": "ROOT", "grade": "普通", "capacity_kva": 8,
    "expected_load_kw": "6.5", "average_load_kw": 2.25, "voltage": "220V", "feeder": "10kV清河线",
}  # fmt: skip
#: A household of which nothing is said.
BARE: dict[str, Any] = {"kind": "household", "account_no": OTHER, "as_of": HOUSEHOLD["as_of"]}
THE_CASE: dict[str, Any] = {
    "kind": "case", "account_no": ACCOUNT, "application_no": CASE, "customer_category": "LR", "business_type": "NEW",
    "as_of": "2026-11-02T09:00:00+08:00", "capacity_kva": 8, "conditions": ["tenant"],
    "stages": {"ACCEPT": "2026-11-02"},
}  # fmt: skip
ENERGISED = {"kind": "energisation", "application_no": CASE, "done_on": "2026-11-06"}
SURVEYED = {"kind": "stage", "application_no": CASE, "stage": "SURVEY", "done_on": "2026-11-03"}


def push(session: Session, *said: Mapping[str, Any], by: Viewer | None = None) -> list[Answer]:
    records.unit(session)
    return actions.take_push(
        session, said, by=by or records.system(session), pace=actions.Pace(NOW, TODAY, 3),
        account_no_pattern=records.ACCOUNTS, application_no_pattern=records.APPLICATIONS,
    )  # fmt: skip


def outcomes(answers: Sequence[Answer]) -> list[str]:
    return [one.code or one.outcome for one in answers]


def everything(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that a push writes, the trail included."""
    session.flush()
    kinds = (HouseholdFile, CaseFile, CaseStage, HeadValue, AccountLink, AuditEntry)
    return {
        kind.__tablename__: [tuple(row) for row in session.execute(select(*kind.__table__.columns))] for kind in kinds
    }


def test_a_push_opens_household_and_case_with_its_days_whatever_order_its_records_have(database: Database) -> None:
    """Energisation before its case and case before its household, in one push: all taken."""
    with database.unit_of_work() as session:
        answers = push(session, ENERGISED, SURVEYED, THE_CASE, HOUSEHOLD)
        assert outcomes(answers) == ["changed", "changed", "created", "created"]
        case = session.scalars(select(CaseFile)).one()
        assert (case.energised_on, case.filing_due_on) == (date(2026, 11, 6), date(2026, 11, 11))
        assert {one.stage for one in case.stages} == {"ACCEPT", "SURVEY", "ENERGISE"}
        shown = heads.head(session, records.system(session), ACCOUNT).values
        assert (shown["capacity_kva"], shown["average_load_kw"], shown["feeder"]) == ("8.00", "2.25", "10kV清河线")
        assert chain_breaks(session) == []


def test_the_same_push_twice_changes_nothing_not_even_the_trail(database: Database) -> None:
    with database.unit_of_work() as session:
        link = {"kind": "link", "link": "split", "from_account_no": ACCOUNT, "to_account_no": OTHER}
        said = [HOUSEHOLD, HOUSEHOLD | {"account_no": OTHER}, THE_CASE, SURVEYED, ENERGISED]
        said.append(link | {"happened_on": "2026-11-05"})
        push(session, *said)
        before = everything(session)
        assert outcomes(push(session, *said)) == ["unchanged"] * len(said)
        assert everything(session) == before


def test_a_record_that_comes_too_early_is_told_what_to_send_first_and_keeps_no_other_back(database: Database) -> None:
    with database.unit_of_work() as session:
        second = THE_CASE | {"account_no": OTHER, "application_no": "20261102000002"}
        answers = push(session, second, ENERGISED | {"application_no": "20261102000002"}, HOUSEHOLD, THE_CASE)
        assert outcomes(answers) == ["push.household-first", "push.case-first", "created", "created"]
        assert OTHER in (answers[0].message or "")
        assert "household" in (answers[0].message or "")
        again = push(session, second, HOUSEHOLD | {"account_no": OTHER})
        assert outcomes(again) == ["created", "created"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_whatever_comes_late_the_newest_holds_and_all_is_kept(database: Database, order: Sequence[int]) -> None:
    """Three states of a household and of its case in every order: the same name, capacity and history at the end."""
    names, sizes = ("李四", "王五", "赵六"), (8, 12, 20)
    moments = [f"2026-11-0{day}T09:00:00+08:00" for day in (2, 4, 6)]
    with database.unit_of_work() as session:
        for place in order:
            push(
                session,
                HOUSEHOLD | {"as_of": moments[place], "account_name": names[place], "capacity_kva": sizes[place]},
                THE_CASE | {"as_of": moments[place], "capacity_kva": sizes[place]},
            )
        head = heads.head(session, records.system(session), ACCOUNT)
        assert (head.values["account_name"], head.values["capacity_kva"]) == ("赵六", "20.00")
        assert [one.value for one in head.history if one.name == "account_name"] == ["赵六", "王五", "李四"]
        assert [one.holds for one in head.history if one.name == "account_name"] == [True, False, False]
        assert session.scalars(select(CaseFile)).one().capacity_kva == 20


def test_what_is_older_is_answered_as_such_and_its_stage_days_are_taken_all_the_same(database: Database) -> None:
    with database.unit_of_work() as session:
        push(session, HOUSEHOLD, THE_CASE | {"as_of": "2026-11-06T09:00:00+08:00"})
        late = THE_CASE | {"as_of": "2026-11-04T09:00:00+08:00", "capacity_kva": 99, "stages": {"SURVEY": "2026-11-03"}}
        assert [(one.outcome, one.code) for one in push(session, late)] == [("changed", "push.older")]
        case = session.scalars(select(CaseFile)).one()
        assert (case.capacity_kva, {one.stage for one in case.stages}) == (8, {"ACCEPT", "SURVEY"})


def test_two_truths_of_one_moment_are_refused_and_the_first_stays(database: Database) -> None:
    with database.unit_of_work() as session:
        push(session, HOUSEHOLD, THE_CASE)
        answers = push(session, HOUSEHOLD | {"grade": "一级", "feeder": "x"}, THE_CASE | {"capacity_kva": 9})
        assert outcomes(answers) == ["push.same-moment"] * 2
        values = heads.head(session, records.system(session), ACCOUNT).values
        assert (values["grade"], values["feeder"]) == ("普通", "10kV清河线")


def test_an_account_renamed_is_found_by_both_names(database: Database) -> None:
    """By push, and by the case of a rename in an import: the old name stays in the history and leads to the account."""
    with database.unit_of_work() as session:
        push(session, HOUSEHOLD)
        push(
            session,
            {"kind": "household", "account_no": ACCOUNT, "as_of": "2026-11-09T08:00:00Z", "account_name": "王五"},
        )
        take_rows(
            session,
            ROW | {"account_no": OTHER, "application_no": "20261102000008", "account_name": "周七"},
            ROW
            | {"account_no": OTHER, "application_no": "20261110000001", "business_type": "RENAME",
               "account_name": "吴八", "accepted_on": "2026-11-10"},
        )  # fmt: skip
        viewer = records.system(session)
        for name, account in (("李四", ACCOUNT), ("王五", ACCOUNT), ("周七", OTHER), ("吴八", OTHER)):
            assert [one.account_no for one in queries.find_households(session, viewer, name)] == [account], name
        told = [(one.value, one.source) for one in heads.head(session, viewer, OTHER).history]
        assert told == [("吴八", "case"), ("周七", "case")]


def test_a_case_does_not_turn_back_what_the_household_said_later(database: Database) -> None:
    with database.unit_of_work() as session:
        push(session, HOUSEHOLD | {"as_of": "2026-11-12T09:00:00+08:00", "account_name": "王五"})
        take_rows(session, ROW)
        assert session.scalars(select(HouseholdFile)).one().account_name == "王五"


def test_split_and_merged_accounts_know_of_each_other(database: Database) -> None:
    with database.unit_of_work() as session:
        split = {"kind": "link", "link": "split", "from_account_no": ACCOUNT, "to_account_no": OTHER}
        split["happened_on"] = "2026-11-05"
        answers = push(
            session, split, HOUSEHOLD, HOUSEHOLD | {"account_no": OTHER},
            split | {"from_account_no": OTHER, "to_account_no": ACCOUNT}, split | {"to_account_no": ACCOUNT},
            split | {"to_account_no": "3300999999"}, split | {"happened_on": "2026-11-06"},
            split | {"link": "merge", "happened_on": "2026-11-21"},
        )  # fmt: skip
        assert outcomes(answers) == [
            "created", "created", "created", "link.reversed", "link.itself", "push.household-first", "link.recorded",
            "link.future",
        ]  # fmt: skip
        viewer = records.system(session)
        of = heads.head(session, viewer, ACCOUNT).links, heads.head(session, viewer, OTHER).links
        assert [(one.kind, one.came_from, one.account_no) for some in of for one in some] == [
            ("split", False, OTHER),
            ("split", True, ACCOUNT),
        ]


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"kind": "meter"}, "push.kind", "kind"),
        ({}, "push.kind", "kind"),
        (HOUSEHOLD | {"colour": "red"}, "push.unknown-field", "colour"),
        ({"kind": "case", "account_no": ACCOUNT}, "push.missing-field", "application_no"),
        (HOUSEHOLD | {"account_no": "12"}, "id.account-no", "account_no"),
        (HOUSEHOLD | {"as_of": "2026-11-02"}, "push.as-of", "as_of"),
        (HOUSEHOLD | {"as_of": "9999-12-31T23:59:59-23:00"}, "push.as-of", "as_of"),
        (HOUSEHOLD | {"as_of": "2026-11-20T03:00:00Z"}, "push.as-of-future", "as_of"),
        (HOUSEHOLD | {"as_of": "1900-01-01T00:00:00+08:00"}, "push.as-of-early", "as_of"),
        (HOUSEHOLD | {"capacity_kva": "many"}, "cases.number", "capacity_kva"),
        (HOUSEHOLD | {"capacity_kva": True}, "push.type", "capacity_kva"),
        (HOUSEHOLD | {"average_load_kw": float("nan")}, "cases.number", "average_load_kw"),
        (HOUSEHOLD | {"customer_category": "XX"}, "cases.customer-category", "customer_category"),
        (HOUSEHOLD | {"centre": "NOWHERE"}, "cases.centre", "centre"),
        (HOUSEHOLD | {"feeder": "=1+1"}, "cases.formula", "feeder"),
        (HOUSEHOLD | {"account_name": "李\u0000四"}, "cases.control-character", "account_name"),
        (BARE, "push.household-incomplete", "account_name"),
        (THE_CASE | {"stages": {"ACCEPT": "1900-01-01"}}, "case.date-too-early", None),
        (THE_CASE | {"stages": {"ACCEPT": "2026-11-21"}}, "case.date-in-future", None),
        (THE_CASE | {"stages": {"LUNCH": "2026-11-02"}}, "push.stage", "stage"),
        (THE_CASE | {"stages": ["ACCEPT"]}, "push.type", "stages"),
        (THE_CASE | {"business_type": "PARTY"}, "cases.business-type", "business_type"),
        (SURVEYED | {"stage": "LUNCH"}, "push.stage", "stage"),
        (ENERGISED | {"done_on": "soon"}, "cases.date", "done_on"),
    ],
)  # fmt: skip
def test_a_bad_record_is_named_and_the_good_ones_are_taken(
    database: Database, said: Mapping[str, Any], code: str, field: str | None
) -> None:
    with database.unit_of_work() as session:
        good = HOUSEHOLD | {"account_no": "3300777777"}
        answers = push(session, HOUSEHOLD | {"account_no": ACCOUNT}, said, good)
        assert [one.outcome for one in answers] == ["created", "refused", "created"]
        assert (answers[1].code, answers[1].field) == (code, field)
        assert answers[1].message


def test_two_cases_with_one_application_number_leave_the_first(database: Database) -> None:
    with database.unit_of_work() as session:
        answers = push(
            session, HOUSEHOLD, HOUSEHOLD | {"account_no": OTHER}, THE_CASE, THE_CASE | {"account_no": OTHER}
        )
        assert outcomes(answers) == ["created", "created", "created", "case.other-household"]
        assert session.scalar(select(func.count()).select_from(CaseFile)) == 1


def test_a_stage_day_once_recorded_is_refused_another_day(database: Database) -> None:
    with database.unit_of_work() as session:
        push(session, HOUSEHOLD, THE_CASE, ENERGISED)
        answers = push(session, ENERGISED | {"done_on": "2026-11-07"}, ENERGISED)
        assert outcomes(answers) == ["case.stage-recorded", "unchanged"]


def test_only_who_imports_pushes_and_what_is_elsewhere_looks_as_if_it_were_not_there(database: Database) -> None:
    with database.unit_of_work() as session:
        root = records.unit(session)
        here, there = records.unit(session, "HERE", below=root), records.unit(session, "THERE", below=root)
        push(session, HOUSEHOLD | {"centre": "THERE"}, THE_CASE)
        mine = records.viewer(session, Role.ARCHIVIST, at=here)
        absent = push(
            session, THE_CASE | {"account_no": OTHER}, SURVEYED | {"application_no": "20261102000009"}, by=mine
        )
        hidden = push(session, THE_CASE, SURVEYED, by=mine)
        assert [one.code for one in absent] == [one.code for one in hidden]
        with pytest.raises(NotPermitted):
            push(session, HOUSEHOLD, by=records.viewer(session, Role.STAFF, at=there))
        for count in (0, actions.MOST + 1):
            with pytest.raises(Invalid, match="1000"):
                push(session, *[HOUSEHOLD] * count)


def test_programs_pull_what_changed_since_they_last_asked(database: Database) -> None:
    with database.unit_of_work() as session:
        root = records.unit(session)
        here = records.unit(session, "HERE", below=root)
        push(session, HOUSEHOLD, THE_CASE)
        viewer = records.system(session)
        first = changes(session, viewer, after=0)
        assert [one.application_no for one in first.cases] == [CASE]
        assert changes(session, viewer, after=first.seen).cases == ()
        push(session, ENERGISED)
        told = changes(session, viewer, after=first.seen).cases
        assert [(one.application_no, one.energised_on) for one in told] == [(CASE, date(2026, 11, 6))]
        assert changes(session, records.viewer(session, Role.STAFF, at=here), after=0).cases == ()


START = datetime(2026, 1, 1, tzinfo=UTC)


@given(
    said=st.dictionaries(st.integers(0, 30), st.sampled_from("ABC"), min_size=1, max_size=8).flatmap(
        lambda found: st.permutations(list(found.items()))
    )
)
def test_in_any_order_the_value_of_the_newest_moment_holds(said: list[tuple[int, str]]) -> None:
    """The last holds at the end, moments only rise, and hearing the same again is nothing new."""
    history: rules.History = ()
    for day, value in said:
        history = rules.placed(history, value, START + timedelta(days=day))
        assert rules.placed(history, value, START + timedelta(days=day)) == history
        moments = [moment for one in history for moment in (one.as_of, one.heard_until)]
        assert moments == sorted(moments)
    assert history[-1].value == max(said)[1]
    assert all(one.value != other.value for one, other in itertools.pairwise(history))


def test_another_value_of_a_moment_that_was_heard_is_refused() -> None:
    history = rules.placed((), "A", START)
    with pytest.raises(Refused):
        rules.placed(history, "B", START)
