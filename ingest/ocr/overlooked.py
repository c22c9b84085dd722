"""Ink that no line was found on: faint print, carbon copies and pencil on a page that is otherwise dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.ocr.cleanup import even
from ingest.ocr.engine import Pixels

#: Darkness against the paper, 0 to 1, from which a mark is ink and not the grain of the paper.
_FAINTEST = 0.06
#: Heights between which a mark may be a line of print, as shares of the long side of the page.
_LOWEST, _HIGHEST = 0.004, 0.05
_RULE = 0.04
_LEAST_LETTERS = 3


def overlooked(grey: Pixels, found: Sequence[NDArray[np.float32]], seals: NDArray[np.bool_] | None) -> bool:
    """Say whether the page has marks like words, outside `seals`, of which no line in `found` knows."""
    darkness = np.asarray(cv2.GaussianBlur(1 - even(grey), (0, 0), 1.0), np.float32)
    covered = np.zeros(grey.shape, np.uint8)
    for quad in found:
        cv2.fillConvexPoly(covered, _wider(quad), 1)
    if seals is not None:
        covered[cv2.dilate(seals.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0] = 1
    darkness[covered > 0] = 0
    _without_edges(darkness)
    return _has_words(_without_rules((darkness > _FAINTEST).astype(np.uint8)))


def lift_locally(grey: Pixels) -> Pixels:
    """Darken the ink wherever it is faint, so that pale and dark lines of one page look alike."""
    darkness = cv2.GaussianBlur(1 - even(grey), (0, 0), 0.6)
    reach = max(9, max(grey.shape) // 80)
    darkest = cv2.dilate(cv2.GaussianBlur(darkness, (0, 0), 0.8), np.ones((reach, reach), np.uint8))
    darkest = np.maximum(cv2.GaussianBlur(darkest, (0, 0), reach / 3), 2 * _FAINTEST)
    return np.asarray(255 - np.clip(darkness / darkest, 0, 1) * 225, np.uint8)


def _wider(quad: NDArray[np.float32]) -> NDArray[np.int32]:
    middle = quad.mean(axis=0)
    away = quad - middle
    # The network draws its boxes tight: accents, commas and the ends of strokes stick out.
    margin = 3 + 0.2 * float(np.linalg.norm(quad[0] - quad[3]))
    grown = middle + away + np.sign(away) * margin
    return cast(NDArray[np.int32], np.round(grown).astype(np.int32))


def _without_edges(darkness: NDArray[np.float32]) -> None:
    edge = max(8, max(darkness.shape) // 60)
    darkness[:edge] = darkness[-edge:] = 0
    darkness[:, :edge] = darkness[:, -edge:] = 0


def _without_rules(marks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    length = round(_RULE * max(marks.shape))
    for shape in ((1, length), (length, 1)):
        rules = cv2.morphologyEx(marks, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
        marks = np.asarray(cv2.subtract(marks, cv2.dilate(rules, np.ones((7, 7), np.uint8))), np.uint8)
    return marks


def _has_words(marks: NDArray[np.uint8]) -> bool:
    """Say whether some marks stand in a row like the characters of a word."""
    long_side = max(marks.shape)
    joined = cv2.morphologyEx(marks, cv2.MORPH_CLOSE, np.ones((3, round(0.012 * long_side)), np.uint8))
    _, labels, rows, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    width, height, area = rows[:, 2], rows[:, 3], rows[:, 4]
    like_words = (
        (height >= _LOWEST * long_side)
        & (height <= _HIGHEST * long_side)
        & (width >= 2.5 * height)
        & (area >= 0.35 * width * height)
    )
    like_words[0] = False
    if not like_words.any():
        return False
    # The rest of a ruling or of a seal is one piece; a word is several, about as high as their row.
    _, _, pieces, middles = cv2.connectedComponentsWithStats(marks, connectivity=8)
    row_of = labels[middles[1:, 1].astype(int), middles[1:, 0].astype(int)]
    tall = pieces[1:, 3] >= 0.45 * height[row_of]
    letters = np.bincount(row_of[tall & like_words[row_of]], minlength=len(rows))
    return bool((letters >= _LEAST_LETTERS).any())
