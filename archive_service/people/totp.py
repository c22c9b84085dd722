"""One-time codes by time (RFC 6238): SHA-1, six digits, thirty seconds, as every authenticator app has them. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from datetime import datetime
from urllib.parse import quote, urlencode

DIGITS = 6
STEP_S = 30
#: Steps before and after the present one whose codes are taken: clocks differ, and typing takes a while.
TOLERANCE = 1


def step_of(moment: datetime) -> int:
    """Return the number of the step in which `moment` lies, counted from 1970."""
    return int(moment.timestamp()) // STEP_S


def code_at(secret: str, step: int) -> str:
    """Return the code of a step for a secret written in base32."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 0xF
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def fitting_step(secret: str, code: str, *, now: datetime, last: int | None) -> int | None:
    """Return the step whose code `code` is, near `now` and after the step `last` that was taken before; else none."""
    fits = None
    for step in range(step_of(now) - TOLERANCE, step_of(now) + TOLERANCE + 1):
        # All are compared whatever fits, so that the time does not tell which.
        same = hmac.compare_digest(code_at(secret, step).encode(), code.encode("utf-8", "replace"))
        if same and fits is None and (last is None or step > last):
            fits = step
    return fits


def address(secret: str, *, login: str, issuer: str) -> str:
    """Return what the picture for the authenticator app says."""
    told = {"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{quote(f'{issuer}:{login}', safe='')}?{urlencode(told, quote_via=quote)}"
