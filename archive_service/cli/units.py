"""Units as people name them on the command line."""

from __future__ import annotations

from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.people import queries


def unit_id(session: Session, code: str) -> int:
    """Return the id of the unit with this code; raises NotFound with the code."""
    unit = queries.unit_by_code(session, code)
    if unit is None:
        raise NotFound("people.unit-not-found", f"没有编码为“{code[:40]}”的单位。请核对后再试。")
    return unit.id
