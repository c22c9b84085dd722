"""How complete and how timely: by centre and month, and the cases behind each figure."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from archive_service.households import queries
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller
from archive_service.web.api.households import CaseList, case_out
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.pages.completeness import cases_behind

router = api_router("inspection")


class RateOut(Told):
    """The cases of a centre energised in a month, as 2026-11; null: those that are not energised.

    `due` papers are wanted and `satisfied` of them there; `judged_for_time` cases are filed or past their deadline,
    `on_time` of them were filed in time; of `not_assessable` cases nobody can tell what is due.
    """

    centre: str = Field(validation_alias="unit_code")
    centre_name: str = Field(validation_alias="unit_name")
    month: str | None
    cases: int
    complete_cases: int
    due: int
    satisfied: int
    judged_for_time: int
    on_time: int
    not_assessable: int


class RatesOut(BaseModel):
    """The rates of the caller's centres, newest month first."""

    rates: list[RateOut]


@router.get("/completeness")
def list_rates(visit: Caller) -> RatesOut:
    """Return how complete and how timely the cases of each centre are, by month of energisation."""
    visit.viewer.require(Right.AUDIT_READ)
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.reading() as session:
        found = queries.rates(session, visit.viewer, today=visit.today)
    return RatesOut(rates=[RateOut.model_validate(one) for one in found])


@router.get("/completeness/{centre}/{month}")
def list_cases_behind(
    visit: Caller,
    centre: str,
    month: str,
    complete: bool | None = None,
    after: Annotated[str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}:[0-9]{1,18}$")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> CaseList:
    """List the cases of a centre energised in a month, or in no month yet with `none`."""
    _, found = cases_behind(visit, centre, month, complete=complete, after=after, limit=limit)
    return CaseList(cases=[case_out(row) for row in found.rows], total=found.total, next=found.next)
