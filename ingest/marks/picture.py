"""The picture of a mark: the part of the page around it."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from ingest.lines import Box
from ingest.ocr import images
from ingest.ocr.engine import Pixels

_WIDTH_PX = 360
#: What is shown around the mark, as a share of its size, and at least so many pixels of the page.
_AROUND, _LEAST_PX = 0.3, 24


def crop(data: bytes, box: Box) -> bytes:
    """Return the part of an encoded page image around `box` as JPEG, at most `_WIDTH_PX` wide."""
    pixels = images.decode(data)
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = box
    across = max(_LEAST_PX, round(_AROUND * (x1 - x0)))
    down = max(_LEAST_PX, round(_AROUND * (y1 - y0)))
    # A box from an older picture of the page may lie outside of this one.
    left, top = min(max(0, x0 - across), width - 1), min(max(0, y0 - down), height - 1)
    part = np.ascontiguousarray(pixels[top : max(top + 1, y1 + down), left : max(left + 1, x1 + across)])
    scale = min(1.0, _WIDTH_PX / part.shape[1], _WIDTH_PX / part.shape[0])
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    return images.encode_jpeg(cast(Pixels, cv2.resize(part, size, interpolation=cv2.INTER_AREA)))
