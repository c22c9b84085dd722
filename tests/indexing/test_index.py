"""The index follows the records, survives crashes, and is rebuilt beside itself."""

from __future__ import annotations

import json
import random
import shutil
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from archive_service.errors import ArchiveError, Refused
from archive_service.households.tables import Item
from archive_service.settings import Settings
from indexing import rebuild as rebuild_module
from indexing import sync, text
from indexing.engine import IndexUnusable
from indexing.generations import FolderGenerations
from indexing.index import Index
from indexing.rebuild import rebuild
from indexing.search import search
from indexing.sync import follow, lag
from indexing.tables import IndexedRevision

from .conftest import NOW, Records, opened_again

UNITS = frozenset(range(1, 500))


def found(records: Records, index: Index, typed: str) -> list[int]:
    with records.database.reading() as session:
        page = search(session, index, viewer_units=UNITS, query=typed, may_read_personal_units=UNITS)
    return sorted(hit.item_id for hit in page.hits)


def waiting(records: Records, index: Index) -> int:
    with records.database.reading() as session:
        return lag(session, index)


def missing(records: Records, index: Index) -> int:
    """By how many documents index and records differ."""
    with records.database.reading() as session:
        filed = session.scalar(select(func.count()).select_from(Item).where(Item.state == "filed"))
    return (filed or 0) - index.current()[1].count()


def test_the_index_follows_filing_changing_and_withdrawing(records: Records, index: Index) -> None:
    household = records.household(records.unit("C01"), "3401000001")
    first, second = records.file(household, "计量装置"), records.file(household, "变压器台账")
    assert (waiting(records, index), follow(records.database, index, now=NOW), waiting(records, index)) == (1, 1, 0)
    assert (found(records, index, "计量装置"), found(records, index, "变压器台账")) == ([first], [second])
    records.retype(first, "互感器说明")
    records.withdraw(second)
    assert follow(records.database, index, now=NOW) == 1
    assert found(records, index, '"计量"') == found(records, index, '"台账"') == []
    assert found(records, index, "互感器说明") == [first]
    assert missing(records, index) == 0


def test_following_takes_everything_that_waits_and_then_nothing(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    for number in range(7):
        records.file(records.household(unit, f"340100000{number}"), "计量装置")
    assert follow(records.database, index, limit=3, now=NOW) == 7
    assert follow(records.database, index, limit=3, now=NOW) == 0
    assert len(found(records, index, "计量装置")) == 7


def test_a_crash_between_index_and_mark_is_done_again_without_a_second_copy(
    records: Records, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = records.file(records.household(records.unit("C01"), "3401000001"), "计量装置")

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sync, "mark", crash)
        with pytest.raises(KeyboardInterrupt):
            follow(records.database, index, now=NOW)
    assert waiting(records, index) == 1
    assert follow(records.database, index, now=NOW) == 1
    assert found(records, index, "计量装置") == [item]
    assert missing(records, index) == 0


def test_an_indexer_gives_way_to_another_that_writes(records: Records, index: Index) -> None:
    records.file(records.household(records.unit("C01"), "3401000001"), "计量装置")
    with index.current()[1].writer():
        assert follow(records.database, index, now=NOW) == 0
    assert follow(records.database, index, now=NOW) == 1


def test_another_process_sees_what_the_indexer_wrote(records: Records, index: Index) -> None:
    reader = opened_again(index)
    item = records.file(records.household(records.unit("C01"), "3401000001"), "计量装置")
    assert found(records, reader, "计量装置") == []
    follow(records.database, index, now=NOW)
    reader.refresh()
    assert found(records, reader, "计量装置") == [item]
    reader.close()


def test_a_rebuilt_index_answers_the_same(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    for number in range(6):
        records.file(
            records.household(unit, f"340100000{number}"), f"计量装置第{number}号", fields={"meter_no": f"88{number}"}
        )
    follow(records.database, index, now=NOW)
    asked = ("计量装置", '"第3号"', "883", "户号:3401", "量", "计量装直第3号")
    before, old = [found(records, index, typed) for typed in asked], index.generation()
    told: list[tuple[int, int]] = []
    assert rebuild(records.database, index, now=NOW, progress=lambda done, total: told.append((done, total))) == 6
    assert [found(records, index, typed) for typed in asked] == before
    assert (told[0], told[-1]) == ((0, 6), (6, 6))
    assert index.generation() != old
    assert (waiting(records, index), missing(records, index)) == (0, 0)


def test_what_is_filed_during_a_rebuild_is_not_lost(
    records: Records, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = records.unit("C01")
    records.file(records.household(unit, "3401000001"), "计量装置")
    filed: list[int] = []

    def file_one_more(done: int, total: int) -> None:
        filed.append(records.file(records.household(unit, f"34010001{len(filed):02d}"), "互感器"))

    rebuild(records.database, index, now=NOW, progress=file_one_more)
    follow(records.database, index, now=NOW)
    assert found(records, index, "互感器") == filed
    assert rebuild_module._ROUNDS > 1
    assert missing(records, index) == 0


def test_the_old_index_serves_until_the_swap_and_goes_when_readers_have_moved(records: Records, index: Index) -> None:
    item = records.file(records.household(records.unit("C01"), "3401000001"), "计量装置")
    follow(records.database, index, now=NOW)
    seen: list[list[int]] = []
    rebuild(records.database, index, now=NOW, progress=lambda *_: seen.append(found(records, index, "计量装置")))
    assert seen == [[item]] * len(seen)
    assert len(index.generations()) == 2
    follow(records.database, index, now=datetime.now(UTC))
    assert len(index.generations()) == 2
    follow(records.database, index, now=datetime.now(UTC) + timedelta(minutes=2))
    assert index.generations() == [index.generation()]
    assert found(records, index, "计量装置") == [item]


def test_a_rebuild_cut_short_leaves_the_old_index_in_use_and_no_remains(records: Records, index: Index) -> None:
    item = records.file(records.household(records.unit("C01"), "3401000001"), "计量装置")
    follow(records.database, index, now=NOW)
    in_use = index.generation()

    def crash(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(records.database, index, now=NOW, progress=crash)
    assert (index.generation(), found(records, index, "计量装置")) == (in_use, [item])
    rebuild(records.database, index, now=NOW)
    assert sorted({*index.generations()}) == sorted({in_use, index.generation()})
    with records.database.reading() as session:
        assert session.scalars(select(IndexedRevision.generation)).all() == [index.generation()]


def test_only_one_rebuild_runs_at_a_time(records: Records, index: Index) -> None:
    with index.building(), pytest.raises(Refused, match="重建"):
        rebuild(records.database, index, now=NOW)


def _forget(folder: Path) -> None:
    shutil.rmtree(folder)


def _lose_the_pointer(folder: Path) -> None:
    (folder / "current.json").unlink()


def _tear_the_pointer(folder: Path) -> None:
    (folder / "current.json").write_text('{"generation": ')


def _point_outside(folder: Path) -> None:
    pointer = json.loads((folder / "current.json").read_text())
    (folder / "current.json").write_text(json.dumps(pointer | {"generation": "../.."}))


def _age(folder: Path) -> None:
    pointer = json.loads((folder / "current.json").read_text())
    (folder / "current.json").write_text(json.dumps(pointer | {"stamp": "text 0, schema 0"}))


def _change_engine(folder: Path) -> None:
    pointer = json.loads((folder / "current.json").read_text())
    other = "whoosh" if pointer["engine"] == "tantivy" else "tantivy"
    (folder / "current.json").write_text(json.dumps(pointer | {"engine": other}))


def _empty_the_generation(folder: Path) -> None:
    for path in folder.glob("0*/*"):
        path.unlink()


HARM = [_forget, _lose_the_pointer, _tear_the_pointer, _point_outside, _age, _change_engine, _empty_the_generation]


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__.strip("_"))
def test_an_index_that_cannot_be_used_says_so_and_a_rebuild_heals_it(
    records: Records, folder_index: Index, settings: Settings, harm: object
) -> None:
    item = records.file(records.household(records.unit("C01"), "3401000001"), "计量装置")
    follow(records.database, folder_index, now=NOW)
    folder_index.close()
    harm(settings.home / "index")  # type: ignore[operator]
    for ask in (
        lambda: found(records, folder_index, "计量装置"),
        lambda: follow(records.database, folder_index, now=NOW),
    ):
        with pytest.raises(IndexUnusable, match="reindex"):
            ask()
    assert rebuild(records.database, folder_index, now=NOW) == 1
    assert found(records, folder_index, "计量装置") == [item]


def test_an_archive_whose_index_was_removed_is_indexed_anew(records: Records, index: Index) -> None:
    item = records.file(records.household(records.unit("C01"), "3401000001"), "计量装置")
    follow(records.database, index, now=NOW)
    for generation in index.generations():
        index.remove(generation)
    index.close()
    if isinstance(index.place, FolderGenerations):
        (index.place.folder / "current.json").unlink()
    again = opened_again(index)
    assert follow(records.database, again, now=NOW) == 1
    assert found(records, again, "计量装置") == [item]
    again.close()


def test_many_openings_of_a_fresh_archive_at_once_make_one_generation(index: Index) -> None:
    for generation in index.generations():
        index.remove(generation)
    if isinstance(index.place, FolderGenerations):
        (index.place.folder / "current.json").unlink()
    opened: list[Index] = []
    threads = [threading.Thread(target=lambda: opened.append(opened_again(index))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 8
    assert {one.generation() for one in opened} == {opened[0].generations()[0]}
    assert len(opened[0].generations()) == 1


_LETTERS = "供电合同编号计量，。 \n0123456789HTx："


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=st.lists(st.text(_LETTERS, min_size=2, max_size=150), min_size=1, max_size=3), data=st.data())
def test_whatever_a_page_says_finds_its_paper_when_quoted(
    records: Records, index: Index, pages: Sequence[str], data: st.DataObject
) -> None:
    """Also where a personal number stands in it, for those who may read it."""
    number = next(records.numbers)
    # Whoosh draws the names of its files, and Hypothesis would let it draw the same again.
    random.seed(number)
    identity = "联系电话13812345678" if number % 2 else ""
    item = records.file(
        records.household(records.unit(f"U{number}"), f"34{number:08d}"), *(page + identity + page for page in pages)
    )
    follow(records.database, index, now=NOW)
    for _ in range(4):
        page = data.draw(st.sampled_from([page + identity + page for page in pages]))
        start = data.draw(st.integers(0, len(page) - 2))
        end = data.draw(st.integers(start + 2, min(len(page), start + 150)))
        if text.stream(page[start:end]):
            with records.database.reading() as session:
                answer = search(
                    session,
                    index,
                    viewer_units=UNITS,
                    query=f'"{page[start:end]}"',
                    limit=200,
                    may_read_personal_units=UNITS,
                )
            assert item in [hit.item_id for hit in answer.hits]


def test_what_cannot_be_used_is_an_error_that_doors_know() -> None:
    assert issubclass(IndexUnusable, ArchiveError)
    assert IndexUnusable.exit_code == 6
