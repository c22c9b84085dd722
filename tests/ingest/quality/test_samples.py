"""On sample pages of all kinds the measures find what the devices did to them, and little else."""

from __future__ import annotations

import io

import pytest

from archive_service.samples import sets
from ingest.ocr.reader import Reader
from ingest.quality import findings, measure
from ingest.quality.findings import Limits
from tests.ingest.ocr.conftest import reader as reader

pytestmark = pytest.mark.ocr
PAGES = 14


def test_office_pages_are_found_fault_with_only_where_the_device_left_one(reader: Reader) -> None:
    """Photocopiers leave dark edges, and so does a desk that was not told from the sheet; nothing else may be found."""
    wrong: list[str] = []
    photographs: list[bool] = []
    for image, truth in sets.pages(PAGES, 77, "office"):
        data = io.BytesIO()
        image.save(data, "JPEG", quality=88)
        read = reader.read(data.getvalue(), dpi=truth["dpi"])
        assert read.scanned is not None
        assert read.kept is not None
        said = None if truth["device"] == "phone" else truth["dpi"]
        seen = measure.Seen(read.scanned, read.kept, read.lines, read.lean, truth["dpi"], said, read.blank)
        codes = {one.code for one in measure.page_findings(seen, Limits())}
        bordered = findings.DARK_BORDER in codes
        photographs += [bordered] if truth["device"] == "phone" else []
        allowed = {findings.DARK_BORDER} if truth["device"] in ("phone", "photocopy") else set()
        wrong += sorted(codes - allowed)
    assert wrong == []
    assert not all(photographs)
