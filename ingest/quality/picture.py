"""Pictures that show a finding: the page, or the part of it concerned, with an outline around the place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from archive_service.storage.store import ObjectStore
from ingest.lines import Box
from ingest.ocr import cleanup, images
from ingest.ocr.engine import Pixels
from ingest.quality.findings import BLURRED, CROPPED, SKEWED

#: Orange that stands out on paper and on print, as RGB.
_OUTLINE = (214, 92, 0)
_WIDTH_PX, _HEIGHT_PX = 720, 900
#: Findings that are seen only from near.
_FROM_NEAR = frozenset({BLURRED, CROPPED})


def marked(store: ObjectStore, digest: str, *, code: str, boxes: Sequence[Box], turned: float = 0.0) -> bytes:
    """Return the page under `digest` as JPEG with `boxes` outlined; from near where only that shows the finding.

    A page that was levelled by `turned` degrees is shown as it lay, above a level line.
    """
    pixels = np.ascontiguousarray(images.decode(store.read(digest)))
    stroke = max(4, min(pixels.shape[:2]) // 170)
    for box in boxes:
        _outline(pixels, box, stroke)
    if code == SKEWED:
        pixels = np.ascontiguousarray(cleanup.level(pixels, -turned) if turned else pixels)
        middle = pixels.shape[0] // 2
        cv2.line(pixels, (0, middle), (pixels.shape[1], middle), _OUTLINE, stroke)
    if code in _FROM_NEAR and boxes:
        pixels = _around(pixels, boxes[0])
    return images.encode_jpeg(_fitting(pixels))


def _outline(pixels: Pixels, box: Box, stroke: int) -> None:
    """Draw around a box, inside of the picture where the box ends with it."""
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = box
    corner = (max(stroke // 2, x0 - stroke), max(stroke // 2, y0 - stroke))
    other = (min(width - 1 - stroke // 2, x1 + stroke), min(height - 1 - stroke // 2, y1 + stroke))
    cv2.rectangle(pixels, corner, other, _OUTLINE, stroke)


def side_by_side(store: ObjectStore, digests: Sequence[str]) -> bytes:
    """Return two pages beside each other as JPEG: a repeated page and the one that it repeats."""
    pages = [images.decode(store.read(digest)) for digest in digests]
    half = _WIDTH_PX // len(pages)
    small = [_to_width(page, half - 8) for page in pages]
    height = max(page.shape[0] for page in small)
    sheets = [np.full((height, half, 3), 205, np.uint8) for _ in small]
    for sheet, page in zip(sheets, small, strict=True):
        sheet[: page.shape[0], 4 : 4 + page.shape[1]] = page
    return images.encode_jpeg(np.hstack(sheets))


def _around(pixels: Pixels, box: Box) -> Pixels:
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = box
    reach = max(60, 3 * (y1 - y0))
    top, bottom = max(0, y0 - reach), min(height, y1 + reach)
    wide = max(x1 - x0, 3 * (bottom - top))
    left = max(0, min(x0 - reach, width - wide))
    return np.ascontiguousarray(pixels[top:bottom, left : min(width, left + wide)])


def _fitting(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    return _to_width(pixels, round(width * min(1.0, _WIDTH_PX / width, _HEIGHT_PX / height)))


def _to_width(pixels: Pixels, width: int) -> Pixels:
    height = max(1, round(pixels.shape[0] * width / pixels.shape[1]))
    return cast(Pixels, cv2.resize(pixels, (max(1, width), min(height, 4 * _HEIGHT_PX)), interpolation=cv2.INTER_AREA))
