"""The second engine: a program of the system that may be there or not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ingest.ocr.engine import EngineUnavailable
from ingest.ocr.reader import Reader
from ingest.ocr.tesseract import TesseractEngine
from tests.ingest.ocr.conftest import draw_page


def _reader_or_skip() -> Reader:
    """Return the second engine; without its program the test is skipped, and in CI it fails."""
    try:
        return Reader(engine="tesseract")
    except EngineUnavailable as why:
        if os.environ.get("CI"):
            pytest.fail(f"Tesseract is not on this machine, and its tests must run here: {why}")
        pytest.skip(f"Tesseract is not on this machine: {why}")


@pytest.mark.ocr
def test_tesseract_reads_a_clean_page_where_it_is_installed() -> None:
    """Its words come joined into lines, Chinese without spaces, with boxes on the page."""
    reading = _reader_or_skip().read(draw_page().jpeg(), dpi=150)
    lines = {line.text: line for line in reading.lines}
    title = next((line for text, line in lines.items() if "居民新装用电" in text), None)
    assert title is not None
    assert title.box[1] < 136 + 20 < title.box[3]
    assert any("3206810473" in text for text in lines)
    assert reading.engine.startswith("tesseract 5")


@pytest.mark.ocr
def test_a_page_on_its_head_is_turned_for_tesseract_too() -> None:
    """Setting pages upright is the reader's work, whatever the engine."""
    page = draw_page()
    reading = _reader_or_skip().read(page.jpeg(page.pixels[::-1, ::-1]), dpi=150)
    assert reading.rotation == 180
    assert any("3206810473" in line.text for line in reading.lines)


def test_without_the_program_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A missing engine is a fact of the machine, told once and clearly."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnavailable, match="tesseract-ocr") as caught:
        TesseractEngine()
    assert caught.value.code == "ocr.unavailable"


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="the tesseract program is not on this machine")
def test_without_chinese_data_the_error_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The program alone reads no Chinese."""
    (tmp_path / "eng.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(EngineUnavailable, match="chi_sim"):
        TesseractEngine()
