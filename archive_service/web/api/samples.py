"""Samples of the auditors: list, draw, look at the cases with their sheets, close, take away."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.households.queries import figures
from archive_service.households.queries.figures import FigureFilters
from archive_service.inspection import actions, queries
from archive_service.inspection.drawing import MOST, Method
from archive_service.inspection.rules import Verdict
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.inspection import HitOut
from archive_service.web.api.route import api_router, changed
from archive_service.web.api.told import Told
from archive_service.web.pages.samples import hand_out_certificate, handed_over
from archive_service.web.visit import LARGEST_ID, Id

router = api_router("inspection")

_Code = Annotated[Words | None, Field(max_length=40)]
_Month = Annotated[str | None, Field(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
_Share = Annotated[float, Field(allow_inf_nan=False)]


class Drawing(BaseModel):
    """What to draw from, and how; without `size` it follows from the three shares, in percent.

    The same seed, method and size draw the same cases from the same frame; without one a seed is made up and told.
    """

    name: Words = Field(max_length=120, examples=["十一月抽查"])
    centre: Words = Field(max_length=40)
    category: _Code = None
    business: _Code = None
    since: _Month = None
    until: _Month = None
    method: Method
    size: int | None = Field(None, ge=1, le=MOST)
    confidence: _Share = 95
    error_rate: _Share = 5
    margin: _Share = 3
    seed: Words = Field("", max_length=40)


class SampleOut(Told):
    """A sample, how it was drawn and how far it is; `closed_at` is null while it is open."""

    sample: str = Field(validation_alias="id")
    name: str = Field(examples=["十一月抽查"])
    centre: str = Field(validation_alias="unit_code")
    unit_name: str
    method: str = Field(examples=["random"])
    frame: dict[str, Any]
    frame_size: int
    frame_digest: str
    size: int
    seed: str
    drawn_by: str
    drawn_at: datetime
    closed_at: datetime | None
    inspected: int
    faulty: int


class SampleList(BaseModel):
    """A page of samples, newest first; `next` goes into `after`."""

    samples: list[SampleOut]
    next: int | None


class SampledCase(Told):
    """A case of a sample with its sheet; `changed`: its household changed since it was drawn as `drawn_as` says."""

    place: int
    application_no: str
    account_no: str
    account_name: str
    unit_name: str
    customer_category: str
    business_type: str
    drawn_as: dict[str, Any]
    changed: bool
    verdict: str | None
    sheet: dict[str, str]
    remark: str
    inspected_by: str
    inspected_at: datetime | None
    findings: int


class SampledCases(BaseModel):
    """A page of the cases of a sample in the order of drawing; `next` goes into `after`."""

    cases: list[SampledCase]
    next: int | None


class SheetOut(SampledCase):
    """The inspection sheet of a case, beside what the rules found."""

    hits: list[HitOut] = Field(default_factory=list)


class Sheet(BaseModel):
    """What was seen of a case: a verdict, and by point of the sheet whether it is right."""

    verdict: Verdict
    sheet: dict[str, Literal["ok", "fault", "na"]] = Field(default={}, max_length=20)
    remark: Words = Field("", max_length=500)


@router.get("/inspection/samples")
def list_samples(
    visit: Caller,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SampleList:
    """List the samples of the caller's units, newest first."""
    visit.viewer.require(Right.INSPECTION_READ)
    with visit.services.database.reading() as session:
        found = queries.samples(session, visit.viewer, after=after, limit=limit + 1)
    following = found[limit - 1].id if len(found) > limit else None
    return SampleList(samples=[SampleOut.model_validate(one) for one in found[:limit]], next=following)


@router.post("/inspection/samples", status_code=201)
def draw_sample(visit: Caller, wanted: Drawing, response: Response) -> SampleOut:
    """Draw a sample and freeze it."""
    with visit.services.database.unit_of_work() as session:
        drawn = actions.draw_sample(
            session,
            visit.viewer,
            name=wanted.name,
            filters=FigureFilters(wanted.centre, wanted.category, wanted.business, wanted.since, wanted.until),
            method=wanted.method,
            size=wanted.size,
            confidence=wanted.confidence,
            error_rate=wanted.error_rate,
            margin=wanted.margin,
            seed=wanted.seed.strip() or secrets.token_hex(4),
            now=visit.now,
        )
        made = SampleOut.model_validate(queries.sample(session, visit.viewer, drawn.id))
    response.headers["Location"] = f"/api/v1/inspection/samples/{made.sample}"
    return made


@router.get("/inspection/samples/{sample_id}")
def get_sample(visit: Caller, sample_id: Id) -> SampleOut:
    """Return how a sample was drawn and how far it is."""
    with visit.services.database.reading() as session:
        return SampleOut.model_validate(queries.sample(session, visit.viewer, sample_id))


@router.get("/inspection/samples/{sample_id}/cases")
def list_cases(
    visit: Caller,
    sample_id: Id,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SampledCases:
    """List the cases of a sample in the order of drawing."""
    with visit.services.database.reading() as session:
        found = queries.sample_cases(session, visit.viewer, sample_id, after=after, limit=limit + 1)
    following = found[limit - 1].place if len(found) > limit else None
    return SampledCases(cases=[SampledCase.model_validate(one) for one in found[:limit]], next=following)


@router.get("/inspection/samples/{sample_id}/cases/{place}")
def get_sheet(visit: Caller, sample_id: Id, place: Id) -> SheetOut:
    """Return the sheet of a case, beside what the rules found."""
    with visit.services.database.reading() as session:
        return _sheet(session, visit, sample_id, place)


@router.put("/inspection/samples/{sample_id}/cases/{place}")
def keep_sheet(visit: Caller, response: Response, sample_id: Id, place: Id, said: Sheet) -> SheetOut:
    """Keep what was seen of a case; with If-Match only if its sheet is as the caller saw it."""
    return changed(
        visit,
        response,
        lock=lambda session: actions.lock_sample(session, sample_id),
        read=lambda session: _sheet(session, visit, sample_id, place),
        change=lambda session: actions.inspect_case(
            session,
            visit.viewer,
            sample_id=sample_id,
            place=place,
            verdict=said.verdict,
            sheet=said.sheet,
            remark=said.remark,
            now=visit.now,
        ),
    )


@router.post("/inspection/samples/{sample_id}/close")
def close_sample(visit: Caller, sample_id: Id) -> SampleOut:
    """Close a sample whose cases are all inspected."""
    with visit.services.database.unit_of_work() as session:
        actions.close_sample(session, visit.viewer, sample_id=sample_id, now=visit.now)
        return SampleOut.model_validate(queries.sample(session, visit.viewer, sample_id))


@router.get("/inspection/samples/{sample_id}/file.{kind}", response_class=Response)
def take_away(visit: Caller, sample_id: Id, kind: Literal["xlsx", "pdf"]) -> Response:
    """Hand over a sample with its findings and its trail as a workbook or a signed paper, on record."""
    return handed_over(visit, sample_id, kind)


@router.get("/inspection/certificate", response_class=Response)
def get_certificate(visit: Caller) -> Response:
    """Hand out the certificate by which the signature of a sample's paper is checked elsewhere, as PEM."""
    return hand_out_certificate(visit)


def _sheet(session: Any, visit: Caller, sample_id: int, place: int) -> SheetOut:
    (case,) = queries.sample_cases(session, visit.viewer, sample_id, place=place)
    hits = figures.hits_of(session, visit.viewer, case.case_id)
    told = SheetOut.model_validate(case)
    return told.model_copy(update={"hits": [HitOut.model_validate(one) for one in hits]})
