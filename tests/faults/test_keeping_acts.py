"""What keepers do at once, stopped at every call that it makes: all of it is there or nothing.

Registering a request of a person, answering it, ending what it restricts, saying a fact of a paper, holding what a
search found. A letter that no row names is an orphan in the store, which nothing shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.db.base import Base
from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.holds import actions as holds
from archive_service.holds.actions import On
from archive_service.holds.rules import Terms
from archive_service.households.tables import HouseholdFile, Item
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.store import ObjectStore
from archive_service.subjects import actions, answering
from archive_service.subjects.rules import Said, Verdict
from retention import said
from tests.support import faulty, records
from tests.support.faulty import Faults, FaultyDatabase, FaultyStore
from tests.support.records import NOW, TODAY
from tests.support.stored_pages import stored_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LATER = NOW + timedelta(minutes=1)


@dataclass
class Place:
    """An archive of one household with a contract and an older one, and a search that found both."""

    settings: Settings
    database: Database
    store: ObjectStore
    account_no: str
    items: list[int]


@pytest.fixture
def place(database: Database, store: FileStore, settings: Settings) -> Place:
    with database.unit_of_work() as session:
        case = records.case(session)
        head = session.get_one(HouseholdFile, case.household_id)
        items = [records.item(session, case, "K01R", pages=[stored_page(store, "合同", n)]).id for n in (1, 2)]
        account = head.account_no
    return Place(settings, database, store, account, items)


Act = Callable[[Place, Database, ObjectStore], None]


def register(place: Place, database: Database, _store: ObjectStore) -> None:
    what = Said("restrict", "王秀英", "self", "passport", "", "不再使用我的资料", TODAY)
    with database.unit_of_work() as session:
        by = records.system(session)
        actions.register(session, by, place.account_no, what, now=LATER, today=TODAY, workdays_to_answer=15)


def answer(place: Place, database: Database, store: ObjectStore) -> None:
    with place.database.reading() as session:
        by = records.system(session)
    answering.answer(database, store, by, 1, Verdict(True, "经核对同意"), now=LATER)


def lift(_place: Place, database: Database, _store: ObjectStore) -> None:
    with database.unit_of_work() as session:
        actions.lift(session, records.system(session), 1, reason="本人撤回要求", now=LATER)


def fact(kind: str) -> Act:
    def say(place: Place, database: Database, _store: ObjectStore) -> None:
        with database.unit_of_work() as session:
            by_item_no = session.get_one(Item, place.items[1]).item_no if kind == "superseded" else None
            said.say(
                session, records.system(session), place.items[0], kind=kind, happened_on=TODAY, by_item_no=by_item_no,
                reason="新合同 2026-7 号", now=LATER, today=TODAY,
            )  # fmt: skip

    return say


def hold_found(place: Place, database: Database, _store: ObjectStore) -> None:
    terms = Terms("inspection", "专项检查", "检查通知 7 号", TODAY + timedelta(days=60))
    with database.unit_of_work() as session:
        on = On(accounts=[place.account_no], item_ids=place.items)
        holds.place_all(session, records.system(session), on, terms, found_by="合同", now=LATER, today=TODAY)


#: Each act, what was done before it, and the entries that the whole of it leaves in the trail.
ACTS: Mapping[str, tuple[Act, tuple[Act, ...], list[str]]] = {
    "register": (register, (), ["subject.registered"]),
    "answer": (answer, (register,), ["subject.granted"]),
    "lift": (lift, (register, answer), ["subject.lifted"]),
    "superseded": (fact("superseded"), (), ["retention.fact-said"]),
    "contract ended": (fact("contract_ended"), (), ["retention.fact-said"]),
    "hold what was found": (hold_found, (), ["hold.placed", "hold.placed"]),
}
#: Every call that an act makes, and how it fails; the letter of an answer is read for and stored first.
WAYS = {"begin": faulty.locked, "commit": faulty.database_full}
WAYS_OF_ANSWER = {"reading": faulty.refused, "put": faulty.store_full, "commit": faulty.database_full}


def everything(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table."""
    with database.reading() as session:
        return {one.name: session.execute(select(one)).all() for one in Base.metadata.sorted_tables}


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_done_whole_or_not_at_all(place: Place, name: str) -> None:
    """Whatever fails, no row is left of it; with only its answer lost it is there, once and whole."""
    act, before, told = ACTS[name]
    for one in before:
        one(place, place.database, place.store)
    faults = Faults()
    database, store = FaultyDatabase(place.settings.url(), faults), FaultyStore(place.store, faults)
    was = everything(place.database)
    for call, make in (WAYS_OF_ANSWER if act is answer else WAYS).items():
        faults.arm(call, make)
        with pytest.raises((ArchiveError, OperationalError)):
            act(place, database, store)
        assert faults.thrown == 1
        assert everything(place.database) == was, call
    faults.arm("commit-lost", faulty.cut_off)
    with pytest.raises(OperationalError):
        act(place, database, store)
    database.close()
    with place.database.reading() as session:
        trail = session.scalars(select(AuditEntry.did).order_by(AuditEntry.seq)).all()
        assert chain_breaks(session) == []
    assert trail[len(was["audit_entries"]) :] == told
