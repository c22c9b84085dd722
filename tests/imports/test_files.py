"""Long files of cases: previewed and registered in parts, by whoever handed them in, whatever stops in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.households.csv_rows import CsvRow, rows_of
from archive_service.households.tables import CaseFile
from archive_service.imports import actions, queries
from archive_service.imports.tables import CaseImport, CaseImportPart
from archive_service.imports.work import ImportHandler
from archive_service.jobs import queue
from archive_service.jobs.runner import Runner
from archive_service.people.queries import viewer_for
from archive_service.people.roles import Role
from archive_service.people.tables import RoleGrant
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from tests.cli.test_import_preview import line
from tests.support import records
from tests.support.archive import COLUMNS
from tests.support.records import NOW

BAD = (3, 5, 11)


def text(*rows: list[object]) -> str:
    return "\n".join([COLUMNS, *(",".join("" if cell is None else str(cell) for cell in row) for row in rows)])


@pytest.fixture
def person(database: Database) -> int:
    with database.unit_of_work() as session:
        at = records.unit(session, "QH", below=records.unit(session))
        return records.person(session, "importer", roles=[Role.ARCHIVIST], at=at).id


@pytest.fixture
def by(database: Database, person: int) -> Viewer:
    with database.reading() as session:
        found = viewer_for(session, person, now=NOW)
        assert found is not None
        return found


@pytest.fixture
def runner(settings: Settings, database: Database) -> Runner:
    handlers = {actions.IMPORT_JOB: ImportHandler(settings, database, lambda: NOW)}
    return Runner(database, handlers, "w", ("upkeep",), settings.lease_s, lambda: NOW)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four rows a part, so that a dozen rows are several."""
    monkeypatch.setattr(actions, "PART", 4)


def hand_in(database: Database, by: Viewer, content: str) -> int:
    with database.unit_of_work() as session:
        return actions.hand_in(session, lambda: rows_of(content), name="迁移.csv", by=by, now=NOW).id


def confirm(database: Database, by: Viewer, import_id: int) -> None:
    with database.unit_of_work() as session:
        actions.confirm(session, import_id, by=by, now=NOW)


def shown(database: Database, by: Viewer, import_id: int) -> queries.ImportView:
    with database.reading() as session:
        return queries.one(session, by, import_id)


def registered(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(CaseFile)) or 0


def twelve_rows() -> str:
    return text(*(line(n, capacity_kva="many") if n in BAD else line(n) for n in range(12)))


def test_nothing_is_registered_before_it_is_confirmed_and_then_all_but_the_refused_rows(
    database: Database, by: Viewer, runner: Runner
) -> None:
    key = hand_in(database, by, twelve_rows())
    assert shown(database, by, key).moving
    assert runner.run_one()
    seen = shown(database, by, key)
    assert (seen.state, seen.rows, seen.done, registered(database)) == ("previewed", 12, 12, 0)
    assert seen.tally == {"created": 9, "updated": 0, "unchanged": 0, "refused": 3}
    confirm(database, by, key)
    assert runner.run_one()
    seen = shown(database, by, key)
    assert (seen.state, seen.done, registered(database)) == ("done", 12, 9)
    assert seen.tally == {"created": 9, "updated": 0, "unchanged": 0, "refused": 3}
    with database.reading() as session:
        assert [one.line - 2 for one in queries.refused(session, by, key)] == list(BAD)
        # What was registered stands in its household; the file keeps no second copy of it.
        assert set(session.scalars(select(CaseImportPart.rows))) == {"[]"}
        told = select(AuditEntry.did).where(AuditEntry.did.startswith("import.")).order_by(AuditEntry.seq)
        assert session.scalars(told).all() == ["import.handed-in", "import.confirmed"]


def test_rows_are_shown_from_any_place_and_by_what_becomes_of_them(
    database: Database, by: Viewer, runner: Runner
) -> None:
    key = hand_in(database, by, twelve_rows())
    runner.run_one()
    with database.reading() as session:

        def lines(**chosen: object) -> list[int]:
            return [one.line - 2 for one in queries.fates(session, by, key, **chosen)]  # type: ignore[arg-type]

        assert lines() == list(range(12))
        assert lines(first=3, limit=6) == [3, 4, 5, 6, 7, 8]
        assert lines(outcome="refused", first=1, limit=5) == list(BAD[1:])
        assert lines(outcome="created", first=7) == [9, 10]
        assert lines(first=12) == []


@pytest.mark.parametrize("state", ["previewing", "importing"])
def test_what_is_stopped_half_way_goes_on_behind_the_parts_that_are_done(
    database: Database, by: Viewer, runner: Runner, settings: Settings, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """The process dies in the middle of the second part; each row is taken once."""
    key = hand_in(database, by, twelve_rows())
    if state == "importing":
        runner.run_one()
        confirm(database, by, key)
    renewed = iter([None, KeyboardInterrupt])
    real = queue.renew

    def dies(*given: object, **named: object) -> None:
        fault = next(renewed, None)
        if fault:
            raise fault
        real(*given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr("archive_service.imports.work.queue.renew", dies)
        with pytest.raises(KeyboardInterrupt):
            runner.run_one()
    assert (shown(database, by, key).state, shown(database, by, key).done) == (state, 4)
    assert registered(database) == (3 if state == "importing" else 0)
    later = Runner(
        database, runner.handlers, "other", runner.queues, settings.lease_s, lambda: NOW + timedelta(hours=1)
    )
    assert later.run_one()
    seen = shown(database, by, key)
    assert (seen.state, seen.done) == (("done", 12) if state == "importing" else ("previewed", 12))
    assert seen.tally == {"created": 9, "updated": 0, "unchanged": 0, "refused": 3}


def test_only_one_of_confirming_and_giving_up_is_done(database: Database, by: Viewer, runner: Runner) -> None:
    key = hand_in(database, by, twelve_rows())
    with pytest.raises(Refused) as early:
        confirm(database, by, key)
    assert early.value.code == "import.not-previewed"
    runner.run_one()
    confirm(database, by, key)
    with database.unit_of_work() as session, pytest.raises(Refused):
        actions.drop(session, key, by=by, now=NOW)
    with pytest.raises(Refused):
        confirm(database, by, key)
    other = hand_in(database, by, text(line(40)))
    with database.unit_of_work() as session:
        actions.drop(session, other, by=by, now=NOW)
    with pytest.raises(Refused):
        confirm(database, by, other)
    while runner.run_one():
        continue
    assert (shown(database, by, other).state, registered(database)) == ("dropped", 9)


def test_a_file_is_seen_and_moved_by_nobody_else(database: Database, by: Viewer) -> None:
    key = hand_in(database, by, twelve_rows())
    with database.unit_of_work() as session:
        at = records.unit(session, "QH")
        other = viewer_for(session, records.person(session, "other", roles=[Role.ARCHIVIST], at=at).id, now=NOW)
        staff = viewer_for(session, records.person(session, "reader", roles=[Role.STAFF], at=at).id, now=NOW)
        assert other is not None
        assert staff is not None
        for stranger in (other, records.system(session)):
            with pytest.raises(NotFound):
                queries.one(session, stranger, key)
            with pytest.raises(NotFound):
                actions.confirm(session, key, by=stranger, now=NOW)
            assert queries.mine(session, stranger) == []
        with pytest.raises(NotPermitted):
            actions.hand_in(session, lambda: rows_of(twelve_rows()), name="a", by=staff, now=NOW)


def test_who_lost_the_right_meanwhile_registers_nothing(
    database: Database, by: Viewer, person: int, runner: Runner
) -> None:
    key = hand_in(database, by, twelve_rows())
    runner.run_one()
    confirm(database, by, key)
    with database.unit_of_work() as session:
        for grant in session.scalars(select(RoleGrant).where(RoleGrant.person_id == person)):
            session.delete(grant)
    for hours in range(queue.TRIES):
        later = Runner(database, runner.handlers, "w", runner.queues, 60, lambda: NOW + timedelta(hours=hours))  # noqa: B023
        assert later.run_one()
    seen = shown(database, by, key)
    assert (seen.state, seen.stuck, registered(database)) == ("importing", True, 0)


@pytest.mark.parametrize(
    "content",
    [
        twelve_rows().replace("account_no", "nummer", 1),
        twelve_rows() + '\n"open',
        twelve_rows().replace("account_name,", "", 1),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing(database: Database, by: Viewer, content: str) -> None:
    with pytest.raises(Invalid):
        hand_in(database, by, content)
    with database.reading() as session:
        assert session.scalars(select(CaseImport)).all() == []


def test_rows_of_an_account_and_of_a_number_given_twice_come_in_one_part(
    database: Database, by: Viewer, runner: Runner
) -> None:
    """Else a preview would promise what the import cannot keep."""
    rows = [line(n) for n in range(6)]
    again = list(rows[0])
    again[5], again[2] = "20261102777777", "清河路 99 号"
    claimed = list(rows[4])
    claimed[0] = "3300000099"
    key = hand_in(database, by, text(*rows, again, claimed))
    runner.run_one()
    before = shown(database, by, key).tally
    confirm(database, by, key)
    runner.run_one()
    assert shown(database, by, key).tally == before
    assert before["refused"] == 1


def test_what_nobody_confirmed_is_forgotten_after_a_month(database: Database, by: Viewer, runner: Runner) -> None:
    waiting, done = hand_in(database, by, text(line(60))), hand_in(database, by, text(line(61), line(62, centre="X")))
    while runner.run_one():
        continue
    confirm(database, by, done)
    runner.run_one()
    soon, late = (NOW + timedelta(days=actions.KEPT_DAYS + days) for days in (-1, 1))
    assert actions.prune(database, now=soon) == 0
    assert actions.prune(database, now=late) == 2
    assert actions.prune(database, now=late) == 0
    assert (shown(database, by, waiting).state, shown(database, by, done).state) == ("dropped", "done")
    assert shown(database, by, done).tally["refused"] == 1
    with database.reading() as session:
        assert list(queries.refused(session, by, done)) == []
        assert set(session.scalars(select(CaseImportPart.rows))) == {"[]"}


def test_a_long_file_is_looked_at_from_its_start_each_time(database: Database, by: Viewer) -> None:
    """The rows come from a generator that is asked for anew; a list that was used up would lose them."""

    def rows() -> Iterator[CsvRow]:
        return rows_of(twelve_rows())

    with database.unit_of_work() as session:
        made = actions.hand_in(session, rows, name="x" * 500, by=by, now=NOW)
        assert (made.rows, len(made.name)) == (12, 200)
