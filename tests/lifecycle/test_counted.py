"""What the steps of cases, rulings and corrections do to the kept figures: they are always those of a full recount."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.calendars.rules import NATIONAL
from archive_service.completeness import consistency
from archive_service.completeness.observations import CaseFacts
from archive_service.db.session import Database
from archive_service.errors import Refused
from archive_service.households import actions as households
from archive_service.households import counting, queries
from archive_service.households.counted import CaseHit
from archive_service.households.queries import figures
from archive_service.inspection.indicators import BY_CODE
from archive_service.lifecycle import actions
from archive_service.people.roles import Role
from archive_service.web import words
from tests.lifecycle.test_states import Desk
from tests.support import records
from tests.support.records import NOW, TODAY

WHEN: dict[str, Any] = {"now": NOW, "today": TODAY}
CLOCK: dict[str, Any] = {**WHEN, "filing_due_workdays": 3}


def sums(session: Session) -> dict[str, int]:
    """Return the sums of all cases, after seeing that they are those of a full recount."""
    assert counting.differences(session, today=TODAY) == []
    viewer = records.viewer(session, Role.AUDITOR)
    return figures.added(figures.totals(session, viewer, by="unit", today=TODAY))


def printed(session: Session, code: str) -> str:
    return BY_CODE[code].value(sums(session)).printed


def test_every_step_of_a_case_keeps_the_figures(database: Database) -> None:
    """One case passes at once, one after two returns: half pass at first, and each takes two rounds on average."""
    with database.unit_of_work() as session:
        first, second = Desk(session), Desk(session)
        for desk, returns in ((first, 0), (second, 2)):
            desk.submit()
            sums(session)
            for _ in range(returns):
                desk.send_back()
                sums(session)
                desk.submit()
            desk.accept()
            sums(session)
            desk.file()
        assert (printed(session, "first-pass"), printed(session, "rounds")) == ("50.0%", "2.00")
        assert sums(session)["cases"] == 2
        actions.reopen_case(
            session, first.no, purpose="supplement", reason="补合同", by=first.archivist, now=NOW, filing_due_workdays=3
        )
        assert (printed(session, "first-pass"), printed(session, "rounds")) == ("50.0%", "2.00")


def test_a_case_that_is_opened_again_is_owed_until_a_day_of_its_own(database: Database) -> None:
    """Three working days after the reopening; whether it was first filed in time stays as it was."""
    with database.unit_of_work() as session:
        desk, by = Desk(session), records.viewer(session)
        desk.case.energised_on, desk.case.filing_due_on = date(2026, 11, 16), date(2026, 11, 19)
        desk.submit(), desk.accept(), desk.file()
        before = sums(session)
        assert (before["on_time"] + before["late"], figures.due_days(session, by)) == (1, {})
        purpose: dict[str, Any] = {"purpose": "supplement", "reason": "补合同", "by": desk.archivist}
        actions.reopen_case(session, desk.no, **purpose, now=NOW, filing_due_workdays=3)
        assert figures.due_days(session, by) == {NATIONAL.add(TODAY, 3): 1}
        assert sums(session) == before
        late = NATIONAL.add(TODAY, 4)
        assert figures.added(figures.totals(session, by, by="unit", today=late))["overdue"] == before["overdue"] + 1
        records.item(session, desk.case, "V01")
        desk.submit(), desk.accept(), desk.file()
        assert figures.due_days(session, by) == {}
        assert (sums(session)["on_time"], sums(session)["late"]) == (before["on_time"], before["late"])


def test_a_case_that_never_had_a_deadline_gets_none_when_it_is_opened_again(database: Database) -> None:
    """Nothing was energised: it is neither in time nor late, before and after, and no list has it as due."""
    with database.unit_of_work() as session:
        desk, by = Desk(session), records.viewer(session)
        desk.submit(), desk.accept(), desk.file()
        before = sums(session)
        purpose: dict[str, Any] = {"purpose": "supplement", "reason": "补合同", "by": desk.archivist}
        actions.reopen_case(session, desk.no, **purpose, now=NOW, filing_due_workdays=3)
        assert (sums(session), figures.due_days(session, by)) == (before, {})
        assert (desk.case.filing_due_on, before["on_time"], before["late"]) == (None, 0, 0)


def test_a_case_that_was_taken_in_and_then_sent_back_did_not_pass(database: Database) -> None:
    """It is not taken in any more."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit()
        desk.accept()
        assert printed(session, "first-pass") == "100.0%"
        desk.send_back()
        assert (printed(session, "first-pass"), printed(session, "rounds")) == ("0.0%", "–")


def test_a_deferred_paper_holds_filing_back_until_it_comes(database: Database) -> None:
    """The refusal says so; the figures follow the ruling and the paper."""
    with database.unit_of_work() as session:
        desk = Desk(session, but=("K01R",))
        number = households.ask_ruling(
            session, application_no=desk.no, document_type="K01R", kind="deferred", reason="客户出差，回来补签",
            until=date(2026, 12, 1), by=desk.archivist, **WHEN,
        ).id  # fmt: skip
        head = records.viewer(session, Role.UNIT_HEAD)
        households.decide_ruling(session, ruling_id=number, approve=True, note="", by=head, **WHEN)
        # The undertaking of the customer is due with a deferral.
        records.item(session, desk.case, "A24")
        assert sums(session)["complete_cases"] == 0
        desk.submit()
        desk.accept()
        with pytest.raises(Refused) as refused:
            desk.file()
        assert (refused.value.code, refused.value.facts["deferred"]) == ("case.deferred", 1)
        assert "容缺" in refused.value.message
        records.item(session, desk.case, "K01R")
        assert sums(session)["complete_cases"] == 1
        desk.file()
        assert desk.case.state == "filed"


def test_pauses_corrections_and_holiday_tables_move_deadlines_in_the_figures_too(database: Database) -> None:
    """A case that pauses has no deadline; a corrected day of energisation has another."""
    with database.unit_of_work() as session:
        case = records.case(session, stages={"ACCEPT": date(2026, 11, 2), "ENERGISE": date(2026, 11, 16)})
        by, head = records.viewer(session), records.viewer(session, Role.UNIT_HEAD)
        assert figures.due_days(session, by) == {date(2026, 11, 19): 1}
        actions.pause_case(
            session, case.application_no, first_on=date(2026, 11, 18), reason="未交产权证", by=by, **CLOCK
        )
        sums(session)
        assert figures.due_days(session, by) == {}
        actions.resume_case(session, case.application_no, by=by, **CLOCK)
        sums(session)
        other = records.case(session, stages={"ACCEPT": date(2026, 11, 2), "ENERGISE": date(2026, 11, 16)})
        asked = households.ask_correction(
            session, other.application_no, stage="ENERGISE", wanted=date(2026, 11, 17),
            reason="送电单日期为准", by=by, **WHEN,
        )  # fmt: skip
        households.decide_correction(session, asked.id, approve=True, by=head, **CLOCK)
        sums(session)
        assert figures.due_days(session, by)[date(2026, 11, 20)] == 1
        moved = actions.keep_year(
            session, "ROOT", 2026, {date(2026, 11, 20): (False, "厂休")}, complete=True, by=head, now=NOW,
            filing_due_workdays=3,
        )  # fmt: skip
        assert moved == 1
        sums(session)
        assert figures.due_days(session, by)[date(2026, 11, 23)] == 1


def test_limits_of_the_calendar_and_the_reason_for_lateness_reach_the_cross_check(database: Database) -> None:
    """Three working days for a household at low voltage; the reason ends the contradiction, on the page and kept."""
    with database.unit_of_work() as session:
        case = records.case(
            session,
            stages={"ACCEPT": date(2026, 11, 2), "SCHEME": date(2026, 11, 12), "ENERGISE": date(2026, 11, 16)},
        )
        records.item(session, case, "A02R")
        by = records.viewer(session)

        def told() -> tuple[str, bool]:
            seen = queries.observations(session, by, case.application_no, today=TODAY)
            (one,) = (each for each in seen if each.rule == "XC09")
            kept = session.scalars(select(CaseHit.rule).where(CaseHit.rule == "XC09")).all()
            return one.status, bool(kept)

        assert told() == ("differs", True)
        actions.say_why_late(session, case.application_no, clock="SCHEME", code="customer", note="", by=by, **CLOCK)
        assert told() == ("agrees", False)
        sums(session)


def test_a_false_alarm_is_no_contradiction_in_the_figures(database: Database) -> None:
    """Until it is taken back."""
    with database.unit_of_work() as session:
        case = records.case(session)
        records.item(session, case, fields={"account_no": "9999999999"})
        by = records.viewer(session)
        (seen,) = (
            each
            for each in queries.observations(session, by, case.application_no, today=TODAY)
            if each.status == "differs"
        )
        assert (sums(session)["compared"], sums(session)["consistent"]) == (1, 0)
        households.say_false_alarm(
            session, application_no=case.application_no, rule=seen.rule, fingerprint=seen.fingerprint,
            reason="旧户号，已核对", by=by, now=NOW,
        )  # fmt: skip
        assert sums(session)["consistent"] == 1
        households.take_back_false_alarm(session, application_no=case.application_no, rule=seen.rule, by=by, now=NOW)
        assert sums(session)["consistent"] == 0


def test_every_rule_that_is_counted_has_a_name_on_the_desk() -> None:
    """A rule without a word could be shown and raised as another problem only."""
    facts = CaseFacts("1", "甲", "2", "路", "LR", "NEW")
    rules = {one.rule for one in consistency.check(facts, ())}
    assert len(rules) == 17
    assert rules <= set(words.RULE)
