"""Where webhooks may go, how they are signed, and when they are tried again: pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection
from datetime import timedelta
from urllib.parse import urlsplit

from archive_service.errors import Invalid, NotPermitted

#: What can be told, and the verb of the trail that tells it.
EVENTS = {
    "item.filed": "item.filed",
    "item.moved": "item.moved",
    "item.retyped": "item.retyped",
    "item.corrected": "item.corrected",
    "item.withdrawn": "item.withdrawn",
    "case.registered": "case.registered",
    "case.complete": "case.completed",
    "scan.received": "scan.received",
    "scan.filed": "scan.filed",
    "scan.needs_review": "scan.needs-review",
    "scan.refused": "scan.refused",
}
#: Facts of the trail that are told on: numbers and codes, nothing of a person.
FACTS = ("account_no", "application_no", "item_no", "document_type", "pages", "code")
#: Waits between tries; after the last one the delivery has failed.
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 720))
_PORTS = {"http": 80, "https": 443}


def check_address(address: str, allowed: str) -> str:
    """Return an address that webhooks may be sent to. Raises Invalid, and NotPermitted for a host not in `allowed`.

    `allowed` are hosts as `host` or `host:port`, parted by commas; a host alone allows the port of its scheme only.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise _malformed() from None
    host = (parts.hostname or "").lower()
    if parts.scheme not in _PORTS or not host or parts.username or parts.password or parts.fragment:
        raise _malformed()
    if not address.isascii() or not address.isprintable() or " " in address or len(address) > 500:
        raise _malformed()
    known = {one.strip().lower() for one in allowed.split(",") if one.strip()}
    usual = _PORTS[parts.scheme]
    named = {host, f"{host}:{usual}"} if port in (None, usual) else {f"{host}:{port}"}
    if not named & known:
        raise NotPermitted(
            "webhook.host", "这个地址不在允许的主机之列，没有发送。请系统管理员在 ARCHIVE_WEBHOOK_HOSTS 中加入该主机。"
        )
    return address


def _malformed() -> Invalid:
    return Invalid("webhook.address", "通知地址须是 http 或 https 地址，不带用户名和井号部分。请改正后再试。")


def check_events(events: Collection[str]) -> list[str]:
    """Return the events asked for, each once. Raises Invalid when there is none, or one that is not told."""
    wanted = sorted(set(events))
    unknown = [one for one in wanted if one not in EVENTS]
    if not wanted or unknown:
        raise Invalid("webhook.events", f"请从这些事件中选择：{'、'.join(EVENTS)}。")
    return wanted


def secret(key: bytes, salt: str) -> str:
    """Return the secret of a subscription, as it is shown once: made of the archive's key, stored nowhere."""
    made = hmac.new(key, f"webhook {salt}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(made).decode()


def signature(shown: str, *, delivery: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature` (Standard Webhooks, v1) for a body sent at `timestamp`, Unix seconds."""
    key = base64.b64decode(shown.removeprefix("whsec_"))
    signed = hmac.new(key, f"{delivery}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def wait_after(attempts: int) -> timedelta | None:
    """Return how long to wait after so many tries; none when that was the last."""
    return WAITS[attempts - 1] if attempts <= len(WAITS) else None
