"""What the QR code of a sheet says: a version, a case and a document type by their numbers, and a check.

No names and no account numbers: a sheet may lie about. The check only tells our codes from the many others that papers
carry, and a code that was read wrongly; it keeps nobody from making a sheet. What a sheet may do is decided by the
rights of whoever handed the scan in, as if that person had typed the same.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

_VERSION = "AS1"
_COVER, _SEPARATOR = "C", "S"
_CHECK_SIGNS = 6
#: Longer ones are no codes of ours.
_LONGEST = 200
_TYPE = re.compile(r"[A-Z0-9]{0,10}")
_APPLICATION = re.compile(r"[^\x00-\x1f\x7f]{0,40}")
#: Stands as the reader of pages that are sheets.
READER = "sheet"
#: How a page says in its flags which sheet it is.
_FLAG = "sheet:"


@dataclass(frozen=True)
class SheetCode:
    """A cover sheet, or a separator; empty fields are what the sheet leaves open."""

    application_no: str = ""
    document_type: str = ""
    cover: bool = False

    @property
    def text(self) -> str:
        """The code as printed."""
        kind = _COVER if self.cover else _SEPARATOR
        said = ":".join((_VERSION, kind, quote(self.application_no, safe=""), self.document_type))
        return f"{said}:{_check(said)}"


def parse(text: str) -> SheetCode | None:
    """Return what a code says; none for codes of others, of another version, or that fail their check."""
    said, _, check = text.rpartition(":")
    parts = said.split(":")
    if len(text) > _LONGEST or len(parts) != 4 or parts[0] != _VERSION or check != _check(said):
        return None
    kind, application, document_type = parts[1], unquote(parts[2]), parts[3]
    if kind not in (_COVER, _SEPARATOR) or not _TYPE.fullmatch(document_type):
        return None
    return SheetCode(application, document_type, kind == _COVER) if _APPLICATION.fullmatch(application) else None


def as_flags(codes: Iterable[SheetCode]) -> list[str]:
    """Return the flags of a page that is a sheet with these codes."""
    return [f"{_FLAG}{code.text}" for code in codes]


def of_flags(flags: Iterable[str]) -> tuple[SheetCode, ...]:
    """Return the codes of a page that is a sheet; none says that the page is no sheet."""
    found = (parse(flag.removeprefix(_FLAG)) for flag in flags if flag.startswith(_FLAG))
    return tuple(code for code in found if code is not None)


def _check(said: str) -> str:
    return base64.b32encode(hashlib.sha256(said.encode()).digest()).decode()[:_CHECK_SIGNS]
