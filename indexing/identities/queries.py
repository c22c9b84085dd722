"""Which households bear an identity number, and which are a person's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.tables import Person, PersonTie
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import lasting
from indexing.identities.tables import IdentityHash


@dataclass(frozen=True)
class BearingHousehold:
    """A household with the items that bear the number."""

    account_no: str
    account_name: str
    items: tuple[int, ...]


@dataclass(frozen=True)
class FoundIdentity:
    """What was found under a number, which only the short form of its hash names."""

    hash: str
    households: tuple[BearingHousehold, ...]


def bearing(session: Session, viewer: Viewer, hashed: str) -> list[BearingHousehold]:
    """Return the households with items that bear a number, within the units in which the viewer may look for it."""
    units = viewer.units(Right.IDENTITY_SEARCH) & viewer.units(Right.RECORD_READ)
    rows = session.execute(
        select(HouseholdFile.account_no, HouseholdFile.account_name, Item.id)
        .join(IdentityHash, IdentityHash.household_id == HouseholdFile.id)
        .join(Item, Item.id == IdentityHash.item_id)
        # The hashes may be a moment behind: state and household are asked again.
        .where(IdentityHash.hash == hashed, HouseholdFile.unit_id.in_(units), Item.state == "filed")
        .where(Item.household_id == HouseholdFile.id, ~lasting(Item.id))
        .order_by(HouseholdFile.account_no, Item.id)
    )
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for account_no, name, item_id in rows:
        found[account_no, name].append(item_id)
    return [BearingHousehold(number, name, tuple(items)) for (number, name), items in found.items()]


def own_accounts(session: Session, people: Collection[int], accounts: Collection[str]) -> Mapping[int, frozenset[str]]:
    """Return which of these accounts are each person's own: registered for them, under their identity or their name."""
    mine: dict[int, set[str]] = defaultdict(set)
    ties = select(PersonTie.person_id, PersonTie.value).where(PersonTie.person_id.in_(people))
    for person, account in session.execute(ties.where(PersonTie.kind == "account", PersonTie.value.in_(accounts))):
        mine[person].add(account)
    borne = (
        select(PersonTie.person_id, HouseholdFile.account_no)
        .join(IdentityHash, IdentityHash.hash == PersonTie.value)
        .join(HouseholdFile, HouseholdFile.id == IdentityHash.household_id)
        .where(PersonTie.kind == "identity", PersonTie.person_id.in_(people), HouseholdFile.account_no.in_(accounts))
    )
    named = (
        select(Person.id, HouseholdFile.account_no)
        .join(HouseholdFile, HouseholdFile.account_name == Person.name)
        .where(Person.id.in_(people), HouseholdFile.account_no.in_(accounts))
    )
    for asked in (borne, named):
        for person, account in session.execute(asked):
            mine[person].add(account)
    return {person: frozenset(found) for person, found in mine.items()}
