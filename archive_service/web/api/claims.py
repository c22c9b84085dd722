"""Whose hands a scan on the review desk is in: take it, keep it, let go of it, hand it over."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id, Visit
from ingest import queries
from ingest.claims import actions
from ingest.claims import queries as holding

router = api_router("review")


class HolderOut(Told):
    """Who has a scan in hand; `until` is null for one that was handed over. `turn` goes into keep and leave."""

    person: str = Field(validation_alias="person_id")
    person_name: str
    since: datetime
    until: datetime | None
    turn: int
    handed_by: str | None
    note: str


class HeldOut(BaseModel):
    """Who has the scan of a document now; null when nobody has."""

    scan: str
    holder: HolderOut | None


class Taking(BaseModel):
    """Whether to take a scan out of other hands, on record."""

    over: bool = False


class Turn(BaseModel):
    """The turn that the caller was told when it took the scan."""

    turn: int = Field(ge=1, le=LARGEST_ID)


class Handing(BaseModel):
    """Who is to have a scan until it is done, and a note for them."""

    person: int = Field(ge=1, le=LARGEST_ID)
    note: Words = Field("", max_length=200)


@router.post("/review/{document_id}/take")
def take(visit: Caller, document_id: Id, said: Taking) -> HeldOut:
    """Take the scan of a document in hand for some minutes, so that nobody else decides in it meanwhile."""
    minutes = visit.services.settings.review_claim_minutes
    with visit.services.database.unit_of_work() as session:
        scan_id = queries.document(session, visit.viewer, document_id).scan_id
        actions.take(session, visit.viewer, scan_id, minutes=minutes, now=visit.now, over=said.over)
    return _held(visit, scan_id)


@router.post("/review/{document_id}/keep")
def keep(visit: Caller, document_id: Id, said: Turn) -> HeldOut:
    """Keep a scan in hand for some minutes more; the answer says who has it, which may be somebody else by now."""
    minutes = visit.services.settings.review_claim_minutes
    with visit.services.database.unit_of_work() as session:
        scan_id = queries.document(session, visit.viewer, document_id).scan_id
        actions.keep(session, visit.viewer, scan_id, turn=said.turn, minutes=minutes, now=visit.now)
    return _held(visit, scan_id)


@router.post("/review/{document_id}/leave")
def leave(visit: Caller, document_id: Id) -> HeldOut:
    """Let go of the scan of a document; one that was handed over to the caller stays theirs."""
    with visit.services.database.unit_of_work() as session:
        scan_id = queries.document(session, visit.viewer, document_id).scan_id
        actions.leave(session, visit.viewer, scan_id)
    return _held(visit, scan_id)


@router.post("/review/{document_id}/hand-over")
def hand_over(visit: Caller, document_id: Id, said: Handing) -> HeldOut:
    """Give the scan of a document to a colleague who reviews in its unit."""
    with visit.services.database.unit_of_work() as session:
        scan_id = queries.document(session, visit.viewer, document_id).scan_id
        actions.hand_over(session, visit.viewer, scan_id, to=said.person, note=said.note, now=visit.now)
    return _held(visit, scan_id)


def _held(visit: Visit, scan_id: int) -> HeldOut:
    with visit.services.database.reading() as session:
        found = holding.holder(session, scan_id, now=visit.now)
    return HeldOut(scan=str(scan_id), holder=HolderOut.model_validate(found) if found else None)
