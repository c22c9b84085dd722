"""Registering households and cases as the business system gives them, and recording stage days."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.households.actions.entries import Outcome
from archive_service.households.actions.register import Register
from archive_service.households.tables import CaseFile
from archive_service.households.values import CaseData
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def register_case(
    session: Session, data: CaseData, *, by: Viewer, now: datetime, today: date, filing_due_workdays: int
) -> tuple[CaseFile, Outcome]:
    """Register a case, and its household if it is new; or bring a registered case up to date.

    Registering the same data again changes nothing. Raises Refused when the data would move the case to another
    household, change what it is, or alter a recorded stage day.
    """
    register = Register(session, by, now, today, filing_due_workdays)
    register.open(accounts=[data.account_no], applications=[data.application_no])
    outcome = register.take(data)
    register.write()
    return session.scalars(select(CaseFile).where(CaseFile.application_no == data.application_no)).one(), outcome


def record_stage(
    session: Session,
    *,
    application_no: str,
    stage: str,
    done_on: date,
    by: Viewer,
    now: datetime,
    today: date,
    filing_due_workdays: int,
) -> CaseFile:
    """Record the day on which a stage of a case was completed.

    Recording the same day again changes nothing; another day is Refused (`case.stage-recorded`).
    Raises NotFound and NotPermitted too.
    """
    register = Register(session, by, now, today, filing_due_workdays)
    register.open(accounts=[], applications=[application_no])
    entry = register.known(application_no)
    if entry is None or not by.may(Right.RECORD_READ, entry.household.unit_id):
        raise NotFound("case.not-found", "没有这个业务，或者您无权查看。请核对申请编号后再试。")
    by.require(Right.CASE_IMPORT, entry.household.unit_id)
    register.record_day(entry, stage, done_on)
    register.write()
    return entry.case
