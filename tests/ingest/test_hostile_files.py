"""Every file that careless or hostile hands may send: the right code, quickly, and the next file goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive_service.settings import Settings
from ingest import errors, opening
from ingest.errors import FileRefused
from ingest.opening import Limits, RenderedPage
from tests.support import hostile

MIB = 1024 * 1024


@pytest.fixture
def limits(settings: Settings) -> Limits:
    """Limits as delivered, except that hostile files are given up on sooner."""
    return replace(Limits.of(settings), memory_bytes=512 * MIB, page_s=10, file_s=40, max_unpacked_bytes=64 * MIB)


def take(tmp_path: Path, data: bytes, limits: Limits, name: str = "scan.pdf") -> list[RenderedPage]:
    """Do with `data` what the pipeline does: probe, then unpack or render."""
    path = tmp_path / "original"
    path.write_bytes(data)
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    found = opening.probe(path, file_name=name, limits=limits)
    if found.format == "zip":
        opening.unpack(path, out_dir=out, limits=limits)
        return []
    last = min(found.page_count, opening.CHUNK)
    return opening.render(path, format=found.format, first=1, last=last, out_dir=out, limits=limits)


def outcome(tmp_path: Path, data: bytes, limits: Limits) -> FileRefused | list[RenderedPage]:
    try:
        return take(tmp_path, data, limits)
    except FileRefused as refusal:
        return refusal


def code_of(tmp_path: Path, data: bytes, limits: Limits) -> str:
    """Return the code under which `data` ends, said of the file or of its only page; check that nothing leaks."""
    ended = outcome(tmp_path, data, limits)
    if isinstance(ended, FileRefused):
        told = ended.message + json.dumps(ended.facts)
        assert not any(leak in told for leak in ("Traceback", str(tmp_path), "pdfium", "Pillow", "zlib", "0x"))
        assert ended.message.endswith("。")
        assert list((tmp_path / "out").glob("*")) == []
        return ended.code
    (page,) = ended
    assert page.image is None
    return page.error_code or "accepted"


REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    ("an empty file", lambda: b"", "file.empty"),
    ("a PDF with a password", lambda: hostile.encrypted_pdf(user="secret"), "file.password"),
    ("a PDF cut off", hostile.truncated_pdf, "file.damaged"),
    ("garbage with a PDF header", lambda: b"%PDF-1.4\n" + bytes(range(256)) * 99, "file.damaged"),
    ("only a PDF header", lambda: b"%PDF-1.7", "file.damaged"),
    ("a PDF without pages", hostile.pdf_without_pages, "file.damaged"),
    ("a PDF that is blank after repair", hostile.pdf_blank_after_repair, "file.damaged"),
    ("a page tree that loops", hostile.pdf_with_page_tree_loop, "file.damaged"),
    ("a PDF of 10,000 pages", lambda: hostile.plain_pdf(10_000), "file.too-many-pages"),
    ("a page box of a thousand million points", lambda: hostile.pdf_with_page_box(1e9), "file.pixel-limit"),
    ("content that inflates to 1 GiB", hostile.pdf_deflate_bomb, "file.memory-limit"),
    ("content that inflates twice, to 4 GiB", hostile.pdf_deflate_bomb_in_two_layers, "file.memory-limit"),
    ("forms nested to a million million", hostile.pdf_billion_laughs, "file.memory-limit"),
    ("20 million operators", hostile.pdf_many_operators, "file.memory-limit"),
    ("a shading without end", hostile.pdf_with_slow_shading, "file.time-limit"),
    ("a JPEG cut off", hostile.truncated_jpeg, "file.damaged"),
    ("a JPEG that claims 65,500 by 65,500", lambda: hostile.jpeg_claiming(65_500, 65_500), "file.pixel-limit"),
    ("a JPEG that claims more than it holds", lambda: hostile.jpeg_claiming(9_000, 9_000), "file.damaged"),
    ("a PNG that claims 50,000 by 50,000", lambda: hostile.png_claiming(50_000, 50_000), "file.pixel-limit"),
    ("a PNG that is 50,000 by 50,000", hostile.png_really_large, "file.pixel-limit"),
    ("a PNG that claims more than it holds", lambda: hostile.png_claiming(3_000, 3_000), "file.damaged"),
    ("a PNG with a text that inflates", hostile.png_with_text_bomb, "file.unpack-limit"),
    ("a PNG cut off", lambda: hostile.png_with_text()[:3000], "file.damaged"),
    ("a TIFF whose directory loops", hostile.tiff_with_loop, "file.damaged"),
    ("a TIFF with absurd tags", hostile.tiff_with_absurd_tags, "file.damaged"),
    ("a TIFF that claims 60,000 by 60,000", lambda: hostile.tiff_claiming(60_000, 60_000), "file.pixel-limit"),
    ("a TIFF that claims more than it holds", lambda: hostile.tiff_claiming(600, 600), "file.damaged"),
    ("a TIFF cut off", lambda: hostile.tiff([hostile.picture()])[:999], "file.damaged"),
    ("a ZIP bomb", lambda: hostile.archive_bomb(100), "file.unpack-limit"),
    ("a ZIP bomb of one member read forty times", hostile.archive_overlapping, "file.unpack-limit"),
    ("a ZIP that lies about a size", hostile.archive_lying_about_size, "file.damaged"),
    ("a ZIP in a ZIP", lambda: hostile.archive([("a.zip", hostile.archive([("b", b"c")]))]), "file.zip-nested"),
    ("a ZIP with a password", hostile.archive_with_password, "file.password"),
    ("a ZIP of nothing", lambda: hostile.archive([]), "file.empty"),
    ("a ZIP cut off", lambda: hostile.archive([("a.pdf", hostile.plain_pdf())])[:300], "file.damaged"),
    ("2,001 members", lambda: hostile.archive([(f"{n}.pdf", b"x") for n in range(2001)]), "file.unpack-limit"),
    ("HTML named .pdf", lambda: hostile.HTML, "file.type-not-accepted"),
    ("SVG named .pdf", lambda: hostile.SVG, "file.type-not-accepted"),
    ("an Office document", hostile.office_document, "file.type-not-accepted"),
    ("a program", lambda: hostile.EXECUTABLE, "file.type-not-accepted"),
    ("BMP", lambda: hostile.encoded(hostile.picture(), "BMP"), "file.type-not-accepted"),
    ("GIF", lambda: hostile.encoded(hostile.picture(), "GIF"), "file.type-not-accepted"),
    ("WebP", lambda: hostile.encoded(hostile.picture(), "WEBP"), "file.type-not-accepted"),
    ("HEIC", lambda: hostile.HEIC, "file.type-not-accepted"),
]


@pytest.mark.parametrize(("make", "code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_file_that_is_no_good_ends_with_its_code_and_the_next_one_goes_on(
    make: Callable[[], bytes], code: str, tmp_path: Path, limits: Limits
) -> None:
    (tmp_path / "out").mkdir()
    assert code_of(tmp_path, make(), limits) == code
    good = tmp_path / "good"
    good.mkdir()
    (page,) = take(good, hostile.plain_pdf(), limits)
    assert page.error_code is None


def test_a_page_box_of_a_million_points_is_shown_smaller(tmp_path: Path, limits: Limits) -> None:
    (page,) = take(tmp_path, hostile.pdf_with_page_box(1e6), limits)
    assert page.error_code is None
    assert page.width_px * page.height_px <= limits.max_render_pixels * 1.01
    assert "scaled-down" in page.flags


def test_scripts_and_attachments_are_flagged_and_do_nothing(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "original"
    path.write_bytes(hostile.pdf_with_scripts())
    assert "has-active-content" in opening.probe(path, file_name="a.pdf", limits=limits).flags
    path.write_bytes(hostile.pdf_with_attachment())
    assert opening.probe(path, file_name="a.pdf", limits=limits).flags == ("has-attachments",)


def test_a_pdf_that_is_also_a_zip_is_taken_as_the_pdf_it_starts_as(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "original"
    path.write_bytes(hostile.pdf_that_is_also_zip())
    found = opening.probe(path, file_name="a.pdf", limits=limits)
    assert (found.format, found.flags) == ("pdf", ("two-formats",))


def test_one_page_that_kills_the_child_costs_one_page(tmp_path: Path, limits: Limits) -> None:
    """Of three pages the second inflates without end; the others are shown."""
    path = tmp_path / "original"
    path.write_bytes(hostile.pdf_with_one_bad_page())
    pages = opening.render(path, format="pdf", first=1, last=3, out_dir=tmp_path, limits=limits)
    assert [page.error_code for page in pages] == [None, "file.memory-limit", None]
    assert [page.image is None for page in pages] == [False, True, False]


def test_a_file_of_which_page_after_page_kills_the_child_is_given_up(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "original"
    path.write_bytes(hostile.pdf_with_one_bad_page(order="xxxxxx"))
    with pytest.raises(FileRefused) as refusal:
        opening.render(path, format="pdf", first=1, last=6, out_dir=tmp_path, limits=limits)
    assert refusal.value.code == "file.memory-limit"


def test_every_sentence_can_be_said_and_says_what_to_do(limits: Limits) -> None:
    for code in errors.SENTENCES:
        refusal = errors.refuse(code, limit=5, member="\u202egnp.exe", looks_like="no such thing")
        assert refusal.code == code.partition("/")[0]
        assert "{" not in refusal.message
        assert "\u202e" not in refusal.message
        assert any(advice in refusal.message for advice in ("请", "查看"))
