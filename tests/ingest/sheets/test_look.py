"""Sheets are found again after printer, copier, coffee and scanner; other papers are no sheets, whatever they carry."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from random import Random

import cv2
import numpy as np
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from archive_service.samples import wear
from ingest.ocr import images
from ingest.sheets import draw, look
from ingest.sheets.codes import SheetCode
from ingest.sheets.draw import Expected, Sheet

CODE = SheetCode("202611020077", "K01R")
SHEET = Sheet(CODE, "居民供用电合同", (("文件类型", "K01R"),), advice="放在这份资料之前，每份一张。")
Pixels = wear.Pixels


def printed(sheet: Sheet, dpi: int) -> Image.Image:
    page = pypdfium2.PdfDocument(draw.pdf([sheet]))[0]
    return page.render(scale=dpi / 72).to_pil().convert("RGB")


@lru_cache
def page_at(dpi: int) -> Pixels:
    return np.asarray(printed(SHEET, dpi))


def jpeg(pixels: Pixels, dpi: int = 200) -> bytes:
    return wear.encode(pixels, 75, dpi)


def torn(pixels: Pixels, _rng: Random) -> Pixels:
    """The half with one of the codes is gone."""
    left = pixels.copy()
    left[: left.shape[0] // 2] = 20
    return left


def cornered(pixels: Pixels, _rng: Random) -> Pixels:
    height, width = pixels.shape[:2]
    left = pixels.copy()
    cv2.fillPoly(left, [np.array([(width, 0), (width // 3, 0), (width, height // 2)], np.int32)], (20, 20, 20))
    return left


def stained(pixels: Pixels, rng: Random) -> Pixels:
    """A cup stood on one code, and drops fell all over."""
    height, width = pixels.shape[:2]
    left = pixels.copy()
    for _ in range(8):
        cv2.circle(left, (rng.randrange(width), rng.randrange(height)), width // 40, (120, 90, 60), -1)
    cv2.circle(left, (int(0.8 * width), int(0.16 * height)), width // 12, (120, 90, 60), -1)
    return left


def copied_twice(pixels: Pixels, rng: Random) -> Pixels:
    return wear.photocopy(wear.photocopy(pixels, rng), rng)


def blurred(pixels: Pixels, _rng: Random) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 3.0), np.uint8)


def askew(pixels: Pixels, rng: Random) -> Pixels:
    return wear.skew(pixels, rng.uniform(-4, 4), ground=18)


def grainy(pixels: Pixels, rng: Random) -> Pixels:
    return wear.noise(pixels, rng, sigma=14, salt=0.002)


HARMS = (torn, cornered, stained, copied_twice, blurred, askew, grainy)


@pytest.mark.parametrize("harm", HARMS)
def test_a_sheet_is_found_after_all_that_happens_to_paper(harm: Callable[[Pixels, Random], Pixels]) -> None:
    for seed in (1, 2):
        rng = Random(seed)
        worn = wear.scan(Image.fromarray(harm(page_at(150), rng)), dpi=150, severity="hard", rng=rng)
        found = look.find(worn.jpeg)
        assert found is not None
        assert found.codes == (CODE,)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_sheet_is_set_upright_whichever_way_it_was_laid_in(rotation: int) -> None:
    """The black band is at the top again."""
    lying = np.ascontiguousarray(np.rot90(page_at(150), rotation // 90))
    data = jpeg(lying)
    found = look.find(data)
    assert found is not None
    read = look.reading(data, found)
    upright = images.decode(read.image)
    assert (read.rotation, read.lines, read.blank) == (rotation, (), False)
    assert upright[:30].mean() < 60
    assert upright[-30:].mean() > 240


def test_the_code_on_a_photograph_of_the_sheet_is_found() -> None:
    worn = wear.photo(Image.fromarray(page_at(150)), dpi=150, severity="hard", rng=Random(5))
    found = look.find(worn.jpeg)
    assert found is not None
    assert found.codes == (CODE,)


def test_a_page_with_the_codes_of_others_is_no_sheet() -> None:
    page = Image.new("RGB", (1654, 2339), "white")
    texts = ("https://inv-veri.chinatax.gov.cn/?a=1", "AS1:S:202611020077:K01R:AAAAAA", "1330700000123456789012")
    for at, text in enumerate(texts):
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
        page.paste(Image.fromarray(np.asarray(code.to_image(scale=10))), (100, 100 + 600 * at))
    out = io.BytesIO()
    page.save(out, "PNG")
    assert look.find(out.getvalue()) is None


def test_two_different_sheets_on_one_picture_are_both_named() -> None:
    other = SheetCode("202611020078", "A05")
    both = page_at(150).copy()
    half = both.shape[0] // 2
    both[half:] = np.asarray(printed(Sheet(other, "身份证"), 150))[half:]
    found = look.find(jpeg(both))
    assert found is not None
    assert set(found.codes) == {CODE, other}


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff no picture"])
def test_what_is_no_picture_is_no_sheet(data: bytes) -> None:
    assert look.find(data) is None


def test_a_list_longer_than_its_page_goes_on_on_a_second_sheet_with_the_same_code() -> None:
    papers = [Expected(f"A{n:02}", "用电申请表", n % 2 == 0) for n in range(60)]
    book = pypdfium2.PdfDocument(draw.pdf([Sheet(SheetCode("1", cover=True), "新装", (), papers)]))
    found = [look.find(jpeg(np.asarray(page.render(scale=2).to_pil().convert("RGB")))) for page in book]
    assert [one and one.codes for one in found] == [(SheetCode("1", cover=True),)] * 2


def test_a_rare_character_of_a_name_is_marked_and_the_rest_printed() -> None:
    book = pypdfium2.PdfDocument(draw.pdf([Sheet(CODE, "合同", (("户名", "汪雪喆"),))]))
    assert "汪雪〓" in book[0].get_textpage().get_text_range()
