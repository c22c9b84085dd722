"""Pages for renditions: drawn ones with lines in known places, and sample papers with their true lines."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from archive_service import samples
from ingest.lines import TextLine
from ingest.renditions.about import About
from ingest.renditions.pdf_a import SourcePage

WIDTH, HEIGHT, DPI = 800, 1000, 200
FILED_AT = datetime(2026, 11, 20, 2, 3, 4, tzinfo=UTC)


def about(title: str = "用电登记表", fingerprint: str = "f" * 64) -> About:
    """What is said of an item of account 5101431049."""
    return About(fingerprint, title, "A02R", "5101431049", 7, "202603100001", FILED_AT)


def jpeg(image: Image.Image | None = None, **how: Any) -> bytes:
    """A picture as JPEG; a white sheet if none is given."""
    out = io.BytesIO()
    (image or Image.new("L", (WIDTH, HEIGHT), 255)).save(out, "JPEG", **{"quality": 85, **how})
    return out.getvalue()


def line(text: str, *box: int) -> TextLine:
    """A line in its box."""
    return TextLine(text, (box[0], box[1], box[2], box[3]), 0.97)


def sheet(
    *lines: TextLine, picture: bytes | None = None, size: tuple[int, int] = (WIDTH, HEIGHT), dpi: int = DPI
) -> SourcePage:
    """A page of 800 by 1000 pixels with these lines."""
    shown = picture if picture is not None else jpeg()
    return SourcePage(lambda: shown, dpi, *size, lines)


def sample_pages(count: int, seed: int, severity: str) -> list[SourcePage]:
    """Worn papers of many types with the lines that are truly on them, without the words of seals, which lie round."""
    return [_sample(image, truth) for image, truth in samples.pages(count, seed, severity)]


def _sample(image: Image.Image, truth: dict[str, Any]) -> SourcePage:
    size = image.size
    lines = [TextLine(one["text"], _box(one["box"], size), 1.0) for one in truth["lines"] if one["kind"] != "seal"]
    return sheet(*lines, picture=jpeg(image), size=size, dpi=truth["dpi"] or DPI)


def _box(shares: Sequence[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = shares
    return round(x0 * size[0]), round(y0 * size[1]), round(x1 * size[0]), round(y1 * size[1])


def texts(pages: Iterable[SourcePage]) -> list[str]:
    """All lines of the pages."""
    return [one.text for page in pages for one in page.lines]
