"""Reading what was borrowed, for programs: one page at a time, the reader drawn into it, each page on record."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.borrowing import queries
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.pages.readings import picture_of
from archive_service.web.visit import LARGEST_ID, Id, Visit

router = api_router("readings")


class OpenOut(BaseModel):
    """A page that is lent to the caller now: until when, under which rules, and the pages beside it."""

    item: str
    page: int
    account_no: str
    document_type: str
    grant: str
    ends_at: datetime
    purpose_title: str
    masked: bool
    withheld: bool
    prints_left: int
    pages: list[tuple[str, int]] = Field(description="Item and page of all pages of the same reading.")


class PrintOut(BaseModel):
    """A page to print, the reader drawn into it; told once, null when the same request is answered again."""

    media_type: str = Field(examples=["image/jpeg"])
    image_base64: str | None = Field(examples=["/9j/4AAQSkZJRg=="])
    prints_left: int


@router.get("/readings/{item_id}")
def get_reading(visit: Caller, item_id: Id, page: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None) -> OpenOut:
    """Return a page that is lent to the caller now, the first of the paper unless `page` names another."""
    visit.viewer.require(Right.LOAN_ASK)
    with visit.services.database.reading() as session:
        wanted = page or queries.first_open(session, visit.viewer, item_id, visit.now) or 1
        found = queries.open_page(session, visit.viewer, item_id, wanted, visit.now)
    return OpenOut(
        item=str(item_id),
        page=wanted,
        account_no=found.page.item.account_no,
        document_type=found.page.item.document_type,
        grant=str(found.grant.grant_id),
        ends_at=found.grant.ends_at,
        purpose_title=found.purpose_title,
        masked=found.grant.masked,
        withheld=found.page.withheld,
        prints_left=found.grant.prints_left,
        pages=[(str(item), number) for item, number in found.beside],
    )


@router.get("/readings/{item_id}/pages/{page_no}/image", response_class=Response)
def get_image(visit: Caller, item_id: Id, page_no: Id) -> Response:
    """Return the picture of a borrowed page with the reader drawn into it; put on record before it leaves."""
    return picture_of(visit, item_id, page_no, printed=False)


@router.post("/readings/{item_id}/pages/{page_no}/print")
def print_page(visit: Caller, item_id: Id, page_no: Id) -> PrintOut:
    """Return a page to print with the reader drawn into it; counted, and refused once no print is left."""
    picture = picture_of(visit, item_id, page_no, printed=True)
    return PrintOut(
        media_type=str(picture.media_type),
        image_base64=b64encode(bytes(picture.body)).decode(),
        prints_left=_left(visit, item_id, page_no),
    )


def _left(visit: Visit, item_id: int, page_no: int) -> int:
    with visit.services.database.reading() as session:
        found = queries.may_read_page(session, visit.viewer, item_id, page_no, visit.now, printing=True)
    return found.prints_left if found else 0
