"""Somebody with write access to the database: takes the guards of the audit trail away before changing it."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

GUARDED = ("audit_entries", "audit_checkpoints", "audit_tiles")


def unguard(session: Session) -> None:
    """Take away what keeps entries and checkpoints from being changed."""
    if session.get_bind().dialect.name == "postgresql":
        for table in GUARDED:
            session.execute(text(f"alter table {table} disable trigger user"))
        return
    for name in guards(session):
        session.execute(text(f"drop trigger {name}"))


def guards(session: Session) -> list[str]:
    """Return the names of the guards of a SQLite file."""
    return list(session.scalars(text("select name from sqlite_master where type = 'trigger' and name like 'audit_%'")))
