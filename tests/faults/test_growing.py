"""An archive of one machine that moves onto PostgreSQL and S3, and what happens when the move is stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from archive_service import clock
from archive_service.cli import dumps
from archive_service.cli.backup import backup
from archive_service.cli.restore import Restored, restore
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.base import Base
from archive_service.errors import Damaged, Refused
from archive_service.settings import Settings
from archive_service.storage.s3 import S3Store
from indexing.search import Filters, search
from tests.support import databases
from tests.support.filled import fill
from tests.support.s3_servers import PARAMS, open_store

pytestmark = pytest.mark.service
ITEMS = 24
#: A restore that is killed as soon as the first rows have been written.
DOOMED = """
import os, signal, sys
from pathlib import Path
from archive_service import clock, settings
from archive_service.cli.restore import restore

def die(step, done, total):
    if step == "写入数据库" and done > 0:
        os.kill(os.getpid(), signal.SIGKILL)

restore(settings.load(), Path(sys.argv[1]), now=clock.now(), progress=die)
"""


@pytest.fixture
def county(tmp_path: Path, migrated_file: Path) -> Iterator[Services]:
    """An archive with SQLite and files."""
    home = tmp_path / "county"
    home.mkdir()
    shutil.copy(migrated_file, home / "archive.db")
    filled = fill(Settings(_env_file=None, home=home), items=ITEMS)
    yield filled.services
    filled.close()


@pytest.fixture
def city(tmp_path: Path, postgres: databases.Postgres) -> Iterator[Settings]:
    """Settings of an empty place on PostgreSQL; objects are files here."""
    with postgres.empty() as url:
        yield Settings(_env_file=None, home=tmp_path / "city", workers=1, database_url=url)


@pytest.fixture(params=PARAMS)
def city_on_s3(request: pytest.FixtureRequest, city: Settings) -> tuple[Settings, S3Store]:
    """The same with an empty bucket of each S3 server, and that bucket."""
    bucket = open_store(request.param)
    given = dict(one.split("=", 1) for one in os.environ["ARCHIVE_TEST_S3"].split())
    endpoint, access, secret = given[request.param].split(",")
    return city.model_copy(update={
        "store": "s3", "s3_endpoint": endpoint, "s3_access_key": SecretStr(access), "s3_secret_key": SecretStr(secret),
        "s3_bucket": bucket.bucket, "s3_secure": False,
    }), bucket  # fmt: skip


def take_along(county: Services, out: Path) -> Path:
    """Back the county up."""
    backup(county.settings, county.store, out, now=clock.now())
    return out


def move(settings: Settings, folder: Path) -> Restored:
    return restore(settings, folder, now=clock.now())


def rows(settings: Settings) -> dict[str, list[str]]:
    """Every row of every table as the program reads it, but those about the index and when objects were checked."""
    services = Services(settings)
    with services.database.reading() as session:
        found = {
            table.name: sorted(
                repr(tuple(row)) for row in session.execute(select(*(c for c in table.c if c.name != "checked_at")))
            )
            for table in Base.metadata.sorted_tables
            if table.name != "indexed_revisions"
        }
    services.database.close()
    return found


def hits(services: Services) -> list[tuple[int, str]]:
    with services.reading() as (session, viewer):
        page = search(
            session, services.index, viewer_units=viewer.units("record.read"), query="供电方案", filters=Filters(),  # type: ignore[arg-type]
            limit=100, offset=0,
        )  # fmt: skip
    return sorted((hit.item_id, hit.account_no) for hit in page.hits)


def test_a_county_that_becomes_a_city_keeps_every_row_object_and_answer(
    county: Services, city_on_s3: tuple[Settings, S3Store], tmp_path: Path
) -> None:
    """SQLite and files in, PostgreSQL and S3 out: the same rows, bytes, audit chain and search results."""
    city, bucket = city_on_s3
    done = move(city, take_along(county, tmp_path / "backup"))
    assert (done.same, done.findings, done.indexed) == (True, (), ITEMS)
    assert rows(city) == rows(county.settings)
    assert set(bucket.digests()) == set(county.store.digests())
    grown = Services(city)
    assert hits(grown) == hits(county) != []
    grown.index.close()
    grown.database.close()


def test_the_grown_archive_goes_on_with_its_numbers(county: Services, city: Settings, tmp_path: Path) -> None:
    """The next case, item and audit entry follow on the last, and the check finds nothing."""
    move(city, take_along(county, tmp_path / "backup"))
    more = fill(city, items=1)
    assert more.items == [ITEMS + 1]
    assert findings(more.services, sample=None, now=clock.now()).findings == ()
    more.close()


def test_a_move_that_is_killed_leaves_no_row_and_is_run_again(county: Services, city: Settings, tmp_path: Path) -> None:
    """SIGKILL between two tables: PostgreSQL holds nothing of it, and the same command finishes the work."""
    folder = take_along(county, tmp_path / "backup")
    environment = {**os.environ, **city.environment()}
    killed = subprocess.run([sys.executable, "-c", DOOMED, str(folder)], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    with dumps.looking_into(city.url()) as connection:
        assert set(dumps.counts_of(connection).values()) == {0}
    done = move(city, folder)
    assert (done.same, done.findings) == (True, ())
    assert rows(city) == rows(county.settings)
    assert [path.name for path in city.home.glob("*.part")] == []


def test_a_database_in_which_somebody_works_is_never_carried_into(
    county: Services, city: Settings, tmp_path: Path
) -> None:
    """Also not by a move that was begun before: one row of anybody's is enough."""
    folder = take_along(county, tmp_path / "backup")
    environment = {**os.environ, **city.environment()}
    subprocess.run([sys.executable, "-c", DOOMED, str(folder)], env=environment, check=False)
    with dumps.looking_into(city.url()) as connection:
        connection.execute(text("insert into units (code, name, path) values ('X', 'X', '1/')"))
        connection.commit()
    with pytest.raises(Refused) as refused:
        move(city, folder)
    assert refused.value.code == "restore.not-empty"


def test_an_altered_audit_entry_arrives_altered_and_is_named(county: Services, city: Settings, tmp_path: Path) -> None:
    """Moving does not launder the trail."""
    with county.database.engine.connect() as connection:
        connection.exec_driver_sql("drop trigger audit_entries_no_update")
        connection.exec_driver_sql("update audit_entries set facts = 'not json' where seq = 3")
        connection.commit()
    done = move(city, take_along(county, tmp_path / "backup"))
    assert [(one.kind, one.subject) for one in done.findings] == [("audit.altered", "3")]


def test_characters_that_postgresql_cannot_keep_arrive_as_blanks(
    county: Services, city: Settings, tmp_path: Path
) -> None:
    """A name with a NUL, which SQLite takes, does not stop the move."""
    with county.database.engine.connect() as connection:
        connection.exec_driver_sql("update household_files set account_name = 'A' || char(0) || 'B' where id = 1")
        connection.commit()
    assert move(city, take_along(county, tmp_path / "backup")).same
    with dumps.looking_into(city.url()) as connection:
        assert connection.execute(text("select account_name from household_files where id = 1")).scalar() == "A B"


def test_a_value_that_cannot_be_read_stops_the_move_before_any_row_stays(
    county: Services, city: Settings, tmp_path: Path
) -> None:
    """The table is named, and PostgreSQL holds nothing."""
    with county.database.engine.connect() as connection:
        connection.exec_driver_sql("update case_files set accepted_on = 'yesterday' where id = 1")
        connection.commit()
    folder = take_along(county, tmp_path / "backup")
    with pytest.raises(Damaged, match="case_files") as found:
        move(city, folder)
    assert found.value.code == "restore.unreadable-row"
    with dumps.looking_into(city.url()) as connection:
        assert set(dumps.counts_of(connection).values()) == {0}


def test_the_move_on_the_command_line(county: Services, city: Settings, tmp_path: Path) -> None:
    """`restore` says that everything is the same, and `verify` that it holds."""
    folder = take_along(county, tmp_path / "backup")

    def run(*arguments: str) -> Any:
        command = [sys.executable, "-m", "archive_service", *arguments]
        return subprocess.run(
            command, env={**os.environ, **city.environment()}, capture_output=True, text=True, check=False
        )

    done = run("restore", str(folder), "--json")
    assert (done.returncode, json.loads(done.stdout)["same"]) == (0, True), done.stderr
    assert run("verify").returncode == 0
    assert run("restore", str(folder)).returncode == 3
