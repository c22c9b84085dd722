"""The air of rooms: limits are data, readings outside of them are marked and stay as they were written."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.people.roles import Role
from archive_service.rooms import actions, climate, queries
from archive_service.rooms.climate import Outside
from tests.support import records, rooms
from tests.support.records import NOW


def test_the_limits_are_those_of_the_regulation() -> None:
    """14-24 degrees and 45-60 percent by JGJ 25 (domain.md 5.12), both ends included."""
    of = climate.limits()
    assert (of.coldest, of.hottest, of.driest, of.dampest, of.source) == (14, 24, 45, 60, "JGJ 25")


@pytest.mark.parametrize(
    ("temperature", "humidity", "wrong"),
    [
        ("14", "45", []),
        ("24.0", "60", []),
        ("13.9", "50", [Outside.COLD]),
        ("24.1", "50", [Outside.HOT]),
        ("20", "44.9", [Outside.DRY]),
        ("20", "60.1", [Outside.DAMP]),
        ("30", "80", [Outside.HOT, Outside.DAMP]),
        ("-5", "20", [Outside.COLD, Outside.DRY]),
    ],
)
def test_what_is_outside_the_limits_is_named(temperature: str, humidity: str, wrong: list[Outside]) -> None:
    """Each limit by itself, at its edge and beyond."""
    assert climate.outside(*climate.read(temperature, humidity), climate.limits()) == wrong


@pytest.mark.parametrize(
    ("temperature", "humidity"),
    [("", "50"), ("20", ""), ("warm", "50"), ("nan", "50"), ("20", "inf"), ("1e9", "50"), ("20", "101"), ("20", "-1"),
     ("-41", "50"), ("61", "50")],
)  # fmt: skip
def test_a_slip_of_the_hand_is_refused(temperature: str, humidity: str) -> None:
    """No room has such air."""
    with pytest.raises(Invalid, match="照仪表读数改正"):
        climate.read(temperature, humidity)


def test_readings_are_kept_with_what_was_outside_then(database: Database) -> None:
    """Newest first, with who read the instruments; a moment has one reading and is not to come."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by)
        for hours, degrees in ((3, "20"), (1, "26.5")):
            actions.note_reading(
                session, made.room.id, temperature=degrees, humidity="50 %", measured_at=NOW - timedelta(hours=hours),
                by=by, now=NOW,
            )  # fmt: skip
        shown = queries.readings(session, queries.place(session, by, made.room.code))
        assert [(one.temperature, one.outside, one.by) for one in shown] == [
            (Decimal("26.5"), ("hot",), by.name),
            (Decimal("20.0"), (), by.name),
        ]
        with pytest.raises(Refused, match="已有读数"):
            actions.note_reading(
                session, made.room.id, temperature="20", humidity="50", measured_at=NOW - timedelta(hours=1),
                by=by, now=NOW,
            )  # fmt: skip
        with pytest.raises(Invalid, match="还没有到"):
            actions.note_reading(
                session, made.room.id, temperature="20", humidity="50", measured_at=NOW + timedelta(hours=1),
                by=by, now=NOW,
            )  # fmt: skip
        with pytest.raises(Invalid, match="按库房登记"):
            actions.note_reading(
                session, made.cabinet.id, temperature="20", humidity="50", measured_at=NOW, by=by, now=NOW
            )
        with pytest.raises(NotPermitted):
            actions.note_reading(
                session, made.room.id, temperature="20", humidity="50", measured_at=NOW,
                by=records.viewer(session, Role.AUDITOR), now=NOW,
            )  # fmt: skip
        told = session.scalars(select(AuditEntry.facts).where(AuditEntry.did == "climate.noted")).all()
        assert [one["outside"] for one in told] == [[], ["hot"]]
