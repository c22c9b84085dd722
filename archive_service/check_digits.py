"""Check digits of the two numbers that say who somebody is: identity number and unified social credit code."""

from __future__ import annotations

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
#: The characters of a credit code in the order of their values; I, O, S, V and Z do not occur.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def of_identity_number(first17: str) -> str:
    """Return the 18th character of the identity number that begins with these 17 digits (GB 11643, mod 11-2)."""
    return _ID_CHECK[sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True)) % 11]


def of_credit_code(first17: str) -> str:
    """Return the 18th character of the credit code that begins with these 17 characters (GB 32100, mod 31)."""
    total = sum(CREDIT_ALPHABET.index(char) * weight for char, weight in zip(first17, _CREDIT_WEIGHTS, strict=True))
    return CREDIT_ALPHABET[(31 - total % 31) % 31]
