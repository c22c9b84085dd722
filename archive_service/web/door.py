"""The door before the sign-in: trying a password is dear, so only a few are tried at once and none without end.

Everything here is kept in memory, for one process: it protects the machine. What protects an account, the count of
wrong passwords and the lock, stands in the database.
"""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import anyio

from archive_service import addresses, logs
from archive_service.errors import Refused

#: Passwords tried at once; each takes a processor and 64 MiB.
AT_ONCE = max(2, os.cpu_count() or 1)
#: So many may wait for their turn, which is some seconds; who comes later is asked to come again.
WAITING = 60
RETRY_AFTER_S = 5
#: Addresses remembered at most; the one longest without a failure is forgotten first.
_ADDRESSES = 10_000


class ComeAgain(Refused):
    """Nothing was tried; trying again after `retry_after` seconds may help."""

    http_status = 429


class Door:
    """Gives turns to those who want to sign in, and none to an address that was wrong too often."""

    def __init__(
        self, *, failures: int, minutes: float, refusal: Callable[[int, int], ComeAgain] | None = None
    ) -> None:
        """Refuse an address after `failures` wrong passwords within `minutes`; 0 failures refuse nobody.

        `refusal` makes the refusal of minutes and seconds to wait, where it is not passwords that were wrong.
        """
        self._refusal = refusal or _wrong_passwords
        self._failures, self._window = failures, timedelta(minutes=minutes)
        self._turns = anyio.CapacityLimiter(AT_ONCE)
        self._waiting = 0
        self._wrong: OrderedDict[str, deque[datetime]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, address: str, now: datetime, *, known: bool = False) -> AsyncIterator[None]:
        """Wait for a turn to try a password. Raises ComeAgain when too many wait, or were wrong from `address`.

        A `known` browser does not pay for what others behind the same address do.
        """
        if not known:
            self._check(addresses.network_of(address), now)
        if self._waiting >= WAITING:
            raise ComeAgain(
                "sign-in.busy", "现在登录的人太多，这次没有尝试登录。请稍等几秒再试。", retry_after=RETRY_AFTER_S
            )
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()

    def check(self, address: str, now: datetime) -> None:
        """Raise ComeAgain when `address` was wrong too often, for what needs no turn."""
        self._check(addresses.network_of(address), now)

    def count_failure(self, address: str, now: datetime) -> None:
        """Remember that a wrong password came from `address`."""
        network = addresses.network_of(address)
        wrong = self._wrong.setdefault(network, deque())
        self._wrong.move_to_end(network)
        wrong.append(now)
        if len(wrong) == self._failures:
            logs.get("web").warning("many wrong passwords or codes from one address", address=network)
        while len(self._wrong) > _ADDRESSES:
            self._wrong.popitem(last=False)

    def _check(self, network: str, now: datetime) -> None:
        wrong = self._wrong.get(network)
        while wrong and wrong[0] <= now - self._window:
            wrong.popleft()
        if wrong and 0 < self._failures <= len(wrong):
            rest = wrong[0] + self._window - now
            raise self._refusal(max(1, round(rest / timedelta(minutes=1))), max(1, int(rest.total_seconds())))


def _wrong_passwords(minutes: int, seconds: int) -> ComeAgain:
    return ComeAgain(
        "sign-in.too-many-failures",
        "从这台电脑所在的网络输错密码的次数太多，这次没有尝试登录。"
        f"请在 {minutes} 分钟后再试；急需时请联系系统管理员。",
        retry_after=seconds,
    )


def wrong_codes(minutes: int, seconds: int) -> ComeAgain:
    """Return the refusal of who asked for too many codes that there are not."""
    return ComeAgain(
        "copy.too-many-failures",
        f"从这个网络查询不存在的验证码次数太多。请在 {minutes} 分钟后再试。",
        retry_after=seconds,
    )
