"""Pages whose picture, thumbnail and lines really lie in a store, so that they can be shown."""

from __future__ import annotations

import io

from PIL import Image

from archive_service.households.values import NewPage
from archive_service.storage.store import ObjectStore
from ingest import lines
from ingest.lines import TextLine


def picture(shade: int, size: tuple[int, int] = (60, 80)) -> bytes:
    """A small grey JPEG."""
    out = io.BytesIO()
    Image.new("L", size, shade).save(out, "JPEG")
    return out.getvalue()


def stored_page(store: ObjectStore, text: str, shade: int) -> NewPage:
    """A page of 60 x 80 pixels that says `text`, one line below the other."""
    read = [TextLine(line, (5, 5 + 20 * n, 55, 20 + 20 * n), 0.98) for n, line in enumerate(text.splitlines())]
    return NewPage(
        original_digest=store.put_bytes(f"original {shade} {text}".encode()).digest,
        original_page=1,
        image_digest=store.put_bytes(picture(shade)).digest,
        thumbnail_digest=store.put_bytes(picture(shade, (30, 40))).digest,
        width_px=60,
        height_px=80,
        dpi=200,
        rotation=0,
        engine="rapidocr",
        confidence=0.98,
        text=text,
        lines_digest=store.put_bytes(lines.to_json(read)).digest,
    )
