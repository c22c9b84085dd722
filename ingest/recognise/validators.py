"""Check digits and plausibility of values. True: right, False: certainly wrong, None: cannot tell."""

from __future__ import annotations

import re
from datetime import date

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
#: Earliest day a paper of a power utility may plausibly bear.
_OLDEST_PAPER = date(1950, 1, 1)
_OLDEST_PERSON = date(1880, 1, 1)
_LATEST = date(2100, 1, 1)


def id_check_digit(first17: str) -> str:
    """Return the 18th character of an identity number (GB 11643, ISO 7064 mod 11-2)."""
    return _ID_CHECK[sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True)) % 11]


def identity_number(text: str) -> bool:
    """Say whether `text` is an 18-character identity number with a plausible birth date and the right check digit."""
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", text):
        return False
    born = plain_date(text[6:14])
    return born is not None and _OLDEST_PERSON <= born < _LATEST and id_check_digit(text[:17]) == text[17]


def credit_check_character(first17: str) -> str:
    """Return the 18th character of a unified social credit code (GB 32100, mod 31)."""
    total = sum(_CREDIT_ALPHABET.index(char) * weight for char, weight in zip(first17, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[(31 - total % 31) % 31]


def credit_code(text: str) -> bool:
    """Say whether `text` is an 18-character unified social credit code with the right check character."""
    if len(text) != 18 or any(char not in _CREDIT_ALPHABET for char in text):
        return False
    return credit_check_character(text[:17]) == text[17]


def account_no(text: str, pattern: str) -> bool:
    """Say whether the whole of `text` is an account number by `pattern`."""
    return re.fullmatch(pattern, text) is not None


def mobile(text: str) -> bool:
    """Say whether `text` is a mobile number of the mainland."""
    return re.fullmatch(r"1[3-9]\d{9}", text) is not None


def document_date(text: str) -> bool:
    """Say whether the ISO date `text` may stand on a paper of the archive."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return _OLDEST_PAPER <= day < _LATEST


def plain_date(digits: str) -> date | None:
    """Return the day that eight digits name, or None if there is no such day."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
