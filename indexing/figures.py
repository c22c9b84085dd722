"""How far the index is behind the records, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from indexing import sync
from indexing.index import Index
from indexing.tables import IndexedRevision

#: Households that are looked into for the age, those with the lowest numbers; more are behind only after a rebuild
#: or an import, when it is their count that tells.
_LOOKED_INTO = 200


@dataclass(frozen=True)
class Lag:
    """Households that the index does not hold as they are, and how long the oldest such change has waited."""

    households: int
    oldest_s: float


def lag(session: Session, index: Index, *, now: datetime) -> Lag:
    """Return how far the index is behind; compares all households, so its cost grows with the archive."""
    households = sync.lag(session, index)
    if not households:
        return Lag(0, 0.0)
    generation = index.generation()
    owed = [household for household, _ in sync.waiting(session, generation, limit=_LOOKED_INTO)]
    changes = [moment for one in owed if (moment := _first_change(session, one, generation))]
    return Lag(households, max(((now - moment).total_seconds() for moment in changes), default=0.0))


def _first_change(session: Session, household_id: int, generation: str) -> datetime | None:
    """Return when the first change came that the index does not hold; none when the trail does not tell."""
    held = session.scalar(
        select(IndexedRevision.indexed_at).where(
            IndexedRevision.household_id == household_id, IndexedRevision.generation == generation
        )
    )
    made = select(func.min(HouseholdFile.created_at)).where(HouseholdFile.id == household_id)
    if held is None:
        return session.scalar(made)
    cases = select(cast(CaseFile.id, String)).where(CaseFile.household_id == household_id)
    items = select(cast(Item.id, String)).where(Item.household_id == household_id)
    about = or_(
        and_(AuditEntry.object_kind == "household", AuditEntry.object_id == str(household_id)),
        and_(AuditEntry.object_kind == "case", AuditEntry.object_id.in_(cases)),
        and_(AuditEntry.object_kind == "item", AuditEntry.object_id.in_(items)),
    )
    return session.scalar(select(func.min(AuditEntry.at)).where(about, AuditEntry.at > held))
