"""A case as the cross-checks see it: what the business system says, its stage days and limits, reasons for lateness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.calendars.limits import limit_of, limits
from archive_service.catalogue.load import edition_by_code
from archive_service.catalogue.tolerances import STRICT
from archive_service.completeness.held import HeldItem
from archive_service.completeness.observations import CaseFacts, Papers, day, readings
from archive_service.households.handed import LatenessReason
from archive_service.households.tables import CaseFile, CaseStage, HouseholdFile
from archive_service.zone import local

#: Reasons for lateness as a check says them, by code.
_WHY = {
    "customer": "客户原因",
    "design": "设计未完成",
    "construction": "施工未完成",
    "weather": "天气或停电计划",
    "holiday": "节假日集中受理",
    "staff": "人员不足",
    "system": "系统故障",
    "other": "其他原因",
}


def case_facts(
    case: CaseFile,
    head: HouseholdFile,
    days: Mapping[str, date],
    held: Sequence[HeldItem] = (),
    late: Mapping[str, str] | None = None,
) -> CaseFacts:
    """Return a case that holds these papers; `days` are its recorded stage days, `late` the reasons by stage."""
    edition = edition_by_code(case.edition) if case.edition else None
    return CaseFacts(
        account_no=head.account_no,
        account_name=head.account_name,
        application_no=case.application_no,
        service_address=head.service_address,
        category=case.customer_category,
        business_type=case.business_type,
        capacity_kva=case.capacity_kva,
        voltage=case.voltage,
        accepted_on=case.accepted_on,
        energised_on=case.energised_on,
        filed_on=local(case.filed_at).date() if case.filed_at else None,
        stage_dates=days,
        conditions=dict.fromkeys(case.conditions or (), True),
        limits=_limits(case, days, Papers(held)),
        late_reasons=late or {},
        tolerances=edition.tolerances if edition else STRICT,
    )


def _limits(case: CaseFile, days: Mapping[str, date], held: Papers) -> dict[str, int]:
    """Return the limits in working days that were in force when each stage of the case began."""
    multi = None if case.conditions is None else "multi" in case.conditions
    known = {"ACCEPT": case.accepted_on, "ENERGISE": case.energised_on, **days}
    found: dict[str, int] = {}
    for stage, after in {one.stage: one.after for one in limits()}.items():
        begun = known.get(after) or _first_day(held, after)
        limit = limit_of(stage, category=case.customer_category, multi=multi, on=begun) if begun else None
        if limit is not None:
            found[stage] = limit.workdays
    return found


def _first_day(held: Papers, document_type: str) -> date | None:
    found = (day(each.value) for each in readings(held, "document_date", types=(document_type,)))
    return min((each for each in found if each is not None), default=None)


def stage_days(session: Session, case_ids: Collection[int]) -> Mapping[int, dict[str, date]]:
    """Return the recorded stage days of cases, by case and stage."""
    found: dict[int, dict[str, date]] = defaultdict(dict)
    stages = select(CaseStage.case_id, CaseStage.stage, CaseStage.done_on).where(CaseStage.case_id.in_(case_ids))
    for row in session.execute(stages.order_by(CaseStage.id)):
        found[row.case_id][row.stage] = row.done_on
    return found


def late_reasons(session: Session, case_ids: Collection[int]) -> Mapping[int, dict[str, str]]:
    """Return why clocks of cases were missed, as said to a person, by case and clock; notes stay where they are."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    said = select(LatenessReason.case_id, LatenessReason.clock, LatenessReason.code)
    for row in session.execute(said.where(LatenessReason.case_id.in_(case_ids)).order_by(LatenessReason.id)):
        found[row.case_id][row.clock] = _WHY.get(row.code, row.code)
    return found
