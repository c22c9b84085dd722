"""Names of received files are shown as what they are and break nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.names import MOST_BYTES, display_name, extension_of


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("申请表.pdf", "申请表.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\scans\\申请表.pdf", "申请表.pdf"),
        ("a\0b.pdf", "ab.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\u2066a\u2069\u200f\u061c\ufeff.pdf", "a.pdf"),
        ("line\u2028break.pdf", "linebreak.pdf"),
        ("half\udc80.pdf", "half.pdf"),
        ("👨\u200d👩\u200d👧 合影.jpg", "👨\u200d👩\u200d👧 合影.jpg"),
        ("e\u0301.pdf", "\u00e9.pdf"),
        ("", "未命名"),
        ("...", "未命名"),
        (".pdf", "未命名.pdf"),
        ("\u202e\0", "未命名"),
        ("scans/", "scans"),
        ("no extension here", "no extension here"),
        ("v1.2 定稿", "v1.2 定稿"),
    ],
)
def test_a_name_is_shown_without_what_could_deceive(raw: str, shown: str) -> None:
    assert display_name(raw) == shown


def test_a_long_name_keeps_its_extension() -> None:
    shown = display_name("户" * 500 + ".PDF")
    assert len(shown.encode()) <= MOST_BYTES
    assert shown.endswith("户.PDF")
    assert extension_of(shown) == "pdf"


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_stays_as_it_is(raw: str) -> None:
    shown = display_name(raw)
    assert shown
    assert len(shown.encode()) <= MOST_BYTES
    assert display_name(shown) == shown
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in "/\\" for c in shown)
    assert not any(c in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for c in shown)
