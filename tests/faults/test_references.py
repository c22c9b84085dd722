"""`verify` asks of every column that names an object whether that object is on record."""

from __future__ import annotations

from sqlalchemy import inspect

from archive_service.cli.verify_rows import REFERENCES
from archive_service.db.base import Base
from archive_service.db.session import Database

#: Digests of other things than objects, and what `verify` reads by another way.
NO_OBJECTS = {
    "removed_objects.digest", "fixity_events.digest", "object_locks.digest",
    "kept_answers.request_digest", "samples.frame_digest", "stored_objects.digest", "scans.digest",
}  # fmt: skip


def test_every_column_that_names_an_object_is_checked(database: Database) -> None:
    there = inspect(database.engine)
    named = {
        f"{table}.{column['name']}"
        # Not the partitions of a table.
        for table in set(there.get_table_names()) & set(Base.metadata.tables)
        for column in there.get_columns(table)
        if column["name"].endswith("digest")
    }
    assert named - NO_OBJECTS == {name for name, _ in REFERENCES}
