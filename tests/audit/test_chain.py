"""The audit chain shows every change of the past."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from archive_service.audit.record import Actor, record
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def write_entries(database: Database, count: int) -> None:
    for n in range(1, count + 1):
        with database.unit_of_work() as session:
            record(
                session,
                by=Actor(None, "system"),
                did="item.filed",
                object_kind="item",
                object_id=n,
                unit_id=None,
                facts={"标题": f"第{n}件"},
                now=NOW,
            )


def breaks_after(database: Database, change: str) -> list[tuple[int, str]]:
    with database.unit_of_work() as session:
        session.execute(text(change))
    with database.reading() as session:
        return [(found.seq, found.reason) for found in chain_breaks(session)]


def test_an_untouched_chain_is_whole(database: Database) -> None:
    """What was only appended to verifies."""
    write_entries(database, 5)
    with database.reading() as session:
        assert chain_breaks(session) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("update audit_entries set facts = '{}' where seq = 3", (3, "altered")),
        ("update audit_entries set person_name = 'x' where seq = 1", (1, "altered")),
        ("update audit_entries set at = '2020-01-01 00:00:00' where seq = 4", (4, "altered")),
        ("delete from audit_entries where seq = 2", (2, "missing")),
        ("delete from audit_entries where seq = 5", (5, "end-differs")),
        ("update audit_head set seq = 9", (9, "end-differs")),
    ],
)
def test_a_changed_or_missing_entry_breaks_the_chain_at_its_place(
    database: Database, change: str, place: tuple[int, str]
) -> None:
    """Altering, removing or cutting off any entry is found, and its number named."""
    write_entries(database, 5)
    assert place in breaks_after(database, change)


def test_an_entry_rewritten_with_a_new_hash_breaks_its_successor(database: Database) -> None:
    """Whoever recomputes one hash would have to recompute all that follow."""
    write_entries(database, 3)
    found = breaks_after(database, f"update audit_entries set hash = '{'f' * 64}' where seq = 2")
    assert (3, "previous-differs") in found


def record_and_fail(database: Database) -> None:
    with database.unit_of_work() as session:
        by = Actor(1, "甲")
        record(session, by=by, did="x", object_kind="item", object_id=9, unit_id=None, facts={}, now=NOW)
        raise RuntimeError


def test_an_entry_becomes_true_only_with_the_transaction_it_records(database: Database) -> None:
    """A rolled back act leaves no entry and no gap."""
    write_entries(database, 1)
    with pytest.raises(RuntimeError):
        record_and_fail(database)
    write_entries(database, 1)
    with database.reading() as session:
        assert chain_breaks(session) == []
        assert session.execute(text("select max(seq) from audit_entries")).scalar() == 2
