"""Page images are turned clockwise, kept as they are where nothing changed, and have a small picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ingest.ocr import images


def encoded(pixels: np.ndarray, kind: str = "JPEG", **how: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **how)
    return out.getvalue()


def corner_page() -> np.ndarray:
    """A page whose top left corner is black."""
    pixels = np.full((90, 60, 3), 255, np.uint8)
    pixels[:30, :20] = 0
    return pixels


def test_a_jpeg_that_needs_no_turn_is_kept_byte_for_byte() -> None:
    """Encoding it again would only cost sharpness."""
    scan = encoded(corner_page())
    assert images.upright(scan, 0).image == scan


def test_other_formats_become_jpeg() -> None:
    """Viewers get one format."""
    kept = images.upright(encoded(corner_page(), "PNG"), 0)
    assert Image.open(io.BytesIO(kept.image)).format == "JPEG"
    assert (kept.width_px, kept.height_px) == (60, 90)


@pytest.mark.parametrize(("rotation", "corner"), [(90, "top right"), (180, "bottom right"), (270, "bottom left")])
def test_a_turn_is_clockwise(rotation: int, corner: str) -> None:
    """The black corner goes round with the clock, and width and height change places."""
    kept = images.upright(encoded(corner_page(), quality=95), rotation)
    pixels = images.decode(kept.image)
    assert pixels.shape[:2] == (kept.height_px, kept.width_px) == ((60, 90) if rotation != 180 else (90, 60))
    row = 5 if "top" in corner else -6
    column = 5 if "left" in corner else -6
    assert pixels[row, column].max() < 60
    assert pixels[-6 if row == 5 else 5, column].min() > 200


def test_a_phone_photo_is_seen_as_its_exif_says() -> None:
    """A browser obeys the Exif turn, so sizes and boxes must, too."""
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = images.upright(encoded(corner_page(), exif=exif), 0)
    assert (kept.width_px, kept.height_px) == (90, 60)


def test_a_thumbnail_is_at_most_320_pixels_wide() -> None:
    """Lists show many of them."""
    small = Image.open(io.BytesIO(images.upright(encoded(np.zeros((900, 1200, 3), np.uint8)), 0).thumbnail))
    assert small.size == (320, 240)
