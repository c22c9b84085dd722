"""Readings of thermometer and hygrometer: written down once, never altered, struck out when they are wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people.viewer import Viewer
from archive_service.rooms import climate, rules
from archive_service.rooms.actions.told import tell
from archive_service.rooms.locked import place_for_update
from archive_service.rooms.rules import Kind
from archive_service.rooms.tables import ClimateReading

#: Clocks of two machines differ a little.
_AHEAD = timedelta(minutes=5)


def note_reading(
    session: Session,
    room_id: int,
    *,
    temperature: str,
    humidity: str,
    measured_at: datetime,
    note: str = "",
    by: Viewer,
    now: datetime,
) -> ClimateReading:
    """Write down what the instruments of a room said at a moment, and which limits it does not keep.

    Raises NotFound, NotPermitted, Invalid for what no room has or a moment to come, Refused when there is a reading
    of this moment.
    """
    degrees, percent = climate.read(temperature, humidity)
    said = rules.check_note(note)
    if measured_at > now + _AHEAD:
        raise Invalid("climate.in-future", "测量时间还没有到。请核对日期和时间。")
    room = place_for_update(session, room_id, by)
    if room.kind != Kind.ROOM.value:
        raise Invalid("climate.no-room", "温湿度按库房登记。请从库房的页面登记。", place=room.code)
    wrong = [one.value for one in climate.outside(degrees, percent, climate.limits())]
    reading = ClimateReading(
        room_id=room.id,
        measured_at=measured_at,
        temperature=degrees,
        humidity=percent,
        outside=wrong,
        note=said,
        by=by.person_id,
        recorded_at=now,
    )
    try:
        with session.begin_nested():
            session.add(reading)
    except IntegrityError:
        raise Refused("climate.there-already", "这个时刻已有读数，没有再记。请核对时间。") from None
    facts = {
        "at": measured_at.isoformat(), "temperature": str(degrees), "humidity": str(percent), "outside": wrong,
    }  # fmt: skip
    tell(session, by, "climate.noted", room, facts, now=now)
    return reading


def strike_reading(
    session: Session, room_id: int, reading_id: int, reason: str, *, by: Viewer, now: datetime
) -> ClimateReading:
    """Strike a wrong reading out, saying why; it stays to be seen, and its moment can be written down again.

    Raises NotFound, NotPermitted, Invalid without a reason, Refused when it is struck out already.
    """
    said = rules.check_reason(reason)
    room = place_for_update(session, room_id, by)
    wanted = select(ClimateReading).where(ClimateReading.id == reading_id, ClimateReading.room_id == room.id)
    row = session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if row is None:
        raise NotFound("climate.not-found", "没有这条读数。请刷新页面后从清单里选择。")
    if row.struck_at is not None:
        raise Refused("climate.struck", "这条读数已经划掉。请刷新页面查看。")
    row.struck_reason, row.struck_by, row.struck_at = said, by.person_id, now
    session.flush()
    facts = {
        "at": row.measured_at.isoformat(), "temperature": str(row.temperature), "humidity": str(row.humidity),
        "reason": said,
    }  # fmt: skip
    tell(session, by, "climate.struck", room, facts, now=now)
    return row
