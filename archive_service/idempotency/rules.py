"""What a key of a program may look like, and what an earlier use of it means: pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from archive_service.errors import Invalid, Refused

#: How long an answer is kept.
KEPT = timedelta(hours=24)
#: A write that did not end within this time lost its process; nobody knows how far it came.
LOST = timedelta(minutes=10)
RETRY_AFTER_S = 1
_KEY = re.compile(r"[\x21-\x7e]{8,200}")


class StillRunning(Refused):
    """The same write is under way; asking again after `retry_after` seconds gets its answer."""


def check_key(key: str) -> str:
    """Return a key of 8 to 200 visible ASCII characters. Raises Invalid otherwise."""
    if not _KEY.fullmatch(key):
        raise Invalid("idempotency.key", "Idempotency-Key 须为 8 到 200 个可见的 ASCII 字符，请求没有执行。")
    return key


def check_same(known_digest: str, digest: str, *, answered: bool, begun_at: datetime, now: datetime) -> None:
    """Say no where an earlier use of a key keeps this request from getting its answer.

    Raises Invalid when the key was used for another request, StillRunning while that one is under way, Refused when it
    was lost on the way.
    """
    if known_digest != digest:
        raise Invalid(
            "idempotency.other-request", "这个 Idempotency-Key 已用于另一个请求，这次没有执行。请换一个新的键。"
        )
    if answered:
        return
    if begun_at + LOST > now:
        raise running()
    raise Refused(
        "idempotency.lost",
        "上次用这个键的请求中断了，是否执行不能确定。请先查询结果，再决定是否用新的键重发。",
    )


def running() -> StillRunning:
    """Return the answer to a write that is under way already."""
    return StillRunning(
        "idempotency.running",
        "同一个请求正在执行，没有重复执行。请稍后用同一个键再问一次。",
        retry_after=RETRY_AFTER_S,
    )
