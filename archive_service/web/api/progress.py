"""How far a case is, for self-service terminals and hot lines: progress, never content."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from archive_service import ids
from archive_service.errors import NotFound, Refused
from archive_service.households.pushes.progress import PROOF, progress
from archive_service.people import tries
from archive_service.people.tries import Door
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.labels import Labels
from archive_service.web.visit import Visit

router = api_router("business")

#: Wrong digits for one number before it has to wait, and of one token for all numbers together.
_FOR_A_NUMBER, _FOR_A_TOKEN = 3, 60
_NOTHING_KNOWN = "0" * 20


class Asked(BaseModel):
    """A case, and the last four digits of its account number or of a phone number that the customer gave."""

    application_no: Words = Field(max_length=40)
    proof: Annotated[str, StringConstraints(pattern=rf"^[0-9]{{{PROOF}}}$")]


class OwedOut(BaseModel):
    """A paper that the customer still owes, by its name."""

    document_type: str
    name: str


class ProgressOut(BaseModel):
    """How far a case is; the name is masked. `stage` is the furthest that is done."""

    application_no: str
    account_name: str
    business: str
    state: str
    stage: str | None
    stage_name: str | None
    complete: bool
    due_on: date | None
    owed: list[OwedOut]


class TooManyTries(Refused):
    """Nothing was looked up; after `retry_after` seconds it will be."""

    http_status = 429


@router.post("/progress")
def ask_progress(visit: Caller, asked: Asked) -> ProgressOut:
    """Say how far a case is; numbers travel in the body, so that no log keeps them."""
    number = ids.compact(asked.application_no).upper()
    doors = _doors(visit, number)
    with visit.services.database.reading() as session:
        for door, _ in doors:
            try:
                tries.check(session, door, now=visit.now)
            except tries.Wait as wait:
                raise _wait(wait) from None
        try:
            found = progress(session, visit.viewer, number, asked.proof)
        except NotFound:
            found = None
    if found is None:
        _count(visit, doors)
        raise NotFound("status.not-found", "没有查到这个业务，或者核对的数字不符。请核对申请编号和尾号后再试。")
    labels = Labels(visit.language)
    return ProgressOut(
        application_no=found.application_no,
        account_name=found.account_name,
        business=labels.business(found.business_type),
        state=found.state,
        stage=found.stage,
        stage_name=labels.stage(found.stage) if found.stage else None,
        complete=found.complete,
        due_on=found.due_on,
        owed=[OwedOut(document_type=code, name=labels.document_type(code)) for code in found.owed],
    )


def _doors(visit: Visit, number: str) -> list[tuple[Door, int]]:
    """Return what wrong digits are counted at: the number, whether there is such a one or not, and who asks."""
    kept = hashlib.sha256(number.encode()).hexdigest()[: len(_NOTHING_KNOWN)]
    by = f"p:{visit.viewer.person_id}"
    return [(Door(f"n:{kept}", "*", known=True), _FOR_A_NUMBER), (Door("progress", by, known=True), _FOR_A_TOKEN)]


def _count(visit: Visit, doors: list[tuple[Door, int]]) -> None:
    limits = visit.request.app.state.limits
    with visit.services.database.unit_of_work() as session:
        for door, free in doors:
            tries.count(session, door, now=visit.now, limits=replace(limits, attempts=free))


def _wait(wait: tries.Wait) -> TooManyTries:
    seconds = wait.facts["retry_after"]
    return TooManyTries(
        "status.wait", f"核对的数字错误较多，这次没有查询。请在 {seconds} 秒后再试。", retry_after=seconds
    )
