"""What a line shows of how far its reading can be trusted, besides what the engine says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.lines import TextLine
from ingest.ocr.engine import Pixels

#: First bytes of the common characters in GB 2312; names of places and people have rarer ones, and so has misreading.
_COMMON = range(0xB0, 0xD8)
#: Fewer pixels than this show nothing of ink and paper.
_LEAST_PX = 32


@dataclass(frozen=True)
class Evidence:
    """Figures about one line as it was read.

    `score` is the engine's own; `mean` is how sure it is of the letters, digits and characters on the average, and
    `weakest` of the least sure one, all 0 to 1; `height_px` that of the line in the scan; `contrast` of its ink against
    its paper, 0 to 1; `sharpness` of its edges, as a share of that contrast from one pixel to the next; `rare` the
    share of characters that are seldom printed.
    """

    score: float
    mean: float
    weakest: float
    height_px: float
    contrast: float
    sharpness: float
    rare: float


@dataclass(frozen=True)
class ReadLine(TextLine):
    """A line with the evidence for it; `confidence` is the engine's own score until it was calibrated."""

    evidence: Evidence | None = None


@dataclass(frozen=True)
class Reading:
    """What the network makes of one crop; figures as in the evidence."""

    text: str
    score: float
    mean: float
    weakest: float


NOTHING = Reading("", 0.0, 0.0, 0.0)


def decode(output: NDArray[np.float32], signs: Sequence[str]) -> Reading:
    """Return the text in the output of the reading network, one row of chances a place along the line.

    Source: connectionist temporal classification; sign 0 parts equal neighbours and is none itself.
    """
    best = output.argmax(axis=1)
    chances = output[np.arange(len(best)), best]
    begins = np.flatnonzero(np.concatenate([[True], best[1:] != best[:-1]]))
    read = best[begins] != 0
    if not read.any():
        return NOTHING
    text = [signs[number] for number in best[begins][read]]
    # A sign is as sure as the surest place of those that show it; the score is the engine's own, of its first.
    surest = np.maximum.reduceat(chances, begins)[read]
    # Between a colon and one of full width the engine can hardly choose, and nobody has to.
    counts = np.array([sign.isalnum() for sign in text])
    surest = surest[counts] if counts.any() else surest
    return Reading("".join(text), float(chances[begins][read].mean()), float(surest.mean()), float(surest.min()))


def of_line(reading: Reading, grey: Pixels, *, height_px: float) -> Evidence:
    """Return the evidence for a reading of the part `grey` of a page."""
    contrast = sharpness = 0.0
    levels = grey[::2].astype(np.float32)
    if levels.size >= _LEAST_PX and levels.shape[1] > 2:
        dark, light = np.percentile(levels, (4, 80))
        ink = max(1.0, float(light - dark))
        contrast = ink / max(1.0, float(light))
        sharpness = float(np.percentile(np.abs(np.diff(levels, axis=1)), 97)) / ink
    return Evidence(reading.score, reading.mean, reading.weakest, height_px, contrast, sharpness, _rare(reading.text))


def _rare(text: str) -> float:
    signs = [sign for sign in text if not sign.isspace()]
    return sum(map(_is_rare, signs)) / len(signs) if signs else 0.0


def _is_rare(sign: str) -> bool:
    if sign.isascii():
        return not sign.isalnum() and sign not in ".,:;()/-%#+*@&'\"~[]<>=_"
    try:
        code = sign.encode("gb2312")
    except UnicodeEncodeError:
        return True
    # Punctuation and letters of full width stand before the characters.
    return code[0] not in _COMMON and not 0xA1 <= code[0] <= 0xA3
