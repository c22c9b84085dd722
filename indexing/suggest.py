"""Households that somebody may mean while they still type: by number, by name, by address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from archive_service import masking
from archive_service.errors import ArchiveError
from archive_service.households.tables import HouseholdFile, Item
from indexing import text
from indexing.index import Index
from indexing.query import AllOf, EngineQuery, Phrase

_MOST = 20
#: Hits of the index looked at: a household has several papers, and each of them bears its address.
_LOOKED_AT = 60
#: A single character stands in every other address.
_SHORTEST = 2


@dataclass(frozen=True)
class Suggestion:
    """A household that may be meant; personal numbers in it are hidden where the person may not read them."""

    account_no: str
    account_name: str
    service_address: str


def suggest(
    session: Session,
    viewer_units: frozenset[int],
    typed: str,
    *,
    index: Index | None = None,
    personal_units: frozenset[int] = frozenset(),
    limit: int = 8,
) -> list[Suggestion]:
    """Return households within `viewer_units` whose number or name begins with what is typed.

    With an `index`, those follow whose name or address contains it; without an answer of the index they are left out.
    """
    begun, limit = typed.strip(), min(limit, _MOST)
    if not begun or not viewer_units:
        return []
    rows = list(session.execute(_households(viewer_units, _beginning(session, begun), limit)))
    if index is not None and len(rows) < limit:
        known = {row.account_no for row in rows}
        rows += [row for row in _inside(session, viewer_units, index, begun, limit) if row.account_no not in known]
    return [_shown(row, personal=row.unit_id in personal_units) for row in rows[:limit]]


def _households(units: frozenset[int], condition: ColumnElement[bool], limit: int) -> Any:
    columns = HouseholdFile.account_no, HouseholdFile.account_name, HouseholdFile.service_address, HouseholdFile.unit_id
    found = select(*columns).where(HouseholdFile.unit_id.in_(units), condition)
    return found.order_by(HouseholdFile.account_no).limit(limit)


def _beginning(session: Session, begun: str) -> ColumnElement[bool]:
    ways = [_begins(session, HouseholdFile.account_name, begun)]
    number = text.stream(begun).replace(" ", "").upper()
    if text.is_code(number.lower()):
        # A range, unlike LIKE, uses the index of account numbers on every database.
        ways.append(HouseholdFile.account_no.between(number, number + "\uffff"))
    return or_(*ways)


def _begins(session: Session, column: InstrumentedAttribute[str], begun: str) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "sqlite":
        # SQLite compares bytes, so that a range is the same as LIKE, and walks the index of names for it.
        return column.between(begun, begun + "\U0010ffff")
    return column.startswith(begun, autoescape=True)


def _inside(session: Session, units: frozenset[int], index: Index, begun: str, limit: int) -> Sequence[Any]:
    stream = text.stream(begun)
    if len(stream.replace(" ", "")) < _SHORTEST or text.is_code(stream.replace(" ", "")):
        return []
    items: list[int] = []
    for field in ("address", "name"):
        asked = EngineQuery(units, wanted=AllOf((Phrase(stream, field),)), limit=_LOOKED_AT)
        try:
            items += [hit.item_id for hit in index.search(asked).hits]
        except ArchiveError:
            # Numbers and names still come from the records; the search itself says what is wrong with the index.
            return []
    if not items:
        return []
    of_items = select(Item.household_id).where(Item.id.in_(items))
    return session.execute(_households(units, HouseholdFile.id.in_(of_items), limit)).all()


def _shown(row: Any, *, personal: bool) -> Suggestion:
    hide = (lambda said: said) if personal else masking.text
    return Suggestion(row.account_no, hide(row.account_name), hide(row.service_address))
