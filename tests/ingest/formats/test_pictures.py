"""Pictures of every kind become upright pages in eight bits."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from archive_service.settings import Settings
from ingest import opening
from ingest.errors import FileRefused
from ingest.opening import Limits, RenderedPage
from tests.support import hostile


@pytest.fixture
def limits(settings: Settings) -> Limits:
    return Limits.of(settings)


def shown(tmp_path: Path, data: bytes, limits: Limits) -> list[RenderedPage]:
    path = tmp_path / "original"
    path.write_bytes(data)
    found = opening.probe(path, file_name="scan", limits=limits)
    return opening.render(path, format=found.format, first=1, last=found.page_count, out_dir=tmp_path, limits=limits)


def pixels(page: RenderedPage) -> Image.Image:
    assert page.image is not None
    with Image.open(page.image) as image:
        return image.copy()


def bar_is_at_the_top_left(image: Image.Image) -> bool:
    """The bar of `hostile.picture` is the darkest part; say whether it stands where it was drawn."""
    dark = np.argwhere(np.asarray(image.convert("L")) < 100)
    y, x = dark.mean(axis=0) / (image.height, image.width)
    return bool(y < 0.35 and x < 0.45)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK", "F"])
def test_every_way_to_store_pixels_becomes_the_same_page(mode: str, tmp_path: Path, limits: Limits) -> None:
    plain = hostile.picture()
    if mode == "I;16":
        image = Image.fromarray(np.asarray(plain.convert("L")).astype(np.uint16) * 257)
    elif mode == "F":
        image = Image.fromarray(np.asarray(plain.convert("L")).astype(np.float32) / 255)
    else:
        image = plain.convert(mode)
    (page,) = shown(tmp_path, hostile.tiff([image]) if mode != "P" else hostile.encoded(image, "PNG"), limits)
    assert page.error_code is None
    picture = pixels(page)
    assert (picture.mode, picture.size) == ("L", (600, 800))
    difference = np.abs(np.asarray(picture, np.int16) - np.asarray(plain.convert("L"), np.int16))
    assert difference.mean() < 3


def test_what_is_transparent_is_paper(tmp_path: Path, limits: Limits) -> None:
    image = Image.new("RGBA", (300, 400), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (100, 100, 200, 200))
    (page,) = shown(tmp_path, hostile.encoded(image, "PNG"), limits)
    picture = pixels(page)
    assert picture.mode == "RGB"
    assert min(picture.getpixel((10, 10))) > 250  # type: ignore[type-var, arg-type]


def test_twelve_bits_in_sixteen_are_not_shown_as_night(tmp_path: Path, limits: Limits) -> None:
    grey = np.asarray(hostile.picture().convert("L")).astype(np.uint16) * 16
    (page,) = shown(tmp_path, hostile.tiff([Image.fromarray(grey)]), limits)
    assert np.asarray(pixels(page)).mean() > 200


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_phone_photo_stands_upright(orientation: int, tmp_path: Path, limits: Limits) -> None:
    turn = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    held = hostile.picture() if turn is None else hostile.picture().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    (page,) = shown(tmp_path, hostile.encoded(held, "JPEG", exif=exif), limits)
    assert (page.width_px, page.height_px) == (600, 800)
    assert bar_is_at_the_top_left(pixels(page))
    assert ("turned" in page.flags) == (orientation != 1)


def test_a_tiff_with_an_orientation_is_turned_once(tmp_path: Path, limits: Limits) -> None:
    held = hostile.picture().transpose(Image.Transpose.ROTATE_90)
    (page,) = shown(tmp_path, hostile.tiff([held], tiffinfo={274: 6}), limits)
    assert (page.width_px, page.height_px) == (600, 800)
    assert bar_is_at_the_top_left(pixels(page))


def test_the_pages_of_a_tiff_may_differ_in_size_and_kind(tmp_path: Path, limits: Limits) -> None:
    images = [hostile.picture(), hostile.picture((300, 400), "L"), hostile.picture((700, 300), "1")]
    pages = shown(tmp_path, hostile.tiff(images), limits)
    assert [(p.page_no, p.width_px, p.height_px) for p in pages] == [(1, 600, 800), (2, 300, 400), (3, 700, 300)]


def test_a_fax_is_read(tmp_path: Path, limits: Limits) -> None:
    data = hostile.tiff([hostile.picture(mode="1")] * 2, compression="group4", dpi=(200, 200))
    pages = shown(tmp_path, data, limits)
    assert [p.dpi for p in pages] == [200, 200]
    assert bar_is_at_the_top_left(pixels(pages[1]))


def test_one_bad_page_of_a_tiff_costs_one_page(tmp_path: Path, limits: Limits) -> None:
    data = bytearray(hostile.tiff([hostile.picture(mode="1")] * 2, compression="group4"))
    (second,) = struct.unpack_from("<I", data, 4)
    for _ in range(2):
        last = second
        (tags,) = struct.unpack_from("<H", data, last)
        (second,) = struct.unpack_from("<I", data, last + 2 + 12 * tags)
    for at in range(last + 2, last + 2 + 12 * tags, 12):
        if struct.unpack_from("<H", data, at) == (273,):  # where the pixels stand
            struct.pack_into("<I", data, at + 8, 0x7FFFFFF0)
    pages = shown(tmp_path, bytes(data), limits)
    assert [page.error_code for page in pages] == [None, "file.damaged"]


def test_a_fine_scan_is_brought_to_the_resolution_that_pages_are_read_at(tmp_path: Path, limits: Limits) -> None:
    large = hostile.picture((4960, 7016), "L")
    (page,) = shown(tmp_path, hostile.encoded(large, "JPEG", dpi=(600, 600)), limits)
    assert page.dpi == 200
    assert abs(page.width_px - 1654) < 8


def test_a_large_drawing_that_does_not_say_its_resolution_is_not_shrunk(tmp_path: Path, limits: Limits) -> None:
    drawing = hostile.picture((5000, 7000), "1")
    for dpi in ({}, {"dpi": (72, 72)}):
        (page,) = shown(tmp_path, hostile.tiff([drawing], compression="group4", **dpi), limits)
        assert (page.width_px, page.height_px) == (5000, 7000)


def test_a_picture_over_the_pixels_of_a_page_is_shown_smaller(tmp_path: Path, limits: Limits) -> None:
    (page,) = shown(tmp_path, hostile.jpeg((1200, 1600)), replace(limits, max_render_pixels=500_000))
    assert page.width_px * page.height_px <= 500_000
    assert bar_is_at_the_top_left(pixels(page))


def test_a_blank_picture_is_flagged_and_a_nearly_blank_one_is_not(tmp_path: Path, limits: Limits) -> None:
    paper = np.random.default_rng(1).normal(235, 5, (1600, 1200)).clip(0, 255).astype(np.uint8)
    (page,) = shown(tmp_path, hostile.encoded(Image.fromarray(paper), "PNG"), limits)
    assert page.flags == ("blank",)
    paper[1500:1520, 600:612] = 60
    (page,) = shown(tmp_path, hostile.encoded(Image.fromarray(paper), "PNG"), limits)
    assert page.flags == ()


def test_a_seal_keeps_a_page_coloured(tmp_path: Path, limits: Limits) -> None:
    image = hostile.picture((1654, 2339))
    image.paste((210, 40, 40), (800, 1500, 900, 1520))
    (page,) = shown(tmp_path, hostile.encoded(image, "PNG"), limits)
    assert pixels(page).mode == "RGB"


def test_too_many_pages_of_a_tiff_are_refused(tmp_path: Path, limits: Limits) -> None:
    data = hostile.tiff([Image.new("1", (8, 8))] * 12)
    with pytest.raises(FileRefused) as refusal:
        shown(tmp_path, data, replace(limits, max_pages=11))
    assert refusal.value.code == "file.too-many-pages"
