"""Find sheets among scanned pages by their codes.

Every page is looked at, so it has to be cheap: the codes are printed so large that a small grey picture of the page is
enough, and most decoders of JPEG make that picture faster than the full one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import zxingcpp

from ingest.ocr import images
from ingest.ocr.engine import Pixels
from ingest.ocr.reading import PageReading
from ingest.sheets import codes
from ingest.sheets.codes import SheetCode

#: Long side of the small picture, pixels: a module of a code on A4 is then about five of them wide.
_SMALL_PX = 1100
_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


@dataclass(frozen=True)
class Seen:
    """The codes on a page, each once, and the turn in degrees clockwise that sets it upright."""

    codes: tuple[SheetCode, ...]
    rotation: int


def find(image: bytes) -> Seen | None:
    """Return the sheet that an encoded page is; none for any other page, whatever codes it carries."""
    small = _small(image)
    if small is None:
        return None
    found = [
        (code, barcode)
        for barcode in zxingcpp.read_barcodes(small, _QR, try_downscale=False, try_invert=False)
        if (code := codes.parse(barcode.text)) is not None
    ]
    if not found:
        return None
    return Seen(tuple(dict.fromkeys(code for code, _ in found)), _turn(found[0][1].orientation))


def reading(image: bytes, seen: Seen) -> PageReading:
    """Return a sheet as a page that is read: set upright, without text, for what it says is in its code."""
    upright = images.upright(image, seen.rotation)
    return PageReading(
        rotation=seen.rotation,
        engine=codes.READER,
        confidence=1.0,
        lines=(),
        width_px=upright.width_px,
        height_px=upright.height_px,
        image=upright.image,
        thumbnail=upright.thumbnail,
        flags=tuple(codes.as_flags(seen.codes)),
    )


def _small(image: bytes) -> Pixels | None:
    data = np.frombuffer(image, np.uint8)
    grey = cv2.imdecode(data, cv2.IMREAD_REDUCED_GRAYSCALE_2) if image else None
    if grey is None:
        return None
    if max(grey.shape) < _SMALL_PX / 1.5:
        # A small scan to begin with.
        grey = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    if grey is None:
        return None
    scale = _SMALL_PX / max(grey.shape)
    if scale < 1:
        size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return cast(Pixels, grey)


def _turn(orientation: int) -> int:
    """Return the quarter turn clockwise that undoes the orientation of a code, which is counted clockwise."""
    return -90 * round(orientation / 90) % 360
