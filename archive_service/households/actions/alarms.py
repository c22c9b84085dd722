"""Saying that what a consistency rule found is a false alarm, and taking that back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.errors import Refused
from archive_service.households import counting
from archive_service.households.actions.rulings import case_for_update
from archive_service.households.rules import check_reason
from archive_service.households.tables import CaseFile, FalseAlarm, HouseholdFile
from archive_service.households.trail import record_case
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer

_LONGEST_REASON = 300


def say_false_alarm(
    session: Session, *, application_no: str, rule: str, fingerprint: str, reason: str, by: Viewer, now: datetime
) -> FalseAlarm:
    """Keep that what `rule` sees now, told apart by `fingerprint`, is no fault, and why.

    It holds until it is taken back or the rule sees something else. Raises NotFound, NotPermitted and Invalid.
    """
    case, household = case_for_update(session, application_no, by)
    by.require(Right.ITEM_CHANGE, household.unit_id)
    said = masking.text(check_reason(reason))[:_LONGEST_REASON]
    before = _standing(session, case, rule)
    if before is not None and before.fingerprint == fingerprint:
        return before
    if before is not None:
        # It was about other values: it ends with them.
        before.taken_back_by, before.taken_back_at = by.person_id, now
        session.flush()
    row = FalseAlarm(
        case_id=case.id,
        rule=rule[:6],
        fingerprint=fingerprint[:64],
        reason=said,
        said_by=by.person_id,
        said_at=now,
    )
    session.add(row)
    session.flush()
    _noted(session, row, case, household, "alarm.false", by=by, now=now)
    return row


def take_back_false_alarm(session: Session, *, application_no: str, rule: str, by: Viewer, now: datetime) -> None:
    """Let the rule speak again. Raises NotFound, NotPermitted, and Refused where nothing stands."""
    case, household = case_for_update(session, application_no, by)
    by.require(Right.ITEM_CHANGE, household.unit_id)
    row = _standing(session, case, rule)
    if row is None:
        raise Refused("alarm.none", "这条规则没有误报标记。请刷新页面查看。", rule=rule[:6])
    row.taken_back_by, row.taken_back_at = by.person_id, now
    _noted(session, row, case, household, "alarm.taken-back", by=by, now=now)


def _standing(session: Session, case: CaseFile, rule: str) -> FalseAlarm | None:
    chosen = select(FalseAlarm).where(
        FalseAlarm.case_id == case.id, FalseAlarm.rule == rule, FalseAlarm.taken_back_at.is_(None)
    )
    return session.scalar(chosen)


def _noted(
    session: Session, row: FalseAlarm, case: CaseFile, household: HouseholdFile, did: str, *, by: Viewer, now: datetime
) -> None:
    facts = {"account_no": household.account_no, "rule": row.rule, "reason": row.reason}
    record_case(session, household, case, did=did, facts=facts, by=by.actor, now=now)
    counting.count(session, [case.id])
