"""How far stored objects are read back."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from archive_service.fixity import queries, write_once
from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from retention import paper_locks, paper_rules

router = api_router("fixity")


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SumsOut(_Out):
    """Objects in all, those ever checked, those with a second copy, those lost; the oldest check."""

    objects: int
    size_bytes: int
    checked: int
    copied: int
    lost: int
    oldest: datetime | None


class AgeOut(_Out):
    """How many objects were last checked in a month, `YYYY-MM`."""

    month: str
    objects: int


class CheckedDay(_Out):
    """The checks of a day."""

    day: date
    objects: int
    size_bytes: int
    copies: int
    failures: int
    took_ms: int


class FixityEventOut(_Out):
    """A check that failed, or what was done about it."""

    number: int
    digest: str
    at: datetime
    outcome: str
    store: str
    agent: str


class StoreOut(_Out):
    """What the self-tests of a store proved, and how many objects are locked in it.

    `state` is enforced, broken, absent (no object lock) or checked (files: read-only, looked at on each read);
    `proven_at` is when a test last held, `proven` whether the last one did and is not too old.
    """

    store: str
    state: str
    let: str
    at: datetime
    proven_at: datetime | None
    proven: bool
    locked: int
    held: int
    refused: int
    short: int


class PaperLocksOut(_Out):
    """Papers that the archive made itself, of one kind: how many there are and how many of them are locked.

    They are locked for `years`, for good (`permanent`), or as long as what they belong to (`follows`: papers, case);
    `until` is the earliest end of a lock.
    """

    kind: str
    title: str
    years: int | None
    permanent: bool
    follows: str
    papers: int
    locked: int
    until: datetime | None


class FixityOut(_Out):
    """How the checks stand: the last 30 days with checks, the last 100 events; and what is proven of each store.

    `papers` says how the archive's own papers are locked, by kind.
    """

    figures: SumsOut
    ages: list[AgeOut]
    days: list[CheckedDay]
    events: list[FixityEventOut]
    stores: list[StoreOut]
    papers: list[PaperLocksOut]


@router.get("/fixity")
def show(visit: Caller) -> FixityOut:
    """Return how far stored objects are read back, how old the checks are, and what failed."""
    with visit.services.database.reading() as session:
        found = queries.status(session, visit.viewer)
        stores = write_once.seen_by(session, visit.viewer, now=visit.now)
        rules = paper_rules.load(visit.services.settings.paper_rules_file)
        papers = paper_locks.standing(session, visit.viewer, rules, now=visit.now)
    return FixityOut.model_validate({**vars(found), "stores": stores, "papers": papers})
