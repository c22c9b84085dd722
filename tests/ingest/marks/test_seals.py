"""Seals are seen by their shape, and what is only red is not taken for one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image

from ingest.marks import find
from ingest.marks.values import Kind, Mark, Shape
from tests.support.paper import MM, RED, Paper, box_mm


def seals(paper: Paper) -> list[Mark]:
    """The seals found on a page."""
    return find.find(paper.pixels, paper.lines).of(Kind.SEAL)


@pytest.fixture
def paper() -> Paper:
    """A page with running text."""
    paper = Paper()
    paper.prose()
    return paper


def test_a_round_seal_over_print_is_seen_at_its_place(paper: Paper) -> None:
    """Ink of the seal and print below it stand in each other's way."""
    paper.seal(120, 110)
    (found,) = seals(paper)
    assert found.shape is Shape.ROUND
    assert found.confidence >= 0.8
    assert box_mm(found.box) == pytest.approx((100, 90, 140, 130), abs=3)


def test_a_pale_and_patchy_seal_is_seen(paper: Paper) -> None:
    """A dry ink pad leaves a third of the ink."""
    paper.seal(90, 220, faded=0.6)
    (found,) = seals(paper)
    assert found.shape is Shape.ROUND


def test_an_oval_seal_is_seen_as_oval(paper: Paper) -> None:
    """Seals for invoices are oval."""
    paper.seal(120, 220, flat=0.72)
    (found,) = seals(paper)
    assert found.shape is Shape.OVAL
    assert found.confidence >= 0.8


def test_the_square_seal_of_a_person_is_seen(paper: Paper) -> None:
    """Legal representatives press a square seal with their name."""
    paper.name_seal(120, 220)
    (found,) = seals(paper)
    assert found.shape is Shape.SQUARE
    assert found.confidence >= 0.8


def test_a_seal_cut_by_the_edge_is_a_riding_seal(paper: Paper) -> None:
    """It runs across the edges of all pages, so that each has a part of it."""
    paper.seal(204, 150)
    (found,) = seals(paper)
    assert found.shape is Shape.RIDING
    assert found.box[2] == pytest.approx(paper.image.width, abs=3 * MM)


def test_two_seals_that_overlap_are_both_seen(paper: Paper) -> None:
    """Both sides of a contract press theirs side by side."""
    paper.seal(90, 220)
    paper.seal(122, 224, words="江北市供电局")
    found = seals(paper)
    assert sorted(round(box_mm(one.box)[0]) for one in found) == pytest.approx([70, 102], abs=4)


def test_the_ring_of_a_seal_is_seen_on_a_photocopy(paper: Paper) -> None:
    """Without colour only its shape is left."""
    paper.seal(120, 220)
    (found,) = find.find(paper.copied, paper.lines).of(Kind.SEAL)
    assert found.ink == "dark"
    assert box_mm(found.box) == pytest.approx((100, 200, 140, 240), abs=4)


def letterhead(paper: Paper) -> None:
    paper.write(35, 25, "江北省电力公司江北供电公司文件", size=9, ink=RED)
    paper.rule(25, 36, 185, 36, RED)
    paper.rule(25, 38, 185, 38, RED)


def words_in_a_frame(paper: Paper) -> None:
    paper.stamp(120, 30, "作废")
    paper.stamp(120, 210, "与原件核对无误")


def logo(paper: Paper) -> None:
    paper.pen.ellipse((25 * MM, 12 * MM, 55 * MM, 42 * MM), fill=RED)
    paper.pen.polygon([(30 * MM, 27 * MM), (50 * MM, 20 * MM), (50 * MM, 34 * MM)], fill=(250, 249, 246))


def code(paper: Paper) -> None:
    barcode = zxingcpp.create_barcode("https://example.invalid/12345678", zxingcpp.BarcodeFormat.QRCode)
    side = round(35 * MM)
    square = Image.fromarray(np.asarray(barcode.to_image(scale=8))).resize((side, side)).convert("RGB")
    paper.image.paste(square, (round(150 * MM), round(20 * MM)))


def red_pen(paper: Paper) -> None:
    paper.sign(60, 200, ink=RED, wide=50)
    turns = np.linspace(0, 2 * np.pi, 60)
    loop = [((120 + 19 * np.cos(t)) * MM, (230 + 17 * np.sin(t)) * MM) for t in turns]
    paper.pen.line(loop, fill=RED, width=5)


def photograph(paper: Paper) -> None:
    patches = np.random.default_rng(2).integers(60, 220, (9, 7, 3)).astype(np.uint8)
    patches[..., 0] = np.maximum(patches[..., 0], 150)
    picture = cv2.resize(patches, (round(60 * MM), round(80 * MM)), interpolation=cv2.INTER_CUBIC)
    paper.image.paste(Image.fromarray(picture), (round(30 * MM), round(190 * MM)))


def round_diagram(paper: Paper) -> None:
    for x, ink in ((70, (30, 30, 34)), (140, RED)):
        paper.pen.ellipse(((x - 20) * MM, 200 * MM, (x + 20) * MM, 240 * MM), outline=ink, width=4)
        paper.rule(x - 20, 220, x + 20, 220, ink)
        paper.write(x - 3, 212, "M", ink=ink)


REDS = (letterhead, words_in_a_frame, logo, code, red_pen, photograph, round_diagram)


@pytest.mark.parametrize("draw", REDS, ids=lambda draw: draw.__name__)
def test_what_is_no_seal_is_not_taken_for_one(draw: object, paper: Paper) -> None:
    """Letterheads, stamps of words, logos, codes, handwriting, photographs and diagrams are no seals."""
    draw(paper)  # type: ignore[operator]
    assert seals(paper) == []
    assert find.find(paper.copied, paper.lines).of(Kind.SEAL) == []


def test_a_stamp_of_words_is_a_kind_of_its_own(paper: Paper) -> None:
    """It is kept, for it says something of the paper."""
    paper.stamp(120, 210, "已核对")
    found = find.find(paper.pixels, paper.lines)
    assert [mark.kind for mark in found.marks] == [Kind.TEXT_STAMP]


def test_a_page_of_print_has_no_mark_and_no_red(paper: Paper) -> None:
    """Colour noise of a scanner is no ink."""
    found = find.find(paper.pixels, paper.lines)
    assert found.marks == ()
    assert found.red < 0.0002
    assert found.colour


def test_a_seal_knows_the_words_in_it_and_the_labels_around(paper: Paper) -> None:
    """They say whose it is."""
    paper.write(30, 200, "供电方：")
    paper.write(110, 200, "用电方：")
    paper.seal(50, 214)
    (found,) = seals(paper)
    assert found.near[0] == "供电方："
