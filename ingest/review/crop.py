"""The piece of a page on which a field stands, as the review desk shows it beside the field."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from archive_service.storage.store import ObjectStore
from ingest.lines import Box
from ingest.ocr import images
from ingest.ocr.engine import Pixels

#: Amber of the doubtful field on the desk, as RGB.
_OUTLINE = (180, 95, 0)
#: Twice the size in which it is shown, for sharp screens.
_WIDTH_PX, _HEIGHT_PX = 800, 360
#: How much is shown around the box, in heights of a line: its label stands to the left.
_LEFT, _RIGHT, _ABOVE = 5.0, 1.5, 0.45
#: A box of several lines is no taller line.
_LINE_PX = 60


def around(store: ObjectStore, digest: str, box: Box) -> bytes:
    """Return what stands around `box` on the page under `digest` as JPEG, the box outlined.

    Raises Damaged when the stored page is not what was stored or is no picture.
    """
    pixels = images.decode(store.read(digest))
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = _inside(box, width, height)
    line = min(y1 - y0, _LINE_PX)
    left, right = max(0, x0 - round(_LEFT * line)), min(width, x1 + round(_RIGHT * line))
    top, bottom = max(0, y0 - max(4, round(_ABOVE * line))), min(height, y1 + max(4, round(_ABOVE * line)))
    piece = np.ascontiguousarray(pixels[top:bottom, left:right])
    stroke = max(1, line // 16)
    corner = (max(0, x0 - left - stroke), max(0, y0 - top - stroke))
    other = (min(right - left - 1, x1 - left + stroke), min(bottom - top - 1, y1 - top + stroke))
    cv2.rectangle(piece, corner, other, _OUTLINE, stroke)
    return images.encode_jpeg(_fitting(piece))


def _inside(box: Box, width: int, height: int) -> Box:
    """Return the part of the box that lies on the page, at least one pixel of it."""
    x0, y0 = min(max(0, box[0]), width - 1), min(max(0, box[1]), height - 1)
    return x0, y0, min(max(x0 + 1, box[2]), width), min(max(y0 + 1, box[3]), height)


def _fitting(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    scale = min(1.0, _WIDTH_PX / width, _HEIGHT_PX / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cast(Pixels, cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)) if scale < 1 else pixels
