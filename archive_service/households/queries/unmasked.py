"""Which households a person has unmasked now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.households.tables import Unmasking
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def unmasked(session: Session, viewer: Viewer, *, now: datetime) -> Mapping[int, datetime]:
    """Return until when the viewer has each household unmasked, by its id; those whose time is up are left out."""
    if viewer.person_id is None or not viewer.may(Right.RECORD_UNMASK):
        return {}
    mine = select(Unmasking.household_id, Unmasking.until).where(
        Unmasking.person_id == viewer.person_id, Unmasking.until > now, Unmasking.ended_at.is_(None)
    )
    return dict(session.execute(mine).all())
