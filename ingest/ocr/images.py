"""Page images: decode, turn, encode, thumbnail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from archive_service.errors import Damaged
from ingest.ocr.engine import Pixels

#: Width of the small picture in lists, pixels.
THUMBNAIL_WIDTH_PX = 320
_JPEG_QUALITY = 85
_THUMBNAIL_QUALITY = 78
_JPEG_MAGIC = b"\xff\xd8\xff"
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True)
class UprightImage:
    """A page image that stands upright, as JPEG, with its small picture and its size in pixels."""

    image: bytes
    thumbnail: bytes
    width_px: int
    height_px: int


def upright(image: bytes, rotation: int) -> UprightImage:
    """Turn an encoded page by `rotation` degrees clockwise (0, 90, 180, 270) and make its small picture.

    A JPEG that needs no turn is kept byte for byte. Raises Damaged if `image` cannot be decoded.
    """
    pixels = decode(image)
    return store(turn(pixels, rotation), original=image if rotation == 0 else None)


def store(pixels: Pixels, *, original: bytes | None) -> UprightImage:
    """Encode `pixels` for keeping; `original` is kept instead if it is a JPEG of the very same pixels."""
    height, width = pixels.shape[:2]
    keep = original is not None and original.startswith(_JPEG_MAGIC)
    image = cast(bytes, original) if keep else encode_jpeg(pixels, _JPEG_QUALITY)
    return UprightImage(image, thumbnail(pixels), width, height)


def decode(data: bytes) -> Pixels:
    """Return the RGB pixels of an encoded image; raises Damaged if there are none to be had."""
    # An EXIF turn is applied here because the browser that shows the same bytes applies it too.
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
    if pixels is None:
        raise Damaged("page.image-unreadable", "页面图像无法解码。原文件已保留，请重新渲染该页或重新扫描。")
    return cast(Pixels, pixels)


def turn(pixels: Pixels, rotation: int) -> Pixels:
    """Turn by `rotation` degrees clockwise: 0, 90, 180 or 270."""
    return pixels if rotation == 0 else cast(Pixels, cv2.rotate(pixels, _TURNS[rotation]))


def encode_jpeg(pixels: Pixels, quality: int = _JPEG_QUALITY) -> bytes:
    """Return `pixels` (grey or RGB) as JPEG."""
    bgr = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def thumbnail(pixels: Pixels) -> bytes:
    """Return a JPEG at most `THUMBNAIL_WIDTH_PX` wide."""
    height, width = pixels.shape[:2]
    scale = min(1.0, THUMBNAIL_WIDTH_PX / width)
    # A strip of paper keeps its shape, but never shrinks to nothing.
    size = (max(1, round(width * scale)), max(1, min(round(height * scale), 8 * THUMBNAIL_WIDTH_PX)))
    return encode_jpeg(cast(Pixels, cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)), _THUMBNAIL_QUALITY)
