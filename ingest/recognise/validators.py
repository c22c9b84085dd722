"""Check digits and plausibility of values. True: right, False: certainly wrong, None: cannot tell."""

from __future__ import annotations

import re
from datetime import date

from archive_service import check_digits

#: Earliest day a paper of a power utility may plausibly bear.
_OLDEST_PAPER = date(1950, 1, 1)
_OLDEST_PERSON = date(1880, 1, 1)
_LATEST = date(2100, 1, 1)


def identity_number(text: str) -> bool:
    """Say whether `text` is an 18-character identity number with a plausible birth date and the right check digit."""
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", text):
        return False
    born = plain_date(text[6:14])
    return (
        born is not None and _OLDEST_PERSON <= born < _LATEST and check_digits.of_identity_number(text[:17]) == text[17]
    )


def credit_code(text: str) -> bool:
    """Say whether `text` is an 18-character unified social credit code with the right check character."""
    if len(text) != 18 or any(char not in check_digits.CREDIT_ALPHABET for char in text):
        return False
    return check_digits.of_credit_code(text[:17]) == text[17]


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
