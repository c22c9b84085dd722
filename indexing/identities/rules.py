"""From an identity number to its keyed hash: pure."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable

from archive_service import masking

_SHORTEST = 6
_SHORT_FORM = 12


def normal(typed: str) -> str | None:
    """Return a number of an identity paper half-width, without signs, in capitals; none if it is too short for one."""
    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", typed))).upper()
    return plain if len(plain) >= _SHORTEST and any(c.isdecimal() for c in plain) else None


def hash_of(key: bytes, number: str) -> str:
    """Return the HMAC-SHA256 of a normal number: without the key nobody can try all numbers there are."""
    return hmac.new(key, number.encode(), hashlib.sha256).hexdigest()


def short(hashed: str) -> str:
    """Return the form in which logs and the trail name a number."""
    return hashed[:_SHORT_FORM]


def key_id(key: bytes) -> str:
    """Return by which a key is told from another."""
    return hashlib.sha256(b"identity key " + key).hexdigest()[:16]


def numbers_of(fields: Iterable[tuple[str, str]], pages: Iterable[str]) -> set[str]:
    """Return the identity numbers of an item: those of its fields, and those that stand for certain in its pages."""
    named = {normal(value) for name, value in fields if "id_number" in name}
    return {number for number in named if number} | {one for page in pages for one in masking.identities(page)}
