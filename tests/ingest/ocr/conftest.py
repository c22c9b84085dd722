"""Pages drawn for reading, with the faces that ship with the samples."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from archive_service.samples import fonts
from ingest.ocr.reader import Reader

LETTER = (
    "低压居民新装用电申请表",
    "户号：3206810473",
    "户名：王秀英",
    "用电地址：临江市城关镇东风路128号",
    "申请容量：8kW　供电电压：220V",
    "本人承诺所提交的资料真实、合法、有效。",
    "受理日期：2023年5月16日",
)


@dataclass(frozen=True)
class Drawing:
    """A drawn page and where each of its lines stands."""

    pixels: np.ndarray
    lines: Sequence[str]
    boxes: Sequence[tuple[float, float, float, float]]

    def jpeg(self, pixels: np.ndarray | None = None) -> bytes:
        out = io.BytesIO()
        Image.fromarray(self.pixels if pixels is None else pixels).save(out, "JPEG", quality=85)
        return out.getvalue()


def draw_page(
    lines: Sequence[str] = LETTER,
    *,
    size: tuple[int, int] = (1240, 1754),
    text_px: int = 34,
    ink: int | Sequence[int] = 25,
    paper: int = 250,
    face: str = "song",
) -> Drawing:
    """Draw `lines` one below the other; `ink` is one grey for all of them or one a line."""
    page = Image.new("RGB", size, (paper, paper, paper))
    pen = ImageDraw.Draw(page)
    font = fonts.at(face, text_px)
    boxes = []
    for i, line in enumerate(lines):
        grey = ink if isinstance(ink, int) else ink[i]
        at = (text_px * 4, text_px * 4 + i * text_px * 2.4)
        pen.text(at, line, font=font, fill=(grey, grey, grey))
        boxes.append(pen.textbbox(at, line, font=font))
    return Drawing(np.asarray(page), lines, boxes)


def grainy(pixels: np.ndarray, sigma: float = 4) -> np.ndarray:
    """Add the grain of a sensor, without which even the palest line is plain to a network."""
    grain = np.random.default_rng(1).normal(0, sigma, pixels.shape[:2])
    return (pixels + grain[..., None]).clip(0, 255).astype(np.uint8)


def lean_by(pixels: np.ndarray, degrees: float) -> np.ndarray:
    """Turn the page a little, so that its rows fall to the right by `degrees`."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(245, 245, 245))


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """The default reader; loading the networks takes a second, so all tests share it."""
    return Reader()
