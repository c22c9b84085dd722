"""With a full disk nothing is handed out without a trace, and whoever asks is told why and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError

from archive_service import clock
from archive_service.db import faults
from archive_service.db.session import Database
from archive_service.errors import Unavailable
from archive_service.notices.tables import Notice
from archive_service.people.roles import Role
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.room import Room, free_bytes, rooms
from archive_service.web import readiness
from archive_service.worker.housekeeping import Housekeeping
from tests.support import faulty, records
from tests.support.faulty import Faults, FaultyDatabase
from tests.web.conftest import Browser, World

#: More than any disk has.
ALL_MB = 2**40


@pytest.fixture
def broken(world: World, settings: Settings) -> Iterator[Faults]:
    """Faults of the database that the app works with from now on."""
    found = Faults()
    database = FaultyDatabase(settings.url(), found)
    world.app.state.services = replace(world.services, database=database)
    yield found
    database.close()


@pytest.mark.parametrize(
    ("make", "code"), [(faulty.database_full, "database.full"), (faulty.cut_off, "database.unavailable")]
)
def test_a_reading_that_cannot_be_put_on_record_is_not_handed_out(
    world: World, browser: Browser, broken: Faults, make: Callable[[], Exception], code: str
) -> None:
    """The sentence says so, as a page and to programs; afterwards the same is read and on record."""
    address = f"/items/{world.near.internal_item}"
    for asked in (address, f"/api/v1{address}"):
        broken.arm("commit", make)
        answer = browser.get(asked)
        assert answer.status_code == 503
        assert broken.thrown == 1
        assert code in answer.text
        assert "没有打开" in answer.text
        assert "系统管理员" in answer.text
        broken.disarm()
    assert browser.get(address).status_code == 200


def test_a_full_database_is_told_from_one_that_is_away_and_from_a_fault_of_ours() -> None:
    full = OperationalError("INSERT", None, psycopg.errors.DiskFull())
    ours = OperationalError("SELECT", None, Exception("no such column: x"))
    assert faults.code_of(full) == "database.full"
    assert faults.code_of(faulty.database_full()) == "database.full"
    assert faults.code_of(OperationalError("SELECT", None, psycopg.OperationalError("gone"))) == "database.unavailable"
    assert [faults.code_of(one) for one in (ours, ProgrammingError("", None, Exception()), OSError())] == [None] * 3


def test_before_the_disk_is_full_no_new_files_are_stored_and_what_is_there_is_read(settings: Settings) -> None:
    """What is left is for the trail; a repair is no new file."""
    store = FileStore(settings.home / "objects")
    kept = store.put_bytes(b"there before").digest
    shut = FileStore(settings.home / "objects", reserve_bytes=free_bytes(settings.home) * 2)
    with pytest.raises(Unavailable) as told:
        shut.put_bytes(b"new")
    assert told.value.code == "store.full"
    assert not shut.exists("new")
    assert shut.read(kept) == b"there before"
    assert shut.put_bytes(b"there before").new is False


@pytest.mark.parametrize(
    ("free", "low", "shut"), [(1000, False, False), (40, True, False), (199, True, False), (99, True, True)]
)
def test_a_disk_is_low_before_it_is_shut(free: int, low: bool, shut: bool) -> None:
    room = Room("home", free, 1000, 100) if free != 40 else Room("home", 40, 1000, 10)
    assert (room.is_low, room.is_shut) == (low, shut)


def test_a_disk_that_is_nearly_full_is_told_once_a_day(settings: Settings, database: Database) -> None:
    """And the health page says that no new files are taken."""
    short = settings.model_copy(update={"disk_reserve_mb": ALL_MB, "second_store": str(settings.home)})
    assert [one.place for one in rooms(short)] == ["home", "second"]
    with pytest.raises(Unavailable) as told:
        readiness.disk(short)
    assert told.value.code == "disk.shut"
    with database.unit_of_work() as session:
        records.person(session, "keeper", roles=(Role.SYSTEM_ADMIN,))
    for _ in range(2):
        Housekeeping(short.model_copy(update={"second_store": ""}), database, clock.now).run_once()
    with database.reading() as session:
        assert [one.kind for one in session.query(Notice)] == ["disk-low"]
