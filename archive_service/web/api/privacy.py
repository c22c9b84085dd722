"""Finding households by identity number, and the readings that are to be looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from archive_service import keyring
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from indexing.identities import actions, watch

router = api_router("privacy")


class IdentityAsked(BaseModel):
    """A whole identity number; it is sent in the body, never in an address."""

    identity_number: Words = Field(min_length=6, max_length=40)


class BearingOut(BaseModel):
    """A household and the items that bear the number."""

    account_no: str
    account_name: str
    items: list[str]


class IdentityFound(BaseModel):
    """The households of a number; `hash` is the short form under which the trail names it."""

    hash: str
    households: list[BearingOut]


class FlagOut(BaseModel):
    """Readings of a person to be looked at: mass (many households within an hour), night, own (their own file)."""

    kind: str
    person: str
    name: str
    first_at: datetime
    last_at: datetime
    first_entry: int
    last_entry: int
    accounts: list[str]
    unmasked: int


class FlagList(BaseModel):
    """The flags of the days asked for, the latest first."""

    flags: list[FlagOut]


@router.post("/identity-search")
def search_identity(visit: Caller, asked: IdentityAsked) -> IdentityFound:
    """Find the households whose papers bear a whole identity number; the trail gets its hash, never the number."""
    key = keyring.key(visit.services.settings, keyring.IDENTITY)
    with visit.services.database.unit_of_work() as session:
        found = actions.look_up(session, visit.viewer, asked.identity_number, key=key, now=visit.now)
    households = [
        BearingOut(account_no=one.account_no, account_name=one.account_name, items=[str(item) for item in one.items])
        for one in found.households
    ]
    return IdentityFound(hash=found.hash, households=households)


@router.get("/audit/flags")
def list_flags(visit: Caller, days: Annotated[int, Query(ge=1, le=366)] = 7) -> FlagList:
    """List who read much within an hour, at night, or their own file."""
    now = visit.now
    with visit.services.database.reading() as session:
        settings = visit.services.settings
        found = watch.flags(session, visit.viewer, settings, since=now - timedelta(days=days), until=now)
    return FlagList(
        flags=[
            FlagOut(
                kind=one.kind,
                person=str(one.person_id),
                name=one.person_name,
                first_at=one.first_at,
                last_at=one.last_at,
                first_entry=one.first_seq,
                last_entry=one.last_seq,
                accounts=list(one.accounts),
                unmasked=one.unmasked,
            )
            for one in found
        ]
    )
