"""A rendition shows the pages as they are, and what is searched in it is found where it is seen."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pikepdf
import pypdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.lines import Box
from ingest.renditions import font, text_layer
from ingest.renditions.about import BUILDER
from ingest.renditions.pdf_a import LONGEST, SHORTEST, SourcePage, build
from tests.support import rendition_pages as made
from tests.support.rendition_pages import about, line, sheet

FORM = (
    line("用电登记表", 250, 60, 550, 110),
    line("户号：5101431049", 80, 200, 420, 232),
    line("户名：汪雪梅", 80, 260, 330, 292),
    line("申请容量 12 kVA，电压 220V", 80, 320, 620, 352),
)
#: A pixel and a half of what a reader may round away.
SLACK = 1.5


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """The file as pdfium reads it."""
    document = pypdfium2.PdfDocument(data)
    try:
        yield document
    finally:
        document.close()


def read_by_pypdf(data: bytes) -> str:
    """The text of the first page; pypdf ends it with an empty row."""
    return pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text().rstrip("\n")


def found_box(page: Any, source: SourcePage, word: str) -> Box | None:
    """Where pdfium finds a word on a page, in pixels of its picture; none if it does not."""
    text = page.get_textpage()
    place = text.search(word, match_case=True).get_next()
    if place is None:
        return None
    boxes = [text.get_charbox(place[0] + n) for n in range(place[1])]
    scale = source.width_px / page.get_mediabox()[2]
    height = page.get_mediabox()[3]
    left, right = min(b[0] for b in boxes), max(b[2] for b in boxes)
    bottom, top = min(b[1] for b in boxes), max(b[3] for b in boxes)
    return left * scale, (height - top) * scale, right * scale, (height - bottom) * scale  # type: ignore[return-value]


def lies_in(inner: Box | None, outer: Box) -> bool:
    if inner is None:
        return False
    inside = inner[0] >= outer[0] - SLACK and inner[1] >= outer[1] - SLACK
    return inside and inner[2] <= outer[2] + SLACK and inner[3] <= outer[3] + SLACK


def test_readers_give_back_the_lines_as_they_were_read_in_their_order() -> None:
    """Two programs that have nothing in common agree with what was put in."""
    data = build([sheet(*FORM)], about())
    wanted = [one.text for one in FORM]
    assert read_by_pypdf(data).splitlines() == wanted
    with opened(data) as document:
        assert document[0].get_textpage().get_text_range().splitlines() == wanted


@pytest.mark.parametrize("word", ["登记", "5101431049", "雪梅", "12 kVA", "220V"])
def test_a_word_is_found_inside_the_box_of_its_line(word: str) -> None:
    page = sheet(*FORM)
    (own,) = [one for one in FORM if word in one.text]
    with opened(build([page], about())) as document:
        assert lies_in(found_box(document[0], page, word), own.box)


@pytest.mark.parametrize("box", [(80, 200, 180, 232), (80, 200, 780, 232), (80, 200, 420, 210), (80, 200, 130, 600)])
def test_a_line_fills_its_box_however_wide_it_is(box: Box) -> None:
    """Squeezed, spread, small, or a column: what is marked from first to last character is what was printed."""
    page = sheet(line("户号：5101431049", *box))
    with opened(build([page], about())) as document:
        found = found_box(document[0], page, "户号：5101431049")
    assert found == pytest.approx(box, abs=SLACK)


def test_every_line_of_sample_papers_is_found_in_its_place() -> None:
    """Long lines, small print, tables, handwriting, on several kinds of paper."""
    pages = made.sample_pages(6, seed=31, severity="clean")
    looked_for, missed = 0, []
    with opened(build(pages, about())) as document:
        for number, page in enumerate(pages):
            once = [one for one in page.lines if sum(one.text in other for other in made.texts([page])) == 1]
            missed += [one for one in once if not lies_in(found_box(document[number], page, one.text), one.box)]
            looked_for += len(once)
    assert missed == []
    assert looked_for > 50


def test_text_that_runs_downwards_is_found_in_its_column() -> None:
    column = line("用电地址清河路", 640, 200, 690, 600)
    page = sheet(*FORM, column)
    with opened(build([page], about())) as document:
        assert lies_in(found_box(document[0], page, "用电地址清河路"), column.box)
        address, road = (found_box(document[0], page, word) for word in ("用电地址", "清河路"))
    assert address is not None
    assert road is not None
    assert address[3] <= road[1] + SLACK


@pytest.mark.parametrize("word", ["𠮷野家", "𪚥", "👍🏽", "龘", "naïve", "①②③", "“引号”", "㎡"])
def test_rare_characters_are_found_as_they_are_written(word: str) -> None:
    """Beyond the basic plane a character takes two halves in the map, and still is one code."""
    data = build([sheet(line(f"前{word}后", 100, 100, 500, 140))], about())
    assert read_by_pypdf(data) == f"前{word}后"


def test_characters_that_mean_nothing_are_left_out_and_the_others_stay_together() -> None:
    nasty = "户\x00号\x07 5101\ud800431\u202e049\ufeff\u200b\ue000\ufffe\tA"
    data = build([sheet(line(nasty, 100, 100, 500, 140))], about())
    assert read_by_pypdf(data) == "户号 5101431049 A"


def test_odd_lines_and_pages_do_not_disturb_the_others() -> None:
    """A line without text or place, one off the page, one of 20,000 characters, one from right to left."""
    odd = (
        line("", 10, 10, 20, 20),
        line("\x00\u200b", 10, 10, 20, 20),
        line("点", 700, 700, 700, 700),
        line("反", 300, 800, 200, 760),
        line("出界", 790, 990, 900, 1100),
        line("远处", 5000, -400, 6000, -300),
        line("长" * 20_000, 100, 500, 700, 520),
        line("שלום עולם", 100, 850, 400, 890),
    )
    pages = [sheet(*FORM, *odd), sheet(), sheet(line("\x00", 1, 1, 9, 9)), sheet(*FORM)]
    with opened(build(pages, about())) as document:
        shown = [document[n].get_textpage().get_text_range() for n in range(4)]
        assert lies_in(found_box(document[0], pages[0], "5101431049"), FORM[1].box)
        assert lies_in(found_box(document[0], pages[0], "出界"), (790, 990, 800, 1000))
    assert shown[0].count("长") == 20_000
    assert shown[1:3] == ["", ""]
    assert shown[3].splitlines() == [one.text for one in FORM]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_text_makes_a_file_that_gives_back_what_is_searchable(written: list[str]) -> None:
    """Whatever an engine may have read: each line comes back, code by code, from ToUnicode."""
    lines = [line(text, 50, 50 + 60 * n, 700, 90 + 60 * n) for n, text in enumerate(written)]
    with pikepdf.open(io.BytesIO(build([sheet(*lines)], about()))) as pdf:
        wanted = [text for text in map(text_layer.searchable, written) if text]
        assert shown_strings(pdf) == wanted


def shown_strings(pdf: pikepdf.Pdf) -> list[str]:
    """The strings of the first page, decoded with the file's own map."""
    fonts = pdf.pages[0].Resources.get("/Font")
    if fonts is None:
        return []
    cmap = fonts.F.ToUnicode.read_bytes().decode()
    signs = {
        code: bytes.fromhex(utf16).decode("utf-16-be") for code, utf16 in re.findall(r"<(\w{4})> <(\w{4,})>\n", cmap)
    }
    content = pdf.pages[0].Contents.read_bytes().decode()
    strings = re.findall(r"<(\w*)> Tj", content)
    return ["".join(signs[s[i : i + 4].upper()] for i in range(0, len(s), 4)) for s in strings]


def test_the_same_pages_and_facts_give_the_same_bytes() -> None:
    """A rendition that is made again is the same object; anything else in it makes another one."""
    pages = [sheet(*FORM), sheet()]
    first = build(pages, about())
    assert build(pages, about()) == first
    assert build(pages, about(title="低压供用电合同")) != first
    assert build(pages[:1], about()) != first


def test_a_jpeg_lies_in_the_file_byte_for_byte() -> None:
    picture = made.jpeg()
    with pikepdf.open(io.BytesIO(build([sheet(picture=picture)], about()))) as pdf:
        image = pdf.pages[0].Resources.XObject.P
        assert image.read_raw_bytes() == picture
        assert (image.Filter, image.ColorSpace) == ("/DCTDecode", "/DeviceGray")


@pytest.mark.parametrize(
    ("size", "dpi"),
    [((800, 1000), 200), ((65_500, 900), 72), ((900, 65_500), 300), ((1, 1), 300), ((1, 65_500), 300),
     ((800, 1000), 0), ((800, 1000), 1_000_000)],
)  # fmt: skip
def test_every_page_has_a_size_that_readers_take_and_keeps_its_shape(size: tuple[int, int], dpi: int) -> None:
    """A drawing of twenty metres as well as a scrap, and scans that say nothing sensible of their resolution."""
    with pikepdf.open(io.BytesIO(build([sheet(size=size, dpi=dpi)], about()))) as pdf:
        page = pdf.pages[0]
        width, height = (float(side) for side in page.MediaBox[2:4])
        unit = float(page.get("/UserUnit", 1))
        a, _, _, d = re.findall(r"q (\S+) (\S+) (\S+) (\S+)", page.Contents.read_bytes().decode())[0]
    assert SHORTEST <= min(width, height) <= max(width, height) <= LONGEST
    assert float(a) / float(d) == pytest.approx(size[0] / size[1], rel=0.01) or min(size) == 1
    if dpi == 72:
        assert width * unit == pytest.approx(65_500, rel=0.001)


def test_the_file_says_what_it_is_the_same_way_twice() -> None:
    """Title, place in the archive, dates and producer agree between XMP and the old dictionary."""
    with pikepdf.open(io.BytesIO(build([sheet(*FORM)] * 3, about(title="用电登记表 <A&B>")))) as pdf:
        info = {str(key): str(value) for key, value in pdf.docinfo.items()}
        with pdf.open_metadata() as xmp:
            assert (xmp.pdfa_status, xmp["dc:title"]) == ("2B", "用电登记表 <A&B>")
            assert info["/Title"] == xmp["dc:title"]
            assert info["/Subject"] == xmp["dc:description"] == "户号 5101431049 第 7 件 申请编号 202603100001"
            assert info["/Keywords"] == xmp["pdf:Keywords"] == "A02R, 5101431049, 202603100001"
            assert info["/Producer"] == xmp["pdf:Producer"] == f"archive-service PDF/A {BUILDER}"
            assert xmp["dc:identifier"] == "5101431049-007"
            assert xmp["xmp:CreateDate"] == xmp["xmp:ModifyDate"] == "2026-11-20T02:03:04Z"
        assert info["/CreationDate"] == info["/ModDate"] == "D:20261120020304Z"
        assert "/Filter" not in pdf.Root.Metadata
        assert str(pdf.Root.Lang) == "zh-CN"
        assert [str(mark.title) for mark in pdf.open_outline().root] == ["第 1 页", "第 2 页", "第 3 页"]
        assert pdf.pages[1].label == "2"
        assert not pdf.is_encrypted


def test_the_text_is_invisible_and_lies_under_the_picture() -> None:
    """Whoever looks at the page sees the picture and nothing else."""
    with opened(build([sheet(*FORM)], about())) as document:
        seen = document[0].render(scale=2).to_numpy()
    assert seen.min() == 255
    with pikepdf.open(io.BytesIO(build([sheet(*FORM)], about()))) as pdf:
        content = pdf.pages[0].Contents.read_bytes()
    assert content.index(b"3 Tr") < content.index(b" Tj") < content.index(b"/P Do")


def test_the_font_is_no_ink_and_has_the_widths_that_the_file_gives() -> None:
    """Readers that measure the embedded font and readers that believe the dictionary mark the same place."""
    from fontTools.ttLib import TTFont

    with pikepdf.open(io.BytesIO(build([sheet(line("A户", 10, 10, 90, 40))], about()))) as pdf:
        descendant = pdf.pages[0].Resources.Font.F.DescendantFonts[0]
        glyphs = descendant.CIDToGIDMap.read_bytes()
        widths = [int(n) for n in descendant.W]
        program = TTFont(io.BytesIO(descendant.FontDescriptor.FontFile2.read_bytes()))
    order = program.getGlyphOrder()
    advances = [program["hmtx"][order[int.from_bytes(glyphs[n : n + 2], "big")]][0] for n in (2, 4)]
    assert advances == [font.NARROW, font.WIDE]
    assert widths == [1, 1, font.NARROW]
    assert int(descendant.DW) == font.WIDE


def test_more_characters_than_codes_do_not_break_the_text() -> None:
    """No font has room for so many; those without a code become the sign for something unknown."""
    signs = [chr(code) for code in range(0x4E00, 0x4E00 + 10)]
    encoding = font.encoding_of(["".join(map(chr, range(0x20, 0xD800))), "".join(map(chr, range(0x10000, 0x20000)))])
    assert len(encoding.codes) <= font.MOST_CODES
    assert max(encoding.codes.values()) <= font.MOST_CODES
    assert len(encoding.encode("".join(signs) + "\U0001ffff")) == 22
