"""The auditor's desk for programs: indicators by unit, category, business and month, and what breaks a rule."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from archive_service.fixity import errors
from archive_service.households.queries import figures
from archive_service.households.queries.figures import Dimension, FigureFilters
from archive_service.inspection import queries
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID

router = api_router("inspection")

Code = Annotated[Words | None, Query(max_length=40)]
Month = Annotated[str | None, Query(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$")]


def filters_of(
    centre: Code = None, category: Code = None, business: Code = None, since: Month = None, until: Month = None
) -> FigureFilters:
    """Return which cases are counted; months as 2026-11, both included."""
    return FigureFilters(centre, category, business, since, until)


Filters = Annotated[FigureFilters, Depends(filters_of)]


class IndicatorOut(BaseModel):
    """An indicator and what it means."""

    code: str = Field(examples=["complete"])
    name: str = Field(examples=["案件齐全率"])
    definition: str


class ValueOut(BaseModel):
    """An indicator worked out: a share in percent or a mean; `value` is null where there is nothing to share."""

    part: int
    whole: int
    value: float | None
    unit: str = Field(examples=["%"])


class RowOut(BaseModel):
    """The indicators of a unit (by its code), category, business type or month."""

    key: str = Field(examples=["CG"])
    name: str = Field(examples=["城关供电所"])
    cases: int
    values: dict[str, ValueOut]


class BoardOut(BaseModel):
    """All indicators by one dimension and of everything; `counting` says that some cases are not counted yet."""

    by: str
    indicators: list[IndicatorOut]
    rows: list[RowOut]
    whole: RowOut
    counting: bool


class HitOut(Told):
    """A case that breaks a rule, with the places where that is seen."""

    application_no: str
    account_no: str
    account_name: str
    unit_name: str
    business_type: str
    customer_category: str
    rule: str
    message: str
    evidence: list[dict[str, Any]]


class AnomaliesOut(BaseModel):
    """How many cases break each rule, and the cases that break one of them; `next` goes into `after`."""

    by_rule: dict[str, int]
    rule: str
    cases: list[HitOut]
    next: int | None


class StorageSumOut(Told):
    """Errors of stored objects of a unit in a month, and how many of those objects have no good copy."""

    unit_code: str
    unit_name: str
    month: str = Field(examples=["2026-11"])
    errors: int
    lost: int


class StorageHitOut(Told):
    """An error on a page of a paper; `end` is repaired, lost or empty."""

    number: int
    at: datetime
    outcome: str = Field(examples=["damaged"])
    store: str
    end: str
    unit_code: str
    account_no: str
    application_no: str | None
    item_id: int
    item_no: int
    page_no: int


class StorageErrorsOut(Told):
    """Errors of stored objects by unit and month; `hits` only where a unit or month was asked for, 200 at most."""

    sums: list[StorageSumOut]
    hits: list[StorageHitOut]


@router.get("/inspection/storage")
def list_storage_errors(visit: Caller, unit: Code = None, month: Month = None) -> StorageErrorsOut:
    """Return what reading objects back found wrong, by unit and month, and the papers of one of these."""
    with visit.services.database.reading() as session:
        found = errors.errors(session, visit.viewer, unit=unit or "", month=month or "")
    return StorageErrorsOut.model_validate(found)


@router.get("/inspection/board")
def get_board(visit: Caller, filters: Filters, by: Dimension = "unit") -> BoardOut:
    """Return every indicator by unit, category, business type or month."""
    visit.viewer.require(Right.INSPECTION_READ)
    with visit.services.database.reading() as session:
        board = queries.board(session, visit.viewer, by=by, filters=filters, today=visit.today)
        counting = figures.waiting_to_be_counted(session)
    return BoardOut(**board.as_json(), counting=counting)


@router.get("/inspection/anomalies")
def list_anomalies(
    visit: Caller,
    filters: Filters,
    rule: Annotated[Words | None, Query(max_length=24)] = None,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AnomaliesOut:
    """Count the cases that break each rule, and list those of one, of the most frequent unless another is named."""
    visit.viewer.require(Right.INSPECTION_READ)
    with visit.services.database.reading() as session:
        counts = figures.hit_counts(session, visit.viewer, filters)
        wanted = rule or max(counts, key=lambda name: counts[name], default="")
        rows, following = figures.hits(session, visit.viewer, wanted, filters=filters, after=after, limit=limit)
    cases = [HitOut.model_validate(row) for row in rows]
    return AnomaliesOut(by_rule=counts, rule=wanted, cases=cases, next=following)
