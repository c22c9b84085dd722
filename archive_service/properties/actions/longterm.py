"""The check over time: a filed case looked at again; what fails becomes a finding of its unit."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.households.tables import CaseFile
from archive_service.inspection.actions import raise_finding
from archive_service.inspection.rules import State
from archive_service.inspection.tables import Finding
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.properties.actions.runs import enter, examine
from archive_service.properties.due import RULE
from archive_service.properties.gather import Outside, Subject
from archive_service.properties.reading import Looked
from archive_service.properties.scheme import Moment
from archive_service.properties.tables import PropertyRun

#: Days within which a unit has to answer.
ANSWER_DAYS = 15


def check_kept(
    session: Session,
    viewer: Viewer,
    case_id: int,
    *,
    looked: Looked,
    outside: Outside,
    now: datetime,
    today: date,
    ask_people: bool = False,
) -> PropertyRun:
    """Check a case that is kept. One that fails gets a finding, unless one of this check is being answered already.

    Only who may raise findings there does; others leave the run, which says the same.
    """
    case = session.get_one(CaseFile, case_id)
    subject = Subject(case.household_id, case.id)
    found = examine(
        session, subject, Moment.LONGTERM, looked=looked, outside=outside, today=today, ask_people=ask_people
    )
    run = enter(session, viewer, found, now=now)
    if found.failed and viewer.may(Right.INSPECT, run.unit_id) and not _answered_for(session, case.id):
        raise_finding(
            session,
            viewer,
            application_no=case.application_no,
            rule=RULE,
            severity="serious",
            description=f"长期保存四性检测 {run.id} 不合格：{'、'.join(found.failed)}",
            due_on=today + timedelta(days=ANSWER_DAYS),
            now=now,
            today=today,
        )
    return run


def _answered_for(session: Session, case_id: int) -> bool:
    waiting = select(Finding.id).where(
        Finding.case_id == case_id, Finding.rule == RULE, Finding.state != State.CLOSED.value
    )
    return session.scalar(waiting.limit(1)) is not None
