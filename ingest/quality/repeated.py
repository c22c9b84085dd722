"""Pages that lie in a scan twice: the same picture from afar, and the same words.

Two forms of one layout look alike from afar and are not the same page, so the words must agree too: every number and
name that was read well on both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from ingest.lines import TextLine
from ingest.ocr.engine import Pixels

#: Of 64 bits, how many may differ between two pictures of one page.
_NEAR_BITS = 14
#: Without words only the pictures can agree; so closely that nothing is taken for a likeness.
_SAME_BITS, _SAME_PICTURE = 4, 0.97
_SAME_TEXT = 90.0
_READS_WELL = 0.8
_LEAST_TEXT = 8
#: Lines that read alike but for a sign are the same line read twice.
_ALIKE = 75.0
_NUMBER = re.compile(r"[0-9A-Z]{4,}")
_SIDE = 32


@dataclass(frozen=True)
class Look:
    """A page as it is compared: its small picture and its lines."""

    page_no: int
    thumbnail: Pixels
    lines: Sequence[TextLine]


def repeated(looks: Sequence[Look]) -> dict[int, int]:
    """Return the page that each repeated page repeats, the nearest one before it."""
    if len(looks) < 2:
        return {}
    hashes = np.array([picture_hash(look.thumbnail) for look in looks], np.uint64)
    found: dict[int, int] = {}
    for at in range(1, len(looks)):
        differ = np.bitwise_count(hashes[:at] ^ hashes[at])
        for before in np.flatnonzero(differ <= _NEAR_BITS)[::-1]:
            if _same(looks[int(before)], looks[at], bits=int(differ[before])):
                found[looks[at].page_no] = looks[int(before)].page_no
                break
    return found


def picture_hash(pixels: Pixels) -> int:
    """Return 64 bits of how light and dark lie on a page: which of its slowest waves are stronger than the median."""
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = np.asarray(cv2.dct(small))[:8, :8].flatten()
    bits = waves[1:] > np.median(waves[1:])
    return int("0" + "".join("1" if bit else "0" for bit in bits), 2)


def _same(one: Look, other: Look, *, bits: int) -> bool:
    texts = [_plain(look.lines) for look in (one, other)]
    if min(map(len, texts)) < _LEAST_TEXT:
        return max(map(len, texts)) < _LEAST_TEXT and bits <= _SAME_BITS and _same_picture(one, other)
    if min(map(len, texts)) < 0.8 * max(map(len, texts)) or fuzz.ratio(*texts) < _SAME_TEXT:
        return False
    return not _numbers_differ(one, other) and not _lines_differ(one, other)


def _plain(lines: Sequence[TextLine]) -> str:
    return "".join(re.sub(r"\s+", "", line.text) for line in lines)


def _same_picture(one: Look, other: Look) -> bool:
    small = [_grey(look.thumbnail) for look in (one, other)]
    return float(np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1]) > _SAME_PICTURE


def _grey(pixels: Pixels) -> NDArray[np.float32]:
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (160, 160), interpolation=cv2.INTER_AREA).astype(np.float32)
    return cast(NDArray[np.float32], small)


def _numbers_differ(one: Look, other: Look) -> bool:
    """Say whether each page has a number, read well, that the other has not."""
    a, b = (Counter(_numbers(look.lines)) for look in (one, other))
    return bool(a - b) and bool(b - a)


def _numbers(lines: Sequence[TextLine]) -> list[str]:
    read = [line.text.replace(" ", "").upper() for line in lines if line.confidence >= _READS_WELL]
    return [number for text in read for number in _NUMBER.findall(text)]


def _lines_differ(one: Look, other: Look) -> bool:
    """Say whether each page has a line, read well, that is like none of the other: another name, another address."""
    return _has_own(one, other) and _has_own(other, one)


def _has_own(one: Look, other: Look) -> bool:
    theirs = {line.text for line in other.lines}
    own = [line.text for line in one.lines if line.confidence >= _READS_WELL and line.text not in theirs]
    whole = _plain(other.lines)
    return any(len(text) > 1 and text not in whole and _best(text, theirs) < _ALIKE for text in own)


def _best(text: str, others: set[str]) -> float:
    return max((fuzz.ratio(text, other) for other in others), default=0.0)
