"""Readings of temperature and humidity in a room, for programs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from archive_service.errors import Invalid
from archive_service.rooms import actions, queries
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import Id

router = api_router("rooms")


class AirOut(Told):
    """A reading of the air of a room in degrees Celsius and percent, and which limits it does not keep."""

    reading: str = Field(validation_alias="id")
    measured_at: datetime
    temperature: float
    humidity: float
    outside: list[str]
    note: str
    by: str | None
    struck: str | None = Field(description="Why it was struck out; null while it holds.")
    struck_by: str | None
    struck_at: datetime | None


class AirList(BaseModel):
    """The readings of a room, newest first."""

    readings: list[AirOut]


class AirIn(BaseModel):
    """What the instruments said, and when; now unless told."""

    temperature: float = Field(allow_inf_nan=False, examples=[20.5])
    humidity: float = Field(allow_inf_nan=False, examples=[50])
    measured_at: datetime | None = None
    note: Words = Field("", max_length=200)


class StrikeIn(BaseModel):
    """Why a reading is wrong."""

    reason: Words = Field(max_length=200)


@router.get("/rooms/places/{place_id}/climate")
def list_readings(visit: Caller, place_id: Id, limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> AirList:
    """List the readings of a room, those struck out among them."""
    with visit.services.database.reading() as session:
        room = queries.place_by_id(session, visit.viewer, place_id)
        found = queries.readings(session, room, limit=limit)
    return AirList(readings=[AirOut.model_validate(one) for one in found])


@router.post("/rooms/places/{place_id}/climate", status_code=201)
def note_reading(visit: Caller, place_id: Id, said: AirIn) -> AirOut:
    """Write down what the instruments of a room said."""
    moment = said.measured_at or visit.now
    if moment.tzinfo is None:
        raise Invalid("climate.moment", "测量时间要写成 2026-11-30 09:00 的样子。请改正后再试。")
    with visit.services.database.unit_of_work() as session:
        made = actions.note_reading(
            session,
            place_id,
            temperature=str(Decimal(str(said.temperature))),
            humidity=str(Decimal(str(said.humidity))),
            measured_at=moment,
            note=said.note,
            by=visit.viewer,
            now=visit.now,
        )
        return AirOut.model_validate(queries.reading(session, visit.viewer, place_id, made.id))


@router.post("/rooms/places/{place_id}/climate/{reading_id}/strike")
def strike_reading(visit: Caller, place_id: Id, reading_id: Id, said: StrikeIn) -> AirOut:
    """Strike a wrong reading out with the reason; it stays to be seen."""
    with visit.services.database.unit_of_work() as session:
        actions.strike_reading(session, place_id, reading_id, said.reason, by=visit.viewer, now=visit.now)
        return AirOut.model_validate(queries.reading(session, visit.viewer, place_id, reading_id))
