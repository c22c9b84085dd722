"""What a file is follows from its bytes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from ingest.errors import FileRefused
from ingest.formats import kinds
from tests.support import hostile


def identify(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "file"
    path.write_bytes(data)
    return kinds.identify(path)


def looks_like(tmp_path: Path, data: bytes) -> str:
    with pytest.raises(FileRefused) as refusal:
        identify(tmp_path, data)
    assert refusal.value.code == "file.type-not-accepted"
    return str(refusal.value.facts["looks_like"])


def test_the_accepted_kinds_are_known_by_their_bytes(tmp_path: Path) -> None:
    assert identify(tmp_path, hostile.plain_pdf()) == "pdf"
    assert identify(tmp_path, hostile.jpeg()) == "jpeg"
    assert identify(tmp_path, hostile.png_with_text()) == "png"
    assert identify(tmp_path, hostile.tiff([hostile.picture()])) == "tiff"
    assert identify(tmp_path, hostile.tiff([hostile.picture()], big_tiff=True)) == "tiff"
    assert identify(tmp_path, hostile.archive([("a.pdf", hostile.plain_pdf())])) == "zip"


def test_a_pdf_may_have_a_little_in_front_of_its_header(tmp_path: Path) -> None:
    assert identify(tmp_path, b"\r\n" * 500 + hostile.plain_pdf()) == "pdf"
    assert looks_like(tmp_path, b"\r\n" * 5000 + hostile.plain_pdf()) == "text"


def test_what_a_file_starts_as_wins_over_a_pdf_header_further_on(tmp_path: Path) -> None:
    assert looks_like(tmp_path, b"<html>" + hostile.plain_pdf()) == "html"
    assert looks_like(tmp_path, b"GIF89a" + hostile.plain_pdf()) == "gif"
    assert identify(tmp_path, hostile.archive([("a.pdf", hostile.plain_pdf())], method=zipfile.ZIP_STORED)) == "zip"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (hostile.HTML, "html"),
        (b"  \n<!-- x --><p>hello", "html"),
        ("\ufeff<HTML>".encode(), "html"),
        ("<html>".encode("utf-16"), "html"),
        (hostile.SVG, "svg"),
        (b"<svg xmlns='x'/>", "svg"),
        (b"<?xml version='1.0'?><invoice/>", "xml"),
        (hostile.office_document(), "office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old-office"),
        (hostile.archive([("META-INF/MANIFEST.MF", b"x")]), "executable"),
        (hostile.EXECUTABLE, "executable"),
        (b"\x7fELF" + b"\0" * 99, "executable"),
        (b"#!/bin/sh\nrm -rf /", "script"),
        (b"Rar!\x1a\x07\x01\0", "rar"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (hostile.HEIC, "heic"),
        (b"\0\0\0\x18ftypisom", "media"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        ("户号 0501234567".encode(), "text"),
        (bytes(range(256)), "unknown"),
    ],
)
def test_what_is_not_accepted_is_named(data: bytes, kind: str, tmp_path: Path) -> None:
    assert looks_like(tmp_path, data) == kind


def test_a_wrong_extension_is_noticed() -> None:
    assert kinds.extension_differs("pdf", "scan.jpg")
    assert kinds.extension_differs("jpeg", "scan")
    assert not kinds.extension_differs("jpeg", "SCAN.JPEG")


def test_a_text_beginning_with_the_letters_of_a_bitmap_is_no_bitmap(tmp_path: Path) -> None:
    assert looks_like(tmp_path, b"BMW application form, page 1 of 2") == "unknown"
    out = io.BytesIO()
    Image.new("L", (9, 9)).save(out, "BMP")
    assert looks_like(tmp_path, out.getvalue()) == "bmp"
