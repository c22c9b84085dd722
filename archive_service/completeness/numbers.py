"""Whether the numbers that say who somebody is carry the right check digit."""

from __future__ import annotations

import re

from archive_service import check_digits


def identity_number(text: str) -> bool | None:
    """Say whether an 18-character identity number has the right check digit; None for other numbers."""
    if not re.fullmatch(r"\d{17}[\dX]", text):
        return None
    return check_digits.of_identity_number(text[:17]) == text[17]


def credit_code(text: str) -> bool | None:
    """Say whether an 18-character credit code has the right check character; None for other codes."""
    if len(text) != 18 or not text.isalnum():
        return None
    if any(char not in check_digits.CREDIT_ALPHABET for char in text):
        return False
    return check_digits.of_credit_code(text[:17]) == text[17]
