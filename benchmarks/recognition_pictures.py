"""Draw how a scan becomes fields, from the records of a real archive: the pictures of docs/recognition.md.

    python -m benchmarks.recognition_pictures HOME SCAN [--page N] [--out docs/pictures]

HOME is an archive, as `benchmarks.recognition --keep FOLDER` leaves one behind; SCAN is the number of a scan in it.
Three pictures are written: how the scan was split, the lines of a page as read, and the fields found on it.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import select

from archive_service import fonts
from archive_service.cli.services import Services
from archive_service.settings import Settings
from ingest import lines, report
from ingest.lines import TextLine
from ingest.tables import ScanPage

_WIDTH = 760
_THUMB = (150, 212)
_INKS = ("#1f6f8b", "#b8572b", "#3f7d3a", "#7a4fa3", "#a3324f", "#8a6d1b")
#: Lines below this confidence are drawn in the ink of doubt.
_SURE = 0.95
_SURE_INK, _DOUBT_INK, _FIELD_INK = "#3f7d3a", "#c0392b", "#1f4fb0"


def split(pages: Sequence[Image.Image], documents: Sequence[Mapping[str, Any]]) -> Image.Image:
    """Return the pages in a row, those of one document above a line in its colour with its type."""
    width, height = _THUMB
    strip = Image.new("RGB", (10 + len(pages) * (width + 10), height + 74), "white")
    draw, face = ImageDraw.Draw(strip), ImageFont.truetype(str(fonts.path("hei")), 15)
    for place, page in enumerate(pages):
        thumb = page.copy()
        thumb.thumbnail(_THUMB)
        strip.paste(thumb, (10 + place * (width + 10), 10))
    for number, document in enumerate(documents):
        ink = _INKS[number % len(_INKS)]
        first, last = min(document["pages"]) - 1, max(document["pages"]) - 1
        left, right = 10 + first * (width + 10), 10 + last * (width + 10) + width
        draw.rectangle((left, height + 16, right, height + 22), fill=ink)
        filed = "自动归档" if document["state"] == "filed" else "待校核"
        draw.text((left, height + 28), f"{document['document_type']} {document['confidence']:.0%}", ink, face)
        draw.text((left, height + 48), filed, ink, face)
    return strip


def read(page: Image.Image, found: Sequence[TextLine]) -> Image.Image:
    """Return a page with a frame around each line: green for sure, red for doubtful."""
    picture, scale = _scaled(page)
    draw = ImageDraw.Draw(picture)
    for line in found:
        ink = _SURE_INK if line.confidence >= _SURE else _DOUBT_INK
        draw.rectangle([round(side * scale) for side in line.box], outline=ink, width=2)
    return picture


def filled(page: Image.Image, fields: Mapping[str, Mapping[str, Any]]) -> Image.Image:
    """Return a page with a frame around each value and the name of its field above it."""
    picture, scale = _scaled(page)
    draw, face = ImageDraw.Draw(picture), ImageFont.truetype(str(fonts.path("hei")), 11)
    for name, field in fields.items():
        x0, y0, x1, y1 = (round(side * scale) for side in field["box"])
        draw.rectangle((x0 - 2, y0 - 2, x1 + 2, y1 + 2), outline=_FIELD_INK, width=2)
        text = f"{name} {field['confidence']:.2f}"
        width = draw.textlength(text, face)
        draw.rectangle((x0, y0 - 15, x0 + width + 6, y0 - 2), fill=_FIELD_INK)
        draw.text((x0 + 3, y0 - 15), text, "white", face)
    return picture


def _scaled(page: Image.Image) -> tuple[Image.Image, float]:
    scale = _WIDTH / page.width
    return page.resize((_WIDTH, round(page.height * scale))), scale


def _upper(picture: Image.Image, page: Image.Image, found: Sequence[TextLine]) -> Image.Image:
    """Return the part of a picture that has text."""
    low = max(line.box[3] for line in found) * picture.width / page.width
    return picture.crop((0, 0, picture.width, min(picture.height, round(low) + 40)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("scan", type=int)
    parser.add_argument("--page", type=int, default=1)
    parser.add_argument("--most", type=int, default=8, help="pages in the picture of the split")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    asked = parser.parse_args()
    services = Services(Settings(_env_file=None, home=asked.home))
    with services.reading() as (session, viewer):
        items = report.result(session, viewer, asked.scan)["items"]
        rows = session.scalars(select(ScanPage).where(ScanPage.scan_id == asked.scan).order_by(ScanPage.page_no)).all()
        pages = [Image.open(io.BytesIO(services.store.read(row.image_digest or ""))).convert("RGB") for row in rows]
        found = lines.from_json(services.store.read(rows[asked.page - 1].lines_digest or ""))
    whole = [item for item in items if max(item["pages"]) <= asked.most]
    page = pages[asked.page - 1]
    fields = next(item["fields"] for item in items if item["pages"][0] == asked.page)
    mine = {name: field for name, field in fields.items() if field["page"] == 1}
    for name, picture in (
        ("recognition-split", split(pages[: asked.most], whole)),
        ("recognition-lines", _upper(read(page, found), page, found)),
        ("recognition-fields", _upper(filled(page, mine), page, found)),
    ):
        few = picture.quantize(64)
        few.save(asked.out / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
