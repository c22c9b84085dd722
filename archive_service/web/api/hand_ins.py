"""Packages of other archives: handing one in, what its check found, accepting it or sending it back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from archive_service.errors import NotFound
from archive_service.exchange.hand_ins import actions, queries
from archive_service.people import queries as people
from archive_service.web import handing_in
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.api.uploads import file_form, only_file
from archive_service.web.forms import Form, parsed
from archive_service.web.visit import LARGEST_ID, Id, Visit

router = api_router("packages")

State = Literal["received", "checked", "refused", "taking", "taken", "declined", "stopped"]


class FindingOut(BaseModel):
    """One thing that is wrong: stable code, path in the package or empty, sentence."""

    code: str
    path: str
    message: str


class HandInOut(Told):
    """A package that was handed in.

    `received`: being checked; `checked`: waits for `accept` or `decline`; `refused`: `findings` say why; `taking`:
    being taken in; `taken`: `package` of the household, or `batch` of files of another program; `stopped`: a command
    ended.
    """

    hand_in: str = Field(validation_alias="id")
    unit_name: str
    as_named: bool
    channel: str
    name: str
    sha256: str | None = Field(validation_alias="digest")
    size_bytes: int
    state: str = Field(examples=["checked"])
    handed_in_by: str | None
    handed_in_at: datetime
    format: str
    account_no: str
    cases: int
    items: int
    files: int
    manifest_sha256: str
    signature: str
    signer: str
    findings: list[FindingOut]
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    finished_at: datetime | None
    package: str | None = Field(validation_alias="package_id")
    batch: str | None = Field(validation_alias="batch_id")
    done: int
    total: int
    #: Its job, or its command, ended before it was through.
    stuck: bool


class HandInList(BaseModel):
    """A page of packages that were handed in, newest first; `next` goes into `after`."""

    hand_ins: list[HandInOut]
    total: int
    next: int | None


class Declining(BaseModel):
    """Why a package is sent back."""

    reason: Words = Field(max_length=300, examples=["移交清单与信息包不符"])


async def upload(visit: Caller) -> AsyncIterator[Form]:
    """Parse the upload of a caller who is known; the file goes to disk as it arrives."""
    async with parsed(visit.request, max_files=1, max_fields=20) as data:
        yield Form(data)


@router.get("/packages/in")
def list_hand_ins(
    visit: Caller,
    state: State | None = None,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> HandInList:
    """List the packages that were handed in, newest first."""
    actions.check_may_take(visit.viewer)
    with visit.services.database.reading() as session:
        found = queries.hand_ins(session, visit.viewer, state=state or "", before=after, limit=limit)
    return HandInList(
        hand_ins=[HandInOut.model_validate(one) for one in found.rows], total=found.total, next=found.next
    )


@router.post(
    "/packages/in",
    status_code=201,
    openapi_extra=file_form(
        "file",
        about="A ZIP, or a plain TAR.",
        centre="Unit that takes it in; or the caller's own.",
        as_named="1: the household goes to the unit that the package names.",
    ),
)
def hand_in(visit: Caller, form: Annotated[Form, Depends(upload)], response: Response) -> HandInOut:
    """Hand a package in; the answer follows once it is durable, and a job checks it."""
    actions.check_may_take(visit.viewer)
    file = only_file(form)
    centre = form.optional("centre", limit=40)
    unit_id = _unit(visit, centre) if centre else None
    made = handing_in.hand_in(visit, file, unit_id=unit_id, as_named=form.flag("as_named"), channel="api")
    response.headers["Location"] = f"/api/v1/packages/in/{made}"
    return _one(visit, made)


@router.get("/packages/in/{hand_in_id}")
def get_hand_in(visit: Caller, hand_in_id: Id) -> HandInOut:
    """Return a package that was handed in, with everything that is wrong with it."""
    return _one(visit, hand_in_id)


@router.post("/packages/in/{hand_in_id}/accept")
def accept(visit: Caller, hand_in_id: Id) -> HandInOut:
    """Have a package that was checked taken in."""
    handing_in.accept(visit, hand_in_id)
    return _one(visit, hand_in_id)


@router.post("/packages/in/{hand_in_id}/decline")
def decline(visit: Caller, hand_in_id: Id, said: Declining) -> HandInOut:
    """Send a package that was checked back, with the reason."""
    handing_in.decline(visit, hand_in_id, said.reason)
    return _one(visit, hand_in_id)


def _one(visit: Visit, hand_in_id: int) -> HandInOut:
    return HandInOut.model_validate(handing_in.one(visit, hand_in_id))


def _unit(visit: Visit, code: str) -> int:
    with visit.services.database.reading() as session:
        unit = people.unit_by_code(session, code)
    if unit is None or unit.id not in handing_in.units(visit):
        raise NotFound("people.unit-not-found", "没有这个单位，或者您无权管理。请核对单位代码。")
    return unit.id
