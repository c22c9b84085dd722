"""Certified copies for programs: the register, issuing, withdrawing, and how a code stands."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from archive_service.copies import actions, queries
from archive_service.copies.making import Asked
from archive_service.copies.queries import Answer
from archive_service.households import queries as households
from archive_service.people.roles import Right
from archive_service.web import copying, pictures
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.door import Door
from archive_service.web.visit import LARGEST_ID, Id, Visit, place_of

router = api_router("copies")


class CopyOut(Told):
    """A certified copy as the register has it; `state` is valid or withdrawn."""

    copy_id: str = Field(validation_alias="id")
    number: str = Field(examples=["ZM-CG-2026-00001"])
    state: str = Field(examples=["valid"])
    account_no: str
    unit_name: str
    purpose: str
    note: str
    receiver: str
    page_count: int
    unmasked: bool
    unmask_reason: str
    sha256: str = Field(validation_alias="digest")
    signed: bool
    issued_by: str | None
    issued_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str


class CopyList(BaseModel):
    """A page of the register, newest first; `next` goes into `after`."""

    copies: list[CopyOut]
    total: int
    next: int | None


class PageOf(BaseModel):
    """A page of a paper of the household."""

    item: int = Field(ge=1, le=LARGEST_ID)
    page: int = Field(ge=1, le=LARGEST_ID)


class Issue(BaseModel):
    """Which pages are copied for whom and why; `unmask_reason` leaves personal numbers readable, on record."""

    pages: list[PageOf] = Field(max_length=1000)
    purpose: Words = Field(max_length=20, examples=["lawsuit"])
    note: Words = Field("", max_length=300)
    receiver: Words = Field(max_length=300)
    unmask_reason: Words | None = Field(None, max_length=300)


class Withdrawal(BaseModel):
    """Why a copy is taken back."""

    reason: Words = Field(max_length=300)


class Check(BaseModel):
    """The code that stands on a copy."""

    code: Words = Field(max_length=60)


class Checked(Told):
    """All that is said of a code: its state, and the digest of the file where there is one."""

    state: str = Field(examples=["valid"])
    sha256: str = Field(validation_alias="digest")


@router.get("/copies")
def list_copies(
    visit: Caller,
    state: Literal["valid", "withdrawn"] | None = None,
    q: Annotated[Words, Query(max_length=120)] = "",
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CopyList:
    """List the certified copies of the caller's units."""
    with visit.services.database.reading() as session:
        found = queries.copies(session, visit.viewer, state=state or "", text=q, after=after, limit=limit)
    return CopyList(copies=[CopyOut.model_validate(one) for one in found.rows], total=found.total, next=found.next)


@router.post("/copies/check")
def check_code(visit: Caller, said: Check) -> Checked:
    """Say how a code stands. Who asks for unknown codes again and again has to wait, as on the public page."""
    door: Door = visit.request.app.state.copy_door
    address = place_of(visit.request).address
    door.check(address, visit.now)
    with visit.services.database.reading() as session:
        found: Answer = queries.answer(session, said.code)
    if found.state == "unknown":
        door.count_failure(address, visit.now)
    return Checked.model_validate(found)


@router.get("/copies/{copy_id}")
def get_copy(visit: Caller, copy_id: Id) -> CopyOut:
    """Return a copy of the register."""
    return _copy(visit, copy_id)


@router.get("/copies/{copy_id}/file", response_class=Response)
def get_file(visit: Caller, copy_id: Id) -> Response:
    """Hand over the file of a copy, on record."""
    with visit.services.database.unit_of_work() as session:
        row = actions.hand_over(session, visit.viewer, copy_id, now=visit.now)
    return pictures.rendition(visit.services.store, row.digest, f"{row.number}.pdf")


@router.post("/copies/{copy_id}/withdraw")
def withdraw_copy(visit: Caller, copy_id: Id, said: Withdrawal) -> CopyOut:
    """Take a copy back: from now on its code is answered with withdrawn."""
    with visit.services.database.unit_of_work() as session:
        actions.withdraw(session, visit.viewer, copy_id, reason=said.reason, now=visit.now)
    return _copy(visit, copy_id)


@router.post("/households/{account_no}/copies", status_code=201)
def issue_copy(visit: Caller, account_no: str, wanted: Issue, response: Response) -> CopyOut:
    """Issue a certified copy of pages of a household, with a number and a code for those who check it."""
    with visit.services.database.reading() as session:
        file = households.household(session, visit.viewer, account_no, fields=False)
    visit.viewer.require(Right.COPY_ISSUE, file.unit_id)
    asked = Asked(
        pages=[(one.item, one.page) for one in wanted.pages],
        purpose=wanted.purpose,
        note=wanted.note,
        receiver=wanted.receiver,
        unmask_reason=wanted.unmask_reason,
        request_key=_key(visit.request, visit),
    )
    made = copying.made(visit, file, asked)
    response.headers["Location"] = f"/api/v1/copies/{made.id}"
    return _copy(visit, made.id)


def _key(request: Request, visit: Visit) -> str:
    """Return what makes two requests the same one: the caller's own key, else nothing does."""
    key = request.headers.get("idempotency-key")
    return hashlib.sha256(f"{visit.viewer.person_id} {key}".encode()).hexdigest() if key else secrets.token_hex(16)


def _copy(visit: Visit, copy_id: int) -> CopyOut:
    with visit.services.database.reading() as session:
        return CopyOut.model_validate(queries.copy(session, visit.viewer, copy_id))
