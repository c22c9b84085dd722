"""Reading what the business system said of a household, with its history and its links to other accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from archive_service.households.heads.rules import NAMES, OF_HOUSEHOLD
from archive_service.households.heads.tables import AccountLink, HeadValue
from archive_service.households.queries.files import readable_household
from archive_service.households.tables import HouseholdFile
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class HeadEntry:
    """A value from a moment on; `source` is push or case."""

    name: str
    value: str
    as_of: datetime
    source: str
    recorded_at: datetime
    #: It is the one that holds.
    holds: bool


@dataclass(frozen=True)
class LinkView:
    """An account that came out of another one; `account_no` is the other one, none where the viewer may not know it."""

    kind: str
    #: The other account is the older one.
    came_from: bool
    account_no: str | None
    happened_on: date


@dataclass(frozen=True)
class HeadView:
    """The head of a household as it holds, and how it came to be."""

    account_no: str
    unit_code: str
    #: What holds, by name; what nobody said is not there.
    values: Mapping[str, str]
    #: Newest first within each name, names in their usual order.
    history: tuple[HeadEntry, ...]
    links: tuple[LinkView, ...]


def head(session: Session, viewer: Viewer, account_no: str) -> HeadView:
    """Return the head of a household. Raises NotFound."""
    found = readable_household(session, viewer, account_no)
    rows = select(HeadValue).where(HeadValue.household_id == found.id).order_by(HeadValue.as_of.desc())
    entries: list[HeadEntry] = []
    values = {name: getattr(found, name) for name in OF_HOUSEHOLD}
    newest: dict[str, int] = {}
    for row in session.scalars(rows):
        first = newest.setdefault(row.name, row.id) == row.id
        if first and row.name not in OF_HOUSEHOLD:
            values[row.name] = row.value
        entries.append(HeadEntry(row.name, row.value, row.as_of, row.source, row.recorded_at, first))
    entries.sort(key=lambda one: NAMES.index(one.name))
    return HeadView(
        account_no=found.account_no,
        unit_code=session.get_one(Unit, found.unit_id).code,
        values=values,
        history=tuple(entries),
        links=tuple(_links(session, viewer, found)),
    )


def _links(session: Session, viewer: Viewer, of: HouseholdFile) -> list[LinkView]:
    ends = (AccountLink.from_household_id, AccountLink.to_household_id)
    rows = session.scalars(
        select(AccountLink)
        .where(or_(*(end == of.id for end in ends)))
        .order_by(AccountLink.happened_on, AccountLink.id)
    ).all()
    others = {row.from_household_id for row in rows} | {row.to_household_id for row in rows}
    named = select(HouseholdFile.id, HouseholdFile.account_no).where(
        HouseholdFile.id.in_(others), HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ))
    )
    numbers = {row.id: row.account_no for row in session.execute(named)}
    return [
        LinkView(
            row.kind,
            came_from=row.to_household_id == of.id,
            account_no=numbers.get(row.from_household_id if row.to_household_id == of.id else row.to_household_id),
            happened_on=row.happened_on,
        )
        for row in rows
    ]
