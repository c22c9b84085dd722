"""The shipped faces and their measures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageFont

FOLDER = Path(__file__).parent / "fonts"
MM_PER_POINT = 25.4 / 72
#: Size at which widths are measured; large, so that rounding to pixels does not add up.
_MEASURE = 200


def path(face: str) -> Path:
    """Return the file of `face`: song, hei or kai."""
    return FOLDER / f"{face}.ttf"


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
    return face if all(ord(sign) in _characters(face) for sign in text) else "song"


@lru_cache(maxsize=8)
def _characters(face: str) -> frozenset[int]:
    with TTFont(path(face), lazy=True) as font:
        return frozenset(font.getBestCmap())
