"""Corrections of stage days: asked for, approved or refused by somebody else; what was recorded first stays."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.errors import NotFound, Refused
from archive_service.households import counting, rules, stage_rules
from archive_service.households.actions.dues import filing_due_on, set_first_due
from archive_service.households.assessment import reassess_case
from archive_service.households.queries import locked
from archive_service.households.tables import CaseFile, HouseholdFile, StageCorrection
from archive_service.households.trail import record_case
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def ask_correction(
    session: Session,
    application_no: str,
    *,
    stage: str,
    wanted: date,
    reason: str,
    by: Viewer,
    now: datetime,
    today: date,
) -> StageCorrection:
    """Ask for another day of a stage. Raises NotFound, NotPermitted, Refused, Invalid; one waits at a time."""
    household, case, days = _held(session, application_no, by, Right.CASE_HAND_OVER)
    was, said = stage_rules.check_asked(days, stage, wanted, reason)
    rules.check_stage_days({**days, stage: wanted}, today=today)
    waiting = select(StageCorrection.id).where(StageCorrection.case_id == case.id, StageCorrection.stage == stage)
    if session.scalar(waiting.where(StageCorrection.decided_at.is_(None))) is not None:
        raise Refused("correction.waiting", "这个环节已有一项更正在等待审批。请等审批后再提出。", stage=stage)
    asked = StageCorrection(
        case_id=case.id, stage=stage, was=was, wanted=wanted, reason=said, asked_by=by.person_id, asked_at=now
    )
    session.add(asked)
    session.flush()
    facts = {**_facts(asked), "reason": masking.text(said)}
    record_case(session, household, case, did="case.correction-asked", facts=facts, by=by.actor, now=now)
    return asked


def decide_correction(
    session: Session,
    correction_id: int,
    *,
    approve: bool,
    by: Viewer,
    now: datetime,
    today: date,
    filing_due_workdays: int,
) -> StageCorrection:
    """Approve a correction, from when on its day holds, or refuse it.

    Raises NotFound, NotPermitted for who asked, and Refused when it is decided or its day no longer fits.
    """
    place = session.execute(
        select(CaseFile.application_no)
        .join(StageCorrection, StageCorrection.case_id == CaseFile.id)
        .where(StageCorrection.id == correction_id)
    ).first()
    if place is None:
        raise _not_found()
    household, case, days = _held(session, place.application_no, by, Right.STAGE_APPROVE)
    asked = session.get_one(StageCorrection, correction_id, populate_existing=True)
    if asked.decided_at is not None:
        raise Refused("correction.decided", "这项更正已有人审批，不用再办。请刷新页面。")
    stage_rules.check_approver(asked.asked_by, by.person_id)
    asked.decided_by, asked.decided_at, asked.approved = by.person_id, now, approve
    if approve:
        after = {**days, asked.stage: asked.wanted}
        rules.check_stage_days(after, today=today)
        case.accepted_on = after.get(rules.ACCEPT, case.accepted_on)
        if asked.stage == rules.ENERGISE:
            case.energised_on = asked.wanted
            set_first_due(case, filing_due_on(session, household.unit_id, asked.wanted, filing_due_workdays))
        household.revision += 1
        reassess_case(session, case, today=today, now=now)
    did = "case.correction-approved" if approve else "case.correction-refused"
    record_case(session, household, case, did=did, facts=_facts(asked), by=by.actor, now=now)
    if approve:
        counting.count(session, [case.id])
    return asked


def _held(
    session: Session, application_no: str, by: Viewer, right: Right
) -> tuple[HouseholdFile, CaseFile, dict[str, date]]:
    files = locked.files_for_update(session, accounts=[], applications=[application_no])
    case = next((one for one in files.cases if one.application_no == application_no), None)
    if case is None or not by.may(Right.RECORD_READ, files.households[0].unit_id):
        raise _not_found()
    by.require(right, files.households[0].unit_id)
    return files.households[0], case, files.days.get(case.id, {})


def _facts(asked: StageCorrection) -> dict[str, Any]:
    return {"stage": asked.stage, "from": asked.was.isoformat(), "to": asked.wanted.isoformat()}


def _not_found() -> NotFound:
    return NotFound("case.not-found", "没有这个业务，或者您无权查看。请核对申请编号后再试。")
