"""An archive of any older version comes to this version with everything in it, while people go on working."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from archive_service import migrations
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database
from archive_service.errors import Refused, Unavailable
from archive_service.households.tables import CaseFile, Page
from archive_service.jobs import queue
from tests.support import old_schemas, records
from tests.support.databases import Postgres
from tests.support.old_schemas import MANY, Writer

#: Which households were reckoned: no fact but a note of work done, which 0035 has done anew by other rules.
DONE_ANEW = "retention_reckoned"
#: What a whole catalogue of a PostgreSQL schema is: columns with defaults, keys and indexes, sequences, partitions.
LAYOUT = {
    "columns": "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attislocal,"
    " a.attinhcount, pg_get_expr(d.adbin, d.adrelid) from pg_class c join pg_attribute a on a.attrelid = c.oid"
    " left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum"
    " where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and c.relkind in ('r', 'p')",
    "constraints": "select conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid), convalidated,"
    " conislocal, coninhcount, conparentid <> 0 from pg_constraint where connamespace = 'public'::regnamespace",
    "indexes": "select indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid,"
    " indisprimary, indisunique from pg_index where indrelid::regclass::text not like 'pg_%'",
    "partitions": "select inhparent::regclass::text, inhrelid::regclass::text,"
    " pg_get_expr(c.relpartbound, c.oid) from pg_inherits join pg_class c on c.oid = inhrelid",
    "sequences": "select s.relname, t.relname, a.attname from pg_class s join pg_depend d on d.objid = s.oid"
    " and d.deptype = 'a' join pg_class t on t.oid = d.refobjid"
    " join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid where s.relkind = 'S'",
    "triggers": "select tgrelid::regclass::text, tgfoid::regproc::text, count(*) from pg_trigger group by 1, 2",
}


def starts() -> Iterator[Any]:
    """Give every older version of a SQLite file; of PostgreSQL the first, every fourth and the last three of them."""
    versions = old_schemas.older()
    for at, version in enumerate(versions):
        yield pytest.param(("sqlite", version), id=f"{version}-sqlite")
        if at % 4 == 0 or at >= len(versions) - 3:
            yield pytest.param(("postgresql", version), id=f"{version}-postgresql", marks=pytest.mark.service)


@pytest.fixture(params=starts())
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a filled database of an older version."""
    kind, version = request.param
    server: Postgres | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    with old_schemas.database_at(version, kind, tmp_path, server) as url:
        yield url


@pytest.fixture
def first_url(postgres: Postgres, tmp_path: Path) -> Iterator[str]:
    """The address of a filled PostgreSQL database of the first version."""
    with old_schemas.database_at("0001", "postgresql", tmp_path, postgres) as url:
        yield url


@contextmanager
def plain(url: str) -> Iterator[Engine]:
    engine = create_engine(url, poolclass=NullPool)
    yield engine
    engine.dispose()


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def layout(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with plain(url) as engine, engine.connect() as connection:
        return {part: sorted(map(tuple, connection.execute(text(query))), key=repr) for part, query in LAYOUT.items()}


def test_every_row_of_an_older_archive_is_there_after_the_upgrade(old_url: str) -> None:
    """What was written before is what is read afterwards, and the mapped classes fit what there is now."""
    with plain(old_url) as engine:
        known = old_schemas.reflect(engine)
        before = old_schemas.rows(engine, known)
        migrations.upgrade(old_url)
        after = old_schemas.rows(engine, known)
        assert {name: rows for name, rows in after.items() if name != DONE_ANEW} == {
            name: rows for name, rows in before.items() if name != DONE_ANEW
        }
    assert all(before.values()), [name for name, rows in before.items() if not rows]
    assert migrations.stored(old_url) == migrations.newest()
    migrations.check(old_url)


def test_an_upgraded_archive_goes_on_working(old_url: str) -> None:
    """Jobs are claimed and finished, papers filed, and the audit trail holds from its first entry to the newest."""
    migrations.upgrade(old_url)
    with opened(old_url) as database:
        claimed = queue.claim(database, worker="w", queues=("light",), now=records.NOW, lease_s=60)
        assert claimed is not None
        with database.unit_of_work() as session:
            queue.finish(session, claimed, now=records.NOW)
            case = session.scalars(select(CaseFile).order_by(CaseFile.id)).first()
            assert case is not None
            filed = records.item(session, case, "A02R", pages=(records.page(1), records.page(2)))
        with database.reading() as session:
            assert [page.page_no for page in session.scalars(select(Page).where(Page.item_id == filed.id))] == [1, 2]
            assert chain_breaks(session) == []
            assert filed.id > MANY


def test_the_program_before_goes_on_writing_after_the_upgrade(old_url: str) -> None:
    """Who still runs the older version reads, writes, changes and removes through the tables as it knows them."""
    with plain(old_url) as engine:
        known = old_schemas.reflect(engine)
        migrations.upgrade(old_url)
        jobs, pages, scan_pages = (known.tables[name] for name in ("jobs", "pages", "scan_pages"))
        with engine.begin() as connection:
            writer = Writer(connection, known)
            job = old_schemas.add_job(writer, 99)
            page = writer.add("pages", item_id=1, page_no=3, text="附页")
            scan_page = writer.add("scan_pages", scan_id=1, page_no=3)
            old_schemas.add_entries(writer, range(MANY + 1, MANY + 3))
            connection.execute(update(jobs).where(jobs.c.id == job).values(state="running", attempt=1))
            connection.execute(update(scan_pages).where(scan_pages.c.id == scan_page).values(text="读过"))
            connection.execute(delete(pages).where(pages.c.id == page))
            changed = connection.execute(select(jobs.c.state, jobs.c.attempt).where(jobs.c.id == job)).one()
            read = connection.scalar(select(scan_pages.c.text).where(scan_pages.c.id == scan_page))
            left = connection.scalar(select(func.count()).select_from(pages).where(pages.c.item_id == 1))
        assert (tuple(changed), read, left) == (("running", 1), "读过", 2)


@pytest.mark.service
def test_an_upgraded_and_a_new_archive_have_the_same_layout(postgres: Postgres, first_url: str) -> None:
    """Nobody has to ask of an archive how it came to be."""
    with postgres.empty() as new_url:
        migrations.upgrade(new_url)
        migrations.upgrade(first_url)
        assert layout(first_url) == layout(new_url)


@pytest.mark.service
def test_old_keys_get_a_first_partition_with_room_above_them(first_url: str) -> None:
    """The bound is checked while the older program writes: half a partition must be free above the newest key."""
    with plain(first_url) as engine:
        with engine.begin() as connection:
            connection.exec_driver_sql("update jobs set id = 27000000 where id = 12")
        migrations.upgrade(first_url)
        with engine.connect() as connection:
            bounds = connection.scalars(text(
                "select pg_get_expr(relpartbound, oid) from pg_class where relispartition and relkind = 'r'"
                " and relname like 'jobs_from_%' order by length(relname), relname"
            )).all()  # fmt: skip
    assert bounds == [
        "FOR VALUES FROM (MINVALUE) TO ('40000000')",
        "FOR VALUES FROM ('40000000') TO ('50000000')",
        "FOR VALUES FROM ('50000000') TO ('60000000')",
    ]


@pytest.mark.service
def test_nothing_is_lost_of_what_is_written_during_the_upgrade(first_url: str) -> None:
    """Three writers never pause; each row that they were told was kept is there afterwards, and none twice."""
    with plain(first_url) as engine:
        known = old_schemas.reflect(engine)
        started, ended = threading.Event(), threading.Event()
        writes: list[Callable[[Writer, int], object]] = [
            lambda writer, n: old_schemas.add_job(writer, n),
            lambda writer, n: old_schemas.add_entries(writer, range(n, n + 1)),
            lambda writer, n: writer.add("pages", item_id=1 + n % MANY, page_no=n),
            lambda writer, n: writer.add("scan_pages", scan_id=1 + n % MANY, page_no=n),
        ]
        kept = [0] * len(writes)

        def hammer(which: int) -> None:
            with plain(first_url) as own, own.connect() as connection:
                number = MANY + 1
                while not ended.is_set():
                    try:
                        with connection.begin():
                            writes[which](Writer(connection, known), number)
                    except OperationalError:
                        continue
                    number, kept[which] = number + 1, kept[which] + 1
                    started.set()

        threads = [threading.Thread(target=hammer, args=(which,)) for which in range(len(writes))]
        before = {name: len(found) for name, found in old_schemas.rows(engine, known).items()}
        for thread in threads:
            thread.start()
        started.wait()
        migrations.upgrade(first_url)
        at_upgrade = list(kept)
        while any(now < then + 20 for now, then in zip(kept, at_upgrade, strict=True)):
            time.sleep(0.01)
        ended.set()
        for thread in threads:
            thread.join()
        after = {name: len(found) for name, found in old_schemas.rows(engine, known).items()}
    names = ("jobs", "audit_entries", "pages", "scan_pages")
    assert {name: after[name] - before[name] for name in names} == dict(zip(names, kept, strict=True))
    assert min(at_upgrade) > 0
    with opened(first_url) as database, database.unit_of_work() as session:
        session.execute(text(f"update audit_head set seq = {MANY + kept[1]}, hash = (select hash from audit_entries"
                             " order by seq desc limit 1)"))  # fmt: skip
        assert chain_breaks(session) == []


@contextmanager
def holding(url: str, statement: str) -> Iterator[Connection]:
    """Hold a lock in a transaction of another program."""
    with plain(url) as engine, engine.connect() as connection:
        connection.exec_driver_sql(statement)
        yield connection
        connection.rollback()


@pytest.mark.service
@pytest.mark.parametrize("table", ["audit_entries", "jobs", "pages", "scan_pages", "items"])
def test_an_upgrade_that_cannot_have_its_lock_leaves_the_archive_as_it_was(first_url: str, table: str) -> None:
    """It says so in its sentence, the program before works on, and the next try succeeds."""
    with plain(first_url) as engine:
        known = old_schemas.reflect(engine)
        before = old_schemas.rows(engine, known)
        with (
            holding(first_url, f"lock table {table} in row exclusive mode"),
            pytest.raises(Unavailable, match="再次运行") as refused,
        ):
            migrations.upgrade(first_url, pauses=(0.01,), patience_s=1)
        assert refused.value.code == "database.busy"
        assert migrations.stored(first_url) == "0001"
        assert old_schemas.rows(engine, known) == before
        with engine.begin() as connection:
            assert old_schemas.add_job(Writer(connection, known), 7) > MANY
        migrations.upgrade(first_url)
        migrations.check(first_url)
        assert len(old_schemas.rows(engine, known)["jobs"]) == MANY + 1


@pytest.mark.service
def test_an_upgrade_that_was_killed_goes_on_where_it_stopped(
    postgres: Postgres, first_url: str, tmp_path: Path
) -> None:
    """Killed between what it prepares and the change itself, it leaves an archive that works and a next try."""
    environment = {**os.environ, "ARCHIVE_HOME": str(tmp_path), "ARCHIVE_DATABASE_URL": first_url}
    command = [sys.executable, "-m", "archive_service", "db", "upgrade"]
    with plain(first_url) as engine, engine.connect() as looking:
        with holding(first_url, "lock table items in row exclusive mode"):
            upgrading = subprocess.Popen(command, env=environment)
            try:
                prepared = text("select count(*) from pg_constraint where convalidated and conname like 'ck_%_below_%'")
                while looking.scalar(prepared) != 4:
                    assert upgrading.poll() is None
                    looking.rollback()
                    time.sleep(0.01)
            finally:
                upgrading.send_signal(signal.SIGKILL)
                upgrading.wait()
        assert migrations.stored(first_url) == "0001"
        looking.rollback()
    migrations.upgrade(first_url)
    with postgres.empty() as new_url:
        migrations.upgrade(new_url)
        assert layout(first_url) == layout(new_url)


@pytest.mark.service
def test_an_index_that_was_not_finished_is_built_again(postgres: Postgres, first_url: str) -> None:
    """A build that was stopped leaves an index that is not valid and may not become a key."""
    with plain(first_url) as engine:
        autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        with (
            holding(first_url, "select 1; update pages set page_no = page_no"),
            autocommit.connect() as connection,
        ):
            connection.exec_driver_sql("set lock_timeout = '100ms'")
            with pytest.raises(OperationalError):
                connection.exec_driver_sql("create unique index concurrently pages_from_0_pkey on pages (id, item_id)")
        with engine.begin() as connection:
            invalid = connection.scalar(text("select count(*) from pg_index where not indisvalid"))
            connection.exec_driver_sql("alter table jobs add constraint ck_jobs_below_5 check (id < 5) not valid")
    assert invalid == 1
    migrations.upgrade(first_url)
    with postgres.empty() as new_url:
        migrations.upgrade(new_url)
        assert layout(first_url) == layout(new_url)


@pytest.mark.service
def test_two_upgrades_at_once_are_one(first_url: str) -> None:
    """Whoever comes second waits for the first and finds nothing left to do."""
    upgrade = f"from archive_service import migrations; migrations.upgrade({first_url!r}, told=print, pauses=[.2] * 99)"
    both = [subprocess.Popen([sys.executable, "-c", upgrade], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [one.communicate()[0].splitlines() for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sorted(map(len, said)) == [0, len(migrations.versions()) - 1]
    migrations.check(first_url)


def test_a_newer_archive_is_left_alone(old_url: str) -> None:
    """A program that does not know what a newer one made writes nothing, also not by migrating."""
    migrations.upgrade(old_url)
    with plain(old_url) as engine:
        with engine.begin() as connection:
            connection.exec_driver_sql("update alembic_version set version_num = '9001'")
        with pytest.raises(Refused, match="9001") as refused:
            migrations.upgrade(old_url)
    assert refused.value.code == "archive.newer"
    assert migrations.stored(old_url) == "9001"


def test_jobs_of_before_are_claimed_in_their_order(old_url: str) -> None:
    """Every job that waited in the older archive is done, the oldest first."""
    migrations.upgrade(old_url)
    with opened(old_url) as database:
        later = records.NOW + timedelta(hours=1)
        claims = iter(lambda: queue.claim(database, worker="w", queues=("light",), now=later, lease_s=60), None)
        taken = [int(claimed.subject) for claimed in claims]
    assert taken == [number for number in range(1, MANY + 1) if number % 5 == 0]
