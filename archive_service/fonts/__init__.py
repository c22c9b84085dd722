"""The Chinese faces that come with the program, for what it prints itself and for files that carry no font."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent
#: Printers' mark for a character that the type case does not hold.
_MISSING = "〓"


def path(face: str) -> Path:
    """Return the file of `face`: song, hei or kai."""
    return FOLDER / f"{face}.ttf"


@lru_cache(maxsize=8)
def characters(face: str) -> frozenset[int]:
    """Return the code points that `face` can print."""
    # Whoever only asks for the files, such as the sandbox at its start, does without the library.
    from fontTools.ttLib import TTFont

    with TTFont(path(face), lazy=True) as font:
        return frozenset(font.getBestCmap())


def printable(text: str, face: str) -> str:
    """Return `text` with a mark in place of each character that `face` lacks, such as rare ones of names."""
    known = characters(face)
    return "".join(sign if ord(sign) in known else _MISSING for sign in text)
