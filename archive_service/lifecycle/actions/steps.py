"""What every step has in common: the case locked, the table of steps asked, the step and the trail written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.errors import NotFound
from archive_service.households import counting
from archive_service.households.handed import HandOver
from archive_service.households.queries.locked import case_in_for_update, household_for_update
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.households.trail import record_case
from archive_service.lifecycle import rules
from archive_service.lifecycle.tables import CaseStep
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer

#: Verbs of the trail.
DID = {
    rules.SUBMIT: "case.handed-over",
    rules.ACCEPT: "case.accepted",
    rules.RETURN: "case.returned",
    rules.FILE: "case.filed",
    rules.REOPEN: "case.reopened",
    rules.CLOSE: "case.closed",
    rules.RESTORE: "case.restored",
}


@dataclass
class Held:
    """A case held for a step: its rows locked, and the step that it may take."""

    session: Session
    by: Viewer
    now: datetime
    household: HouseholdFile
    case: CaseFile
    step: rules.Transition
    seq: int


def hold(
    session: Session, application_no: str, verb: str, *, by: Viewer, now: datetime, seen: int | None = None
) -> Held:
    """Lock a case for a step. `seen` is the number of its newest step when the person looked.

    Raises NotFound, NotPermitted, and Refused when the case cannot take the step or somebody was quicker.
    """
    place = session.execute(
        select(CaseFile.id, CaseFile.household_id).where(CaseFile.application_no == application_no)
    ).first()
    if place is None:
        raise _not_found()
    household = household_for_update(session, place.household_id)
    if not by.may(Right.RECORD_READ, household.unit_id):
        raise _not_found()
    by.require(rules.BY_VERB[verb].right, household.unit_id)
    case = case_in_for_update(session, household, place.id)
    assert case is not None
    newest = session.scalar(select(func.max(CaseStep.seq)).where(CaseStep.case_id == case.id)) or 0
    rules.check_not_passed(seen, newest, who=_last_by(session, case.id), verb=verb, state=case.state)
    return Held(session, by, now, household, case, rules.next_state(verb, case.state), newest + 1)


def take(held: Held, *, note: str = "", facts: Mapping[str, Any] | None = None) -> None:
    """Take the step: the case is in its new state, the step is written down, the trail knows it."""
    case, household = held.case, held.household
    held.session.add(
        CaseStep(
            case_id=case.id,
            seq=held.seq,
            verb=held.step.verb,
            from_state=case.state,
            to_state=held.step.to_state,
            by=held.by.person_id,
            at=held.now,
            note=note,
        )
    )
    case.state = held.step.to_state
    household.revision += 1
    held.session.flush()
    told = {"account_no": household.account_no, **(facts or {})}
    if note:
        told["note"] = masking.text(note)
    record_case(held.session, household, case, did=DID[held.step.verb], facts=told, by=held.by.actor, now=held.now)
    counting.count(held.session, [case.id])


def newest_hand_over(session: Session, case_id: int) -> HandOver | None:
    """Return the last hand-over of a case, none before the first."""
    return session.scalar(select(HandOver).where(HandOver.case_id == case_id).order_by(HandOver.round.desc()).limit(1))


def _last_by(session: Session, case_id: int) -> str:
    last = (
        select(Person.name)
        .join(CaseStep, CaseStep.by == Person.id)
        .where(CaseStep.case_id == case_id)
        .order_by(CaseStep.seq.desc())
    )
    return session.scalar(last.limit(1)) or "另一人"


def _not_found() -> NotFound:
    return NotFound("case.not-found", "没有这个业务，或者您无权查看。请核对申请编号后再试。")
