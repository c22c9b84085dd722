"""Reads that all kinds of drafts share."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from archive_service.editions.columns import Drafted
from archive_service.people.tables import Person


def text_in_force(session: Session, table: type[Drafted], *, today: date) -> str | None:
    """Return the text that was released for a day last begun by `today`, of several the last released; or none."""
    return session.scalar(
        select(table.text)
        .where(table.state == "released", table.effective_from <= today)
        .order_by(table.effective_from.desc(), table.decided_at.desc(), table.id.desc())
        .limit(1)
    )


def with_names(table: type[Drafted]) -> Select[Any, Any, Any]:
    """Select drafts, newest first, with the names of who last changed (`changer`) and who released them (`decider`)."""
    changer, decider = aliased(Person), aliased(Person)
    return (
        select(table, changer.name.label("changer"), decider.name.label("decider"))
        .outerjoin(changer, changer.id == table.changed_by)
        .outerjoin(decider, decider.id == table.decided_by)
        .order_by(table.id.desc())
    )
