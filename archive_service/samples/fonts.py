"""The shipped faces and their measures."""

from __future__ import annotations

from functools import lru_cache

from PIL import ImageFont

from archive_service.fonts import characters, path

MM_PER_POINT = 25.4 / 72
#: Size at which widths are measured; large, so that rounding to pixels does not add up.
_MEASURE = 200


@lru_cache(maxsize=256)
def at(face: str, size_px: int) -> ImageFont.FreeTypeFont:
    """Return `face` at this pixel size."""
    return ImageFont.truetype(path(face), size_px)


@lru_cache(maxsize=16384)
def width_mm(text: str, face: str, size_pt: float) -> float:
    """Return the width of `text` when set in `face`."""
    return at(face, _MEASURE).getlength(text) / _MEASURE * size_pt * MM_PER_POINT


def face_for(text: str, face: str) -> str:
    """Return `face`, or song where `face` lacks a character of `text`."""
    return face if all(ord(sign) in characters(face) for sign in text) else "song"
