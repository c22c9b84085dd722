"""What scanners, copiers and phones do to a page; independent of the program's own samples."""

from __future__ import annotations

import io
from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Worn:
    """A page as a device gave it. `rotation`: turned so far clockwise; `device`: scanner, copier or phone."""

    jpeg: bytes
    dpi: int
    width_px: int
    height_px: int
    rotation: int
    device: str


def wear(page: Image.Image, dpi: int, rng: Random, behind: Image.Image | None = None) -> Worn:
    """Return `page` as scanned; `behind` is what may shine through from the other side."""
    noise = np.random.default_rng(rng.getrandbits(32))
    pixels: Pixels = np.asarray(page)
    device = rng.choices(("scanner", "copier", "phone"), (0.62, 0.2, 0.18))[0]
    if behind is not None and rng.random() < 0.5:
        pixels = _through(pixels, np.asarray(behind), rng)
    pixels = _DEVICES[device](pixels, rng, noise)
    rotation = rng.choices((0, 90, 180, 270), (0.7, 0.1, 0.1, 0.1))[0]
    pixels = np.ascontiguousarray(np.rot90(pixels, -rotation // 90))
    out = io.BytesIO()
    height, width = pixels.shape[:2]
    quality = rng.randint(45, 85) if device != "copier" else rng.randint(60, 85)
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, dpi=(dpi, dpi))
    return Worn(out.getvalue(), dpi, width, height, rotation, device)


def _through(pixels: Pixels, behind: Pixels, rng: Random) -> Pixels:
    """Let the other side shine through, mirrored and weak."""
    other = cv2.GaussianBlur(behind[:, ::-1], (0, 0), 2.2).astype(np.float32)
    share = rng.uniform(0.04, 0.14)
    return np.clip(pixels - (255 - other) * share, 0, 255).astype(np.uint8)


def _scanner(pixels: Pixels, rng: Random, noise: np.random.Generator) -> Pixels:
    """Skew, a little blur and noise, a grey or yellow ground, now and then a dark edge."""
    worn = _skewed(pixels, rng.gauss(0, 0.9), (rng.randint(225, 255),) * 3)
    worn = _uneven(worn, rng, rng.uniform(0.0, 0.12))
    if rng.random() < 0.4:
        worn = cv2.GaussianBlur(worn, (0, 0), rng.uniform(0.4, 1.0))
    tint = np.array([1.0, 1.0, rng.uniform(0.9, 1.0)], np.float32)
    dirty = worn.astype(np.float32) * tint + noise.normal(0, rng.uniform(1, 9), worn.shape)
    if rng.random() < 0.25:
        dirty[:, : rng.randint(4, 30)] = rng.randint(20, 90)
    return np.clip(dirty, 0, 255).astype(np.uint8)


def _copier(pixels: Pixels, rng: Random, noise: np.random.Generator) -> Pixels:
    """Grey, hard contrast, specks, sometimes a streak: a copy of a copy."""
    grey = cv2.cvtColor(_skewed(pixels, rng.gauss(0, 0.7), (255, 255, 255)), cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.5, 0.9)) + noise.normal(0, 7, grey.shape)
    gain, middle = rng.uniform(2.5, 7), rng.uniform(120, 185)
    hard = np.clip((grey - middle) * gain + 128, 0, 255)
    specks = noise.random(hard.shape) < rng.uniform(0, 0.0006)
    hard[cv2.dilate(specks.astype(np.uint8), np.ones((2, 2), np.uint8)) > 0] = 0
    if rng.random() < 0.3:
        at = rng.randrange(hard.shape[1] - 4)
        hard[:, at : at + 2] = np.minimum(hard[:, at : at + 2], 120)
    grown: Pixels = np.repeat(hard.astype(np.uint8)[..., None], 3, axis=2)
    return grown


def _phone(pixels: Pixels, rng: Random, noise: np.random.Generator) -> Pixels:
    """Photograph the sheet on a table, a little from the side, in the shadow of the hand."""
    height, width = pixels.shape[:2]
    margin = int(width * rng.uniform(0.03, 0.1))
    far = [rng.uniform(0, 0.05) * width for _ in range(8)]
    from_ = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    to = from_ + margin + np.array(far, np.float32).reshape(4, 2) * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    table = tuple(rng.randint(40, 150) for _ in range(3))
    matrix = cv2.getPerspectiveTransform(from_, to.astype(np.float32))
    size = (width + 2 * margin, height + 2 * margin)
    seen = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_AREA, borderValue=table)
    seen = _uneven(np.asarray(seen, np.uint8), rng, rng.uniform(0.1, 0.4))
    seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.5, 1.2))
    level, floor = rng.uniform(0.72, 1.0), rng.uniform(0, 26)
    dim = seen.astype(np.float32) * level + floor + noise.normal(0, rng.uniform(2, 6), seen.shape)
    return np.clip(dim, 0, 255).astype(np.uint8)


def _skewed(pixels: Pixels, degrees: float, ground: tuple[int, int, int]) -> Pixels:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), max(-3.0, min(3.0, degrees)), 1.0)
    return np.asarray(
        cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=ground), np.uint8
    )


def _uneven(pixels: Pixels, rng: Random, depth: float) -> Pixels:
    """Darken towards one side."""
    height, width = pixels.shape[:2]
    across, down = np.linspace(0, 1, width, dtype=np.float32), np.linspace(0, 1, height, dtype=np.float32)
    across, down = (across if rng.random() < 0.5 else across[::-1]), (down if rng.random() < 0.5 else down[::-1])
    shade = 1 - depth * (0.6 * across[None, :] + 0.4 * down[:, None])
    return np.clip(pixels * shade[..., None], 0, 255).astype(np.uint8)


_DEVICES = {"scanner": _scanner, "copier": _copier, "phone": _phone}
