"""Tables that grow with every paper are parted on PostgreSQL, and nobody who writes or reads notices it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import DBAPIError

from archive_service.db import partitions
from archive_service.db.session import Database
from archive_service.households.tables import Page
from archive_service.jobs import queue
from archive_service.jobs.prune import prune
from archive_service.jobs.tables import Job
from archive_service.settings import Settings
from archive_service.worker.housekeeping import ROUND_S, Housekeeping
from tests.support import records
from tests.support.databases import Postgres

KEPT = timedelta(days=90)
T = TypeVar("T")


@pytest.fixture
def parted(postgres: Postgres) -> Iterator[Database]:
    """A fresh migrated database on PostgreSQL."""
    with postgres.fresh() as url:
        database = Database(url)
        yield database
        database.close()


def job(database: Database, number: int, *, state: str = "done", days: float = 0) -> None:
    """Write a job that was made and ended so many days ago."""
    at = records.NOW - timedelta(days=days)
    with database.unit_of_work() as session:
        session.add(Job(id=number, kind="scan", subject="1", queue="light", state=state, not_before=at, created_at=at,
                        finished_at=at if state in ("done", "failed", "cancelled") else None))  # fmt: skip


def give_out(database: Database, number: int) -> None:
    """Let the numbers of jobs go on behind this one."""
    with database.unit_of_work() as session:
        session.execute(text(f"select setval('jobs_id_seq', {number})"))


def jobs(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(Job.id).order_by(Job.id)))


def of_jobs(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [one.name for one in partitions.partitions(connection, "jobs")]


@pytest.mark.service
def test_two_partitions_stand_ready_ahead_of_the_newest_key(parted: Database) -> None:
    """However far the keys have come, and nothing is made twice."""
    assert partitions.ensure(parted.engine) == []
    job(parted, 10_000_000)
    job(parted, 9_999_999)
    assert partitions.ensure(parted.engine) == ["jobs_from_30000000"]
    assert partitions.ensure(parted.engine) == []
    with parted.engine.connect() as connection:
        where = text("select tableoid::regclass::text from jobs order by id")
        assert connection.scalars(where).all() == ["jobs_from_0", "jobs_from_10000000"]
        assert {one.end - (one.first or 0) for one in partitions.partitions(connection, "jobs")} == {10_000_000}


@pytest.mark.service
def test_a_new_partition_has_all_that_the_first_one_has(parted: Database) -> None:
    """Keys, indexes and defaults of a partition made later are those of the first."""
    job(parted, 10_000_000)
    [made] = partitions.ensure(parted.engine)
    what = text("select replace(indexdef, :name, 'X') from pg_indexes where tablename = :name order by 1")
    with parted.engine.connect() as connection:
        first, last = (connection.scalars(what, {"name": name}).all() for name in ("jobs_from_0", made))
    assert len(last) == 5
    assert last == first


@pytest.mark.service
def test_room_counts_the_keys_before_the_end(parted: Database) -> None:
    """Whoever watches the archive sees in time that partitions are not made any more."""
    job(parted, 29_999_990)
    with parted.reading() as session:
        assert partitions.room(session) == {
            "audit_entries": 29_999_999, "jobs": 9, "pages": 14_999_999, "scan_pages": 14_999_999,
        }  # fmt: skip


@pytest.mark.service
def test_without_a_partition_nothing_is_kept_in_a_wrong_one(parted: Database) -> None:
    """Behind the last partition a write is refused; that is why two are made ahead."""
    with pytest.raises(DBAPIError, match="no partition"):
        job(parted, 30_000_000)
    assert partitions.ensure(parted.engine, coming={"jobs": 30_000_000}) == [
        "jobs_from_30000000", "jobs_from_40000000", "jobs_from_50000000",
    ]  # fmt: skip
    job(parted, 30_000_000)
    assert jobs(parted) == [30_000_000]


@pytest.mark.service
def test_several_processes_make_each_partition_once(parted: Database) -> None:
    """Every worker with the upkeep queue keeps house; they do not get in each other's way."""
    job(parted, 29_000_000)
    with ThreadPoolExecutor(6) as pool:
        made = [name for names in pool.map(lambda _: partitions.ensure(parted.engine), range(6)) for name in names]
    assert sorted(made + partitions.ensure(parted.engine)) == ["jobs_from_30000000", "jobs_from_40000000"]


@pytest.mark.service
def test_a_partition_that_cannot_be_made_now_is_made_later(parted: Database) -> None:
    """Upkeep gives way to whoever holds the table, and tries again."""
    job(parted, 10_000_000)
    with parted.engine.connect() as other:
        other.exec_driver_sql("lock table jobs in share update exclusive mode")
        assert partitions.ensure(parted.engine) == []
    assert partitions.ensure(parted.engine) == ["jobs_from_30000000"]


@pytest.mark.service
def test_the_pages_of_an_item_are_looked_for_in_one_partition(parted: Database) -> None:
    """A household page costs the same however many partitions there are."""
    with parted.unit_of_work() as session:
        item = records.item(session, records.case(session), pages=(records.page(1), records.page(2)))
    found, plans = explained(parted, lambda: pages_of(parted, item.id))
    assert found == [1, 2]
    assert plans
    for plan in plans:
        assert "pages_from_0" in plan
        assert "pages_from_5000000" not in plan


def pages_of(database: Database, item_id: int) -> list[int]:
    with database.reading() as session:
        return [page.page_no for page in session.scalars(select(Page).where(Page.item_id.in_([item_id])))]


@pytest.mark.service
def test_a_claim_does_not_walk_through_jobs_that_are_done(parted: Database) -> None:
    """Also when many wait and many more are done, in several partitions, with statistics that say so."""
    done = text(
        "insert into jobs (id, kind, subject, queue, state, attempt, max_attempts, not_before, done_units, total_units,"
        " created_at) select cast(:first as bigint) + n, 'scan', '1', 'light', :state, 0, 3, '2026-01-01', 0, 0,"
        " '2026-01-01' from generate_series(1, cast(:many as bigint)) n"
    )
    with parted.engine.begin() as connection:
        for first in (0, 10_000_000, 20_000_000):
            connection.execute(done, {"first": first, "many": 20_000, "state": "done"})
        connection.execute(done, {"first": 20_900_000, "many": 2000, "state": "queued"})
        connection.exec_driver_sql("analyze jobs")
    claimed, plans = explained(
        parted, lambda: queue.claim(parted, worker="w", queues=("light",), now=records.NOW, lease_s=60)
    )
    assert claimed is not None
    assert claimed.id == 20_900_001
    assert len(plans) == 2
    for plan in plans:
        assert plan.count("_id_idx on jobs_from") == 3
        assert "Rows Removed by Filter: 20000" not in plan


def explained(database: Database, act: Callable[[], T]) -> tuple[T, list[str]]:
    """Act, and return the result and the plans of the SELECTs that it took."""
    sent: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            sent.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        result = act()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    with database.engine.connect() as connection:
        plans = [
            "\n".join(connection.exec_driver_sql(f"explain (analyze) {one}", values).scalars()) for one, values in sent
        ]
    return result, plans


def test_old_jobs_go_and_others_stay(database: Database) -> None:
    """Done ones after their time, failed and cancelled ones after four times as long, open ones never."""
    for number, state, days in (
        (1, "done", 91), (2, "done", 89), (3, "cancelled", 91), (4, "failed", 91), (5, "failed", 361),
        (6, "queued", 900), (7, "running", 900), (8, "failed", 359), (9, "done", 400), (10, "done", 0),
        (11, "cancelled", 361),
    ):  # fmt: skip
        job(database, number, state=state, days=days)
    pruned = prune(database, now=records.NOW, kept=KEPT)
    assert (pruned.jobs, pruned.after) == (4, None)
    assert jobs(database) == [2, 3, 4, 6, 7, 8, 10]


def test_pruning_goes_on_where_it_stopped(database: Database) -> None:
    """Years of old jobs go in slices; ones that stay do not keep it from those behind them."""
    with database.unit_of_work() as session:
        old = records.NOW - timedelta(days=100)
        for number in range(1, 3001):
            state = "failed" if number <= 1500 else "done"
            session.add(Job(id=number, kind="scan", subject="1", queue="light", state=state, not_before=old,
                            created_at=old, finished_at=old))  # fmt: skip
    slices, after = [], 0
    while True:
        pruned = prune(database, now=records.NOW, kept=KEPT, after=after, batches=1)
        slices.append(pruned.jobs)
        if pruned.after is None:
            break
        after = pruned.after
    assert slices == [0, 500, 1000, 0]
    assert jobs(database) == list(range(1, 1501))


@pytest.mark.service
def test_a_partition_without_jobs_is_dropped_when_its_numbers_are_used_up(parted: Database) -> None:
    """One that may still get rows, or holds one, stays."""
    job(parted, 5, days=200)
    job(parted, 10_000_007, state="failed", days=100)
    give_out(parted, 25_000_000)
    pruned = prune(parted, now=records.NOW, kept=KEPT)
    assert (pruned.jobs, pruned.partitions) == (1, ("jobs_from_0",))
    assert of_jobs(parted.engine) == ["jobs_from_10000000", "jobs_from_20000000"]
    with parted.unit_of_work() as session:
        assert queue.enqueue(session, kind="scan", subject=1, queue="light", now=records.NOW).id == 25_000_001


@pytest.mark.service
def test_a_partition_that_somebody_writes_to_is_not_dropped(parted: Database) -> None:
    """What was empty when it was looked at may get a row before it is locked; then it stays, and so does the row."""
    give_out(parted, 25_000_000)
    dropped: list[str] = []
    dropping = threading.Thread(target=lambda: dropped.extend(partitions.drop_emptied(parted.engine, "jobs")))
    waits = text("select count(*) from pg_locks where not granted and relation = 'jobs'::regclass")
    with parted.unit_of_work() as session:
        session.add(Job(id=5, kind="scan", subject="1", queue="light", not_before=records.NOW, created_at=records.NOW))
        session.flush()
        dropping.start()
        while not session.scalar(waits):
            assert dropping.is_alive()
    dropping.join()
    assert dropped == ["jobs_from_10000000"]
    assert jobs(parted) == [5]


def test_housekeeping_is_done_once_an_hour(database: Database, settings: Settings) -> None:
    """Called all the time, it looks at the database once in a while."""
    seconds = 0.0
    keeping = Housekeeping(settings, database, now=lambda: records.NOW, ticks=lambda: seconds)
    job(database, 1, days=91)
    keeping.run_once()
    assert jobs(database) == []
    job(database, 2, days=91)
    keeping.run_once()
    assert jobs(database) == [2]
    seconds = ROUND_S
    keeping.run_once()
    assert jobs(database) == []


@pytest.mark.service
def test_housekeeping_makes_partitions(parted: Database, settings: Settings) -> None:
    """Nobody has to think of them."""
    job(parted, 10_000_000)
    Housekeeping(settings, parted, now=lambda: records.NOW).run_once()
    assert of_jobs(parted.engine)[-1] == "jobs_from_30000000"


def test_a_whole_table_needs_no_partitions(migrated_file: Path) -> None:
    """On SQLite there is nothing to make, to count or to drop."""
    database = Database(f"sqlite:///{migrated_file}")
    assert partitions.ensure(database.engine) == []
    assert partitions.drop_emptied(database.engine, "jobs") == []
    with database.reading() as session:
        assert partitions.room(session) == {}
        assert partitions.names(session.connection()) == set()
    database.close()
