"""From the evidence for a line to the probability that it is read right.

The engine is too sure of itself: of the lines that it scores 0.95 and more, several in a hundred have an error. The
table was fitted on generated pages by `python -m benchmarks.calibration --fit`, which also measures it on others. More
of a feature never lowers the probability, so that no odd page turns the order around.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.lines import TextLine
from ingest.ocr.evidence import Evidence, ReadLine

FILE = Path(__file__).with_name("calibration.json")
#: The features, in the order of their weights; each rises with how sure one may be.
FEATURES = ("mean", "weakest", "height", "contrast", "sharpness", "common", "page", "length")
#: Nobody is surer than that, and less than this is not told apart.
_SUREST, _LEAST = 0.999, 0.02
#: A line of so few characters has nothing by which the engine could check itself.
_SHORT = 6.0


@dataclass(frozen=True)
class Table:
    """Weights of the features, and by (sum, probability), both rising, what their sum means."""

    weights: tuple[float, ...]
    steps: tuple[tuple[float, float], ...]
    #: By (score, probability), both rising, what the engine's own score means where nothing else is known.
    scores: tuple[tuple[float, float], ...]


@cache
def table() -> Table:
    """Return the table that ships with the program."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    steps, scores = (tuple((at, sure) for at, sure in found[name]) for name in ("steps", "scores"))
    return Table(tuple(found["weights"]), steps, scores)


@cache
def version() -> str:
    """Return a short digest of the table, by which a reading says how its confidence came about."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()[:8]


def setting() -> str:
    """Return the table as one of the settings of a reading."""
    return f"calibration={version()}"


def from_scores(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return lines whose confidence is an engine's own score, as older versions kept it, on the scale of the table."""
    scores, sure = zip(*table().scores, strict=True)
    return [replace(line, confidence=round(float(np.interp(line.confidence, scores, sure)), 4)) for line in lines]


def calibrated(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines of a page with honest confidence; lines without evidence stay as they are."""
    mean = page_mean(lines)
    return [
        replace(line, confidence=probability(line, mean)) if isinstance(line, ReadLine) and line.evidence else line
        for line in lines
    ]


def page_mean(lines: Sequence[TextLine]) -> float:
    """Return how sure the engine is of the lines of a page, by their length: on a bad page nothing is certain."""
    known = [(line.evidence.mean, len(line.text)) for line in lines if isinstance(line, ReadLine) and line.evidence]
    return sum(mean * length for mean, length in known) / sum(length for _, length in known) if known else 1.0


def probability(line: ReadLine, mean: float, by: Table | None = None) -> float:
    """Return the probability that a line of a page with this mean is read without any error."""
    chosen = by or table()
    total = float(features(line, mean) @ np.array(chosen.weights))
    sums, sure = zip(*chosen.steps, strict=True)
    return round(float(np.clip(np.interp(total, sums, sure), _LEAST, _SUREST)), 4)


def features(line: ReadLine, mean: float) -> NDArray[np.float64]:
    """Return the features of a line, in the order of FEATURES."""
    one = line.evidence or Evidence(line.confidence, line.confidence, line.confidence, 0.0, 0.0, 0.0, 0.0)
    return np.array(
        [
            _logit(one.mean),
            _logit(one.weakest),
            np.log(np.clip(one.height_px, 8, 48)),
            np.log(np.clip(one.contrast, 0.05, 0.6)),
            np.log(np.clip(one.sharpness, 0.05, 0.6)),
            -min(one.rare, 0.5),
            _logit(mean),
            min(len(line.text), _SHORT) / _SHORT,
        ]
    )


def _logit(chance: float) -> float:
    held = float(np.clip(chance, 0.02, 0.9998))
    return float(np.log(held / (1 - held)))
