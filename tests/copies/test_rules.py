"""Codes that nobody guesses or mistypes, what has to be said, and what stands on every page."""

from __future__ import annotations

import io
import math
import re

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from archive_service.copies import rules
from archive_service.copies.drawing import CopyOf, Words, pdf
from archive_service.errors import Invalid, Refused
from tests.support.naughty import NAUGHTY
from tests.support.records import NOW
from tests.support.stored_pages import picture

CODE = "ABCDE-12345-FGHJK-67890"
LINK = f"https://archive.grid.test/verify-copy#{CODE}"
WORDS = Words(
    title="档案复制件证明",
    stamp=("望江供电所", "复制件与馆藏档案核对一致", "ZM-WJ-2026-00012", "2026-11-20"),
    facts=(("编号", "ZM-WJ-2026-00012"), ("出具日期", "2026-11-20"), ("出具单位", "望江供电所"), ("交付", "某法院")),
    count="共 {pages} 页 第 {page} 页",
    masking="证件号码、电话等个人号码已遮蔽",
)


def test_a_code_has_more_than_80_bits_and_no_two_are_alike() -> None:
    drawn = {rules.new_code() for _ in range(2000)}
    assert len(drawn) == 2000
    assert all(re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}", one) for one in drawn)
    assert math.log2(len(rules.ALPHABET)) * 20 >= 80
    # Every sign is drawn somewhere: none is left out.
    assert set("".join(drawn)) == {*rules.ALPHABET, "-"}


@given(st.text(rules.ALPHABET, min_size=20, max_size=20))
def test_a_code_is_known_however_it_was_typed(plain: str) -> None:
    known = rules.code_hash(plain)
    assert known is not None
    parted = "-".join(plain[at : at + 5] for at in range(0, 20, 5))
    for typed in (parted, parted.lower(), f" {parted} ", plain.replace("0", "O").replace("1", "l")):
        assert rules.code_hash(typed) == known


@given(st.text(max_size=40))
def test_whatever_was_typed_is_a_code_or_none(typed: str) -> None:
    assert rules.code_hash(typed) is None or len(rules.code_hash(typed) or "") == 64


@pytest.mark.parametrize("typed", ["", CODE[:-1], CODE + "0", "U" * 20, *NAUGHTY.values()])
def test_what_cannot_be_a_code_has_no_hash(typed: str) -> None:
    assert rules.code_hash(typed) is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (("fun", "", "某法院"), "copy.purpose"),
        (("other", " ", "某法院"), "copy.note"),
        (("lawsuit", "", " "), "copy.receiver"),
        (("lawsuit", "", "院" * 121), "copy.receiver"),
        (("lawsuit", "号" * 201, "某法院"), "copy.receiver"),
    ],
)
def test_who_gets_it_and_what_for_has_to_be_said(said: tuple[str, str, str], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_said(*said)
    assert refused.value.code == code


def test_words_are_kept_without_what_is_personal_in_them() -> None:
    note, to = rules.check_said("lawsuit", "（2026）川01民初7号 13812340092", "王秀英  11010519491231002X")
    assert "1234" not in note
    assert "1949" not in to
    assert "王秀英 " in to


def test_pages_are_copied_once_each_and_not_too_many() -> None:
    assert rules.check_pages([(7, 2), (7, 1), (7, 2)]) == [(7, 2), (7, 1)]
    with pytest.raises(Invalid):
        rules.check_pages([])
    with pytest.raises(Refused):
        rules.check_pages([(1, number) for number in range(1, rules.MOST_PAGES + 2)])


@pytest.mark.parametrize("reason", ["", "   ", "abc", "因" * 201])
def test_a_reason_says_something(reason: str) -> None:
    with pytest.raises(Invalid):
        rules.check_reason(reason)


def drawn(sizes: list[tuple[int, int]], words: Words = WORDS) -> bytes:
    pages = [CopyOf(f"原件 {number}", picture(200, size)) for number, size in enumerate(sizes, start=1)]
    return pdf(pages, len(pages), words, code=CODE, link=LINK, made_at=NOW)


def test_every_page_bears_stamp_number_date_unit_count_and_code() -> None:
    """In words that can be read out of the file, and as a code that a phone reads from the page."""
    made = drawn([(600, 800), (800, 600), (100, 1400)])
    read = PdfReader(io.BytesIO(made))
    assert len(read.pages) == 3
    document = pypdfium2.PdfDocument(made)
    for number, page in enumerate(read.pages, start=1):
        said = page.extract_text().replace("\n", "")
        for word in (
            *WORDS.stamp,
            WORDS.title,
            "某法院",
            f"共 3 页 第 {number} 页",
            CODE,
            f"原件 {number}",
            WORDS.masking,
        ):
            assert word in said, word
        seen = document[number - 1].render(scale=200 / 72).to_pil()
        assert [one.text for one in zxingcpp.read_barcodes(seen)] == [LINK]
    document.close()


def test_the_picture_and_the_strip_do_not_cover_each_other() -> None:
    """Whatever its shape, the picture ends above the strip and loses nothing of its proportions."""
    for width, height in ((600, 800), (2000, 100), (100, 2000)):
        document = pypdfium2.PdfDocument(drawn([(width, height)]))
        (shown,) = [one for one in document[0].get_objects() if one.type == 3]
        left, bottom, right, top = shown.get_bounds()
        assert bottom > 44 * 72 / 25.4
        assert top < 297 * 72 / 25.4
        assert left >= 0
        assert abs((right - left) / (top - bottom) - width / height) / (width / height) < 0.02
        document.close()


@pytest.mark.parametrize("name", NAUGHTY.values())
def test_no_name_breaks_a_copy(name: str) -> None:
    words = Words(name, (name, name), ((name, name),), WORDS.count, name)
    assert len(PdfReader(io.BytesIO(drawn([(60, 80)], words))).pages) == 1


def test_the_picture_is_put_in_as_it_is() -> None:
    """A photograph is not pressed a second time."""
    data = picture(120, (640, 480))
    made = pdf([CopyOf("原件", data)], 1, WORDS, code=CODE, link=LINK, made_at=NOW)
    (image,) = PdfReader(io.BytesIO(made)).pages[0].images
    assert Image.open(io.BytesIO(image.data)).size == (640, 480)
