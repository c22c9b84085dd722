"""Changes of filed items: correct a field, say the type, move, withdraw; none that was seen otherwise by then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import BaseModel, Field

from archive_service.errors import Invalid
from archive_service.holds.moving import move_item as move
from archive_service.households import actions, queries
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.households import FiledItem, filed_item
from archive_service.web.api.route import api_router, check_match, etag
from archive_service.web.visit import Id, Visit

router = api_router("items")

Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Number = Annotated[Words, Field(max_length=40)]


class Correction(BaseModel):
    """The right value of a field; an empty one removes the field."""

    value: Words = Field(max_length=400)
    unit: Words | None = Field(default=None, max_length=10)


class Retype(BaseModel):
    """What an item really is, by its code in the catalogue."""

    document_type: Words = Field(pattern=r"^([A-Z][0-9]{2}[A-Z]?|OTHER)$")
    title: Words | None = Field(default=None, max_length=200)


class Move(BaseModel):
    """Where an item belongs: a household, and one of its cases or none."""

    account_no: Number
    application_no: Number | None = None


class Withdrawal(BaseModel):
    """Why an item is taken out of the file."""

    reason: Words = Field(min_length=2, max_length=400)


@router.put("/items/{item_id}/fields/{name}")
def correct_field(
    visit: Caller, request: Request, response: Response, item_id: Id, name: Name, said: Correction
) -> FiledItem:
    """Correct a field of an item; with If-Match only if the item is as the caller saw it."""

    def change(session: Any, now: datetime, today: date) -> None:
        actions.correct_field(
            session, item_id=item_id, name=name, value=said.value, unit=said.unit, by=visit.viewer, now=now, today=today
        )

    return changed_item(visit, request, response, item_id, change)


@router.post("/items/{item_id}/retype")
def retype_item(visit: Caller, request: Request, response: Response, item_id: Id, said: Retype) -> FiledItem:
    """Say what an item really is."""

    def change(session: Any, now: datetime, today: date) -> None:
        actions.retype_item(
            session,
            item_id=item_id,
            document_type=said.document_type,
            title=said.title,
            by=visit.viewer,
            now=now,
            today=today,
        )

    return changed_item(visit, request, response, item_id, change)


@router.post("/items/{item_id}/move")
def move_item(visit: Caller, request: Request, response: Response, item_id: Id, said: Move) -> FiledItem:
    """Move an item to another case or household."""

    def change(session: Any, now: datetime, today: date) -> None:
        file = queries.household(session, visit.viewer, said.account_no, fields=False)
        case = next((one for one in file.cases if one.application_no == said.application_no), None)
        if said.application_no is not None and case is None:
            raise Invalid("review.application", "该户下没有这个申请编号。请核对后再试。")
        move(
            session,
            item_id=item_id,
            household_id=file.id,
            case_id=case.id if case else None,
            by=visit.viewer,
            now=now,
            today=today,
        )

    return changed_item(visit, request, response, item_id, change)


@router.post("/items/{item_id}/withdraw")
def withdraw_item(visit: Caller, request: Request, response: Response, item_id: Id, said: Withdrawal) -> FiledItem:
    """Take an item out of the file, saying why; its pages and number are kept."""

    def change(session: Any, now: datetime, today: date) -> None:
        actions.withdraw_item(session, item_id=item_id, reason=said.reason, by=visit.viewer, now=now, today=today)

    return changed_item(visit, request, response, item_id, change)


def changed_item(
    visit: Visit,
    request: Request,
    response: Response,
    item_id: int,
    change: Callable[[Any, datetime, date], None],
) -> FiledItem:
    """Change an item in one transaction, its household locked before it is compared with what the caller saw."""
    with visit.services.database.unit_of_work() as session:
        seen = queries.item(session, visit.viewer, item_id)
        actions.lock_household(session, seen.household_id)
        check_match(request, filed_item(queries.item(session, visit.viewer, item_id)))
        change(session, visit.now, visit.today)
        session.expire_all()
        now_there = filed_item(queries.item(session, visit.viewer, item_id))
    response.headers["ETag"] = etag(now_there)
    return now_there
