"""Deferring, waiving, false alarms and papers of earlier cases: who may, what it does, what the trail says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import NotFound, NotPermitted, Refused
from archive_service.households import actions, queries
from archive_service.households.tables import CaseFile
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from tests.support import records

WHEN: dict[str, Any] = {"now": records.NOW, "today": records.TODAY}


def ask(session: Session, case: CaseFile, by: Viewer, code: str = "K01R", kind: str = "deferred") -> int:
    until = date(2026, 12, 1) if kind == "deferred" else None
    return actions.ask_ruling(
        session, application_no=case.application_no, document_type=code, kind=kind, reason="客户在外地", until=until,
        by=by, **WHEN,
    ).id  # fmt: skip


def status(session: Session, by: Viewer, case: CaseFile, code: str) -> str:
    session.flush()
    return next(v.status for v in queries.case(session, by, case.application_no).verdicts if v.document_type == code)


def test_a_paper_is_deferred_by_two_people_and_holds_the_case_back(database: Database) -> None:
    """Until it comes; taking the decision back makes it a gap again."""
    with database.unit_of_work() as session:
        case = records.case(session, conditions=("natural",))
        archivist, head = records.viewer(session), records.viewer(session, Role.UNIT_HEAD)
        number = ask(session, case, archivist)
        assert status(session, archivist, case, "K01R") == "missing"
        actions.decide_ruling(session, ruling_id=number, approve=True, note="", by=head, **WHEN)
        assert status(session, archivist, case, "K01R") == "deferred"
        assert status(session, archivist, case, "A24") == "missing"
        records.everything_due(session, case, but=["K01R"])
        assert (case.complete, case.state, case.missing_count, case.deferred_count) == (False, "collecting", 0, 1)
        actions.withdraw_ruling(session, ruling_id=number, reason="客户已回", by=archivist, **WHEN)
        assert status(session, archivist, case, "K01R") == "missing"
        records.item(session, case, "K01R")
        assert case.complete
        did = session.scalars(
            select(AuditEntry.did).where(AuditEntry.did.startswith("ruling.")).order_by(AuditEntry.seq)
        ).all()
        assert did == ["ruling.asked", "ruling.approved", "ruling.withdrawn"]


def test_nobody_approves_their_own_request(database: Database) -> None:
    """Not even one who holds both roles."""
    with database.unit_of_work() as session:
        case = records.case(session, conditions=("natural",))
        both = records.viewer(session, Role.ARCHIVIST, Role.UNIT_HEAD)
        number = ask(session, case, both)
        with pytest.raises(Refused) as caught:
            actions.decide_ruling(session, ruling_id=number, approve=True, note="", by=both, **WHEN)
        assert caught.value.code == "ruling.own"


def test_who_may_ask_and_decide_is_a_matter_of_right_and_unit(database: Database) -> None:
    """Another centre's case does not exist; staff read only; an archivist does not decide."""
    with database.unit_of_work() as session:
        case = records.case(
            session, conditions=("natural",), at=records.unit(session, "A", below=records.unit(session))
        )
        far = records.viewer(session, at=records.unit(session, "B", below=records.unit(session)))
        near = records.viewer(session, at=records.unit(session, "A"))
        with pytest.raises(NotFound):
            ask(session, case, far)
        with pytest.raises(NotPermitted):
            ask(session, case, records.viewer(session, Role.STAFF))
        number = ask(session, case, near)
        with pytest.raises(NotPermitted):
            actions.decide_ruling(session, ruling_id=number, approve=True, note="", by=records.viewer(session), **WHEN)
        with pytest.raises(Refused):
            ask(session, case, near, kind="waived")


def test_a_refusal_says_why_and_changes_nothing(database: Database) -> None:
    """The paper may be asked about again."""
    with database.unit_of_work() as session:
        case = records.case(session, conditions=("natural",))
        archivist, head = records.viewer(session), records.viewer(session, Role.UNIT_HEAD)
        number = ask(session, case, archivist, "A10", "waived")
        actions.decide_ruling(session, ruling_id=number, approve=False, note="请先补租赁合同", by=head, **WHEN)
        assert status(session, archivist, case, "A10") == "missing"
        again = ask(session, case, archivist, "A10", "waived")
        actions.decide_ruling(session, ruling_id=again, approve=True, note="", by=head, **WHEN)
        assert status(session, archivist, case, "A10") == "waived"


def test_a_paper_of_an_earlier_case_serves_the_later_one_and_leaves_with_its_withdrawal(database: Database) -> None:
    """What is kept is what a fresh look says."""
    with database.unit_of_work() as session:
        first = records.case(session, account_no="3300000077", conditions=("natural",))
        second = records.case(
            session, account_no="3300000077", business="CANCEL", conditions=("natural",),
            stages={"ACCEPT": date(2026, 11, 10)},
        )  # fmt: skip
        by = records.viewer(session)
        assert status(session, by, second, "A05") == "missing"
        card = records.item(session, first, "A05", fields={"valid_to": "2030-01-01"})
        assert status(session, by, second, "A05") == "inherited"
        fresh = next(iter(queries.completeness(session, by, application_no=second.application_no)))
        assert fresh.assessment is not None
        assert {(v.document_type, str(v.status)) for v in fresh.assessment.verdicts} == {
            (v.document_type, v.status) for v in queries.case(session, by, second.application_no).verdicts
        }
        actions.withdraw_item(session, item_id=card.id, reason="归错户", by=by, **WHEN)
        assert status(session, by, second, "A05") == "missing"


def test_a_copy_without_its_mark_and_an_unreadable_paper_are_doubtful(database: Database) -> None:
    """A person says so, and takes it back."""
    with database.unit_of_work() as session:
        case = records.case(session, conditions=("natural",))
        card, by = records.item(session, case, "A05"), records.viewer(session)
        for medium, legible, expected in (
            ("copy", "", "doubtful"), ("verified_copy", "", "present"), ("", "no", "doubtful"), ("", "", "present"),
        ):  # fmt: skip
            actions.say_paper(session, item_id=card.id, medium=medium, legible=legible, by=by, **WHEN)
            assert status(session, by, case, "A05") == expected


def test_a_false_alarm_holds_until_it_is_taken_back_or_the_papers_change(database: Database) -> None:
    """Who and why stand beside it."""
    with database.unit_of_work() as session:
        case = records.case(session, conditions=("natural",))
        item, by = records.item(session, case, "A02R", fields={"account_no": "5199999999"}), records.viewer(session)

        def seen() -> Any:
            session.flush()
            return queries.observations(session, by, case.application_no, today=records.TODAY)[0]

        say = {"application_no": case.application_no, "rule": "XC01", "by": by, "now": records.NOW}
        actions.say_false_alarm(session, fingerprint=seen().fingerprint, reason="旧户号，已核对", **say)
        assert (seen().alarms, seen().status, seen().false_alarm.reason) == (False, "differs", "旧户号，已核对")
        actions.correct_field(session, item_id=item.id, name="account_no", value="5188888888", by=by, **WHEN)
        assert seen().alarms
        actions.say_false_alarm(session, fingerprint=seen().fingerprint, reason="旧户号，已核对", **say)
        actions.take_back_false_alarm(session, **say)
        assert seen().alarms
        with pytest.raises(Refused):
            actions.take_back_false_alarm(session, **say)


def test_the_same_scan_in_two_households_is_told_without_naming_what_one_may_not_know(database: Database) -> None:
    """The number of the other household only to who may read it."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        one = records.case(session, at=records.unit(session, "A", below=root), conditions=("natural",))
        other = records.case(
            session, at=records.unit(session, "B", below=root), account_no="3300000099", conditions=("natural",)
        )
        for case in (one, other):
            records.item(session, case, "A02R", pages=[records.page(1, digest="e" * 64)])
        near, all_ = records.viewer(session, at=records.unit(session, "A")), records.viewer(session)
        for by, named in ((near, False), (all_, True)):
            rule = queries.observations(session, by, one.application_no, today=records.TODAY)[14]
            assert (rule.rule, rule.status) == ("XC15", "differs")
            assert ("3300000099" in rule.message) is named
