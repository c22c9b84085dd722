"""Counting the statements that a database is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from archive_service.db.session import Database


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Give a list that holds, when the block ends, every statement sent within it."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
