"""Recognised lines as they are drawn over their page, and names as downloads carry them."""

from __future__ import annotations

from archive_service.web import sheet
from archive_service.web.pictures import attachment
from archive_service.web.render import figure, percent, query, size
from ingest.lines import TextLine
from tests.web.conftest import ID_NUMBER, PHONE


def test_a_line_is_drawn_inside_its_own_box() -> None:
    (word,) = sheet.place([TextLine("供用电合同", (100, 200, 400, 250), 0.99)], masked=False)
    assert (word.x, word.length) == (100, 300)
    assert 200 < word.y < 250
    assert word.size < 50


def test_a_tall_line_stands_upright() -> None:
    (word,) = sheet.place([TextLine("骑缝章", (10, 20, 40, 320), 0.9)], masked=False)
    assert word.upright
    assert word.length == 300


def test_personal_numbers_are_hidden_in_the_words_over_the_page() -> None:
    lines = [TextLine(f"证件号码：{ID_NUMBER}", (0, 0, 90, 20), 0.9), TextLine(f"手机 {PHONE}", (0, 30, 90, 50), 0.9)]
    shown = "".join(word.text for word in sheet.place(lines, masked=True))
    assert ID_NUMBER not in shown
    assert PHONE not in shown
    assert ID_NUMBER in "".join(word.text for word in sheet.place(lines, masked=False))


def test_lines_without_letters_or_height_are_left_out() -> None:
    lines = [TextLine("  ", (0, 0, 9, 9), 0.9), TextLine("无高", (0, 5, 9, 5), 0.9)]
    assert sheet.place(lines, masked=False) == []


def test_only_lines_that_hold_the_word_are_marked() -> None:
    lines = [TextLine("望江线十七号杆", (0, 0, 90, 20), 0.9), TextLine("其他", (0, 30, 90, 50), 0.9)]
    assert [word.marked for word in sheet.place(lines, masked=False, looked_for='"望江线" 十七号')] == [True, False]


def test_a_download_keeps_its_name_and_nothing_that_breaks_a_header() -> None:
    name = attachment('合同 "终版"\r\nSet-Cookie: x=1\u202egpj.pdf')
    assert "\r" not in name
    assert "\n" not in name
    assert name.isascii()
    assert "%E5%90%88%E5%90%8C" in name
    assert "%E2%80%AE" not in name


def test_a_download_is_never_a_path() -> None:
    for hostile in ("../../etc/passwd", "C:\\x\\y.pdf", "/", "...", ""):
        name = attachment(hostile)
        assert "/" not in name.split("''")[1]
        assert "%2F" not in name
        assert "%5C" not in name


def test_figures_are_cut_and_not_rounded_up() -> None:
    assert figure(0.998) == "0.99"
    assert percent(999, 1000) == 99
    assert percent(0, 0) == 0
    assert [size(n) for n in (5, 2048, 4_400_000, 500 * 1024 * 1024)] == ["5 B", "2 KB", "4.2 MB", "500 MB"]


def test_links_leave_empty_filters_out() -> None:
    assert query("/cases", {"q": "", "state": None}) == "/cases"
    assert query("/cases", {"q": "王 & 李", "page": 2}, page=None) == "/cases?q=%E7%8E%8B+%26+%E6%9D%8E"
