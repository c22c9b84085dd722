"""Check digits of the two numbers that say who somebody is."""

from __future__ import annotations

import re

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def identity_number(text: str) -> bool | None:
    """Say whether an 18-character identity number has the right check digit (GB 11643); None for other numbers."""
    if not re.fullmatch(r"\d{17}[\dX]", text):
        return None
    total = sum(int(digit) * weight for digit, weight in zip(text, _ID_WEIGHTS, strict=False))
    return _ID_CHECK[total % 11] == text[17]


def credit_code(text: str) -> bool | None:
    """Say whether an 18-character credit code has the right check character (GB 32100); None for other codes."""
    if len(text) != 18 or not text.isalnum():
        return None
    if any(char not in _CREDIT_ALPHABET for char in text):
        return False
    total = sum(_CREDIT_ALPHABET.index(char) * weight for char, weight in zip(text, _CREDIT_WEIGHTS, strict=False))
    return _CREDIT_ALPHABET[(31 - total % 31) % 31] == text[17]
