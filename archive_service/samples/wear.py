"""What scanners, copiers and phones do to a page.

A page leaves here as it would leave the device: turned, askew, noisy, compressed. How much of it happens is the
severity: clean, office or hard.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
SEVERITIES = ("clean", "office", "hard")
#: Exif orientation that a viewer must obey, and the turn with which the pixels are stored.
_EXIF_TURNS = {6: 90, 8: 270, 3: 180}


@dataclass(frozen=True)
class Profile:
    """How often and how strongly things happen at one severity; chances are 0 to 1, skew in degrees."""

    dpi: tuple[int, ...]
    skew: float
    turned: float
    noise: float
    quality: tuple[int, int]
    blur: float
    uneven: float
    bleed: float
    copied: float


PROFILES = {
    "clean": Profile((200, 300), 0.2, 0.0, 1.0, (85, 92), 0.0, 0.0, 0.0, 0.0),
    "office": Profile((200, 200, 200, 300), 1.0, 0.06, 4.0, (62, 85), 0.2, 0.25, 0.15, 0.2),
    "hard": Profile((150, 200), 3.0, 0.25, 9.0, (40, 65), 0.5, 0.6, 0.4, 0.4),
}


@dataclass(frozen=True)
class Worn:
    """A page as a device gave it: JPEG bytes and what was done. `rotation` is the clockwise turn of the pixels."""

    jpeg: bytes
    device: str
    rotation: int
    dpi: int
    skew: float
    exif_orientation: int = 1

    @property
    def image(self) -> Image.Image:
        """The pixels as stored, with no heed of any Exif orientation."""
        return Image.open(io.BytesIO(self.jpeg)).convert("RGB")


def pick_dpi(severity: str, rng: Random) -> int:
    """Return the resolution of one scanner."""
    return rng.choice(PROFILES[severity].dpi)


def scan(page: Image.Image, *, dpi: int, severity: str, rng: Random, behind: Image.Image | None = None) -> Worn:
    """Pass a page through an office scanner, sometimes from a photocopy; `behind` may show through the paper."""
    profile = PROFILES[severity]
    pixels = np.asarray(page)
    if behind is not None and rng.random() < profile.bleed:
        pixels = bleed(pixels, np.asarray(behind.resize(page.size)))
    copied = rng.random() < profile.copied
    if copied:
        pixels = photocopy(pixels, rng)
    if rng.random() < profile.uneven:
        pixels = uneven(pixels, rng, depth=0.22)
    angle = rng.uniform(-profile.skew, profile.skew)
    pixels = skew(pixels, angle, ground=18 if copied else 245)
    if rng.random() < profile.blur:
        pixels = _pixels(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.5, 1.0)))
    pixels = noise(pixels, rng, sigma=rng.uniform(0.3, 1.0) * profile.noise, salt=profile.noise**2 / 81 * 0.0009)
    turn = rng.choice((90, 180, 270)) if rng.random() < profile.turned else 0
    pixels = np.ascontiguousarray(np.rot90(pixels, -turn // 90))
    jpeg = encode(pixels, rng.randint(*profile.quality), dpi)
    return Worn(jpeg, "photocopy" if copied else "scanner", turn, dpi, round(angle, 2))


def fax(page: Image.Image, *, dpi: int, rng: Random) -> Worn:
    """Send a page by fax: ink or paper and nothing between, a line jagged here and there."""
    grey = np.asarray(page.convert("L"), np.float32)
    grain = np.random.default_rng(rng.getrandbits(64)).standard_normal(grey.shape, np.float32) * 14
    bilevel = np.where(cv2.GaussianBlur(grey, (0, 0), 0.7) + grain < rng.uniform(140, 175), 0, 255).astype(np.uint8)
    angle = rng.uniform(-1, 1)
    pixels = skew(np.repeat(bilevel[..., None], 3, axis=2), angle, ground=255)
    return Worn(encode(pixels, 80, dpi), "fax", 0, dpi, round(angle, 2))


def photo(page: Image.Image, *, dpi: int, severity: str, rng: Random) -> Worn:
    """Photograph a page on a dark desk with a phone, which may store it sideways and say so in Exif."""
    hard = severity == "hard"
    pixels = on_desk(np.asarray(page), rng, tilt=0.045 if hard else 0.02)
    pixels = uneven(pixels, rng, depth=0.45 if hard else 0.25)
    pixels = (pixels.astype(np.float32) * (0.78 if hard else 0.9) + (34 if hard else 12)).clip(0, 255).astype(np.uint8)
    if hard:
        pixels = _pixels(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.6, 1.2)))
    pixels = noise(pixels, rng, sigma=4 if hard else 2, salt=0)
    orientation = rng.choice((1, 1, 6, 8, 3)) if severity != "clean" else 1
    turn = _EXIF_TURNS.get(orientation, 0)
    stored = np.ascontiguousarray(np.rot90(pixels, turn // 90))
    jpeg = encode(stored, rng.randint(60, 82), 72, orientation=orientation)
    return Worn(jpeg, "phone", (360 - turn) % 360, dpi, 0.0, orientation)


def encode(pixels: Pixels, quality: int, dpi: int, *, orientation: int = 1) -> bytes:
    """Return the pixels as JPEG."""
    out = io.BytesIO()
    exif = Image.Exif()
    if orientation != 1:
        exif[0x0112] = orientation
        exif[0x010F], exif[0x0110] = "HUAWEI", "LIO-AL00"
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, dpi=(dpi, dpi), exif=exif)
    return out.getvalue()


def skew(pixels: Pixels, degrees: float, *, ground: int) -> Pixels:
    """Turn the page a little about its middle; the lid shows in the corners."""
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    border = (ground, ground, ground)
    return _pixels(cv2.warpAffine(pixels, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=border))


def noise(pixels: Pixels, rng: Random, *, sigma: float, salt: float) -> Pixels:
    """Add the sensor's grain and, as a share of all pixels, specks of dust."""
    source = np.random.default_rng(rng.getrandbits(64))
    grain = source.standard_normal(pixels.shape[:2], np.float32) * sigma
    mixed = np.clip(pixels.astype(np.float32) + grain[..., None], 0, 255).astype(np.uint8)
    count = int(salt * grain.size)
    if count:
        rows, columns = source.integers(0, grain.shape[0], count), source.integers(0, grain.shape[1], count)
        mixed[rows, columns] = source.integers(0, 2, (count, 1), np.uint8) * 200
    return mixed


def uneven(pixels: Pixels, rng: Random, *, depth: float) -> Pixels:
    """Dim the page unevenly, as light from one side or a hand's shadow does."""
    source = np.random.default_rng(rng.getrandbits(64))
    coarse = source.uniform(1 - depth, 1.0, (4, 3)).astype(np.float32)
    light = cv2.resize(coarse, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_CUBIC)
    return _pixels(np.clip(pixels * light[..., None], 0, 255).astype(np.uint8))


def bleed(pixels: Pixels, behind: Pixels) -> Pixels:
    """Let the other side of the paper show through, mirrored and faint."""
    mirrored = cv2.GaussianBlur(np.ascontiguousarray(behind[:, ::-1]), (0, 0), 2.2)
    faint = (255 - mirrored.astype(np.float32)) * 0.13
    return _pixels(np.clip(pixels.astype(np.float32) - faint, 0, 255).astype(np.uint8))


def photocopy(pixels: Pixels, rng: Random) -> Pixels:
    """Copy in greys with hard contrast, dark edges and a streak or two."""
    grey = pixels.astype(np.float32) @ np.array([0.35, 0.45, 0.2], np.float32)
    grey = np.clip((grey - 128) * rng.uniform(1.15, 1.5) + rng.uniform(135, 160), 0, 255)
    width = grey.shape[1]
    for _ in range(rng.randint(0, 2)):
        at = rng.randrange(width)
        grey[:, at : at + 2] *= 0.75
    edge = rng.randint(4, max(5, width // 60))
    side = rng.choice(("left", "right", "top"))
    band = {"left": np.s_[:, :edge], "right": np.s_[:, width - edge :], "top": np.s_[:edge]}[side]
    grey[band] = 25
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)


def on_desk(pixels: Pixels, rng: Random, *, tilt: float) -> Pixels:
    """Lay the page on a desk and look at it from a little aside."""
    height, width = pixels.shape[:2]
    pad_x, pad_y = int(width * 0.07), int(height * 0.06)
    out = (width + 2 * pad_x, height + 2 * pad_y)
    source = np.random.default_rng(rng.getrandbits(64))
    wood = cv2.resize(source.uniform(0.7, 1.1, (40, 6)).astype(np.float32), out, interpolation=cv2.INTER_CUBIC)
    tint = np.array(rng.choice(((92, 70, 52), (58, 60, 66), (110, 96, 82))), np.float32)
    desk = np.clip(wood[..., None] * tint, 0, 255).astype(np.uint8)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    shift = np.array([[rng.uniform(-tilt, tilt) * width, rng.uniform(-tilt, tilt) * height] for _ in range(4)])
    seen = (corners + np.array([pad_x, pad_y]) + shift).astype(np.float32)
    view = cv2.getPerspectiveTransform(corners, seen)
    return _pixels(cv2.warpPerspective(pixels, view, out, dst=desk, borderMode=cv2.BORDER_TRANSPARENT))


def _pixels(array: object) -> Pixels:
    return np.asarray(array, np.uint8)
