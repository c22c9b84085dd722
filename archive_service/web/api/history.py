"""What happened to a household file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from archive_service.households import queries
from archive_service.web import reading
from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told

router = api_router("households")

_LAST_SEQ = 2**63 - 1


class HappenedOut(Told):
    """One thing that happened, by its place in the trail: who did what to which object."""

    seq: int
    at: datetime
    by: str = Field(validation_alias="person_name")
    did: str
    object_kind: str
    object_id: str


class HistoryOut(BaseModel):
    """A page of what happened, newest first; `next` goes into `after`."""

    events: list[HappenedOut]
    total: int
    next: int | None


@router.get("/households/{account_no}/history")
def list_history(
    visit: Caller,
    account_no: str,
    after: Annotated[int | None, Query(ge=1, le=_LAST_SEQ)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> HistoryOut:
    """Return what happened to a household, its cases and its items, newest first, older than the entry `after`."""
    with visit.services.database.reading() as session:
        file = queries.household(session, visit.viewer, account_no, fields=False)
        found = queries.history(session, visit.viewer, account_no, before=after, limit=limit)
    reading.note(visit, file)
    events = [HappenedOut.model_validate(one) for one in found.entries]
    return HistoryOut(events=events, total=found.total, next=found.next)
