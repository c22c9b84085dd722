"""Objects are read back in turn, those checked longest ago first; a store that does not answer is no damage."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive_service.errors import Unavailable
from archive_service.fixity import queries
from archive_service.fixity.actions import Round
from archive_service.settings import Settings
from archive_service.storage.choose import open_second
from archive_service.storage.files import FileStore
from archive_service.storage.places import Stores
from archive_service.storage.record import record_object
from archive_service.storage.tables import StoredObject
from tests.support import records
from tests.support.two_stores import NOW, World


def test_new_objects_get_their_second_copy(world: World) -> None:
    """And are then checked in both."""
    digests = [world.keep(text.encode()) for text in ("甲", "乙")]
    assert world.check() == Round(objects=2, size_bytes=6, copies=2)
    assert [world.second.read(digest).decode() for digest in digests] == ["甲", "乙"]
    assert world.check() == Round(objects=2, size_bytes=6)
    assert world.events() == []


def test_the_budget_is_spent_on_those_checked_longest_ago(world: World) -> None:
    """Each round goes on where the last one ended."""
    for number in range(4):
        world.keep(bytes([number]) * 100)
    assert [world.check(budget=200).objects for _ in range(2)] == [2, 2]
    with world.database.reading() as session:
        found = queries.figures(session)
    assert (found.checked, found.copied) == (4, 4)
    assert world.check(budget=100).objects == 1


def test_checks_are_counted_by_the_months_of_the_service_centre(migrated: Path) -> None:
    """Which are eight hours ahead of those of the database; a month without a check has no line."""
    world = World(migrated, second=False)
    moments = [datetime(2026, *of, tzinfo=UTC) for of in ((9, 30, 15, 59), (9, 30, 16, 0), (11, 30, 16, 0))]
    with world.database.unit_of_work() as session:
        for number, at in enumerate(moments):
            stored = world.first.put_bytes(bytes([number]))
            record_object(session, stored, role="original", media_type="text/plain", now=NOW)
            session.get_one(StoredObject, stored.digest).checked_at = at
        records.unit(session)
        found = queries.status(session, records.system(session))
    assert [(age.month, age.objects) for age in found.ages] == [("2026-09", 1), ("2026-10", 1), ("2026-12", 1)]
    world.database.close()


def test_a_store_that_does_not_answer_is_no_damage(migrated: Path) -> None:
    """What was found before is kept, and nothing is written about the rest."""

    class Away(FileStore):
        def open(self, digest: str):  # type: ignore[no-untyped-def]
            raise Unavailable("store.unavailable", "存储暂时无法访问。")

    world = World(migrated)
    world.keep(b"x")
    world.stores = Stores(world.first, Away(migrated / "second"), migrated / "aside")
    with pytest.raises(Unavailable):
        world.check()
    assert world.events() == []
    assert world.lost() == 0
    world.database.engine.dispose()


def test_the_second_store_is_another_folder(tmp_path: Path) -> None:
    """A copy of a store in itself would be none."""
    home = tmp_path / "home"
    assert open_second(Settings(home=home)) is None
    with pytest.raises(Exception, match="第二存储"):
        open_second(Settings(home=home, second_store=os.fspath(home / "objects")))
