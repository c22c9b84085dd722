"""What every search engine does, told once and run on all of them."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_service.errors import ArchiveError
from indexing import text
from indexing.document import SearchDocument
from indexing.engine import EngineResult, IndexBusy, IndexUnusable, SearchEngine
from indexing.engines.tantivy import TantivyEngine
from indexing.engines.whoosh import WhooshEngine
from indexing.query import AllOf, EngineQuery, Filter, parse
from tests.support import search_servers
from tests.support.search_documents import paper

#: Opens an engine at a place: in the folder of that name, or on the server under the prefix of that name.
ENGINES: dict[str, Callable[..., SearchEngine]] = {
    "tantivy": lambda place, **more: TantivyEngine(Path(place), **more),
    "whoosh": lambda place, **more: WhooshEngine(Path(place), **more),
    "opensearch": lambda place, **more: search_servers.engine(place, **more),
}
NAMES = ["tantivy", "whoosh", pytest.param("opensearch", marks=pytest.mark.service)]
HERE, THERE = 1, 2


@dataclass
class Shelf:
    """An engine with a place of its own, and short ways to fill and ask it."""

    engine: SearchEngine
    place: str = ""

    def hold(self, *documents: SearchDocument) -> None:
        with self.engine.writer() as writer:
            writer.upsert(documents)
            writer.commit()
        self.engine.reload()

    def reopened(self, place: str = "") -> SearchEngine:
        return ENGINES[self.engine.name](place or self.place)

    def ask(self, typed: str, *, units: Iterable[int] = (HERE,), **more: Any) -> EngineResult:
        asked = EngineQuery(frozenset(units), wanted=parse(typed) if typed else AllOf(), **more)
        return self.engine.search(asked)

    def ids(self, typed: str, **more: Any) -> list[int]:
        return [hit.item_id for hit in self.ask(typed, **more).hits]


@contextlib.contextmanager
def shelf_of(name: str, folder: Path) -> Iterator[Shelf]:
    with search_servers.prefix() if name == "opensearch" else contextlib.nullcontext(str(folder / name)) as place:
        engine = ENGINES[name](place, create=True)
        yield Shelf(engine, place)
        engine.close()


@pytest.fixture(params=NAMES)
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    with shelf_of(request.param, tmp_path) as made:
        yield made


def test_a_phrase_is_found_as_it_stands_and_not_with_its_words_apart(shelf: Shelf) -> None:
    shelf.hold(paper(1, "本供用电合同一式两份"), paper(2, "供用电的合同"), paper(3, "合同供用电"))
    assert shelf.ids('"供用电合同"') == [1]


def test_a_phrase_does_not_reach_over_a_sign_or_into_the_next_page(shelf: Shelf) -> None:
    shelf.hold(paper(1, "供电。合同"), paper(2, "供电", "合同"), paper(3, "供电合同"), paper(4, "供电，方合同"))
    assert shelf.ids('"供电合同"') == [3]


def test_it_does_not_matter_which_sign_parts_a_phrase(shelf: Shelf) -> None:
    shelf.hold(paper(1, "合同编号：HT-2024"), paper(2, "合同编号 (HT) 2024"), paper(3, "合同编号HT2024"))
    assert sorted(shelf.ids('"编号:HT—2024"')) == [1, 2]


def test_one_wrong_character_is_tolerated_and_stands_after_the_exact_hits(shelf: Shelf) -> None:
    shelf.hold(
        paper(1, "高压供用电台同书" * 9),
        paper(2, "前言" * 200 + "高压供用电合同书"),
        paper(3, "与此毫无关系的一页纸"),
    )
    found = shelf.ask("高压供用电合同书")
    assert [(hit.item_id, hit.exact) for hit in found.hits] == [(2, True), (1, False)]


def test_a_short_word_tolerates_a_wrong_character_only_when_asked_loosely(shelf: Shelf) -> None:
    shelf.hold(paper(1, "用户欧阳建国"))
    assert shelf.ids("欧阳健国") == []
    assert [hit.exact for hit in shelf.ask("欧阳健国", loose=True).hits] == [False]


def test_a_wrong_digit_is_tolerated_only_when_asked_loosely(shelf: Shelf) -> None:
    shelf.hold(paper(1, "表号 88123456"))
    assert shelf.ids("88123457") == []
    assert [hit.exact for hit in shelf.ask("88123457", loose=True).hits] == [False]


def test_all_words_have_to_occur_and_left_out_ones_must_not(shelf: Shelf) -> None:
    shelf.hold(paper(1, "变压器 容量 甲方"), paper(2, "变压器 容量 乙方"), paper(3, "变压器"))
    assert sorted(shelf.ids("变压器 容量")) == [1, 2]
    assert shelf.ids("变压器 容量 -甲方") == [2]
    assert sorted(shelf.ids("-甲方")) == [2, 3]


def test_gaps_of_a_reader_between_characters_do_not_hide_a_phrase(shelf: Shelf) -> None:
    shelf.hold(paper(1, "供 用 电\n合同 2024 年"))
    assert shelf.ids('"供用电合同2024年"') == [1]


def test_full_width_and_capital_letters_are_found_as_plain_ones(shelf: Shelf) -> None:
    shelf.hold(paper(1, "电表ＤＴＳ６３４型"))
    assert shelf.ids("dts634") == shelf.ids('"电表dts634"') == shelf.ids("DTS634") == [1]


def test_words_of_letters_and_digits_mixed_are_found(shelf: Shelf) -> None:
    shelf.hold(paper(1, "合同编号HT-2024-001容量100千伏安"), paper(2, "合同编号HT-2024-002容量1000千伏安"))
    assert shelf.ids("HT-2024-001") == [1]
    assert [hit.item_id for hit in shelf.ask("容量100千伏安").hits if hit.exact] == [1]
    assert shelf.ids("100") == [1]


def test_one_character_is_answered_wherever_it_stands(shelf: Shelf) -> None:
    shelf.hold(paper(1, "张三"), paper(2, "三张纸"), paper(3, "弓长"), paper(4, "户主，张，"))
    assert sorted(shelf.ids("张")) == sorted(shelf.ids('"张"')) == [1, 2, 4]
    assert shelf.ids('"户主，张"') == [4]


def test_the_beginning_of_an_account_number_finds_its_papers(shelf: Shelf) -> None:
    shelf.hold(
        paper(1, "甲", account_no="3401234567"),
        paper(2, "乙", account_no="3401239999"),
        paper(3, "丙", account_no="9934012345"),
    )
    assert sorted(shelf.ids("户号:340123")) == sorted(shelf.ids("340123")) == [1, 2]
    assert shelf.ids("3401234567") == [1]


def test_the_account_itself_stands_before_papers_that_mention_it(shelf: Shelf) -> None:
    shelf.hold(paper(1, "相邻户号3401234567 " * 20, account_no="3409999999"), paper(2, "甲", account_no="3401234567"))
    assert shelf.ids("3401234567") == [2, 1]


def test_numbers_side_by_side_are_found_apart_and_joined(shelf: Shelf) -> None:
    shelf.hold(paper(1, "读数 1523 88123456"), paper(2, "户号 3401 234 567"))
    assert shelf.ids("88123456") == shelf.ids("1523") == [1]
    assert shelf.ids("3401234567") == [2]


def test_one_field_can_be_looked_in(shelf: Shelf) -> None:
    shelf.hold(
        paper(1, "王建国 长江路", account_name="李四", address="黄山路1号", title="身份证明"),
        paper(2, "李四 黄山路", account_name="王建国", address="长江路2号", title="供用电合同"),
    )
    assert shelf.ids("户名:王建国") == shelf.ids("地址：长江路") == shelf.ids("类型:合同") == [2]


def test_whose_paper_it_is_weighs_more_than_a_mention(shelf: Shelf) -> None:
    shelf.hold(paper(1, "王建国" * 50), paper(2, "一页纸", account_name="王建国"))
    assert shelf.ids("王建国") == [2, 1]


def test_nobody_finds_counts_or_completes_what_stands_in_a_unit_of_others(shelf: Shelf) -> None:
    secret = paper(
        2, "秘密变电站合同 X778899", unit_id=THERE, account_no="5551234567", document_type="B09", on=date(1999, 1, 1)
    )
    shelf.hold(paper(1, "公开的合同书一份"), secret)
    for typed in (
        "合同",
        '"变电站合同"',
        "秘密变电站台同",
        "X778899",
        "户号:555",
        "5551",
        "密",
        "-公开的",
        "类型:B09",
        "",
    ):
        for loose in (False, True):
            found = shelf.ask(typed, facets=True, loose=loose)
            assert 2 not in [hit.item_id for hit in found.hits]
            assert found.total == len(found.hits)
            assert "B09" not in found.facets.get("document_type", {})
            assert str(THERE) not in found.facets.get("centre", {})
            assert "1999" not in found.facets.get("year", {})
    assert shelf.ask("合同", units=()).total == 0


def test_exact_hits_do_not_depend_on_papers_of_others(shelf: Shelf) -> None:
    shelf.hold(paper(1, "甲乙丙丁戊己合同"), paper(2, "甲乙丙丁戊己合同甲乙", unit_id=THERE))
    assert [(hit.item_id, hit.exact) for hit in shelf.ask("甲乙丙丁戊己合同甲乙").hits] == [(1, False)]


def test_personal_numbers_are_found_only_where_the_right_is_held(shelf: Shelf) -> None:
    private = {"private": ("身份证号340104198001011234",), "pages": ("身份证号340***********1234",)}
    shelf.hold(paper(1, **private), paper(2, **private, unit_id=THERE))
    both = (HERE, THERE)
    for typed in (
        "340104198001011234",
        '"340104198001011234"',
        '"9800101"',
        '"号3401"',
        "34010419",
        "证号340104198001011234",
    ):
        assert shelf.ids(typed, units=both) == [], typed
        assert shelf.ids(typed, units=both, personal_units=frozenset({THERE})) == [2], typed
        assert shelf.ids(typed, units=[HERE], personal_units=frozenset({THERE})) == [], typed


def test_filters_and_facets_tell_the_same(shelf: Shelf) -> None:
    shelf.hold(
        paper(1, "合同", document_type="A01", on=date(2023, 12, 31), category="LR"),
        paper(2, "合同", document_type="B02", on=date(2024, 1, 1), category="HV", business_type="MOVE"),
        paper(3, "合同", document_type="B02", on=date(2024, 6, 30), category="HV"),
        paper(4, "图纸", document_type="B02", on=date(2024, 6, 30), category="HV"),
    )
    found = shelf.ask("合同", facets=True)
    assert found.facets["document_type"] == {"A01": 1, "B02": 2}
    assert found.facets["year"] == {"2023": 1, "2024": 2}
    assert found.facets["category"] == {"LR": 1, "HV": 2}
    assert found.facets["centre"] == {str(HERE): 3}
    assert sorted(shelf.ids("合同", filter=Filter(document_type="B02"))) == [2, 3]
    assert shelf.ids("合同", filter=Filter(date_to=date(2023, 12, 31))) == [1]
    assert sorted(shelf.ids("合同", filter=Filter(date_from=date(2024, 1, 1)))) == [2, 3]
    assert shelf.ids("合同", filter=Filter(date_from=date(2024, 1, 1), date_to=date(2024, 1, 1))) == [2]
    assert shelf.ids("合同", filter=Filter(category="HV", business_type="MOVE")) == [2]


def test_nothing_typed_lists_the_newest_first(shelf: Shelf) -> None:
    shelf.hold(*(paper(n, "纸", on=date(2020 + n % 7, 5, n)) for n in range(1, 15)))
    listed = shelf.ids("", limit=14)
    assert len(set(listed)) == 14
    years = [2020 + n % 7 for n in listed]
    assert years == sorted(years, reverse=True)


def test_pages_of_a_result_hold_every_hit_once(shelf: Shelf) -> None:
    shelf.hold(*(paper(n, "同样的一份供用电合同文本" if n % 3 else "同样的一份供用电台同文本") for n in range(1, 48)))
    whole = [hit for at in range(0, 50, 10) for hit in shelf.ask("一份供用电合同文本", offset=at, limit=10).hits]
    assert sorted(hit.item_id for hit in whole) == list(range(1, 48))
    assert [hit.exact for hit in whole] == sorted((hit.exact for hit in whole), reverse=True)
    assert shelf.ask("一份供用电合同文本", offset=40, limit=10).total == 47


def test_an_update_replaces_the_paper(shelf: Shelf) -> None:
    shelf.hold(paper(1, "旧的内容"))
    shelf.hold(paper(1, "新的内容"))
    assert [hit.exact for hit in shelf.ask("旧的内容").hits] in ([], [False])
    assert shelf.ids('"旧的"') == []
    assert shelf.ids('"新的"') == [1]
    assert shelf.engine.count() == 1


def test_the_same_paper_twice_in_one_batch_is_held_once(shelf: Shelf) -> None:
    shelf.hold(paper(1, "旧的内容"), paper(1, "新的内容"))
    assert (shelf.engine.count(), shelf.ids('"新的"')) == (1, [1])


def test_deleted_papers_and_households_are_gone(shelf: Shelf) -> None:
    shelf.hold(*(paper(n, "纸张", household_id=n // 10) for n in (10, 11, 20, 30)))
    with shelf.engine.writer() as writer:
        writer.delete([30])
        writer.delete_household([1])
        writer.commit()
    shelf.engine.reload()
    assert shelf.ids("纸张") == [20]
    assert shelf.engine.count() == 1


def test_what_is_not_committed_is_never_seen_and_the_writer_is_free_again(shelf: Shelf) -> None:
    with shelf.engine.writer() as writer:
        writer.upsert([paper(1, "未提交")])
    shelf.hold(paper(2, "已提交"))
    assert shelf.engine.count() == 1
    assert shelf.ids('"提交"') == [2]


def test_the_ids_of_all_papers_are_listed_and_a_paper_that_is_there_twice_shows(shelf: Shelf) -> None:
    """What is compared with the records: deleted papers are gone from the list, also before any merge."""
    shelf.hold(*(paper(n, "合同") for n in (3, 1, 2, 2**40)))
    with shelf.engine.writer() as writer:
        writer.delete([1])
        writer.add([paper(3, "合同")])
        writer.commit()
    shelf.engine.reload()
    # The server keeps papers under their number, where there is room for one.
    third = [3] if shelf.engine.name == "opensearch" else [3, 3]
    assert sorted(shelf.engine.ids()) == [2, *third, 2**40]


def test_a_second_writer_is_turned_away_at_once(shelf: Shelf) -> None:
    with shelf.engine.writer(), pytest.raises(IndexBusy), shelf.engine.writer():
        pass


def test_a_reader_of_its_own_sees_a_commit_after_reloading(shelf: Shelf) -> None:
    reader = shelf.reopened()
    before = reader.count()
    shelf.hold(paper(1, "合同"))
    reader.reload()
    assert (before, reader.count()) == (0, 1)
    reader.close()


def test_an_index_that_is_not_there_says_what_to_do(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match="reindex"):
        shelf.reopened("nowhere" if shelf.engine.name == "opensearch" else str(tmp_path / "nowhere")).count()


# Whoosh leaves the torn file open when it gives up on it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["tantivy", "whoosh"])
def test_a_torn_index_says_what_to_do(name: str, tmp_path: Path) -> None:
    with shelf_of(name, tmp_path) as shelf:
        shelf.hold(paper(1, "合同"))
        for file in Path(shelf.place).iterdir():
            if file.is_file() and "lock" not in file.name.lower():
                file.write_bytes(b"torn")
        with pytest.raises(ArchiveError, match="reindex"):
            shelf.reopened().search(EngineQuery(frozenset({HERE})))


def hold_once_free(shelf: Shelf, *documents: SearchDocument) -> None:
    """The system frees the lock of a dead process at once, a server only when it has not been renewed for long."""
    end = time.monotonic() + 20 * search_servers.TIMEOUT_S
    while True:
        try:
            return shelf.hold(*documents)
        except IndexBusy:
            assert time.monotonic() < end
            time.sleep(0.2)


def test_a_writer_killed_before_its_commit_leaves_the_last_commit(shelf: Shelf) -> None:
    shelf.hold(paper(1, "合同"))
    program = (
        "import os, sys; sys.path[:0] = sys.argv[3:]\n"
        "from test_search_engines import ENGINES, paper\n"
        "engine = ENGINES[sys.argv[1]](sys.argv[2])\n"
        "with engine.writer() as writer:\n"
        "    writer.upsert([paper(n, '图纸') for n in range(1, 50)])\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    here = Path(__file__).parent
    told = [sys.executable, "-c", program, shelf.engine.name, shelf.place, str(here), str(here.parents[1])]
    assert subprocess.run(told, check=False).returncode == -9
    hold_once_free(shelf, paper(2, "合同"))
    assert sorted(shelf.ids("合同")) == [1, 2]
    assert shelf.engine.count() == 2


_LETTERS = "供电合同编号，。 \n12HTＡ（）张"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(_LETTERS, min_size=2, max_size=25), min_size=1, max_size=5), st.data())
@pytest.mark.parametrize("name", NAMES)
def test_any_part_of_a_paper_in_quotes_finds_exactly_the_papers_that_say_it(
    name: str, tmp_path_factory: pytest.TempPathFactory, pages: list[str], data: st.DataObject
) -> None:
    """The stream of a phrase is part of the stream of a page: nothing else decides, on any engine."""
    with shelf_of(name, tmp_path_factory.mktemp("index")) as shelf:
        shelf.hold(*(paper(n, page, account_no="Z") for n, page in enumerate(pages)))
        for _ in range(8):
            page = data.draw(st.sampled_from(pages))
            start = data.draw(st.integers(0, len(page) - 2))
            end = data.draw(st.integers(start + 2, len(page)))
            phrase = text.stream(page[start:end])
            if not phrase:
                continue
            says = {n for n, one in enumerate(pages) if phrase in text.stream(one)}
            assert pages.index(page) in says
            assert set(shelf.ids(f'"{page[start:end]}"', limit=50)) == says


_ASKED = ['"{}"', "{}", "户名:{}", '类型:"{}"', "-{}", '地址:"{}"', "{} 供电", "户号:34{}", "3401041980"]


@pytest.mark.service
@settings(max_examples=6, deadline=None)
@given(st.data())
def test_the_same_question_has_the_same_answer_on_every_engine(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Papers, exact or near, and facets; only the order among equals is the engine's own."""
    words = st.text(_LETTERS, min_size=2, max_size=12)
    papers = [
        paper(
            n, *data.draw(st.lists(words, min_size=1, max_size=2)), unit_id=1 + n % 2, account_no=f"34{n:08d}",
            account_name=data.draw(words), title=data.draw(words), document_type=f"A0{n % 3}",
            private=("身份证号340104198001011234",) if n % 3 else (),
        )
        for n in range(12)
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("index")
    with contextlib.ExitStack() as opened:
        shelves = [opened.enter_context(shelf_of(name, folder)) for name in ENGINES]
        for shelf in shelves:
            shelf.hold(*papers)
        for _ in range(12):
            page = data.draw(st.sampled_from([page for one in papers for page in one.pages]))
            start = data.draw(st.integers(0, len(page) - 1))
            typed = data.draw(st.sampled_from(_ASKED)).format(page[start : start + 7].strip())
            rights = {"units": (1, 2), "personal_units": frozenset(data.draw(st.sets(st.sampled_from([1, 2]))))}
            try:
                parse(typed)
            except ArchiveError:
                continue
            loose = data.draw(st.booleans())
            answers = [shelf.ask(typed, **rights, loose=loose, facets=True, limit=50) for shelf in shelves]
            told = [(one.total, set(one.hits), one.facets) for one in answers]
            assert told[1:] == told[:-1], typed
