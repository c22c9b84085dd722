"""The series of closed files: a closed account gets a number there and starts its clocks; reopening undoes that."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.audit.record import record
from archive_service.errors import NotFound, Refused
from archive_service.households import states
from archive_service.households.queries.locked import household_for_update
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.lifecycle import rules
from archive_service.lifecycle.actions.steps import hold, take
from archive_service.lifecycle.tables import ArchiveSeries, ClosedFile
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.zone import local


def enter_series(session: Session, household: HouseholdFile, *, by: Viewer, now: datetime) -> str:
    """Give a file that is being closed its place in the series of closed files, and return the number."""
    day = local(now).date()
    series = f"{session.get_one(Unit, household.unit_id).code}-XHD-{day.year}-"
    row = session.scalar(select(ArchiveSeries).where(ArchiveSeries.series == series).with_for_update())
    if row is None:
        row = ArchiveSeries(series=series, last=0)
        session.add(row)
    row.last += 1
    number = f"{series}{row.last:05d}"
    made = ClosedFile(household_id=household.id, number=number, closed_on=day, closed_by=by.person_id, reopen_reason="")
    session.add(made)
    session.flush()
    return number


def reopen_household(session: Session, account_no: str, *, reason: str, by: Viewer, now: datetime) -> int:
    """Take a closed file out of the series: its cases are filed again, its clocks stop; return how many cases.

    The number that it had there is not given again. Raises NotFound, NotPermitted, Refused, Invalid.
    """
    key = session.scalar(select(HouseholdFile.id).where(HouseholdFile.account_no == account_no))
    household = household_for_update(session, key) if key is not None else None
    if household is None or not by.may(Right.RECORD_READ, household.unit_id):
        raise NotFound("household.not-found", "没有这个户档案，或者您无权查看。请核对户号后再试。")
    by.require(Right.CASE_RECEIVE, household.unit_id)
    said = rules.check_note(reason, needed=True)
    if household.state != "closed":
        raise Refused("household.not-closed", "这个户号没有封存，不用恢复。请刷新页面查看。", account_no=account_no)
    household.state = "open"
    numbers = session.scalars(
        select(CaseFile.application_no)
        .where(CaseFile.household_id == household.id, CaseFile.state == states.CLOSED)
        .order_by(CaseFile.id)
    ).all()
    for application_no in numbers:
        take(hold(session, application_no, rules.RESTORE, by=by, now=now), note=said)
    was = session.scalar(
        select(ClosedFile).where(ClosedFile.household_id == household.id, ClosedFile.reopened_at.is_(None))
    )
    if was is not None:
        was.reopened_at, was.reopened_by, was.reopen_reason = now, by.person_id, said
    session.flush()
    record(
        session,
        by=by.actor,
        did="household.reopened",
        object_kind="household",
        object_id=household.id,
        unit_id=household.unit_id,
        facts={"account_no": account_no, "cases": len(numbers), "note": masking.text(said)},
        now=now,
    )
    return len(numbers)
