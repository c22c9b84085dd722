"""Two units with a filed case each, and people of every role, for the tests of borrowing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.borrowing import actions
from archive_service.borrowing.actions import Wish
from archive_service.borrowing.rules import PageKey
from archive_service.borrowing.tables import LoanRequest, LoanWish
from archive_service.households.tables import CaseFile, HouseholdFile, Item, Page
from archive_service.people.queries import viewer_for
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from tests.support import records
from tests.support.records import NOW

#: Who there is: the role and the unit in which it is held.
PEOPLE = {
    "staff": (Role.STAFF, "A"),
    "second": (Role.STAFF, "A"),
    "archivist": (Role.ARCHIVIST, "A"),
    "other_archivist": (Role.ARCHIVIST, "A"),
    "head": (Role.UNIT_HEAD, "A"),
    "far_head": (Role.UNIT_HEAD, "B"),
    "far_archivist": (Role.ARCHIVIST, "B"),
    "leader": (Role.UNIT_HEAD, "ROOT"),
}


@dataclass
class World:
    """Ids of what was made."""

    units: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    #: Account numbers by unit.
    accounts: dict[str, str] = field(default_factory=dict)
    #: Items of the two cases by unit, in the order of their numbers.
    items: dict[str, list[int]] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    pages: list[PageKey] = field(default_factory=list)

    def viewer(self, session: Session, who: str, now: datetime = NOW) -> Viewer:
        """Return a person with the rights of the moment; with none when their account is closed."""
        found = viewer_for(session, self.people[who], now=now)
        if found is not None:
            return found
        return Viewer(self.people[who], who, who, self.units[PEOPLE[who][1]], "", frozenset(), {})


def build(session: Session) -> World:
    """Make the units, people and files; each file has a filed case with a paper of one page and one of two."""
    made = World()
    root = records.unit(session)
    made.units["ROOT"] = root.id
    for code in ("A", "B"):
        at = records.unit(session, code, below=root)
        made.units[code] = at.id
        case = records.case(session, at=at)
        records.item(session, case, "A02R", pages=(records.page(1),))
        records.item(session, case, "K01R", pages=(records.page(1), records.page(2)))
        records.everything_due(session, case)
        records.filed(session, case)
        _know(session, made, code, case)
    for who, (role, code) in PEOPLE.items():
        at = records.unit(session, code)
        made.people[who] = records.person(session, who, roles=(role,), at=at).id
    return made


def _know(session: Session, made: World, code: str, case: CaseFile) -> None:
    head = session.get_one(HouseholdFile, case.household_id)
    items = session.scalars(select(Item).where(Item.case_id == case.id).order_by(Item.item_no)).all()[:2]
    made.accounts[code] = head.account_no
    made.items[code] = [one.id for one in items]
    made.numbers.update({one.id: one.item_no for one in items})
    rows = select(Page.item_id, Page.page_no).where(Page.item_id.in_(made.items[code])).order_by(Page.id)
    made.pages += [(item, page) for item, page in session.execute(rows)]
    for one in items:
        one.sensitivity = "internal"


def ask(session: Session, world: World, who: str, *wishes: Wish, now: datetime = NOW, **said: object) -> list[int]:
    """Ask as somebody; return the wishes."""
    given: dict[str, object] = {"purpose": "customer-service", "words": "核对合同", **said}
    by = world.viewer(session, who, now)
    asked: LoanRequest = actions.ask(session, by, wishes, now=now, **given)  # type: ignore[arg-type]
    return list(session.scalars(select(LoanWish.id).where(LoanWish.request_id == asked.id).order_by(LoanWish.place)))


def wish(world: World, code: str = "A", way: str = "screen", days: int = 1, *items: int, **said: object) -> Wish:
    """Describe a wish for the first two papers of a unit's file, or for those given by their place, from 0."""
    chosen = [world.numbers[world.items[code][place]] for place in (items or (0, 1))]
    prints = 3 if way == "print" else 0
    return Wish(world.accounts[code], way, days, item_nos=chosen, prints=prints, **said)  # type: ignore[arg-type]
