"""What was drawn from a paper before it became one that is stored only: it stands, and says nothing any more."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from archive_service.copies.actions import hand_over as take_copy
from archive_service.copies.tables import CertifiedCopy
from archive_service.db.session import Database
from archive_service.errors import NotFound, NotPermitted
from archive_service.exchange.actions import hand_over as take_package
from archive_service.exchange.tables import Package
from archive_service.households import queries as households
from archive_service.households.pushes.progress import progress
from archive_service.households.queries import concealed
from archive_service.households.queries.off_system import off_system
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.inspection import actions as inspection
from archive_service.inspection import queries as findings
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.storage.store import Stored
from archive_service.subjects import actions
from archive_service.subjects.rules import Said, Verdict
from tests.support import records
from tests.support.records import NOW, TODAY

NAME, PHONE, EXPIRED = "王秀英", "13812345678", "2020-01-01"
SAID = Said("restrict", NAME, "self", "identity_card", "", "不再使用我的身份证复印件", TODAY)


def restrict(session: Session, by: Viewer, head: HouseholdFile, *numbers: int) -> None:
    made = actions.register(
        session, by, head.account_no, SAID, item_nos=numbers, now=NOW, today=TODAY, workdays_to_answer=15
    )
    actions.decide(session, by, made.id, Verdict(True, "经核对同意"), Stored("5" * 64, 10, True), now=NOW)


def doubtful(session: Session) -> tuple[CaseFile, Item]:
    """Return a case with an expired identity paper of somebody else's name, and a form beside it."""
    case = records.case(session, account_name="李四")
    said = {"account_name": NAME, "name": NAME, "valid_to": EXPIRED, "phone": PHONE, "document_date": EXPIRED}
    shut = records.item(session, case, "A05", fields=said)
    records.item(session, case, fields={"account_name": "李四"})
    return case, shut


def shown(session: Session, by: Viewer, case: CaseFile, account_no: str) -> str:
    """Return all that the pages, the interface and the commands are given of a case, as one text."""
    parts = [
        asdict(households.case(session, by, case.application_no)),
        asdict(households.household(session, by, account_no)),
        [asdict(one) for one in households.observations(session, by, case.application_no, today=TODAY)],
        [one.as_json() for one in households.completeness(session, by, number=account_no, today=TODAY)],
        ["\n".join(one.as_text()) for one in households.completeness(session, by, number=account_no, today=TODAY)],
    ]
    return json.dumps(parts, ensure_ascii=False, default=str)


def test_verdicts_and_observations_stand_and_say_nothing_of_a_paper_that_is_stored_only(database: Database) -> None:
    """Not to who may read everything, and not to a command; who opened the paper saying why reads it as before."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        case, shut = doubtful(session)
        head = session.get_one(HouseholdFile, case.household_id)
        before = shown(session, by, case, head.account_no)
        assert all(value in before for value in (NAME, EXPIRED, PHONE))
        was = households.case(session, by, case.application_no)
        seen = households.observations(session, by, case.application_no, today=TODAY)
        restrict(session, by, head, shut.item_no)
        for who in (by, records.system(session)):
            after = shown(session, who, case, head.account_no)
            assert [value for value in (NAME, EXPIRED, PHONE) if value in after] == []
            assert concealed.WORDS in after
        now = households.case(session, by, case.application_no)
        assert [(one.document_type, one.status, one.evidence) for one in now.verdicts] == [
            (one.document_type, one.status, one.evidence) for one in was.verdicts
        ]
        told = households.observations(session, by, case.application_no, today=TODAY)
        assert [(one.rule, one.status, one.fingerprint) for one in told] == [
            (one.rule, one.status, one.fingerprint) for one in seen
        ]
        # What does not rest on it is said as before.
        rest = {one.rule: one.message for one in seen if shut.id not in {each.item for each in one.evidence}}
        assert rest.items() <= {one.rule: one.message for one in told}.items()
        keeper = replace(by, opened=frozenset({shut.id}))
        assert shown(session, keeper, case, head.account_no).count(EXPIRED) == before.count(EXPIRED)


def test_a_phone_that_only_a_closed_paper_bears_proves_nobody(database: Database) -> None:
    with database.unit_of_work() as session:
        by = records.viewer(session)
        case, shut = doubtful(session)
        assert progress(session, by, case.application_no, PHONE[-4:]).application_no == case.application_no
        restrict(session, by, session.get_one(HouseholdFile, case.household_id), shut.item_no)
        with pytest.raises(NotFound):
            progress(session, by, case.application_no, PHONE[-4:])


def test_a_paper_of_no_case_is_listed_without_what_it_prints(database: Database) -> None:
    with database.unit_of_work() as session:
        by = records.viewer(session)
        case = records.case(session)
        loose = records.item(session, case, fields={"application_no": "20269999", "document_date": EXPIRED})
        loose.case_id = None
        session.flush()
        assert off_system(session, by).rows[0].application_no == "20269999"
        restrict(session, by, session.get_one(HouseholdFile, case.household_id), loose.item_no)
        [row] = off_system(session, by).rows
        assert (row.item_id, row.application_no, row.document_date) == (loose.id, None, None)


def test_a_finding_about_it_keeps_its_rule_and_day_and_not_its_words(database: Database) -> None:
    with database.unit_of_work() as session:
        by, auditor = records.viewer(session), records.viewer(session, Role.AUDITOR, login="auditor")
        case, shut = doubtful(session)
        day = TODAY + timedelta(days=9)
        row = inspection.raise_finding(
            session, auditor, application_no=case.application_no, rule="other", severity="minor",
            description=f"证件是 {NAME} 的", item_no=shut.item_no, page_no=1, due_on=day, now=NOW, today=TODAY,
        )  # fmt: skip
        assert NAME in findings.finding(session, auditor, row.id).description
        restrict(session, by, session.get_one(HouseholdFile, case.household_id), shut.item_no)
        one, [listed] = findings.finding(session, auditor, row.id), findings.findings(session, auditor)
        assert NAME not in f"{one}{listed}"
        assert (one.rule, one.due_on, one.item_id, len(one.steps)) == ("other", day, shut.id, 1)
        keeper = replace(auditor, opened=frozenset({shut.id}))
        assert NAME in findings.finding(session, keeper, row.id).description


def test_a_copy_and_a_package_made_before_are_not_handed_over(database: Database) -> None:
    """One of other papers is, and so is a package that was asked for afterwards."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        case, shut = doubtful(session)
        head = session.get_one(HouseholdFile, case.household_id)

        def copy(number: str, item_id: int) -> int:
            row = CertifiedCopy(
                number=number, code_hash=number, request_key=number, household_id=head.id, unit_id=head.unit_id,
                purpose="court", note="", receiver="法院", pages=[{"item": item_id, "page": 1}], page_count=1,
                unmasked=False, unmask_reason="", digest="6" * 64, signed=False, issued_by=by.person_id,
                issued_at=NOW, withdrawn_reason="",
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

        def package(*items: int, after: int = -1) -> int:
            row = Package(
                household_id=head.id, unit_id=head.unit_id, direction="out", format="bagit", state="ready",
                items=list(items) or None, asked_by=by.person_id, asked_at=NOW + timedelta(minutes=after),
                digest="7" * 64,
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

        copies = copy("a", shut.id), copy("b", shut.id + 1)
        packages = package(), package(shut.item_no), package(shut.item_no + 1), package(after=1)
        who = records.system(session)
        restrict(session, by, head, shut.item_no)
        for of_shut in packages[:2]:
            with pytest.raises(NotPermitted):
                take_package(session, who, of_shut, now=NOW)
        for other in packages[2:]:
            assert take_package(session, who, other, now=NOW)[0].id == other
        with pytest.raises(NotPermitted):
            take_copy(session, by, copies[0], now=NOW)
        assert take_copy(session, by, copies[1], now=NOW).number == "b"
        keeper = replace(by, opened=frozenset({shut.id}))
        assert take_copy(session, keeper, copies[0], now=NOW).number == "a"
