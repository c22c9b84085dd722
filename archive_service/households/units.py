"""The units above a unit, for the local additions of the catalogue that count there."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.catalogue import load
from archive_service.people.tables import Unit


def chains(session: Session, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return by unit its code and those of the units above it, nearest first."""
    paths = {row.id: row.path for row in session.execute(select(Unit.id, Unit.path).where(Unit.id.in_(ids)))}
    above = {int(each) for path in paths.values() for each in path.strip("/").split("/") if each}
    codes = {row.id: row.code for row in session.execute(select(Unit.id, Unit.code).where(Unit.id.in_(above)))}
    return {
        unit: tuple(codes[int(each)] for each in reversed(path.strip("/").split("/")) if int(each) in codes)
        for unit, path in paths.items()
    }


def chains_if_needed(session: Session, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return the same where any unit has local additions; nothing otherwise."""
    return chains(session, ids) if load.known().local else {}
