"""The upkeep lets the index follow the records: at once, by the trail, and without being late behind a busy writer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from archive_service.borrowing import actions as borrowing
from archive_service.borrowing.tables import ReadingGrant
from archive_service.db.session import Database
from archive_service.households import actions
from archive_service.households.tables import CaseFile
from archive_service.people.roles import Right
from archive_service.settings import Settings
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from archive_service.subjects import actions as subjects
from archive_service.subjects.rules import Said, Verdict
from archive_service.worker.upkeep import Upkeep
from indexing.index import Index, open_index
from indexing.rebuild import rebuild
from indexing.search import search
from indexing.sync import Mark, follow, follow_from, lag
from indexing.tables import IndexedRevision
from tests.borrowing import world as worlds
from tests.support import records
from tests.support.records import NOW, TODAY
from tests.support.statements import counted


@pytest.fixture
def index(settings: Settings) -> Iterator[Index]:
    opened = open_index(settings.home, "tantivy")
    yield opened
    opened.close()


@pytest.fixture
def upkeep(settings: Settings, database: Database) -> Upkeep:
    return Upkeep(settings, database, now=_now)


def _now() -> datetime:
    return NOW


def filed(database: Database, word: str) -> tuple[int, int]:
    """File a paper into a household of its own; return the ids of item and case."""
    with database.unit_of_work() as session:
        case = records.case(session)
        return records.item(session, case, pages=[records.page(text=word)]).id, case.id


def found(database: Database, index: Index, word: str) -> list[int]:
    index.refresh()
    with database.reading() as session:
        units = records.system(session).units(Right.RECORD_READ)
        return [hit.item_id for hit in search(session, index, viewer_units=units, query=word).hits]


def waits(database: Database, index: Index) -> int:
    with database.reading() as session:
        return lag(session, index)


def test_what_is_filed_between_two_looks_is_found_after_the_second(
    database: Database, index: Index, upkeep: Upkeep
) -> None:
    upkeep.run_once()
    item, _ = filed(database, "计量装置")
    upkeep.run_once()
    assert found(database, index, "计量装置") == [item]


def test_a_writer_that_was_busy_at_one_look_does_not_make_the_index_late(
    database: Database, index: Index, upkeep: Upkeep
) -> None:
    """The next look takes up what is owed, although nothing new happened since."""
    upkeep.run_once()
    item, _ = filed(database, "计量装置")
    with index.current()[1].writer():
        upkeep.run_once()
        assert found(database, index, "计量装置") == []
    upkeep.run_once()
    assert found(database, index, "计量装置") == [item]


def test_a_writer_that_is_busy_at_the_first_look_costs_one_look(
    database: Database, index: Index, upkeep: Upkeep
) -> None:
    item, _ = filed(database, "计量装置")
    with index.current()[1].writer():
        upkeep.run_once()
    upkeep.run_once()
    assert found(database, index, "计量装置") == [item]


def test_a_mark_of_another_generation_is_compared_whole(database: Database, index: Index) -> None:
    """What a rebuilt index lacks is looked for among all households, not only behind the last entry."""
    item, _ = filed(database, "计量装置")
    _, mark = follow_from(database, index, None, now=NOW)
    late, _ = filed(database, "变压器台账")
    rebuild(database, index, now=NOW)
    with database.unit_of_work() as session:
        # As if the rebuild had come too early for the second household.
        session.execute(delete(IndexedRevision).where(IndexedRevision.household_id == 2))
    assert follow_from(database, index, Mark(mark.generation, mark.seq + 10), now=NOW)[0] == 1
    assert (found(database, index, "计量装置"), found(database, index, "变压器台账")) == ([item], [late])


@pytest.mark.parametrize("change", ["filed", "withdrawn", "moved", "corrected", "renamed", "registered", "restricted"])
def test_whatever_changes_a_household_is_told_by_the_trail(database: Database, index: Index, change: str) -> None:
    """Following from a mark does all that comparing every household would have done."""
    item, case_id = filed(database, "计量装置")
    _, elsewhere = filed(database, "变压器台账")
    follow(database, index, now=NOW)
    _, mark = follow_from(database, index, None, now=NOW)
    with database.unit_of_work() as session:
        _change(session, change, item, session.get_one(CaseFile, case_id), session.get_one(CaseFile, elsewhere))
    owed = waits(database, index)
    assert owed > 0
    done, reached = follow_from(database, index, mark, now=NOW)
    assert (done, waits(database, index)) == (owed, 0)
    assert reached.seq > mark.seq


def _change(session: Session, change: str, item: int, case: CaseFile, elsewhere: CaseFile) -> None:
    by = records.viewer(session)
    said: dict[str, Any] = {"by": by, "now": NOW, "today": TODAY}
    if change == "filed":
        records.item(session, case)
    elif change == "withdrawn":
        actions.withdraw_item(session, item_id=item, reason="归错了", **said)
    elif change == "moved":
        actions.move_item(session, item_id=item, household_id=elsewhere.household_id, case_id=elsewhere.id, **said)
    elif change == "corrected":
        actions.correct_field(session, item_id=item, name="meter_no", value="M1", **said)
    elif change == "renamed":
        account = case.household.account_no
        records.case(session, account_no=account, account_name="王五", business="RENAME")
    elif change == "restricted":
        asked = subjects.register(
            session, by, case.household.account_no, Said("restrict", "王五", "self", "passport", "", "不要再用", TODAY),
            item_nos=[], now=NOW, today=TODAY, workdays_to_answer=15,
        )  # fmt: skip
        letter = Stored("f" * 64, 1, new=True)
        subjects.decide(session, by, asked.id, Verdict(True, "核实为本人", "", ""), letter, now=NOW)
    else:
        records.case(session)


def test_nothing_new_costs_one_question(database: Database, index: Index, upkeep: Upkeep) -> None:
    """An idle archive asks for the end of the trail and for nothing that grows with the households."""
    filed(database, "计量装置")
    upkeep.run_once()
    with counted(database) as statements:
        upkeep.run_once()
    assert [one.split()[-1] for one in statements if "household_files" in one] == []


def test_a_trail_that_went_back_is_compared_whole(database: Database, index: Index) -> None:
    """After a restore the trail may be shorter than the mark; every household is looked at then."""
    filed(database, "计量装置")
    follow(database, index, now=NOW)
    _, reached = follow_from(database, index, None, now=NOW)
    filed(database, "变压器台账")
    assert follow_from(database, index, Mark(reached.generation, reached.seq + 1000), now=NOW)[0] == 1


def test_a_reading_whose_time_is_over_is_ended_on_record(database: Database, upkeep: Upkeep) -> None:
    """As of the minute at which it was over, not of the look."""
    before = NOW - timedelta(days=2)
    with database.unit_of_work() as session:
        world = worlds.build(session)
        wish = worlds.ask(session, world, "staff", worlds.wish(world), now=before)[0]
        borrowing.decide(session, world.viewer(session, "archivist"), wish, approve=True, now=before)
    upkeep.run_once()
    with database.reading() as session:
        grant = session.scalars(select(ReadingGrant)).one()
        assert (grant.ended_at, grant.ended_why) == (before + timedelta(days=1), "time")


def test_a_store_that_is_away_keeps_neither_index_nor_the_other_work_waiting(
    settings: Settings, database: Database
) -> None:
    """Reading objects back is put off; the index stays open, and what is filed next is found."""
    settings.home.joinpath("in-the-way").write_bytes(b"")
    away = settings.model_copy(update={"second_store": str(settings.home / "in-the-way" / "second")})
    with database.unit_of_work() as session:
        stored = Stored("a" * 64, 1, new=True)
        record_object(session, stored, role="original", media_type="text/plain", now=NOW)
    upkeep = Upkeep(away, database, now=_now)
    with capture_logs() as said:
        upkeep.run_once()
    away = "store.unavailable"
    told = [(one["event"], one["code"]) for one in said]
    assert told == [("reading back put off", away), ("self-test put off", away)]
    assert upkeep._index is not None
