"""Draw pages for looking at marks: print, seals, stamps and pen strokes, one by one and without the sample papers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from archive_service import fonts
from ingest.lines import TextLine
from ingest.ocr.engine import Pixels

DPI = 200
MM = DPI / 25.4
RED = (205, 40, 45)
BLACK = (30, 30, 34)
BLUE = (35, 60, 165)
_COMPANY = "江北鑫源机械制造有限公司"


def font(size_mm: float, face: str = "song") -> ImageFont.FreeTypeFont:
    """Return a face at a height in millimetres."""
    return ImageFont.truetype(fonts.path(face), round(size_mm * MM))


@dataclass
class Paper:
    """An A4 page under the pen; places are millimetres from the top left."""

    wide: float = 210.0
    high: float = 297.0
    lines: list[TextLine] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (round(self.wide * MM), round(self.high * MM)), (250, 249, 246))
        self.pen = ImageDraw.Draw(self.image)

    @property
    def pixels(self) -> Pixels:
        """The page as it would come from a scanner: a little soft and grainy, compressed."""
        grain = np.random.default_rng(7).normal(0, 2.5, (*self.image.size[::-1], 3))
        soft = cv2.GaussianBlur(np.asarray(self.image), (0, 0), 0.6).astype(np.float32) + grain
        bgr = cv2.cvtColor(soft.clip(0, 255).astype(np.uint8), cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 75])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)

    @property
    def copied(self) -> Pixels:
        """The page as a photocopier gives it: grey."""
        grey = cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY)
        return np.repeat(grey[..., None], 3, axis=2)

    def write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 4.2,
        ink: tuple[int, int, int] = BLACK,
        face: str = "song",
        confidence: float = 0.98,
    ) -> None:
        """Print a line of text whose middle is at `y`, and let it be read."""
        place = (x * MM, y * MM)
        self.pen.text(place, text, font=font(size, face), fill=ink, anchor="lm")
        x0, y0, x1, y1 = self.pen.textbbox(place, text, font=font(size, face), anchor="lm")
        self.lines.append(TextLine(text, (int(x0), int(y0), int(x1), int(y1)), confidence))

    def prose(self, rows: int = 14, top: float = 50.0) -> None:
        """Fill the upper part of the page with running text."""
        for row in range(rows):
            self.write(25, top + 8 * row, "供电方和用电方经协商一致，就供用电事宜订立本合同，共同遵守。")

    def rule(self, x0: float, y0: float, x1: float, y1: float, ink: tuple[int, int, int] = BLACK) -> None:
        """Draw a straight line."""
        self.pen.line((x0 * MM, y0 * MM, x1 * MM, y1 * MM), fill=ink, width=3)

    def sign(self, x: float, y: float, *, ink: tuple[int, int, int] = BLACK, wide: float = 22.0, seed: int = 3) -> None:
        """Write something that nobody can read: a few long slanted strokes without a lift of the pen."""
        rng = np.random.default_rng(seed)
        for part in range(3):
            at = np.linspace(0, 1, 40)
            ups = np.interp(at, np.linspace(0, 1, 7), rng.uniform(-3.5, 3.5, 7))
            back = np.interp(at, np.linspace(0, 1, 6), rng.uniform(-2.2, 2.2, 6))
            xs = x + wide * (part + at) / 3 + back - 0.4 * ups
            points = [(px * MM, (y + py) * MM) for px, py in zip(xs, ups, strict=True)]
            self.pen.line(points, fill=ink, width=4, joint="curve")

    def seal(
        self,
        x: float,
        y: float,
        *,
        diameter: float = 40.0,
        flat: float = 1.0,
        ink: tuple[int, int, int] = RED,
        faded: float = 0.0,
        words: str = _COMPANY,
    ) -> None:
        """Press a seal: ring, star, words along the rim; `flat` makes it oval, `faded` pale and patchy."""
        size = round(diameter * MM)
        plate = Image.new("L", (size, size), 0)
        pen = ImageDraw.Draw(plate)
        pen.ellipse((3, 3, size - 4, size - 4), outline=255, width=max(3, size // 36))
        for number, sign in enumerate(words):
            turn = math.radians(-125 + 250 * number / max(1, len(words) - 1))
            self._tilted(plate, sign, turn, size)
        star = [
            (size / 2 + r * math.sin(math.radians(36 * n)), size / 2 - r * math.cos(math.radians(36 * n)))
            for n, r in enumerate([size * 0.14, size * 0.055] * 5)
        ]
        pen.polygon(star, fill=255)
        self._press(plate.resize((size, round(size * flat))), x, y, ink, faded)

    def name_seal(self, x: float, y: float, name: str = "王建国印", side: float = 18.0) -> None:
        """Press a square seal with a name."""
        size = round(side * MM)
        plate = Image.new("L", (size, size), 0)
        pen = ImageDraw.Draw(plate)
        pen.rectangle((3, 3, size - 4, size - 4), outline=255, width=5)
        for number, sign in enumerate(name):
            at = (size * (0.72 if number < 2 else 0.28), size * (0.28 if number % 2 == 0 else 0.72))
            pen.text(at, sign, font=font(side * 0.38, "hei"), fill=255, anchor="mm")
        self._press(plate, x, y, RED, 0.0)

    def stamp(self, x: float, y: float, words: str, ink: tuple[int, int, int] = RED) -> None:
        """Press a stamp of words in a frame."""
        wide, high = (5.2 * len(words) + 5) * MM, 9 * MM
        corner = (x * MM, y * MM)
        self.pen.rectangle((*corner, corner[0] + wide, corner[1] + high), outline=ink, width=5)
        self.pen.text((corner[0] + wide / 2, corner[1] + high / 2), words, font=font(5, "hei"), fill=ink, anchor="mm")

    def _tilted(self, plate: Image.Image, sign: str, turn: float, size: int) -> None:
        tile = Image.new("L", (size // 4, size // 4), 0)
        ImageDraw.Draw(tile).text(
            (size // 8, size // 8), sign, font=ImageFont.truetype(fonts.path("song"), size // 10), fill=255, anchor="mm"
        )
        tile = tile.rotate(-math.degrees(turn), Image.Resampling.BICUBIC)
        at = (size / 2 + 0.375 * size * math.sin(turn), size / 2 - 0.375 * size * math.cos(turn))
        plate.paste(255, (round(at[0] - size / 8), round(at[1] - size / 8)), tile)

    def _press(self, plate: Image.Image, x: float, y: float, ink: tuple[int, int, int], faded: float) -> None:
        """Lay ink on the page as ink does: what lies under it shows through."""
        patches = np.random.default_rng(5).uniform(0.5, 1.3, (8, 8)).astype(np.float32)
        worn = cv2.resize(patches, plate.size, interpolation=cv2.INTER_CUBIC).clip(0, 1)
        strength = np.asarray(plate, np.float32) / 255 * 0.9 * (1 - faded) * worn
        left, top = round(x * MM - plate.width / 2), round(y * MM - plate.height / 2)
        under = np.asarray(self.image.crop((left, top, left + plate.width, top + plate.height)), np.float32)
        mixed = under * (1 - strength[..., None] * (1 - np.asarray(ink, np.float32) / 255))
        self.image.paste(Image.fromarray(mixed.astype(np.uint8)), (left, top))


def box_mm(box: Sequence[int]) -> tuple[float, ...]:
    """Return a box in millimetres."""
    return tuple(edge / MM for edge in box)
