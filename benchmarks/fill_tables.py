"""Rows by table, and how they are written in bulk."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection


class Tables:
    """Rows by table, written in bulk in the order in which the tables depend on each other."""

    ORDER = (
        "household_files", "case_files", "case_stages", "batches", "scans", "items", "item_fields", "pages",
        "scan_documents", "verdicts", "audit_entries",
    )  # fmt: skip

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in self.ORDER}
        self.columns: dict[str, tuple[str, ...]] = {}
        self.last_id = dict.fromkeys(self.ORDER, 0)

    def add(self, table: str, **values: Any) -> int:
        """Add a row; return its id."""
        key = self.last_id[table] = self.last_id[table] + 1
        if table != "audit_entries":
            values = {"id": key, **values}
        self.columns.setdefault(table, tuple(values))
        self.rows[table].append(tuple(values.values()))
        return key

    def write(self, connection: Connection) -> None:
        """Write what was added, through the driver itself: typed values as text that every database takes."""
        cursor = connection.connection.cursor()
        for table in self.ORDER:
            rows, names = self.rows[table], self.columns.get(table, ())
            if not rows:
                continue
            if connection.dialect.name == "postgresql":
                with cursor.copy(f"copy {table} ({','.join(names)}) from stdin") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                marks = ",".join("?" * len(names))
                cursor.executemany(f"insert into {table} ({','.join(names)}) values ({marks})", rows)
            self.rows[table] = []
