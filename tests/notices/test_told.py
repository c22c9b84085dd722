"""What happens in the archive is told to those whom it concerns, and to nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.households import actions as households
from archive_service.households import counting
from archive_service.households.tables import CaseFile
from archive_service.inspection import actions as inspection
from archive_service.notices.queries import view
from archive_service.notices.tables import Notice, NoticeMark
from archive_service.people.roles import Role
from archive_service.worker.due_work import DueWork, due_counts
from tests.lifecycle.test_states import Desk
from tests.support import records
from tests.support.records import NOW, TODAY

WHEN: dict[str, Any] = {"now": NOW, "today": TODAY}


def told(session: Session) -> list[tuple[int, str]]:
    """Who was told what, in the order of telling."""
    rows = session.execute(select(Notice.person_id, Notice.kind).order_by(Notice.id)).all()
    return [(person, kind) for person, kind in rows]


def test_a_returned_case_is_told_to_who_handed_it_over(database: Database) -> None:
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit()
        desk.send_back()
        assert told(session) == [(desk.giver.person_id, "case-returned")]
        (notice,) = session.scalars(select(Notice))
        assert desk.no in view(notice, "zh").subject
        assert notice.address == f"/cases/{desk.no}/life"


def test_a_finding_goes_back_and_forth_between_the_unit_and_the_auditor(database: Database) -> None:
    """Whoever does a step is not told of it, and other units hear nothing."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        west, east = records.unit(session, "WEST", below=root), records.unit(session, "EAST", below=root)
        case = records.case(session, at=west)
        archivist = records.viewer(session, at=west)
        head = records.viewer(session, Role.UNIT_HEAD, at=west)
        records.viewer(session, at=east)
        auditor = records.viewer(session, Role.AUDITOR)
        found = inspection.raise_finding(
            session, auditor, application_no=case.application_no, rule="XC08", severity="major",
            description="合同晚于送电", due_on=TODAY + timedelta(days=10), **WHEN,
        )  # fmt: skip
        raised = told(session)
        assert sorted(raised) == sorted([(archivist.person_id, "finding-raised"), (head.person_id, "finding-raised")])
        step: dict[str, Any] = {"finding_id": found.id, "words": "已核对原件", **WHEN}
        inspection.take_step(session, archivist, step="answered", **step)
        inspection.take_step(session, auditor, step="refused", **step)
        inspection.take_step(session, archivist, step="answered", **step)
        assert told(session)[len(raised) :] == [
            (auditor.person_id, "finding-answered"),
            (archivist.person_id, "finding-refused"),
            (auditor.person_id, "finding-answered"),
        ]


@pytest.mark.parametrize("approve", [True, False])
def test_a_ruling_is_told_to_who_decides_and_then_to_who_asked(database: Database, approve: bool) -> None:
    with database.unit_of_work() as session:
        case = records.case(session, conditions=("natural",))
        archivist, head = records.viewer(session), records.viewer(session, Role.UNIT_HEAD)
        asked = households.ask_ruling(
            session, application_no=case.application_no, document_type="K01R", kind="waived", reason="客户在外地",
            until=None, by=archivist, **WHEN,
        )  # fmt: skip
        assert told(session) == [(head.person_id, "ruling-asked")]
        households.decide_ruling(session, ruling_id=asked.id, approve=approve, note="材料不足", by=head, **WHEN)
        decided = "ruling-approved" if approve else "ruling-refused"
        assert told(session)[1:] == [(archivist.person_id, decided)]


def due_world(session: Session) -> tuple[int, int]:
    """A centre with cases overdue, due today and within the week; return its archivist and an auditor."""
    for days in (-9, -2, 0, 5, 30):
        case = records.case(session)
        session.get_one(CaseFile, case.id).filing_due_on = TODAY + timedelta(days=days)
        counting.count(session, [case.id])
    archivist, auditor = records.viewer(session), records.viewer(session, Role.AUDITOR)
    assert archivist.person_id
    assert auditor.person_id
    return archivist.person_id, auditor.person_id


def test_what_is_due_is_told_once_a_working_day_to_who_can_do_something(database: Database) -> None:
    with database.unit_of_work() as session:
        archivist, auditor = due_world(session)
    friday = NOW
    for moment in (friday, friday + timedelta(minutes=5), friday + timedelta(days=1), friday + timedelta(days=3)):
        DueWork(database, lambda now=moment: now).run_once()  # type: ignore[misc]
    with database.reading() as session:
        notices = session.scalars(select(Notice).order_by(Notice.id)).all()
        assert [(one.person_id, one.kind, one.once_key) for one in notices] == [
            (archivist, "work-due", "work-due:2026-11-20"), (archivist, "work-due", "work-due:2026-11-23")
        ]  # fmt: skip
        assert notices[0].values == {"overdue": "2", "today": "1", "week": "2", "returned": "0", "findings": "0"}
        assert session.get_one(NoticeMark, 1).day.isoformat() == "2026-11-23"
    assert auditor


def test_nobody_is_told_at_night_and_nobody_twice_after_a_crash(database: Database) -> None:
    """Taken up again in the middle of the people, each is told once."""
    with database.unit_of_work() as session:
        due_world(session)
    night = datetime(2026, 11, 19, 18, 30, tzinfo=NOW.tzinfo)
    DueWork(database, lambda: night).run_once()
    with database.reading() as session:
        assert told(session) == []
    DueWork(database, lambda: NOW).run_once()
    with database.unit_of_work() as session:
        session.delete(session.get_one(NoticeMark, 1))
    DueWork(database, lambda: NOW).run_once()
    with database.reading() as session:
        assert len(told(session)) == 1


def test_returns_and_findings_that_are_late_are_counted(database: Database) -> None:
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit()
        desk.send_back()
        auditor = records.viewer(session, Role.AUDITOR)
        inspection.raise_finding(
            session, auditor, application_no=desk.no, rule="XC08", severity="major", description="合同晚于送电",
            due_on=TODAY + timedelta(days=1), **WHEN,
        )  # fmt: skip
        later = TODAY + timedelta(days=30)
        assert due_counts(session, desk.archivist, TODAY)["returned"] == 0
        counts = due_counts(session, desk.archivist, later)
        assert (counts["returned"], counts["findings"]) == (1, 1)
        assert due_counts(session, auditor, later)["findings"] == 0
