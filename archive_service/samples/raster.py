"""Print a sheet to pixels, as a clean page that no scanner has touched yet."""

# Samples need numbers that can be repeated, not secrets.
# ruff: noqa: S311

from __future__ import annotations

import math
from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from archive_service.samples import fonts
from archive_service.samples.sheet import Block, Curve, Ink, Portrait, Rule, Seal, Sheet, Text

MM_PER_INCH = 25.4
_PAPER: Ink = (253, 252, 249)


def draw(sheet: Sheet, *, dpi: int, seed: int) -> Image.Image:
    """Return the page as an RGB image; `seed` steers the shake of handwriting and the wear of seals."""
    scale = dpi / MM_PER_INCH
    image = Image.new("RGB", (round(sheet.width * scale), round(sheet.height * scale)), _PAPER)
    press = _Press(image, scale, Random(seed))
    for mark in sheet.marks:
        press.put(mark)
    return press.image


def seal(mark: Seal, scale: float) -> Image.Image:
    """Return the seal as an RGBA picture with worn ink."""
    size = max(24, round(mark.diameter * scale))
    big = size * 2
    alpha = _square(mark.around, big) if mark.shape == "square" else _round(mark, big)
    if mark.shape == "oval":
        flat = alpha.resize((big, round(big * 0.72)), Image.Resampling.LANCZOS)
        alpha = Image.new("L", (big, big), 0)
        alpha.paste(flat, (0, round(big * 0.14)))
    alpha = alpha.rotate(mark.angle, Image.Resampling.BICUBIC).resize((size, size), Image.Resampling.LANCZOS)
    worn = np.asarray(alpha, np.float32) * _wear(size, mark.seed) * (1 - mark.faded)
    stamp = Image.new("RGBA", (size, size), (*mark.ink, 0))
    stamp.putalpha(Image.fromarray(worn.astype(np.uint8)))
    return stamp


def _round(mark: Seal, big: int) -> Image.Image:
    alpha = Image.new("L", (big, big), 0)
    pen = ImageDraw.Draw(alpha)
    ring = max(2, big // 34)
    pen.ellipse((ring, ring, big - ring, big - ring), outline=235, width=ring)
    pen.polygon(_star(big / 2, big * 0.5, big * 0.145), fill=235)
    _around(alpha, mark.around)
    if mark.below:
        face = fonts.at(fonts.face_for(mark.below, "song"), max(6, round(big * 0.085)))
        pen.text((big / 2, big * 0.77), mark.below, font=face, fill=235, anchor="mm", stroke_width=1)
    return alpha


def _square(name: str, big: int) -> Image.Image:
    """Return a square seal with a name of up to four characters, read downwards from the right."""
    alpha = Image.new("L", (big, big), 0)
    pen = ImageDraw.Draw(alpha)
    edge = max(2, big // 24)
    pen.rectangle((edge, edge, big - edge, big - edge), outline=235, width=edge)
    signs = (name if len(name) > 3 else f"{name}印")[:4]
    for place, sign in enumerate(signs):
        face = fonts.at(fonts.face_for(sign, "song"), round(big * 0.4))
        at = (big * (0.71 if place < 2 else 0.29), big * (0.29 if place % 2 == 0 else 0.71))
        pen.text(at, sign, font=face, fill=235, anchor="mm", stroke_width=max(1, big // 60))
    return alpha


def portrait(width: int, height: int) -> Image.Image:
    """Return a head-and-shoulders picture in greys."""
    picture = Image.new("L", (width, height), 205)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((width * 0.05, height * 0.72, width * 0.95, height * 1.5), fill=70)
    pen.ellipse((width * 0.28, height * 0.18, width * 0.72, height * 0.7), fill=165)
    pen.chord((width * 0.24, height * 0.1, width * 0.76, height * 0.58), 180, 360, fill=40)
    return picture.filter(ImageFilter.GaussianBlur(max(1, width // 60)))


class _Press:
    """Puts marks on one image."""

    def __init__(self, image: Image.Image, scale: float, rng: Random) -> None:
        self.image, self.scale, self.rng = image, scale, rng
        self.pen = ImageDraw.Draw(image)

    def put(self, mark: Text | Rule | Block | Curve | Seal | Portrait) -> None:
        """Print one mark."""
        s = self.scale
        match mark:
            case Text(kind="hand" | "signature"):
                self._write(mark)
            case Text():
                self._set(mark)
            case Rule():
                width = max(1, round(mark.width * s))
                self.pen.line((mark.x0 * s, mark.y0 * s, mark.x1 * s, mark.y1 * s), fill=mark.ink, width=width)
            case Block():
                corners = (mark.x * s, mark.y * s, (mark.x + mark.width) * s, (mark.y + mark.height) * s)
                line = max(1, round(mark.line * s)) if mark.outline else 0
                self.pen.rectangle(corners, fill=mark.fill, outline=mark.outline, width=line)
            case Curve():
                points = [(x * s, y * s) for x, y in mark.points]
                self.pen.line(points, fill=mark.ink, width=max(1, round(mark.width * s)), joint="curve")
            case Seal():
                self._stamp(mark)
            case Portrait():
                picture = portrait(round(mark.width * s), round(mark.height * s))
                self.image.paste(picture.convert("RGB"), (round(mark.x * s), round(mark.y * s)))

    def _set(self, mark: Text) -> None:
        size = max(5, round(mark.size_pt / 72 * self.scale * MM_PER_INCH))
        stroke = round(size * 0.022) if mark.bold else 0
        face = fonts.at(mark.face, size)
        place = (mark.x * self.scale, mark.y * self.scale)
        self.pen.text(place, mark.text, font=face, fill=mark.ink, anchor="ls", stroke_width=stroke)

    def _write(self, mark: Text) -> None:
        """Write sign by sign, each a little off its place, size and angle."""
        signature = mark.kind == "signature"
        x = mark.x
        drift = self.rng.uniform(-0.012, 0.012)
        for sign in mark.text:
            wide = fonts.width_mm(sign, mark.face, mark.size_pt)
            if sign != " ":
                size = mark.size_pt * self.rng.uniform(0.94, 1.07) * (1.08 if signature else 1)
                lean = self.rng.gauss(6 if signature else 0, 4 if signature else 1.6)
                y = mark.y + (x - mark.x) * drift + self.rng.gauss(0, 0.25)
                self._sign(sign, (x + self.rng.gauss(0, 0.12), y), size, lean, mark)
            x += wide * (0.86 if signature else 1.0)

    def _sign(self, sign: str, at: tuple[float, float], size_pt: float, lean: float, mark: Text) -> None:
        size = max(6, round(size_pt / 72 * self.scale * MM_PER_INCH))
        tile = Image.new("L", (size * 2, size * 2), 0)
        pen = ImageDraw.Draw(tile)
        weight = 1 if mark.kind == "signature" and size > 24 else 0
        pen.text(
            (size // 2, size * 1.4), sign, font=fonts.at(mark.face, size), fill=230, anchor="ls", stroke_width=weight
        )
        tile = tile.rotate(lean, Image.Resampling.BICUBIC, center=(size, size))
        place = (round(at[0] * self.scale - size / 2), round(at[1] * self.scale - size * 1.4))
        self.image.paste(mark.ink, place, tile)

    def _stamp(self, mark: Seal) -> None:
        """Multiply the seal onto the page: ink darkens what lies under it and hides nothing."""
        stamp = seal(mark, self.scale)
        x, y = round(mark.x * self.scale - stamp.width / 2), round(mark.y * self.scale - stamp.height / 2)
        if not mark.cut:
            x, y = max(0, min(x, self.image.width - stamp.width)), max(0, min(y, self.image.height - stamp.height))
        corners = (x, y, x + stamp.width, y + stamp.height)
        under = np.asarray(self.image.crop(corners), np.float32)
        layer = np.asarray(stamp, np.float32)
        strength = layer[..., 3:] / 255 * 0.92
        mixed = under * (1 - strength + strength * layer[..., :3] / 255)
        self.image.paste(Image.fromarray(mixed.astype(np.uint8)), corners[:2])


def _around(alpha: Image.Image, text: str) -> None:
    big = alpha.width
    size = round(min(big * 0.115, big * 2.1 / max(9, len(text))))
    spread = min(250.0, 24.0 * max(1, len(text) - 1))
    for place, sign in enumerate(text):
        angle = -spread / 2 + (spread * place / (len(text) - 1) if len(text) > 1 else spread / 2)
        tile = Image.new("L", (size * 2, size * 2), 0)
        face = fonts.at(fonts.face_for(sign, "song"), size)
        ImageDraw.Draw(tile).text((size, size), sign, font=face, fill=235, anchor="mm", stroke_width=max(1, size // 26))
        turned = tile.rotate(-angle, Image.Resampling.BICUBIC)
        radius = big * 0.385
        x = big / 2 + radius * math.sin(math.radians(angle)) - size
        y = big / 2 - radius * math.cos(math.radians(angle)) - size
        alpha.paste(235, (round(x), round(y)), turned)


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    points = []
    for corner in range(10):
        reach = radius if corner % 2 == 0 else radius * 0.382
        turn = math.radians(36 * corner)
        points.append((x + reach * math.sin(turn), y - reach * math.cos(turn)))
    return points


def _wear(size: int, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return how much ink each spot took, 0.45 to 1: patchy, as rubber stamps print."""
    coarse = np.random.default_rng(seed).uniform(0.45, 1.25, (9, 9)).astype(np.float32)
    spread = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.clip(spread, 0.45, 1.0)
