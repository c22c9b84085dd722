"""The audit chain shows every change of the past."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from archive_service.audit.chain import Link, link_hash
from archive_service.audit.record import Actor, record
from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database
from archive_service.settings import Settings
from tests.support.tamper import unguard

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
        unguard(session)
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


def test_an_entry_rewritten_with_its_own_right_hash_breaks_its_successor(database: Database) -> None:
    """Whoever recomputes one hash would have to recompute all that follow."""
    write_entries(database, 3)
    with database.reading() as session:
        second = session.get_one(AuditEntry, 2)
        link = Link(2, second.at, None, "x", second.did, second.object_kind, second.object_id, None, second.facts)
        rehashed = link_hash(second.previous_hash, link)
    found = breaks_after(database, f"update audit_entries set person_name = 'x', hash = '{rehashed}' where seq = 2")
    assert found == [(3, "previous-differs")]


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ("update audit_entries set hash = 'f' where seq = 2", [(2, "altered")]),
        ("update audit_entries set hash = 'f' where seq = 5", [(5, "altered")]),
        ("update audit_entries set previous_hash = 'f' where seq = 2", [(2, "altered")]),
        ("update audit_entries set facts = 'no json' where seq = 4", [(4, "altered")]),
        ("delete from audit_entries where seq in (2, 3)", [(2, "missing"), (3, "missing")]),
        ("update audit_entries set seq = 99 where seq = 3", [(3, "missing"), (99, "beyond-end")]),
        ("update audit_head set seq = 4", [(4, "end-differs"), (5, "beyond-end")]),
    ],
)
def test_only_the_entries_that_were_touched_are_named(
    database: Database, change: str, places: list[tuple[int, str]]
) -> None:
    """The neighbours of a changed entry are sound and not called otherwise, whatever of it was changed."""
    write_entries(database, 5)
    assert breaks_after(database, change) == places


def test_a_moment_that_is_none_is_named(settings: Settings, migrated_file: Path) -> None:
    """SQLite keeps any text as a moment; the check names the entry and goes on."""
    settings.home.mkdir()
    shutil.copy(migrated_file, settings.home / "archive.db")
    database = Database(settings.url())
    write_entries(database, 3)
    found = breaks_after(database, "update audit_entries set at = 'yesterday' where seq = 2")
    database.close()
    assert found == [(2, "altered")]


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
