"""What may stand in a notice and where it may be sent, and when a mail is tried again: pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from archive_service import masking, zone
from archive_service.errors import Invalid, NotPermitted

#: Waits of a mail that the server put off; the last one is repeated.
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360))
#: While the server cannot be reached, it is asked again after this.
OUTAGE = timedelta(minutes=5)
#: Mails that could not be sent for so long have failed; mail programs give up about then, too (RFC 5321, 4.5.4.1).
GIVEN_UP = timedelta(days=5)
#: So long one process may hold a mail; whoever holds it longer has died.
HELD = timedelta(minutes=15)
_LONGEST_VALUE, _LONGEST_ADDRESS = 120, 254
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
)
#: Numbers of the archive and days: masking would take some of them for a phone or a card.
_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2})?|[0-9]{1,6}")
_NUMBERS = frozenset({"application_no", "number", "what"})


def clean(text: str, limit: int = _LONGEST_VALUE) -> str:
    """Return a text on one line, without what is not seen, and no longer than `limit`."""
    return " ".join("".join(map(_seen, text)).split())[:limit].rstrip()


def _seen(character: str) -> str:
    """Return a character as it may stand on a line: a blank for what parts words, nothing for what is not seen."""
    kind = unicodedata.category(character)
    if kind == "Cc" or kind[0] == "Z":
        return " "
    return "" if kind[0] == "C" else character


def values(given: Mapping[str, object]) -> dict[str, str]:
    """Return values as a notice keeps them: on one line, with what is personal in them hidden."""
    return {name: _value(name, value) for name, value in given.items()}


def _value(name: str, value: object) -> str:
    text = clean(value.isoformat() if isinstance(value, date) else str(value))
    if _PLAIN.fullmatch(text):
        return text
    # An application number may look like a phone; an identity number is hidden wherever it stands.
    return masking.without_identities(text) if name in _NUMBERS else masking.text(text)


def check_address(address: str, domains: str) -> str:
    """Return an e-mail address that notices may be sent to. Raises Invalid, NotPermitted for a domain not allowed.

    `domains` are those allowed, parted by commas; empty means all.
    """
    said = address.strip()
    if len(said) > _LONGEST_ADDRESS or not said.isascii() or not _ADDRESS.fullmatch(said):
        raise Invalid("mail.address", "这不是一个电子邮件地址。请填写如 name@example.com 的地址。")
    allowed = {one.strip().lower() for one in domains.split(",") if one.strip()}
    if allowed and said.rpartition("@")[2].lower() not in allowed:
        raise NotPermitted("mail.domain", f"通知只能发到这些域的邮箱：{'、'.join(sorted(allowed))}。请填写单位邮箱。")
    return said


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many tries of one mail."""
    return WAITS[min(max(attempts, 1), len(WAITS)) - 1]


def digest_moment(day: date, at: str) -> datetime:
    """Return when the digest of a day is due; `at` is the local time of day, as 07:30."""
    hours, minutes = at.split(":")
    return zone.midnight(day) + timedelta(hours=int(hours), minutes=int(minutes))
