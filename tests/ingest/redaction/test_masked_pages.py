"""No personal number can be read in a masked page, wherever on its line it may stand."""

from __future__ import annotations

import numpy as np
import pytest

from archive_service import masking
from archive_service.errors import Damaged
from ingest.lines import TextLine, page_text
from ingest.ocr import images
from ingest.ocr.reader import Reader
from ingest.redaction import rules
from ingest.redaction.picture import blacked_out
from tests.ingest.ocr.conftest import draw_page

ID_NUMBER = "11010519491231002X"


def line(text: str, box: tuple[int, int, int, int] = (100, 100, 900, 140), confidence: float = 0.98) -> TextLine:
    return TextLine(text, box, confidence)


def covers(boxes: tuple[tuple[int, int, int, int], ...], place: tuple[int, int, int, int]) -> bool:
    return any(b[0] <= place[0] and b[1] <= place[1] and b[2] >= place[2] and b[3] >= place[3] for b in boxes)


def test_a_page_without_personal_numbers_has_nothing_to_hide() -> None:
    """Account numbers and days stay readable."""
    assert rules.boxes([line("户号 3206810473 受理日期 2023年5月16日")]) == ()


def test_the_words_before_a_number_stay_readable() -> None:
    """The box ends at the line's end and begins behind most of what stands before the number."""
    ((x0, y0, x1, y1),) = rules.boxes(
        [line("用电地址临江市城关镇东风路一百二十八号电话13812345678", (0, 100, 1040, 140))]
    )
    assert 400 < x0 < 800
    assert (x1 >= 1040, y0 < 100, y1 > 140) == (True, True, True)


def test_a_number_behind_a_gap_that_no_reader_keeps_is_covered_wherever_it_stands() -> None:
    """电话：      13812345678       地址 in one line: the gap may be before or behind the number."""
    found = rules.boxes([line("电话13812345678甲乙", (0, 0, 2000, 40))])
    # As far left as the words before it allow, as far right as those behind it.
    assert covers(found, (90, 0, 1900, 40))


def test_a_number_torn_over_two_cells_is_covered_in_both() -> None:
    """The reader gives each cell a line of its own."""
    lines = [line("110105", (100, 100, 250, 140)), line("19491231002X", (270, 100, 500, 140))]
    found = rules.boxes(lines)
    assert covers(found, (100, 100, 250, 140))
    assert covers(found, (270, 100, 500, 140))
    assert [one.text for one in rules.masked(lines)] == ["110***", "********002X"]


def test_a_number_that_is_personal_because_of_the_cell_before_it_is_covered() -> None:
    """An account number of a bank looks like any other number."""
    lines = [line("银行账号", (0, 0, 160, 40)), line("4000123409200123456", (180, 0, 600, 40))]
    assert covers(rules.boxes(lines), (180, 0, 600, 40))


def test_a_line_of_digits_that_was_read_badly_is_covered_whole() -> None:
    """Its digits may be others than those that were read."""
    assert covers(rules.boxes([line("联系 1381 23?5", confidence=0.6)]), (100, 100, 900, 140))
    assert rules.boxes([line("联系人张三", confidence=0.6)]) == ()


def test_a_number_down_the_page_is_covered_along_its_line() -> None:
    """Upright lines are longer than wide."""
    ((x0, y0, x1, y1),) = rules.boxes([line(f"证号{ID_NUMBER}", (10, 0, 50, 880))])
    assert (x0 < 10, x1 > 50, y1 >= 880, 0 < y0 < 160) == (True, True, True, True)


def test_the_places_of_known_fields_are_covered_with_a_margin() -> None:
    """A field may have been read where no line tells it."""
    assert covers(rules.boxes([], [(10, 10, 90, 30)]), (9, 9, 91, 31))


def test_a_smaller_picture_is_blacked_out_at_the_same_place() -> None:
    """Thumbnails are made before anybody knows who will look."""
    white = images.encode_jpeg(np.full((400, 300, 3), 255, np.uint8))
    dark = images.decode(blacked_out(white, [(600, 800, 900, 1200)], width_px=1200, height_px=1600))
    assert dark[205:295, 155:220].max() < 30
    assert dark[:195].min() > 225


def test_without_places_a_picture_keeps_its_bytes_and_broken_ones_are_named() -> None:
    """Nothing is decoded for nothing."""
    assert blacked_out(b"any", [], width_px=1, height_px=1) == b"any"
    with pytest.raises(Damaged):
        blacked_out(b"any", [(0, 0, 1, 1)], width_px=1, height_px=1)


@pytest.mark.ocr
def test_whoever_reads_a_masked_page_again_finds_no_personal_number() -> None:
    """The engine that found the numbers finds none of them afterwards, and everything else."""
    reader = Reader()
    said = (
        f"法定代表人身份证号：{ID_NUMBER}",
        "户号：3206810473　　　联系电话：13812345678　　　经办人：李四",
        "开户银行账号：6222021234567890123",
        "联系电话：0512-65551234",
    )
    read = reader.read(draw_page(said).jpeg(), dpi=150)
    assert len(masking.spans(page_text(read.lines))) == 4
    dark = blacked_out(read.image, rules.boxes(read.lines), width_px=read.width_px, height_px=read.height_px)
    again = page_text(reader.read(dark, dpi=150).lines)
    assert masking.spans(again) == []
    assert not any(part in again for part in ("1949", "2345678", "890123", "5551234"))
    assert "户号" in again
