"""Names of received files, made safe for showing and storing. The bytes under the name are never touched."""

from __future__ import annotations

import re
import unicodedata

#: Longest name kept, in UTF-8 bytes: what common file systems allow.
MOST_BYTES = 255
#: What a file without a usable name is called.
NAMELESS = "未命名"

#: Format characters that change neither direction nor look badly, and that emoji and Indic letters need.
_JOINERS = {"\u200c", "\u200d"}
#: Emoji flags of regions are spelled with these.
_TAGS = range(0xE0020, 0xE0080)


def display_name(raw: str) -> str:
    """Return the last part of `raw` without anything that could deceive or break a page, a log line or a header.

    Control characters, line ends and marks that turn the writing direction are dropped, never replaced, so that
    `invoice<RLO>fdp.exe` shows as what it is. At most 255 bytes in UTF-8, the extension kept. Never empty.
    """
    name = unicodedata.normalize("NFC", raw)
    name = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    name = unicodedata.normalize("NFC", "".join(c for c in name if _harmless(c))).strip()
    stem, extension = _split(name)
    if not stem.strip(" ."):
        stem = NAMELESS
    return _cut(stem, MOST_BYTES - len(extension.encode())) + extension


def extension_of(name: str) -> str:
    """Return the extension of `name` in lower case without the dot; empty without one."""
    return _split(name)[1].lstrip(".").lower()


def _harmless(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cf":
        return char in _JOINERS or ord(char) in _TAGS
    return category not in {"Cc", "Cs", "Zl", "Zp"}


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not dot or not re.fullmatch(r"[A-Za-z0-9]{1,10}", extension):
        return name.rstrip(" ."), ""
    return stem, dot + extension


def _cut(text: str, most_bytes: int) -> str:
    """Return the longest start of `text` within `most_bytes` that ends in no joiner and no lone space."""
    if len(text.encode()) <= most_bytes:
        return text
    return text.encode()[:most_bytes].decode(errors="ignore").rstrip(" .\u200c\u200d")
