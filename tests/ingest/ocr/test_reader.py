"""The default engine on drawn pages: read whole, set upright, boxes on the words, nothing invented."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from archive_service.errors import Damaged
from ingest.ocr import images
from ingest.ocr.reader import PageReading, Reader
from tests.ingest.ocr.conftest import LETTER, draw_page, grainy, lean_by

pytestmark = pytest.mark.ocr

CLAUSE = (
    "因电力运行事故给用户造成损害的供电企业应当依法承担赔偿责任不可抗力除外"
    "农业生产用电包括农田排涝灌溉农业育种畜牧业和渔业养殖用电"
)

_OFFLINE = """
import socket, sys
def refuse(*args, **kwargs): raise AssertionError("the reader reached for the network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from ingest.ocr.reader import Reader
reading = Reader().read(open(sys.argv[1], "rb").read(), dpi=150)
sys.stdout.buffer.write("|".join(line.text for line in reading.lines).encode())
"""


def plain(text: str) -> str:
    """Width and spaces are settled later in the pipeline, so they do not count here."""
    return "".join(unicodedata.normalize("NFKC", text).split()).replace(",", "").replace("、", "")


def text_of(reading: PageReading) -> str:
    return plain("".join(line.text for line in reading.lines))


WHOLE = plain("".join(LETTER))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_page_is_read_whichever_way_it_lay_on_the_glass(reader: Reader, rotation: int) -> None:
    """The turn that sets it upright is reported clockwise, and the kept image stands upright."""
    page = draw_page()
    reading = reader.read(page.jpeg(images.turn(page.pixels, (360 - rotation) % 360)), dpi=150)
    assert reading.rotation == rotation
    assert text_of(reading) == WHOLE
    assert (reading.width_px, reading.height_px) == (1240, 1754)
    assert images.decode(reading.image).shape[:2] == (1754, 1240)


def test_an_upright_level_page_keeps_its_bytes(reader: Reader) -> None:
    """Encoding a JPEG again would only cost sharpness."""
    scan = draw_page().jpeg()
    assert reader.read(scan, dpi=150).image == scan


def test_lines_come_in_reading_order_with_boxes_on_their_words(reader: Reader) -> None:
    """Top to bottom, and each box meets the line that was drawn there."""
    page = draw_page()
    reading = reader.read(page.jpeg(), dpi=150)
    assert [line.text[:2] for line in reading.lines][:4] == [text[:2] for text in LETTER[:4]]
    for line, (x0, y0, x1, y1) in zip(reading.lines[:4], page.boxes, strict=False):
        assert abs(line.box[0] - x0) < 20
        assert abs(line.box[2] - x1) < 20
        assert line.box[1] < (y0 + y1) / 2 < line.box[3]


def test_text_under_a_red_seal_is_read(reader: Reader) -> None:
    """A seal across the values must not hide them."""
    page = draw_page()
    pixels = page.pixels.astype(np.float32)
    stamp = np.zeros(pixels.shape[:2], np.float32)
    cv2.circle(stamp, (420, 470), 190, 1, 14)
    cv2.circle(stamp, (420, 470), 60, 1, -1)
    # Ink on ink darkens: it multiplies.
    pixels *= 1 - stamp[..., None] * (1 - np.array([0.86, 0.2, 0.22], np.float32))
    reading = reader.read(page.jpeg(pixels.astype(np.uint8)), dpi=150)
    assert plain(LETTER[2]) in text_of(reading)
    assert plain(LETTER[3]) in text_of(reading)


def test_a_heading_in_red_is_read_too(reader: Reader) -> None:
    """Official letters have red heads and forms have red numbers; reading past red ink must not lose them."""
    page = draw_page(("国网临江市供电公司文件", *LETTER))
    pixels = page.pixels.copy()
    # As bright in red as the paper, so that nothing of it shows where seals are looked through.
    pixels[: int(page.boxes[0][3]) + 10, :, 0] = 250
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    reading = reader.read(out.getvalue(), dpi=150)
    assert reading.lines[0].text == "国网临江市供电公司文件"
    assert WHOLE in text_of(reading)


@pytest.mark.parametrize("degrees", [-2.5, 1.6])
def test_a_skewed_page_is_levelled_and_its_boxes_lie_on_ink(reader: Reader, degrees: float) -> None:
    """The kept image is the levelled one: every box is dark inside and as low as one line."""
    page = draw_page()
    reading = reader.read(page.jpeg(lean_by(page.pixels, degrees)), dpi=150)
    assert text_of(reading) == WHOLE
    kept = cv2.cvtColor(images.decode(reading.image), cv2.COLOR_RGB2GRAY)
    assert kept.shape == (reading.height_px, reading.width_px)
    for line in reading.lines:
        x0, y0, x1, y1 = line.box
        dark = kept[y0:y1, x0:x1] < 128
        assert dark.mean() > 0.06
        assert dark[:, : line.height].any()
        assert line.height < 60


def test_a_faint_page_is_read(reader: Reader) -> None:
    """A pale copy on grey paper has all its lines."""
    page = draw_page(ink=186, paper=200, text_px=28)
    assert text_of(reader.read(page.jpeg(grainy(page.pixels, 5)), dpi=150)) == WHOLE


def test_a_faint_line_on_a_dark_page_is_not_overlooked(reader: Reader) -> None:
    """Carbon copies and worn ribbons leave single pale lines between black ones."""
    lines = [CLAUSE[i : i + 52] for i in (0, 3, 5, 1, 8, 2)]
    page = draw_page(lines, ink=[25, 224, 25, 224, 224, 25], text_px=20, size=(1654, 2339))
    worn = grainy(cv2.GaussianBlur(page.pixels, (0, 0), 0.9), 7)
    assert len(text_of(reader.read(page.jpeg(worn), dpi=200))) > 0.95 * sum(map(len, lines))


def test_small_print_on_a_large_sheet_is_read(reader: Reader) -> None:
    """From afar its lines are too low to find; the engine has to come closer."""
    page = draw_page(LETTER * 6, size=(4300, 3000), text_px=13, face="hei")
    assert text_of(reader.read(page.jpeg(), dpi=200)) == WHOLE * 6


@pytest.mark.parametrize("ground", ["white", "grain", "shadow"])
def test_a_blank_page_has_no_lines_and_stays_as_it_came(reader: Reader, ground: str) -> None:
    """Neither the grain of paper nor the shadow at its edge is text, or a reason to turn the page."""
    pixels = np.full((1754, 1240, 3), 243, np.float32)
    if ground != "white":
        pixels += np.random.default_rng(1).normal(0, 5, pixels.shape)
    if ground == "shadow":
        pixels[:, :50] *= 0.3
        pixels[-30:] *= 0.2
    scan = draw_page().jpeg(pixels.clip(0, 255).astype(np.uint8))
    reading = reader.read(scan, dpi=150)
    assert (reading.lines, reading.confidence, reading.rotation) == ((), 1.0, 0)
    assert reading.image == scan


@pytest.mark.parametrize("shape", [(1, 1), (9, 700), (700, 9), (20, 20), (40, 6000)])
def test_slips_of_odd_shape_are_read_without_failing(reader: Reader, shape: tuple[int, int]) -> None:
    """A crop may leave next to nothing of a page."""
    slip = np.full((*shape, 3), 230, np.uint8)
    assert reader.read(draw_page().jpeg(slip), dpi=200).lines == ()


def test_bytes_that_are_no_image_are_damaged(reader: Reader) -> None:
    """The error is ours, with a stable code."""
    with pytest.raises(Damaged) as caught:
        reader.read(b"\xff\xd8\xff not a picture", dpi=200)
    assert caught.value.code == "page.image-unreadable"


def test_the_other_runtime_reads_the_same_text(reader: Reader) -> None:
    """ONNX Runtime stands in where OpenVINO does not run; both say who read."""
    other = Reader(runtime="onnxruntime")
    scan = draw_page().jpeg()
    assert text_of(other.read(scan, dpi=150)) == text_of(reader.read(scan, dpi=150)) == WHOLE
    assert "onnxruntime" in other.name
    assert other.name.split()[-1] == reader.name.split()[-1]


def test_reading_needs_no_network_and_prints_nothing(tmp_path: Path) -> None:
    """All models come with the installation: an empty home and no way out are enough."""
    scan = tmp_path / "page.jpg"
    scan.write_bytes(draw_page().jpeg())
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [sys.executable, "-c", _OFFLINE, str(scan)], env=environment, capture_output=True, timeout=120, check=False
    )
    assert done.stderr.decode() == ""
    assert plain(done.stdout.decode().replace("|", "")) == WHOLE
