"""Codes, numbers, and what has to be said for a certified copy: pure."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from archive_service import masking
from archive_service.errors import Invalid, Refused

#: What a copy is issued for.
PURPOSES = ("lawsuit", "regulator", "property", "power-business", "own-use", "other")
#: More pages are a loan of the file and not a copy of some of its pages.
MOST_PAGES = 100
#: Digits and letters that nobody mixes up when reading them aloud (Crockford's base 32).
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: 20 characters of 5 bits: 100 bits.
_LENGTH, _GROUP = 20, 5
_MIXED_UP = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LONGEST_NOTE, _LONGEST_RECEIVER, _LONGEST_REASON = 200, 120, 200


def new_code() -> str:
    """Return a fresh verification code as it is printed: ABCDE-12345-FGHJK-67890."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
    return "-".join(drawn[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def code_hash(typed: str) -> str | None:
    """Return under which hash a code is kept, however it was typed; none for what cannot be a code."""
    plain = "".join(c for c in typed.upper() if not (c.isspace() or c in "-‐–—－")).translate(_MIXED_UP)
    if len(plain) != _LENGTH or not set(plain) <= set(ALPHABET):
        return None
    return hashlib.sha256(plain.encode()).hexdigest()


def series(unit_code: str, year: int) -> str:
    """Return the series of numbers of a unit in a year."""
    return f"ZM-{unit_code}-{year}"


def number(of_series: str, serial: int) -> str:
    """Return the number of a copy."""
    return f"{of_series}-{serial:05d}"


def check_said(purpose: str, note: str, receiver: str) -> tuple[str, str]:
    """Return note and receiver, trimmed. Raises Invalid without a purpose of the list or a receiver."""
    if purpose not in PURPOSES:
        raise Invalid("copy.purpose", "请从列表中选择出证的用途。", given=purpose[:20])
    more, to = masking.text(note.strip()), masking.text(" ".join(receiver.split()))
    if purpose == "other" and len(more) < 2:
        raise Invalid("copy.note", "用途选“其他”时，请写明具体用途（至少两个字）。")
    if not 2 <= len(to) <= _LONGEST_RECEIVER or len(more) > _LONGEST_NOTE:
        raise Invalid(
            "copy.receiver", f"请写明交给谁（2 到 {_LONGEST_RECEIVER} 字），用途说明不超过 {_LONGEST_NOTE} 字。"
        )
    return more, to


def check_pages(pages: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the pages, item and page number, each once and in their order. Raises Invalid, Refused."""
    wanted = list(dict.fromkeys(pages))
    if not wanted:
        raise Invalid("copy.pages", "请至少选择一页。")
    if len(wanted) > MOST_PAGES:
        raise Refused("copy.too-many-pages", f"一份证明复制件最多 {MOST_PAGES} 页。请减少页数，或分几份出具。")
    return wanted


def check_reason(reason: str) -> str:
    """Return a reason, trimmed, with what is personal in it hidden. Raises Invalid when it says too little."""
    said = masking.text(reason.strip())
    if not 4 <= len(said) <= _LONGEST_REASON:
        raise Invalid("copy.reason", f"请写明原因（4 到 {_LONGEST_REASON} 字），原因会留在登记和审计记录中。")
    return said
