"""Household files, cases and their completeness."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from archive_service.completeness.marks import to_json
from archive_service.households import actions, queries
from archive_service.households.states import ANY_OPEN, STATES
from archive_service.households.views import CaseFilters, CaseRow, CaseView, HouseholdView, ItemView
from archive_service.people.roles import Right
from archive_service.web import pictures, reading
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router
from archive_service.web.visit import Id
from ingest.renditions import queries as renditions

router = api_router("households")

Centre = Annotated[str | None, Query(max_length=40)]


class CaseOut(BaseModel):
    """A case and how complete it is."""

    application_no: str
    account_no: str
    account_name: str
    customer_category: str
    business_type: str
    accepted_on: date | None
    energised_on: date | None
    filing_due_on: date | None
    state: str
    complete: bool
    due: int
    satisfied: int
    missing: int
    doubtful: int
    error: str | None
    #: The number under which a filed case is kept; null before it is filed.
    archive_code: str | None = None


class CaseList(BaseModel):
    """A page of cases, the soonest deadline first; `next` goes into `after`."""

    cases: list[CaseOut]
    total: int
    next: str | None


class FieldOut(BaseModel):
    """A field of an item; `masked` says that part of the value is hidden from this caller."""

    value: str
    unit: str | None
    confidence: float
    page: int | None
    box: tuple[int, int, int, int] | None
    masked: bool


class FiledItem(BaseModel):
    """An item of a household file."""

    item: str
    item_no: int
    account_no: str
    application_no: str | None
    document_type: str
    title: str
    document_date: date | None
    sensitivity: str
    state: str
    confidence: float
    pages: int
    fields: dict[str, FieldOut]
    #: Signatures and seals asked for on it, and what was seen or said of each.
    marks: list[dict[str, Any]]


class HouseholdOut(BaseModel):
    """The file of an account number."""

    account_no: str
    account_name: str
    service_address: str
    customer_category: str
    centre: str
    state: str
    revision: int
    #: Some value or picture is hidden from this caller.
    masked: bool
    #: Until when the caller has it unmasked; null unless they asked for that.
    unmasked_until: datetime | None
    cases: list[CaseOut]
    items: list[FiledItem]


class PageOut(BaseModel):
    """The text of a page of an item, masked where this caller may not read personal data."""

    page: int
    pages: int
    width_px: int
    height_px: int
    dpi: int
    rotation: int
    engine: str
    confidence: float
    text: str
    masked: bool


@router.get("/households/{account_no}")
def get_household(visit: Caller, account_no: str) -> HouseholdOut:
    """Return the whole file of an account number."""
    with visit.services.database.reading() as session:
        file = queries.household(session, visit.viewer, account_no)
    reading.note(visit, file)
    return _household(file, visit.viewer.unmasked.get(file.id))


class Purpose(BaseModel):
    """What personal data is unmasked for; the reason stands in the trail."""

    purpose: Literal["inspection", "complaint", "customer-present", "judicial", "other"]
    reason: Words = Field(min_length=4, max_length=200)


class UnmaskedOut(BaseModel):
    """Until when the caller sees the personal data of the household; null when it is masked."""

    account_no: str
    until: datetime | None


@router.post("/households/{account_no}/unmask")
def unmask_household(visit: Caller, account_no: str, why: Purpose) -> UnmaskedOut:
    """Show the caller the personal data of a household for a while; what for is put on record."""
    with visit.services.database.unit_of_work() as session:
        minutes = visit.services.settings.unmask_minutes
        begun = actions.unmask(
            session, visit.viewer, account_no, purpose=why.purpose, reason=why.reason, minutes=minutes, now=visit.now
        )
    return UnmaskedOut(account_no=account_no, until=begun.until)


@router.delete("/households/{account_no}/unmask")
def mask_household_again(visit: Caller, account_no: str) -> UnmaskedOut:
    """End the caller's unmasking of a household before its time."""
    with visit.services.database.unit_of_work() as session:
        actions.mask_again(session, visit.viewer, account_no, now=visit.now)
    return UnmaskedOut(account_no=account_no, until=None)


@router.get("/households/{account_no}/completeness")
def get_household_completeness(visit: Caller, account_no: str) -> list[dict[str, Any]]:
    """Return the completeness of each case of an account number, judged now."""
    with visit.services.database.reading() as session:
        return [
            case.as_json()
            for case in queries.completeness(session, visit.viewer, account_no=account_no, today=visit.today)
        ]


@router.get("/cases")
def list_cases(
    visit: Caller,
    centre: Centre = None,
    state: Annotated[str | None, Query(pattern=f"^({'|'.join((ANY_OPEN, *STATES))})$")] = None,
    category: Annotated[str | None, Query(max_length=12)] = None,
    business: Annotated[str | None, Query(max_length=12)] = None,
    complete: bool | None = None,
    due_before: Day | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
    after: Annotated[str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}:[0-9]{1,18}$")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> CaseList:
    """List cases by their deadline."""
    filters = CaseFilters(
        centre=centre,
        state=state,
        customer_category=category,
        business_type=business,
        complete=complete,
        due_before=due_before,
        text=q,
    )
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.reading() as session:
        found = queries.cases(session, visit.viewer, filters=filters, after=after, limit=limit, counted=None)
    reading.shows(visit, [row.account_no for row in found.rows])
    return CaseList(cases=[case_out(row) for row in found.rows], total=found.total, next=found.next)


@router.get("/cases/{application_no}/completeness")
def get_case_completeness(visit: Caller, application_no: str) -> dict[str, Any]:
    """Return the completeness of a case, judged now."""
    with visit.services.database.reading() as session:
        judged = queries.completeness(session, visit.viewer, application_no=application_no, today=visit.today)
        return next(iter(judged)).as_json()


@router.get("/items/{item_id}")
def get_item(visit: Caller, item_id: Id) -> FiledItem:
    """Return an item with its fields."""
    with visit.services.database.reading() as session:
        item = queries.item(session, visit.viewer, item_id)
    reading.note(visit, item)
    return filed_item(item)


@router.get("/items/{item_id}/pages/{page_no}")
def get_page(visit: Caller, item_id: Id, page_no: Id) -> PageOut:
    """Return the text of a page of an item."""
    with visit.services.database.reading() as session:
        page = queries.item_page(session, visit.viewer, item_id, page_no)
    reading.note(visit, page.item)
    return PageOut(
        page=page.page_no,
        pages=page.page_count,
        width_px=page.width_px,
        height_px=page.height_px,
        dpi=page.dpi,
        rotation=page.rotation,
        engine=page.engine,
        confidence=page.confidence,
        # What may not be seen as a picture may not be read as text either.
        text="" if page.withheld else page.text,
        masked=page.masked or page.withheld,
    )


@router.get("/items/{item_id}/pdf", response_class=FileResponse)
def get_item_pdf(visit: Caller, item_id: Id) -> Response:
    """Return the searchable PDF/A-2b of an item, on record; 503 while it is being made."""
    services = visit.services
    found = renditions.hand_over(services.database, visit.viewer, item_id, now=visit.now)
    return pictures.rendition(services.store, found.digest, found.file_name)


def case_out(row: CaseRow | CaseView) -> CaseOut:
    """Return a case as the interface answers it."""
    return CaseOut(
        application_no=row.application_no,
        account_no=row.account_no,
        account_name=row.account_name,
        customer_category=row.customer_category,
        business_type=row.business_type,
        accepted_on=row.accepted_on,
        energised_on=row.energised_on,
        filing_due_on=row.filing_due_on,
        state=row.state,
        complete=row.complete,
        due=row.due_count,
        satisfied=row.satisfied_count,
        missing=row.missing_count,
        doubtful=row.doubtful_count,
        error=row.assessment_error,
        archive_code=row.archive_code,
    )


def filed_item(view: ItemView) -> FiledItem:
    """Return an item as the interface answers it."""
    fields = {
        f.name: FieldOut(value=f.value, unit=f.unit, confidence=f.confidence, page=f.page, box=f.box, masked=f.masked)
        for f in view.fields
    }
    return FiledItem(
        item=str(view.id),
        item_no=view.item_no,
        account_no=view.account_no,
        application_no=view.application_no,
        document_type=view.document_type,
        title=view.title,
        document_date=view.document_date,
        sensitivity=view.sensitivity,
        state=view.state,
        confidence=view.confidence,
        pages=len(view.pages),
        fields=fields,
        marks=to_json(view.marks),
    )


def _household(file: HouseholdView, until: datetime | None) -> HouseholdOut:
    return HouseholdOut(
        account_no=file.account_no,
        account_name=file.account_name,
        service_address=file.service_address,
        customer_category=file.customer_category,
        centre=file.unit_code,
        state=file.state,
        revision=file.revision,
        masked=file.masked,
        unmasked_until=until,
        cases=[case_out(case) for case in file.cases],
        items=[filed_item(item) for item in file.items],
    )
