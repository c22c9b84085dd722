"""What the trail says of rooms: one entry for each write, in its transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.people.viewer import Viewer
from archive_service.rooms.tables import BoxMove, Place


def tell(session: Session, by: Viewer, did: str, place: Place, facts: Mapping[str, Any], *, now: datetime) -> None:
    """Write down what was done to a place."""
    record(
        session,
        by=by.actor,
        did=did,
        object_kind="place",
        object_id=place.id,
        unit_id=place.unit_id,
        facts={"code": place.code, **facts},
        now=now,
    )


def note_box_move(
    session: Session,
    by: Viewer,
    box: Place,
    verb: str,
    *,
    was: int | None,
    now: datetime,
    transfer_id: int | None = None,
) -> None:
    """Add a move to the history of a box whose row is locked and changed already."""
    last = session.scalar(select(func.max(BoxMove.seq)).where(BoxMove.box_id == box.id)) or 0
    session.add(
        BoxMove(
            box_id=box.id,
            seq=last + 1,
            verb=verb,
            from_shelf_id=was,
            to_shelf_id=box.parent_id,
            unit_id=box.unit_id,
            transfer_id=transfer_id,
            by=by.person_id,
            at=now,
        )
    )
    session.flush()
