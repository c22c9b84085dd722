"""Black boxes into an encoded picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ingest.lines import Box
from ingest.ocr import images
from ingest.redaction import rules

_BLACK = (0, 0, 0)


def blacked_out(data: bytes, boxes: Sequence[Box], *, width_px: int, height_px: int) -> bytes:
    """Return a picture of a page as JPEG with `boxes` black; they are pixels of the page of the size given.

    The picture may be smaller than the page, as a thumbnail is. Without boxes it is returned as it is. Raises Damaged
    when it cannot be decoded.
    """
    if not boxes:
        return data
    pixels = np.ascontiguousarray(images.decode(data))
    height, width = pixels.shape[:2]
    for x0, y0, x1, y1 in rules.scaled(boxes, width / max(1, width_px), height / max(1, height_px)):
        cv2.rectangle(pixels, (max(0, x0), max(0, y0)), (min(width, x1), min(height, y1)), _BLACK, cv2.FILLED)
    return images.encode_jpeg(pixels)
