"""Stopping the clocks of a case while the customer owes papers, and saying why one was missed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.calendars.queries import calendar_of
from archive_service.calendars.rules import CalendarEnds
from archive_service.errors import NotFound, Refused
from archive_service.households import counting, states
from archive_service.households.actions.dues import set_first_due
from archive_service.households.handed import LatenessReason
from archive_service.households.queries.locked import case_in_for_update, household_for_update
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.households.trail import record_case
from archive_service.lifecycle import rules
from archive_service.lifecycle.queries.clocks import case_clocks, pauses_of
from archive_service.lifecycle.tables import ClockPause
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def pause_case(
    session: Session,
    application_no: str,
    *,
    first_on: date,
    reason: str,
    by: Viewer,
    now: datetime,
    today: date,
    filing_due_workdays: int,
) -> ClockPause:
    """Let the clocks of a case stand still from a day on. Raises Refused when they do already, or when it is filed."""
    household, case = _held(session, application_no, by)
    said = rules.check_note(reason, needed=True)
    rules.check_pause(first_on, today=today, begun=case.accepted_on)
    if case.state not in states.OPEN:
        raise Refused("pause.filed", "案件已归档，不再计时，不用暂停。", state=case.state)
    if _lasting(session, case) is not None:
        raise Refused("pause.lasting", "这个案件已在暂停计时。请先恢复计时。")
    made = ClockPause(case_id=case.id, first_on=first_on, reason=said, begun_by=by.person_id, begun_at=now)
    session.add(made)
    _due_anew(session, household, case, filing_due_workdays)
    facts = {"first_on": first_on.isoformat(), "reason": masking.text(said)}
    _note(session, by, household, case, "case.clocks-paused", facts, now)
    return made


def resume_case(
    session: Session, application_no: str, *, by: Viewer, now: datetime, today: date, filing_due_workdays: int
) -> None:
    """Let the clocks of a case run again from tomorrow on; the days of the pause are added to its deadlines."""
    household, case = _held(session, application_no, by)
    lasting = _lasting(session, case)
    if lasting is None:
        raise Refused("pause.none", "这个案件没有暂停计时，不用恢复。请刷新页面。")
    lasting.last_on, lasting.ended_by = max(today, lasting.first_on), by.person_id
    _due_anew(session, household, case, filing_due_workdays)
    facts = {"first_on": lasting.first_on.isoformat(), "last_on": lasting.last_on.isoformat()}
    _note(session, by, household, case, "case.clocks-resumed", facts, now)


def say_why_late(
    session: Session,
    application_no: str,
    *,
    clock: str,
    code: str,
    note: str = "",
    by: Viewer,
    now: datetime,
    today: date,
    filing_due_workdays: int,
) -> LatenessReason:
    """Say why a clock of a case was missed, once. Raises Refused when it was not missed or the reason is known."""
    household, case = _held(session, application_no, by)
    said = rules.check_lateness(code, note)
    known = case_clocks(session, by, application_no, today=today, filing_due_workdays=filing_due_workdays)
    if not any(one.of == clock and one.standing in ("late", "overdue") for one in known):
        raise Refused("lateness.none", "这项时限没有超期，不用填写原因。请刷新页面。", clock=clock[:20])
    same = select(LatenessReason.id).where(LatenessReason.case_id == case.id, LatenessReason.clock == clock)
    if session.scalar(same) is not None:
        raise Refused("lateness.said", "这项超期已填写原因，不能再改。", clock=clock)
    made = LatenessReason(case_id=case.id, clock=clock, code=code, note=said, said_by=by.person_id, said_at=now)
    session.add(made)
    _note(session, by, household, case, "case.lateness-said", {"clock": clock, "code": code}, now)
    return made


def _due_anew(session: Session, household: HouseholdFile, case: CaseFile, workdays: int) -> None:
    session.flush()
    if case.energised_on is None:
        return
    calendar = calendar_of(session, household.unit_id)
    try:
        set_first_due(case, calendar.add(case.energised_on, workdays, pauses_of(session, case.id)))
    except CalendarEnds:
        set_first_due(case, None)


def _lasting(session: Session, case: CaseFile) -> ClockPause | None:
    return session.scalar(select(ClockPause).where(ClockPause.case_id == case.id, ClockPause.last_on.is_(None)))


def _held(session: Session, application_no: str, by: Viewer) -> tuple[HouseholdFile, CaseFile]:
    place = session.execute(
        select(CaseFile.id, CaseFile.household_id).where(CaseFile.application_no == application_no)
    ).first()
    household = household_for_update(session, place.household_id) if place else None
    if place is None or household is None or not by.may(Right.RECORD_READ, household.unit_id):
        raise NotFound("case.not-found", "没有这个业务，或者您无权查看。请核对申请编号后再试。")
    by.require(Right.CASE_HAND_OVER, household.unit_id)
    case = case_in_for_update(session, household, place.id)
    assert case is not None
    return household, case


def _note(
    session: Session,
    by: Viewer,
    household: HouseholdFile,
    case: CaseFile,
    did: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    household.revision += 1
    session.flush()
    record_case(session, household, case, did=did, facts=facts, by=by.actor, now=now)
    # A deadline that moved, or a reason that a cross-check asks for.
    counting.count(session, [case.id])
