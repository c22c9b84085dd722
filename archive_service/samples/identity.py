"""Numbers that carry a check digit: citizen ids (GB 11643) and credit codes (GB 32100)."""

from __future__ import annotations

from datetime import date

from archive_service import check_digits

_ORG_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def id_number(region: str, born: date, serial: int) -> str:
    """Return the 18-digit id number of the `serial`-th person (odd: men) born in `region` on that day."""
    body = f"{region}{born:%Y%m%d}{serial:03d}"
    return body + check_digits.of_identity_number(body)


def credit_code(region: str, body: str) -> str:
    """Return the 18-sign credit code of the company whose organisation code begins with these 8 signs."""
    text = f"91{region}{body}{_org_check(body)}"
    return text + check_digits.of_credit_code(text)


def _org_check(body: str) -> str:
    rest = 11 - sum(_ORG_LETTERS.index(s) * w for s, w in zip(body, _ORG_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))
