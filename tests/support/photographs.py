"""Photographs of a page on a desk, and scans with something on them that a sheet could be taken for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, np.dtype[np.uint8]]
#: Grounds that a page may lie on.
DESKS: Mapping[str, Callable[[int, int], Picture]] = {
    "dark": lambda h, w: _grained((48, 46, 50), h, w, 4),
    "wood": lambda h, w: _wood(h, w),
    "cloth": lambda h, w: _cloth(h, w),
    "light": lambda h, w: _grained((222, 219, 212), h, w, 3),
    "red": lambda h, w: _grained((150, 60, 52), h, w, 4),
    "grey": lambda h, w: _grained((176, 178, 182), h, w, 3),
}


def on_desk(
    page: Picture,
    desk: str,
    *,
    tilt: float = 0.08,
    turn: float = 0.0,
    fill: float = 0.8,
    light: float = 0.35,
    seed: int = 1,
) -> tuple[Picture, np.ndarray]:
    """Photograph a page; return the picture and where the page's corners are in it, clockwise from its top left.

    `tilt` is the share of the page by which corners are moved towards each other, `turn` degrees clockwise, `fill`
    the share of the picture that the page takes each way, `light` how much darker the far corner is.
    """
    source = np.random.default_rng(seed)
    height, width = page.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + np.array([[tilt, tilt / 3], [-tilt / 3, 0], [0, -tilt / 4], [tilt / 4, 0]]) * (width, height)
    radians = np.radians(turn)
    spin = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
    seen = (moved - moved.mean(axis=0)) @ spin
    span = np.ptp(seen, axis=0)
    out = np.ceil(span / fill).astype(int)
    seen = (seen - seen.min(axis=0) + (out - span) / 2 + source.uniform(-0.01, 0.01, 2) * out).astype(np.float32)
    ground = DESKS[desk](int(out[1]), int(out[0]))
    view = cv2.getPerspectiveTransform(corners, seen)
    # The edge of the sheet throws a narrow shadow, as everything does that lies on something.
    cover = cv2.warpPerspective(np.full((height, width), 255, np.uint8), view, tuple(out.tolist()))
    shadow = cv2.GaussianBlur(np.roll(cover, (6, 6), axis=(0, 1)), (0, 0), 5).astype(np.float32) / 255
    lit = ground.astype(np.float32) * (1 - 0.25 * shadow[..., None])
    laid = cv2.warpPerspective(page, view, tuple(out.tolist()), flags=cv2.INTER_AREA).astype(np.float32)
    part = cv2.GaussianBlur(cover, (0, 0), 0.8).astype(np.float32)[..., None] / 255
    lamp = np.linspace(1, 1 - light, out[0])[None, :, None] * np.linspace(1, 1 - light / 2, out[1])[:, None, None]
    picture = (laid * part + lit * (1 - part)) * lamp + source.normal(0, 3, (out[1], out[0], 1))
    return picture.clip(0, 255).astype(np.uint8), seen


def _grained(colour: tuple[int, int, int], height: int, width: int, sigma: float) -> Picture:
    grain = np.random.default_rng(5).normal(0, sigma, (height, width, 1))
    return np.asarray((np.array(colour) + grain).clip(0, 255), np.uint8)


def _wood(height: int, width: int) -> Picture:
    source = np.random.default_rng(6)
    grain = cv2.resize(source.uniform(0.65, 1.1, (60, 5)).astype(np.float32), (width, height))
    fine = cv2.resize(source.uniform(0.94, 1.06, (400, 8)).astype(np.float32), (width, height))
    return np.asarray((grain[..., None] * fine[..., None] * np.array((150, 112, 76))).clip(0, 255), np.uint8)


def _cloth(height: int, width: int) -> Picture:
    """Draw a chequered cloth."""
    rows, columns = np.mgrid[:height, :width] // max(8, width // 24)
    checks = ((rows + columns) % 2)[..., None]
    return (checks * np.array((70, 104, 148)) + (1 - checks) * np.array((112, 60, 66))).astype(np.uint8)


def framed(page: Picture, *, stroke: int = 6, margin: float = 0.08) -> Picture:
    """Draw a frame around what is on the page, as forms and drawings have."""
    height, width = page.shape[:2]
    inset = round(margin * width)
    return cv2.rectangle(page.copy(), (inset, inset), (width - inset, height - inset), (25, 25, 25), stroke)


def with_dark_table(page: Picture) -> Picture:
    """Fill the lower part of the page with a dark table."""
    out, (height, width) = page.copy(), page.shape[:2]
    box = np.s_[round(0.5 * height) : round(0.93 * height), round(0.08 * width) : round(0.92 * width)]
    out[box] = (out[box] * 0.45).astype(np.uint8)
    for share in np.linspace(0.5, 0.93, 8):
        cv2.line(
            out,
            (round(0.08 * width), round(share * height)),
            (round(0.92 * width), round(share * height)),
            (240, 240, 240),
            3,
        )
    return out


def with_card(page: Picture, card: Picture, *, share: float = 0.5) -> Picture:
    """Lay a card, `share` as wide as the page, on the lower part of it."""
    out, (height, width) = page.copy(), page.shape[:2]
    wide = round(share * width)
    small = cv2.resize(card, (wide, round(wide * card.shape[0] / card.shape[1])), interpolation=cv2.INTER_AREA)
    top, left = round(0.55 * height), (width - wide) // 2
    out[top : top + small.shape[0], left : left + wide] = small
    return out
