"""What a file is, told from its bytes. Its name is only compared afterwards."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from ingest.errors import refuse
from ingest.names import extension_of

#: format -> extensions that promise it.
EXTENSIONS = {
    "pdf": {"pdf"},
    "jpeg": {"jpg", "jpeg", "jpe", "jfif"},
    "png": {"png"},
    "tiff": {"tif", "tiff"},
    "ofd": {"ofd"},
    "zip": {"zip"},
}
#: A PDF may have this much in front of its header.
_HEAD = 1024
#: The end record of a ZIP with the longest comment.
_LONGEST_ZIP_END = 22 + 65_535

#: What stands at the very start. What is here wins over a PDF header further on: a file that starts as something
#: else is something else, whatever it also contains.
_AT_START: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"\x00\x00\x00\x0cjP  ", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"8BPS", "psd"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"MZ", "executable"),
    (b"\x7fELF", "executable"),
    (b"\xfe\xed\xfa", "executable"),
    (b"\xcf\xfa\xed\xfe", "executable"),
    (b"\xca\xfe\xba\xbe", "executable"),
    (b"#!", "script"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old-office"),
    (b"%!PS", "postscript"),
    (b"{\\rtf", "rtf"),
    (b"OggS", "media"),
    (b"ID3", "media"),
)
_HEIC = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis")


def identify(path: Path) -> str:
    """Return pdf, ofd, jpeg, png, tiff or zip. Raises FileRefused for everything else, naming what it looks like."""
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise refuse("file.empty")
    kind = _of_head(head)
    if kind == "zip":
        kind = _of_zip(path)
    if kind not in EXTENSIONS:
        raise refuse("file.type-not-accepted", looks_like=kind)
    return kind


def extension_differs(kind: str, file_name: str) -> bool:
    """Say whether the extension of `file_name` promises something else than `kind`."""
    return extension_of(file_name) not in EXTENSIONS[kind]


def ends_as_zip(path: Path) -> bool:
    """Say whether the file can also be read as a ZIP, whose directory stands at the very end."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _LONGEST_ZIP_END))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return False
    return at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail)


def _of_head(head: bytes) -> str:
    for magic, kind in _AT_START:
        if head.startswith(magic):
            return "unknown" if kind == "bmp" and not _is_bmp(head) else kind
    if head[:4] == b"RIFF":
        return "webp" if head[8:12] == b"WEBP" else "media"
    if head[4:8] == b"ftyp":
        return "heic" if head[8:12] in _HEIC else "media"
    if head[257:262] == b"ustar":
        return "tar"
    markup = _of_markup(head)
    if markup:
        return markup
    if b"%PDF-" in head[: _HEAD + 5]:
        return "pdf"
    return "text" if _is_text(head) else "unknown"


def _is_bmp(head: bytes) -> bool:
    return head[6:10] == b"\0\0\0\0"


def _of_markup(head: bytes) -> str | None:
    """Return html, svg, xml or mail when the text starts as one."""
    text = _as_text(head).lstrip("\ufeff \t\r\n\0").lower()
    if re.match(r"<!doctype html|<html|<head|<body|<script|<iframe|<meta|<!--", text):
        return "svg" if "<svg" in text and "<html" not in text else "html"
    if text.startswith(("<svg", "<!doctype svg")):
        return "svg"
    if text.startswith(("<?xml", "<!doctype", "<?")):
        return "svg" if "<svg" in text else "html" if "<html" in text else "xml"
    if re.match(r"(from|received|return-path|mime-version|subject): ", text):
        return "mail"
    return None


def _as_text(head: bytes) -> str:
    if head.startswith(b"\xff\xfe"):
        return head[2:].decode("utf-16-le", errors="replace")
    if head.startswith(b"\xfe\xff"):
        return head[2:].decode("utf-16-be", errors="replace")
    return head.decode("utf-8", errors="replace")


def _is_text(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 27 for byte in head)


def _of_zip(path: Path) -> str:
    """Tell a plain ZIP from documents that only use ZIP as their packaging."""
    try:
        with zipfile.ZipFile(path) as package:
            names = {info.filename.removeprefix("./") for info in package.infolist()[:2000]}
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return "zip"  # refused as damaged where it is opened
    if "[Content_Types].xml" in names:
        return "office"
    if "OFD.xml" in names:
        return "ofd"
    if "META-INF/MANIFEST.MF" in names or "AndroidManifest.xml" in names:
        return "executable"
    if "mimetype" in names and ("content.xml" in names or "META-INF/container.xml" in names):
        return "office" if "content.xml" in names else "zip-other"
    return "zip"
