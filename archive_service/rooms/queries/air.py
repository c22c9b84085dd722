"""Readings of the air of a room."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.people.tables import Person
from archive_service.rooms.tables import ClimateReading
from archive_service.rooms.views import PlaceView, ReadingView


def readings(session: Session, room: PlaceView, *, limit: int = 200) -> list[ReadingView]:
    """Return the readings of a room that the viewer has been shown, newest first."""
    rows = session.execute(
        select(ClimateReading, Person.name)
        .outerjoin(Person, Person.id == ClimateReading.by)
        .where(ClimateReading.room_id == room.id)
        .order_by(ClimateReading.measured_at.desc())
        .limit(limit)
    )
    return [
        ReadingView(row.id, row.measured_at, row.temperature, row.humidity, tuple(row.outside), row.note, by)
        for row, by in rows
    ]
