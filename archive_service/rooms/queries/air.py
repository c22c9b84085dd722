"""Readings of the air of a room."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from archive_service.errors import NotFound
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer
from archive_service.rooms.queries.places import place_by_id
from archive_service.rooms.tables import ClimateReading
from archive_service.rooms.views import PlaceView, ReadingView

_STRIKER = aliased(Person)


def readings(session: Session, room: PlaceView, *, limit: int = 200) -> list[ReadingView]:
    """Return the readings of a room that the viewer has been shown, those struck out among them, newest first."""
    order = (ClimateReading.measured_at.desc(), ClimateReading.id.desc())
    rows = session.execute(_wanted().where(ClimateReading.room_id == room.id).order_by(*order).limit(limit))
    return [_view(*row) for row in rows]


def reading(session: Session, viewer: Viewer, room_id: int, reading_id: int) -> ReadingView:
    """Return a reading of a room of the viewer's units. Raises NotFound."""
    room = place_by_id(session, viewer, room_id)
    wanted = _wanted().where(ClimateReading.id == reading_id, ClimateReading.room_id == room.id)
    row = session.execute(wanted).first()
    if row is None:
        raise NotFound("climate.not-found", "没有这条读数。请刷新页面后从清单里选择。")
    return _view(*row)


def _wanted() -> Select[ClimateReading, str, str]:
    columns = select(ClimateReading, Person.name, _STRIKER.name)
    joined = columns.outerjoin(Person, Person.id == ClimateReading.by)
    return joined.outerjoin(_STRIKER, _STRIKER.id == ClimateReading.struck_by)


def _view(row: ClimateReading, by: str | None, striker: str | None) -> ReadingView:
    return ReadingView(
        id=row.id,
        measured_at=row.measured_at,
        temperature=row.temperature,
        humidity=row.humidity,
        outside=tuple(row.outside),
        note=row.note,
        by=by,
        struck=row.struck_reason,
        struck_by=striker,
        struck_at=row.struck_at,
    )
