"""Hashing what the records hold, and looking a number up, on record."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.db.session import Database
from archive_service.errors import Invalid
from archive_service.households.tables import HouseholdFile, Item, ItemField, Page
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from indexing.identities import queries, rules
from indexing.identities.tables import IdentityHash, IdentityMark

#: Households hashed in one transaction.
PORTION = 20


def follow(database: Database, key: bytes, *, after: int = 0, within_s: float = math.inf) -> int | None:
    """Hash the numbers of households that changed, or were hashed with another key, by id from above `after` on.

    Stops after about `within_s` seconds. Returns the id to go on after, or none when nothing is owed any more.
    """
    began = time.monotonic()
    while True:
        with database.reading() as session:
            owed = _owed(session, rules.key_id(key), after)
        if not owed:
            return None
        with database.unit_of_work() as session:
            _take(session, owed, key)
        after = owed[-1]
        if time.monotonic() - began >= within_s:
            return after


def _owed(session: Session, key_id: str, after: int) -> Sequence[int]:
    stale = or_(
        IdentityMark.household_id.is_(None),
        IdentityMark.revision != HouseholdFile.revision,
        IdentityMark.key_id != key_id,
    )
    asked = select(HouseholdFile.id).outerjoin(IdentityMark, IdentityMark.household_id == HouseholdFile.id)
    owed = asked.where(stale, HouseholdFile.id > after)
    return session.scalars(owed.order_by(HouseholdFile.id).limit(PORTION)).all()


def _take(session: Session, owed: Sequence[int], key: bytes) -> None:
    # The revision is read before what it stands for: where others write in between, the household is done once more.
    revisions = session.execute(
        select(HouseholdFile.id, HouseholdFile.revision).where(HouseholdFile.id.in_(owed))
    ).all()
    filed = select(Item.id, Item.household_id).where(Item.household_id.in_(owed), Item.state == "filed")
    items = dict(session.execute(filed).all())
    fields: dict[int, list[tuple[str, str]]] = defaultdict(list)
    pages: dict[int, list[str]] = defaultdict(list)
    of_items = ItemField.item_id.in_(filed.with_only_columns(Item.id))
    for item_id, name, value in session.execute(
        select(ItemField.item_id, ItemField.name, ItemField.value).where(of_items)
    ):
        fields[item_id].append((name, value))
    texts = select(Page.item_id, Page.text).where(Page.item_id.in_(filed.with_only_columns(Item.id)))
    for item_id, text in session.execute(texts):
        pages[item_id].append(text)
    session.execute(delete(IdentityHash).where(IdentityHash.household_id.in_(owed)))
    # An item that moved brings its old rows along until its new household is done.
    session.execute(delete(IdentityHash).where(IdentityHash.item_id.in_(list(items))))
    session.execute(delete(IdentityMark).where(IdentityMark.household_id.in_(owed)))
    for item_id, household_id in items.items():
        for number in sorted(rules.numbers_of(fields[item_id], pages[item_id])):
            hashed = rules.hash_of(key, number)
            session.add(IdentityHash(hash=hashed, household_id=household_id, item_id=item_id))
    mine = rules.key_id(key)
    session.add_all(IdentityMark(household_id=one, revision=revision, key_id=mine) for one, revision in revisions)


def look_up(session: Session, viewer: Viewer, typed: str, *, key: bytes, now: datetime) -> queries.FoundIdentity:
    """Return the households whose papers bear an identity number; the trail gets the short form of its hash.

    Raises NotPermitted without the right, Invalid when nothing like a number was typed.
    """
    viewer.require(Right.IDENTITY_SEARCH)
    number = rules.normal(typed)
    if number is None:
        raise Invalid("identity.number", "请输入完整的证件号码（至少六位）。")
    hashed = rules.hash_of(key, number)
    found = queries.bearing(session, viewer, hashed)
    record(
        session,
        by=viewer.actor,
        did="identity.searched",
        object_kind="identity",
        object_id=rules.short(hashed),
        unit_id=viewer.unit_id or None,
        facts={"households": len(found)},
        now=now,
    )
    return queries.FoundIdentity(rules.short(hashed), tuple(found))
