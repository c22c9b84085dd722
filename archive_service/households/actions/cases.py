"""Registering households and cases as the business system gives them, and recording stage days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import Actor, record
from archive_service.errors import NotFound, Refused
from archive_service.households import rules
from archive_service.households.assessment import reassess_case
from archive_service.households.queries import locked
from archive_service.households.rules import ACCEPT, ENERGISE
from archive_service.households.tables import CaseFile, CaseStage, HouseholdFile
from archive_service.households.values import CaseData
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.workdays import add_working_days

Outcome = Literal["created", "updated", "unchanged"]
Changes = dict[str, list[Any]]


def register_case(
    session: Session, data: CaseData, *, by: Viewer, now: datetime, today: date, filing_due_workdays: int
) -> tuple[CaseFile, Outcome]:
    """Register a case, and its household if it is new; or bring a registered case up to date.

    Registering the same data again changes nothing. Raises Refused when the data would move the case to another
    household, change what it is, or alter a recorded stage day.
    """
    by.require(Right.CASE_IMPORT, data.unit_id)
    rules.check_stage_days(data.stages, today=today)
    known = locked.case_for_update(session, data.application_no)
    if known is not None:
        return known[0], _update(session, *known, data, by=by.actor, now=now, today=today, due=filing_due_workdays)
    household = locked.household_by_account_for_update(session, data.account_no)
    if household is None:
        household = _new_household(session, data, by=by.actor, now=now)
    else:
        _check_unit(household, data)
    case = CaseFile(
        household_id=household.id,
        application_no=data.application_no,
        customer_category=data.customer_category,
        business_type=data.business_type,
        capacity_kva=data.capacity_kva,
        voltage=data.voltage,
        conditions=_listed(data.conditions),
        created_at=now,
    )
    session.add(case)
    session.flush()
    _record_days(session, case, data.stages, now=now, due=filing_due_workdays)
    changed = _head_changes(session, household, case, data)
    facts: dict[str, Any] = {"account_no": household.account_no, **_described(case)}
    _finish(session, household, case, "case.registered", by=by.actor, facts=facts, now=now, today=today)
    _note_head(session, household, changed, by=by.actor, now=now, today=today)
    return case, "created"


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
    """
    known = locked.case_for_update(session, application_no)
    if known is None or not by.may(Right.RECORD_READ, known[1].unit_id):
        raise NotFound("case.not-found", "没有这个业务，或者您无权查看。请核对申请编号后再试。")
    case, household = known
    by.require(Right.CASE_IMPORT, household.unit_id)
    recorded = recorded_days(session, case)
    fresh = rules.new_stages(recorded, {stage: done_on})
    rules.check_stage_days({**recorded, **fresh}, today=today)
    if fresh:
        _record_days(session, case, fresh, now=now, due=filing_due_workdays)
        facts = {"application_no": application_no, "stage": stage, "done_on": done_on.isoformat()}
        _finish(session, household, case, "case.stage-recorded", by=by.actor, facts=facts, now=now, today=today)
    return case


def recorded_days(session: Session, case: CaseFile) -> dict[str, date]:
    """Return the days of the completed stages of a case, by stage code."""
    rows = session.scalars(select(CaseStage).where(CaseStage.case_id == case.id))
    return {row.stage: row.done_on for row in rows}


def _new_household(session: Session, data: CaseData, *, by: Actor, now: datetime) -> HouseholdFile:
    household = HouseholdFile(
        account_no=data.account_no,
        account_name=data.account_name,
        service_address=data.service_address,
        customer_category=data.customer_category,
        unit_id=data.unit_id,
        revision=0,
        created_at=now,
    )
    session.add(household)
    session.flush()
    _note(session, household, "household", household.id, "household.opened", {"account_no": data.account_no}, by, now)
    return household


def _check_unit(household: HouseholdFile, data: CaseData) -> None:
    if household.unit_id != data.unit_id:
        raise Refused(
            "case.centre-differs",
            f"户号 {data.account_no} 已登记在另一个供电服务单位，导入不会迁移档案。请核对 centre。",
            column="centre",
        )


def _update(
    session: Session,
    case: CaseFile,
    household: HouseholdFile,
    data: CaseData,
    *,
    by: Actor,
    now: datetime,
    today: date,
    due: int,
) -> Outcome:
    if household.account_no != data.account_no:
        raise Refused(
            "case.other-household",
            f"申请编号 {data.application_no} 已登记在另一个户号下，不能移到 {data.account_no}。请核对这一行。",
            column="account_no",
        )
    _check_unit(household, data)
    rules.check_unchanged(
        {"customer_category": case.customer_category, "business_type": case.business_type},
        {"customer_category": data.customer_category, "business_type": data.business_type},
    )
    recorded = recorded_days(session, case)
    fresh = rules.new_stages(recorded, data.stages)
    rules.check_stage_days({**recorded, **fresh}, today=today)
    changes = _case_changes(case, data)
    changes.update({f"stage_{stage}_on": [None, day.isoformat()] for stage, day in fresh.items()})
    _record_days(session, case, fresh, now=now, due=due)
    head = _head_changes(session, household, case, data)
    if not changes and not head:
        return "unchanged"
    facts = {"application_no": case.application_no, "changes": changes}
    if changes:
        _finish(session, household, case, "case.updated", by=by, facts=facts, now=now, today=today)
    _note_head(session, household, head, by=by, now=now, today=today)
    return "updated"


def _case_changes(case: CaseFile, data: CaseData) -> Changes:
    """Set what may change of a registered case; what the row does not say stays. Returns old and new by column."""
    changes: Changes = {}
    if data.capacity_kva is not None and data.capacity_kva != case.capacity_kva:
        changes["capacity_kva"] = [_printed(case.capacity_kva), _printed(data.capacity_kva)]
        case.capacity_kva = data.capacity_kva
    if data.voltage is not None and data.voltage != case.voltage:
        changes["voltage"] = [case.voltage, data.voltage]
        case.voltage = data.voltage
    listed = _listed(data.conditions)
    if listed is not None and listed != case.conditions:
        changes["conditions"] = [case.conditions, listed]
        case.conditions = listed
    return changes


def _head_changes(session: Session, household: HouseholdFile, case: CaseFile, data: CaseData) -> Changes:
    """Take name, address and category of the household from its newest case; older cases do not turn them back."""
    days = select(CaseFile.application_no, CaseFile.accepted_on).where(CaseFile.household_id == household.id)
    others: Mapping[str, date | None] = dict(session.execute(days).all())
    if not rules.speaks_for_household(case.accepted_on, others, case.application_no):
        return {}
    changes: Changes = {}
    for column in ("account_name", "service_address", "customer_category"):
        old, new = getattr(household, column), getattr(data, column)
        if new and new != old:
            changes[column] = [old, new]
            setattr(household, column, new)
    return changes


def _record_days(session: Session, case: CaseFile, days: Mapping[str, date], *, now: datetime, due: int) -> None:
    for stage, day in days.items():
        session.add(CaseStage(case_id=case.id, stage=stage, done_on=day, recorded_at=now))
    case.accepted_on = days.get(ACCEPT, case.accepted_on)
    case.energised_on = days.get(ENERGISE, case.energised_on)
    if ENERGISE in days:
        filing = rules.filing_due(case.energised_on, workdays=due, add_workdays=add_working_days)
        case.filing_due_on = filing.on if filing else None
    session.flush()


def _finish(
    session: Session,
    household: HouseholdFile,
    case: CaseFile,
    did: str,
    *,
    by: Actor,
    facts: Mapping[str, Any],
    now: datetime,
    today: date,
) -> None:
    household.revision += 1
    reassess_case(session, case, today=today, now=now)
    _note(session, household, "case", case.id, did, facts, by, now)


def _note_head(
    session: Session, household: HouseholdFile, changes: Changes, *, by: Actor, now: datetime, today: date
) -> None:
    if not changes:
        return
    household.revision += 1
    # What an account name says of its bearer is a fact of every case of the household.
    for case in session.scalars(select(CaseFile).where(CaseFile.household_id == household.id).order_by(CaseFile.id)):
        reassess_case(session, case, today=today, now=now)
    facts = {"account_no": household.account_no, "changes": changes}
    _note(session, household, "household", household.id, "household.updated", facts, by, now)


def _note(
    session: Session,
    household: HouseholdFile,
    kind: str,
    key: int,
    did: str,
    facts: Mapping[str, Any],
    by: Actor,
    now: datetime,
) -> None:
    record(session, by=by, did=did, object_kind=kind, object_id=key, unit_id=household.unit_id, facts=facts, now=now)


def _listed(conditions: frozenset[str] | None) -> list[str] | None:
    return None if conditions is None else sorted(conditions)


def _printed(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:.2f}"


def _described(case: CaseFile) -> dict[str, Any]:
    return {
        "application_no": case.application_no,
        "customer_category": case.customer_category,
        "business_type": case.business_type,
        "accepted_on": case.accepted_on.isoformat() if case.accepted_on else None,
    }
