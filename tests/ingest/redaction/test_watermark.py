"""Whoever photographs a borrowed page photographs their own name with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from archive_service.errors import Damaged
from archive_service.storage.memory import MemoryStore
from archive_service.web import pictures
from ingest.ocr import images
from ingest.ocr.reader import Reader
from ingest.redaction.watermark import Mark, watermarked
from tests.ingest.ocr.conftest import draw_page

#: Ten in the morning in China.
MARK = Mark("欧阳文静", "ywj20417", datetime(2026, 11, 20, 2, 5, tzinfo=UTC), "用电检查")


@pytest.mark.ocr
def test_reader_moment_and_purpose_are_read_in_the_pixels_and_the_page_stays_readable() -> None:
    page = draw_page().jpeg()
    before = "".join(line.text for line in Reader().read(page, dpi=150).lines)
    after = "".join(line.text for line in Reader().read(watermarked(page, MARK), dpi=150).lines).replace(" ", "")
    for said in ("欧阳文静", "ywj20417", "2026-11-20", "10:05", "用电检查"):
        assert said not in before
        assert said in after
    assert "3206810473" in before
    assert "3206810473" in after


def test_the_mark_lies_over_the_whole_page_and_not_only_along_its_edges() -> None:
    """Any piece of a white page as large as a sixth of it carries some of it; so does a black one."""
    for grey in (255, 0):
        blank = images.encode_jpeg(np.full((1169, 827, 3), grey, np.uint8))
        marked = images.decode(watermarked(blank, MARK))
        for top in range(0, 1169 - 390, 130):
            for left in range(0, 827 - 413, 138):
                piece = marked[top : top + 390, left : left + 413]
                assert np.ptp(piece) > 20, (grey, top, left)


def test_two_readers_and_two_minutes_get_different_bytes() -> None:
    page = draw_page().jpeg()
    other = replace(MARK, name="李明", number="lm")
    later = replace(MARK, at=datetime(2026, 11, 20, 2, 6, tzinfo=UTC))
    assert len({watermarked(page, one) for one in (MARK, other, later)}) == 3
    # Nothing was kept of the others.
    assert watermarked(page, MARK) == watermarked(page, MARK)


def test_a_small_picture_and_a_strip_are_marked_and_keep_their_size() -> None:
    for shape in ((452, 320, 3), (9, 500, 3), (600, 20, 3)):
        plain = images.encode_jpeg(np.full(shape, 255, np.uint8))
        marked = images.decode(watermarked(plain, MARK))
        assert marked.shape == shape
        assert marked.min() < 250


def test_a_grey_picture_is_marked_and_what_is_none_is_refused() -> None:
    _, grey = cv2.imencode(".png", np.full((300, 300), 255, np.uint8))
    assert images.decode(watermarked(grey.tobytes(), MARK)).min() < 250
    with pytest.raises(Damaged):
        watermarked(b"no picture", MARK)


def test_a_borrowed_picture_is_kept_by_no_browser_and_is_not_the_stored_one() -> None:
    store = MemoryStore()
    page = draw_page().jpeg()
    digest = store.put_bytes(page).digest
    answer = pictures.borrowed(store, digest, MARK, None)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.media_type == "image/jpeg"
    assert answer.body == watermarked(page, MARK)
    assert answer.body != page
