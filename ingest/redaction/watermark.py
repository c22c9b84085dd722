"""Who reads a borrowed page, drawn into its pixels: name, number, moment, purpose; a screenshot says so too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from archive_service import fonts, zone
from ingest.ocr import images
from ingest.ocr.engine import Pixels

_FACE = "hei"
#: Part of the grey that lies over the page: across it, and along its upper and lower edge, where it is to be read.
_ACROSS, _ALONG = 70, 190
_GREY = 100
_SLANT_DEGREES = 24
_LONGEST_NAME = 24


@dataclass(frozen=True)
class Mark:
    """What stands in the picture."""

    name: str
    #: The number by which the reader signs in.
    number: str
    at: datetime
    #: In words.
    purpose: str

    @property
    def text(self) -> str:
        """Return the line that is drawn, the moment as the clocks of the service centres show it."""
        moment = f"{zone.local(self.at):%Y-%m-%d %H:%M}"
        name, purpose = self.name[:_LONGEST_NAME], self.purpose[:_LONGEST_NAME]
        return fonts.printable(f"{name} {self.number[:_LONGEST_NAME]} {moment} {purpose}", _FACE)


def watermarked(data: bytes, mark: Mark) -> bytes:
    """Return a picture of a page as JPEG with the mark all over it.

    Nothing of it is kept: the picture is another one for each reader and minute. Raises Damaged when `data` cannot be
    decoded.
    """
    pixels = images.decode(data)
    height, width = pixels.shape[:2]
    cover = _cover(mark.text, width, height)
    left = cv2.multiply(pixels, cv2.merge([255 - cover] * 3), scale=1 / 255)
    over = cv2.convertScaleAbs(cover, alpha=_GREY / 255)
    return images.encode_jpeg(cast(Pixels, cv2.add(left, cv2.merge([over] * 3))))


def _cover(text: str, width: int, height: int) -> Pixels:
    """Return how much grey lies on each pixel, 0 to 255."""
    tile = _slanted(text, max(11, width // 44))
    rows, columns = -(-height // tile.shape[0]), -(-width // tile.shape[1])
    cover = np.tile(tile, (rows, columns))[:height, :width].copy()
    line = _line(text, _fitting(text, width))[:height, :width]
    edge = max(2, height // 150)
    for wanted in (edge, height - edge - line.shape[0]):
        top = min(max(0, wanted), height - line.shape[0])
        np.copyto(cover[top : top + line.shape[0], : line.shape[1]], cv2.convertScaleAbs(line, alpha=_ALONG / 255))
    return cover


def _fitting(text: str, width: int) -> int:
    """Return the size of the letters with which a line of text is no wider than the page."""
    wanted = max(11, width // 66)
    taken = _font(wanted).getlength(text)
    return max(8, int(wanted * min(1.0, 0.97 * width / taken)))


def _slanted(text: str, size: int) -> Pixels:
    flat = Image.fromarray(_line(text, size, around=size * 2))
    turned = np.asarray(flat.rotate(_SLANT_DEGREES, expand=True, resample=Image.Resampling.BILINEAR))
    return cast(Pixels, cv2.convertScaleAbs(turned, alpha=_ACROSS / 255))


def _line(text: str, size: int, *, around: int = 0) -> Pixels:
    """Return white letters on black, with so many pixels of black around them."""
    font = _font(size)
    box = (round(font.getlength(text)) + size + 2 * around, size * 2 + 2 * around)
    picture = Image.new("L", box, 0)
    ImageDraw.Draw(picture).text((size // 2 + around, size // 3 + around), text, fill=255, font=font)
    return np.asarray(picture)


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(fonts.path(_FACE), size)
