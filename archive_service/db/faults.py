"""What it means that the database failed, told by what it says of itself."""

from __future__ import annotations

from sqlalchemy.exc import InterfaceError, OperationalError

#: What PostgreSQL calls a full disk.
_DISK_FULL = "53100"
#: What SQLite says of one.
_SQLITE_FULL = "database or disk is full"


def code_of(error: BaseException) -> str | None:
    """Return database.full or database.unavailable for an error that says so, none for any other."""
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    orig = error.orig
    if getattr(orig, "sqlstate", None) == _DISK_FULL or str(orig).startswith(_SQLITE_FULL):
        return "database.full"
    # SQLite says in the same class that a column does not exist, which is a fault of ours.
    return None if str(orig).startswith("no such") else "database.unavailable"
