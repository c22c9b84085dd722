"""A case goes from hand to hand: both sides confirm, each step is refused where it makes no sense, one of two wins."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.households import actions as households
from archive_service.households.handed import HandOver
from archive_service.households.tables import CaseFile, CasePlace, HouseholdFile
from archive_service.lifecycle import actions, queries, rules
from archive_service.lifecycle.tables import CaseReturn
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from tests.support import records
from tests.support.records import NOW, TODAY


class Desk:
    """A case with all its papers, who hands it over, and who takes it in."""

    def __init__(self, session: object, *, but: tuple[str, ...] = (), business: str = "NEW") -> None:
        self.session = session
        self.case = records.case(session, business=business)  # type: ignore[arg-type]
        records.everything_due(session, self.case, but=but)  # type: ignore[arg-type]
        self.giver: Viewer = records.viewer(session, Role.STAFF)  # type: ignore[arg-type]
        self.archivist: Viewer = records.viewer(session)  # type: ignore[arg-type]
        self.no = self.case.application_no

    def submit(self, **said: object) -> HandOver:
        return actions.submit_case(self.session, self.no, **{"by": self.giver, "now": NOW, **said})  # type: ignore[arg-type]

    def accept(self, **said: object) -> None:
        actions.accept_case(self.session, self.no, **{"by": self.archivist, "now": NOW, **said})  # type: ignore[arg-type]

    def send_back(self, **said: object) -> CaseReturn:
        told = {
            "stage": "CONTRACT", "reasons": ["unsigned"], "due_on": date(2026, 11, 25), "by": self.archivist,
            "now": NOW, "today": TODAY, **said,
        }  # fmt: skip
        return actions.return_case(self.session, self.no, **told)  # type: ignore[arg-type]

    def file(self, **said: object) -> int:
        return actions.file_case(self.session, self.no, **{"by": self.archivist, "now": NOW, **said})  # type: ignore[arg-type]

    def life(self, viewer: Viewer | None = None) -> queries.life.CaseLife:  # type: ignore[name-defined]
        return queries.case_life(self.session, viewer or self.archivist, self.no)  # type: ignore[arg-type]


def test_a_case_is_handed_over_taken_in_and_filed_with_both_names_and_the_list(database: Database) -> None:
    """Giver, receiver, list and times are on record; every paper has its place."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        given = desk.submit(note="资料已齐")
        assert (desk.case.state, given.round, given.due_on) == ("submitted", 1, date(2026, 11, 23))
        desk.accept()
        placed = desk.file()
        life = desk.life()
        assert (desk.case.state, desk.case.filed_at) == ("filed", NOW)
        assert [step.verb for step in life.steps] == ["submit", "accept", "file"]
        (over,) = life.hand_overs
        assert (over.giver, over.receiver, over.outcome) == (desk.giver.name, desk.archivist.name, "accepted")
        assert placed == len(over.papers) == len(life.places) == desk.case.due_count
        assert [one.place for one in life.places] == list(range(1, placed + 1))
        did = session.scalars(select(AuditEntry.did).where(AuditEntry.object_kind == "case")).all()
        assert did[-3:] == ["case.handed-over", "case.accepted", "case.filed"]


def test_the_receipt_is_due_one_working_day_later(database: Database) -> None:
    """Article 18(5): from a Friday to the Monday; over the National Day week to the day after it."""
    with database.unit_of_work() as session:
        due = [
            Desk(session).submit(now=datetime(2026, month, day, 2, tzinfo=UTC)).due_on
            for month, day in ((11, 20), (9, 30))
        ]
        assert due == [date(2026, 11, 23), date(2026, 10, 8)]


def test_a_receipt_after_the_end_of_the_holiday_table_has_no_day_rather_than_a_guess(database: Database) -> None:
    """Nobody knows yet whether offices work on the first days of January 2027."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        assert desk.submit(now=datetime(2026, 12, 31, 2, tzinfo=UTC)).due_on is None


def test_no_step_is_taken_where_the_table_has_none_and_the_refusal_says_what_to_do(database: Database) -> None:
    """All verbs in all states, against the table."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        steps = {
            "submit": desk.submit, "accept": desk.accept, "return": desk.send_back, "file": desk.file,
            "reopen": lambda: actions.reopen_case(
                session, desk.no, purpose="change", reason="换合同", by=desk.archivist, now=NOW, filing_due_workdays=3
            ),
        }  # fmt: skip
        for state in rules.NEXT:
            for verb, step in steps.items():
                if state in rules.BY_VERB[verb].from_states:
                    continue
                desk.case.state = state
                session.flush()
                with pytest.raises(Refused) as refused:
                    step()
                assert refused.value.code == "case.step"
                assert rules.NEXT[state] in refused.value.message


def test_of_two_people_at_once_one_wins_and_the_other_hears_who_was_quicker(database: Database) -> None:
    """Both saw step 1; the second gets a sentence with the name of the first, and nothing changes."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit()
        seen, other = desk.life().seq, records.viewer(session)
        desk.accept(seen=seen)
        with pytest.raises(Refused) as refused:
            desk.send_back(by=other, seen=seen)
        assert refused.value.code == "case.passed"
        assert desk.archivist.name in refused.value.message
        assert desk.case.state == "accepted"


def test_who_hands_over_does_not_take_in(database: Database) -> None:
    """Both confirmations would be one."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit(by=desk.archivist)
        assert desk.life().own_hand_over
        with pytest.raises(NotPermitted) as refused:
            desk.accept()
        assert refused.value.code == "case.own-hand-over"
        desk.accept(by=records.viewer(session))


def test_staff_hand_over_and_do_not_take_in_and_others_do_not_know_of_the_case(database: Database) -> None:
    """Rights are those of the unit of the household."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit()
        with pytest.raises(NotPermitted):
            desk.accept(by=records.viewer(session, Role.STAFF))
        with pytest.raises(NotPermitted):
            desk.send_back(by=records.viewer(session, Role.AUDITOR))
        stranger = records.viewer(session, at=records.unit(session, "WEST", below=records.unit(session)))
        with pytest.raises(NotFound):
            desk.accept(by=stranger)
        with pytest.raises(NotFound):
            desk.life(stranger)


def test_an_incomplete_case_is_taken_in_but_not_filed(database: Database) -> None:
    """The refusal counts what is missing."""
    with database.unit_of_work() as session:
        desk = Desk(session, but=("K01R",))
        desk.submit()
        desk.accept()
        with pytest.raises(Refused) as refused:
            desk.file()
        assert (refused.value.code, refused.value.facts["missing"]) == ("case.incomplete", 1)
        assert "缺 1 件" in refused.value.message
        assert (desk.case.state, session.scalars(select(CasePlace)).all()) == ("accepted", [])


def test_a_case_without_papers_is_not_handed_over(database: Database) -> None:
    """There would be nothing to confirm."""
    with database.unit_of_work() as session:
        case, by = records.case(session), records.viewer(session)
        with pytest.raises(Refused) as refused:
            actions.submit_case(session, case.application_no, by=by, now=NOW)
        assert refused.value.code == "case.nothing-to-hand-over"


def test_filing_locks_order_and_numbers_and_later_papers_are_supplements(database: Database) -> None:
    """What has a place keeps it when a supplement comes; nothing is moved, withdrawn or renamed in between."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit()
        paper = desk.life().hand_overs[0].papers[0].item_id
        by = desk.archivist
        with pytest.raises(Refused, match="移交清单"):
            households.withdraw_item(session, item_id=paper, reason="错了", by=by, now=NOW, today=TODAY)
        desk.accept()
        desk.file()
        before = desk.life().places
        for change in (
            lambda: households.withdraw_item(session, item_id=paper, reason="错了", by=by, now=NOW, today=TODAY),
            lambda: households.move_item(
                session, item_id=paper, household_id=desk.case.household_id, case_id=None, by=by, now=NOW, today=TODAY
            ),
            lambda: households.retype_item(session, item_id=paper, document_type="A03", by=by, now=NOW, today=TODAY),
        ):
            with pytest.raises(Refused) as refused:
                change()
            assert refused.value.code == "case.locked"
        records.item(session, desk.case, "V01")
        assert desk.life().unplaced == 1
        actions.reopen_case(
            session, desk.no, purpose="supplement", reason="补回访单", by=by, now=NOW, filing_due_workdays=3
        )
        given = desk.submit()
        assert [one.document_type for one in desk.life().hand_overs[0].papers] == ["V01"]
        desk.accept()
        desk.file()
        after = desk.life().places
        assert (given.round, after[:-1], after[-1].filing_no) == (2, before, 2)
        assert after[-1].place == before[-1].place + 1
        assert desk.case.filed_at == NOW


def test_a_paper_taken_out_of_a_reopened_case_leaves_its_place_empty(database: Database) -> None:
    """Numbers are never given twice."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit(), desk.accept(), desk.file()
        first = desk.life().places[0]
        actions.reopen_case(
            session, desk.no, purpose="change", reason="换表", by=desk.archivist, now=NOW, filing_due_workdays=3
        )
        households.withdraw_item(
            session, item_id=first.item_id, reason="扫描不清", by=desk.archivist, now=NOW, today=TODAY
        )
        records.item(session, desk.case, first.document_type)
        desk.submit(), desk.accept(), desk.file()
        places = desk.life().places
        assert places[0].withdrawn
        assert (places[-1].document_type, places[-1].place) == (first.document_type, len(places))


def test_a_case_that_loses_its_completeness_stays_filed(database: Database) -> None:
    """A file is not unfiled by a later judgement; it shows as filed and incomplete."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit(), desk.accept(), desk.file()
        desk.case.conditions = ["tenant"]
        households.reassess_case(session, desk.case, today=TODAY, now=NOW)
        assert (desk.case.complete, desk.case.state, desk.case.filed_at) == (False, "filed", NOW)


def test_an_account_is_closed_with_its_cases_once_its_cancellation_is_filed(database: Database) -> None:
    """Nothing of it can be opened again."""
    with database.unit_of_work() as session:
        desk = Desk(session, business="CANCEL")
        head = session.get_one(HouseholdFile, desk.case.household_id)
        by = desk.archivist

        def close() -> int:
            return actions.close_household(session, head.account_no, by=by, now=NOW)

        with pytest.raises(Refused) as refused:
            close()
        assert (refused.value.code, desk.no in refused.value.message) == ("household.cases-open", True)
        desk.submit(), desk.accept(), desk.file()
        assert close() == 1
        assert (head.state, session.get_one(CaseFile, desk.case.id).state) == ("closed", "closed")
        with pytest.raises(Refused):
            actions.reopen_case(
                session, desk.no, purpose="change", reason="再开", by=by, now=NOW, filing_due_workdays=3
            )
        with pytest.raises(Refused, match="已经封存"):
            close()


def test_an_account_that_was_not_cancelled_is_not_closed(database: Database) -> None:
    """Filed cases alone end no account."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit(), desk.accept(), desk.file()
        account = session.get_one(HouseholdFile, desk.case.household_id).account_no
        with pytest.raises(Refused) as refused:
            actions.close_household(session, account, by=desk.archivist, now=NOW)
        assert refused.value.code == "household.not-cancelled"


def test_a_reopening_says_what_for_and_why(database: Database) -> None:
    """Both are read by an auditor later."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit(), desk.accept(), desk.file()
        for purpose, reason in (("fun", "补资料"), ("supplement", " ")):
            with pytest.raises(Invalid):
                actions.reopen_case(
                    session, desk.no, purpose=purpose, reason=reason, by=desk.archivist, now=NOW, filing_due_workdays=3
                )
