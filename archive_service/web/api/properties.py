"""The four-property check for programs: run it, see and answer its items, take the report; editions of the items."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.people.roles import Right
from archive_service.properties import actions, due, queries, work
from archive_service.properties.scheme import Scheme
from archive_service.web import pictures, property_desk, property_papers
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id

router = api_router("properties")


class CheckedItemOut(Told):
    """An item of a run; `answered_by` is null where the program checked it."""

    place: int
    code: str = Field(examples=["GD-2-6"])
    property: str = Field(examples=["integrity"])
    mode: str
    title_zh: str
    title_en: str
    result: str = Field(examples=["passed"])
    evidence: str
    answered_by: str | None
    answered_at: datetime | None


class CheckOut(Told):
    """A run of the check; `state` is open, passed or failed, `counts` the items by result."""

    check: str = Field(validation_alias="id")
    moment: str = Field(examples=["filing"])
    state: str
    #: Null for a batch.
    account_no: str | None
    application_no: str | None
    package_id: str | None
    batch_id: str | None
    unit_name: str
    edition: str
    papers: int
    pages: int
    fingerprint: str
    counts: dict[str, int]
    asked_by: str | None
    begun_at: datetime
    finished_at: datetime | None
    report_sha256: str | None = Field(validation_alias="report_digest")
    data_sha256: str | None = Field(validation_alias="data_digest")


class WholeCheckOut(CheckOut):
    """A run with its items."""

    results: list[CheckedItemOut]


class CheckList(BaseModel):
    """A page of runs, newest first; `next` goes into `before`."""

    checks: list[CheckOut]
    total: int
    next: int | None


class DueCaseOut(Told):
    """A kept case that is due; `followed` says that a finding of this check is open."""

    application_no: str
    account_no: str
    filed_at: datetime | None
    checked_at: datetime | None
    followed: bool


class DueList(BaseModel):
    """Cases that are due to be checked over time, and after how many days they are."""

    every_days: int
    cases: list[DueCaseOut]


class CheckWanted(BaseModel):
    """At which moment a case is checked (none: the one that fits its state), and whether people answer too."""

    moment: Literal["", "filing", "longterm"] = ""
    ask_people: bool = False


class ItemAnswer(BaseModel):
    """What a person saw of a manual item."""

    code: Words = Field(max_length=20, examples=["CQ-5-2"])
    result: Literal["passed", "failed", "not_applicable"]
    evidence: Words = Field(max_length=300)


class CheckItemOut(BaseModel):
    """An item as the edition in force has it; `codes` by moment."""

    number: str
    property: str
    title_zh: str
    title_en: str
    source: str
    codes: dict[str, str]
    mode: str
    check: str | None
    guide_zh: str | None
    demanded: list[str]
    reason_zh: str | None


class CheckItemsOut(BaseModel):
    """The edition in force and its items."""

    edition: str
    title_zh: str
    effective_from: date
    items: list[CheckItemOut]


class SchemeIn(BaseModel):
    """The text of an edition as YAML."""

    text: str = Field(max_length=200_000)


class SchemeOut(BaseModel):
    """A draft of an edition, or one that was released."""

    scheme: str
    code: str
    state: str


class FiledReport(BaseModel):
    """The scan by which the report came in, and whether it is new."""

    scan: str
    new: bool


@router.get("/properties")
def list_checks(
    visit: Caller,
    application_no: Annotated[Words, Query(max_length=40)] = "",
    state: Literal["", "open", "passed", "failed"] = "",
    moment: Literal["", "filing", "transfer", "longterm"] = "",
    batch: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CheckList:
    """List the runs of the check in the caller's units."""
    with visit.services.database.reading() as session:
        found = queries.runs(
            session,
            visit.viewer,
            application_no=application_no,
            state=state,
            moment=moment,
            batch_id=batch,
            before=before,
            limit=limit,
        )
    rows = [CheckOut.model_validate(one) for one in found.rows]
    return CheckList(checks=rows, total=found.total, next=found.next)


@router.get("/properties/due")
def list_due(visit: Caller, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> DueList:
    """List the cases of the caller's units that are due to be checked over time, in their turn."""
    with visit.services.database.reading() as session:
        days = queries.in_force(session, visit.today).longterm_every_days
        found = due.due_cases(session, visit.viewer, now=visit.now, every_days=days, limit=limit)
    return DueList(every_days=days, cases=[DueCaseOut.model_validate(one) for one in found])


@router.get("/properties/items")
def list_items(visit: Caller) -> CheckItemsOut:
    """Return the items by which is checked today."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.reading() as session:
        made = queries.in_force(session, visit.today)
    return _items(made)


@router.post("/properties/items")
def draft_items(visit: Caller, said: SchemeIn) -> SchemeOut:
    """Keep a draft of an edition; with what is wrong in it, by line, it is refused."""
    with visit.services.database.unit_of_work() as session:
        row = actions.save_scheme(session, visit.viewer, said.text, now=visit.now)
        return SchemeOut(scheme=str(row.id), code=row.code, state=row.state)


@router.post("/properties/items/{scheme_id}/release")
def release_items(visit: Caller, scheme_id: Id) -> SchemeOut:
    """Put a draft of somebody else in force."""
    with visit.services.database.unit_of_work() as session:
        row = actions.release_scheme(session, visit.viewer, scheme_id, now=visit.now, today=visit.today)
        return SchemeOut(scheme=str(row.id), code=row.code, state=row.state)


@router.post("/properties/items/{scheme_id}/drop", status_code=204)
def drop_items(visit: Caller, scheme_id: Id) -> None:
    """Give a draft up."""
    with visit.services.database.unit_of_work() as session:
        actions.drop_scheme(session, visit.viewer, scheme_id, now=visit.now)


@router.post("/cases/{application_no}/properties")
def check_case(visit: Caller, application_no: str, said: CheckWanted) -> WholeCheckOut:
    """Check a case now and return what came of it."""
    made = work.check_case(
        property_desk.desk(visit.services),
        visit.viewer,
        application_no,
        moment=said.moment,
        ask_people=said.ask_people,
    )
    return _whole(visit, made)


@router.get("/properties/{properties_run}")
def get_check(visit: Caller, properties_run: Id) -> WholeCheckOut:
    """Return a run with its items."""
    return _whole(visit, properties_run)


@router.post("/properties/{properties_run}/answers")
def answer_item(visit: Caller, properties_run: Id, said: ItemAnswer) -> WholeCheckOut:
    """Answer a manual item that is open."""
    work.answer(
        property_desk.desk(visit.services),
        visit.viewer,
        properties_run,
        said.code,
        result=said.result,
        evidence=said.evidence,
    )
    return _whole(visit, properties_run)


@router.get("/properties/{properties_run}/report", response_class=Response)
def get_report(visit: Caller, properties_run: Id) -> Response:
    """Hand over the report as PDF, on record."""
    with visit.services.database.unit_of_work() as session:
        digest, name = actions.hand_over(session, visit.viewer, properties_run, "report", now=visit.now)
    return pictures.rendition(visit.services.store, digest, name)


@router.get("/properties/{properties_run}/data", response_class=Response)
def get_data(visit: Caller, properties_run: Id) -> Response:
    """Hand over the report as data, on record."""
    with visit.services.database.unit_of_work() as session:
        digest, name = actions.hand_over(session, visit.viewer, properties_run, "data", now=visit.now)
    return pictures.data(visit.services.store, digest, name)


@router.post("/properties/{properties_run}/file")
def file_report(visit: Caller, properties_run: Id) -> FiledReport:
    """Hand the report in as a paper of its case."""
    new, scan = property_papers.write(visit, properties_run)
    return FiledReport(scan=str(scan), new=new)


def _whole(visit: Caller, properties_run: int) -> WholeCheckOut:
    with visit.services.database.reading() as session:
        return WholeCheckOut.model_validate(queries.run(session, visit.viewer, properties_run))


def _items(made: Scheme) -> CheckItemsOut:
    return CheckItemsOut(
        edition=made.edition,
        title_zh=made.title_zh,
        effective_from=made.effective_from,
        items=[CheckItemOut.model_validate(one.model_dump(mode="json")) for one in made.items],
    )
