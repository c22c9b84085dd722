"""Pages that are no plain scan: photographed, mirrored, negative, black, in columns, in another language, enormous."""

from __future__ import annotations

import io
import unicodedata

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from archive_service.samples import fonts
from ingest.lines import page_text
from ingest.ocr import images
from ingest.ocr.reader import Reader
from ingest.ocr.reading import CUT_OUT, MIRRORED, PageReading
from ingest.quality import findings, record
from ingest.quality.findings import Finding, Limits
from ingest.tables import ScanPage
from tests.ingest.ocr.conftest import LETTER, draw_page, grainy
from tests.support import photographs
from tests.support.photographs import on_desk

pytestmark = pytest.mark.ocr


def plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).replace(",", "").replace("、", "")


WHOLE = plain("".join(LETTER))


def read(reader: Reader, pixels: np.ndarray, *, quality: int = 85) -> PageReading:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=quality)
    return reader.read(out.getvalue(), dpi=150)


def text_of(reading: PageReading) -> str:
    return plain("".join(line.text for line in reading.lines))


def faults(reading: PageReading) -> list[Finding]:
    return record.look(reading, ScanPage(dpi=150, scanned_dpi=None, flags=[]), Limits())


@pytest.mark.parametrize(("desk", "tilt", "turn"), [("wood", 0.1, 4), ("light", 0.08, 90), ("cloth", 0.2, 184)])
def test_a_photographed_page_is_cut_out_straightened_and_read(
    reader: Reader, desk: str, tilt: float, turn: float
) -> None:
    """All of it is read, the kept picture is the sheet alone, boxes lie on ink, and the desk is no black border."""
    page = draw_page(LETTER, text_px=38).pixels
    reading = read(reader, on_desk(page, desk, tilt=tilt, turn=turn, light=0.4)[0])
    assert text_of(reading) == WHOLE
    assert reading.flags == (CUT_OUT,)
    kept = cv2.cvtColor(images.decode(reading.image), cv2.COLOR_RGB2GRAY)
    assert kept.shape == (reading.height_px, reading.width_px)
    assert reading.height_px > reading.width_px
    for line in reading.lines:
        x0, y0, x1, y1 = line.box
        assert kept[y0:y1, x0:x1].min() < 0.6 * np.median(kept)
    assert findings.DARK_BORDER not in [one.code for one in faults(reading)]


@pytest.mark.parametrize("scan", ["framed", "dark table", "card", "grey panel"])
def test_what_looks_like_a_sheet_on_a_scan_costs_nothing_of_it(reader: Reader, scan: str) -> None:
    """Print around a panel says that the panel is not the page."""
    page = draw_page().pixels
    card = draw_page(("居民身份证", "姓名 王秀英"), size=(860, 540)).pixels
    panel = page.copy()
    panel[230:1700, 60:1180] = (panel[230:1700, 60:1180] * 0.8).astype(np.uint8)
    scans = {
        "framed": photographs.framed(page, margin=0.07),
        "dark table": photographs.with_dark_table(page),
        "card": photographs.with_card(page, (card * 0.75).astype(np.uint8)),
        "grey panel": panel,
    }
    reading = read(reader, scans[scan])
    assert text_of(reading).startswith(WHOLE[:18])
    assert (reading.width_px, reading.height_px, reading.flags) == (1240, 1754, ())


@pytest.mark.parametrize("rotation", [0, 90, 180])
def test_a_mirror_image_is_turned_over_and_said(reader: Reader, rotation: int) -> None:
    """A film on the glass the wrong way is read, not filed as garbage: the flag makes the document doubtful."""
    page = draw_page(LETTER * 2)
    reading = read(reader, images.turn(np.ascontiguousarray(page.pixels[:, ::-1]), rotation))
    assert text_of(reading) == WHOLE * 2
    assert reading.flags == (MIRRORED,)
    assert [one.code for one in faults(reading)] == [findings.MIRRORED]


@pytest.mark.parametrize("kind", ["negative", "film", "blueprint"])
def test_light_print_on_dark_ground_is_read_and_kept_as_it_came(reader: Reader, kind: str) -> None:
    """Only the engine sees it the other way round."""
    page = draw_page(LETTER * 2).pixels
    negative = 255 - page
    shade = {"negative": (1, 1, 1), "film": (1.0, 0.62, 0.42), "blueprint": (1, 1, 1)}[kind]
    pixels = (negative * np.array(shade) * 0.8 + (20 if kind != "blueprint" else np.array((20, 50, 120)))).clip(0, 255)
    reading = read(reader, grainy(pixels.astype(np.uint8), 3))
    assert text_of(reading) == WHOLE * 2
    assert np.median(images.decode(reading.image)) < 130


def test_an_all_black_page_is_not_an_empty_back(reader: Reader) -> None:
    """What it would have shown nobody knows: it is no blank page, and it is found fault with."""
    reading = read(reader, np.full((1754, 1240, 3), 6, np.uint8))
    assert (reading.lines, reading.blank) == ((), False)
    assert [one.code for one in faults(reading)] == [findings.TOO_DARK]


def test_writing_in_columns_is_read_from_the_right(reader: Reader) -> None:
    """Old contracts and plaques are written from top to bottom."""
    columns = ("供用电合同书正文第一条", "甲方应当按照约定支付电费", "乙方应当保证安全连续供电")
    page = Image.new("RGB", (1240, 1754), (250, 250, 250))
    pen, font = ImageDraw.Draw(page), fonts.at("song", 40)
    for column, text in enumerate(columns):
        for row, sign in enumerate(text):
            pen.text((1000 - column * 120, 150 + row * 58), sign, font=font, fill=(20, 20, 20))
    reading = read(reader, np.asarray(page))
    assert [line.text for line in reading.lines] == list(columns)
    assert reading.rotation == 0


def test_a_page_in_english_keeps_its_words_apart(reader: Reader) -> None:
    """Certificates of imported equipment are read as they are."""
    lines = ("Certificate of Conformity", "Rated operational current 630 A", "Serial number 2023-0516-0032")
    reading = read(reader, draw_page(lines).pixels)
    assert page_text(reading.lines).splitlines() == list(lines)


def test_a_landscape_has_no_words_and_is_not_blank(reader: Reader) -> None:
    """Sky, hills and trees: somebody has to say what it is."""
    source = np.random.default_rng(4)
    hills = cv2.resize(source.uniform(0, 1, (9, 12)).astype(np.float32), (1600, 1200), interpolation=cv2.INTER_CUBIC)
    leaves = cv2.resize(source.uniform(0.6, 1.2, (300, 400)).astype(np.float32), (1600, 1200))
    shade = np.linspace(1, 0.2, 1200)[:, None]
    sky, wood = np.array((120, 170, 230)), np.array((50, 90, 40))
    above = (hills + shade > 1.0)[..., None]
    picture = np.where(above, sky * (0.6 + 0.4 * hills[..., None]), wood * leaves[..., None])
    reading = read(reader, picture.clip(0, 255).astype(np.uint8))
    assert len(text_of(reading)) < 4
    assert not reading.blank


def test_handwriting_alone_is_not_taken_for_print(reader: Reader) -> None:
    """Strokes that nobody can read are no words read with confidence."""
    source = np.random.default_rng(8)
    page = np.full((1754, 1240, 3), 250, np.uint8)
    for row in range(6):
        right = 150 + source.uniform(2, 18, 90).cumsum() + source.normal(0, 6, 90)
        down = 250 + row * 200 + source.normal(0, 26, 90)
        stroke = np.stack([right, down], axis=1).astype(np.int32)
        cv2.polylines(page, [stroke], isClosed=False, color=(40, 40, 90), thickness=3)
    reading = read(reader, page)
    assert not reading.blank
    assert sum(len(line.text) for line in reading.lines if line.confidence >= 0.95) < 6


def test_a_drawing_twenty_metres_long_is_read_in_bounds(reader: Reader) -> None:
    """It is shrunk before it is read, and its title still found."""
    strip = np.full((1000, 24_000, 3), 250, np.uint8)
    title = draw_page(("低压配电线路走向图",), size=(2400, 900), text_px=160).pixels
    strip[50:950, 200:2600] = title
    cv2.line(strip, (3000, 500), (23_800, 480), (30, 30, 30), 6)
    reading = read(reader, strip, quality=70)
    assert "低压配电线路走向图" in text_of(reading)
    assert (reading.width_px, reading.height_px) == (24_000, 1000)


def test_a_page_with_five_thousand_boxes_is_read_in_bounds(reader: Reader) -> None:
    """A meter list: rulings are no text, hundreds of numbers are, and the reading ends."""
    page = Image.new("RGB", (3300, 4400), (250, 250, 250))
    pen, font = ImageDraw.Draw(page), fonts.at("hei", 26)
    for number in range(5000):
        row, column = divmod(number, 40)
        left, top = 30 + column * 81, 20 + row * 35
        pen.rectangle((left, top, left + 81, top + 35), outline=(60, 60, 60))
        if number % 20 == 0:
            pen.text((left + 4, top + 4), f"{number:04d}", font=font, fill=(20, 20, 20))
    reading = read(reader, np.asarray(page))
    found = page_text(reading.lines)
    assert sum(f"{number:04d}" in found for number in range(0, 5000, 20)) > 200


def test_what_shines_through_from_the_other_side_is_no_mirror_image(reader: Reader) -> None:
    """An empty back shows the front the wrong way round, and pale: that is not the page."""
    page = draw_page(LETTER * 2).pixels.astype(np.float32)
    pale = (250 - (250 - page[:, ::-1]) * 0.22).clip(0, 255).astype(np.uint8)
    reading = read(reader, grainy(pale, 2), quality=95)
    assert reading.flags == ()
    assert WHOLE not in text_of(reading)
