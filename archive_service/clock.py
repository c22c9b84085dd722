"""The only place that asks what time it is. Doors call it and pass the answer down."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

#: The service centres work in one time zone; dates on papers are dates there.
LOCAL = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the current date at the service centre."""
    return datetime.now(LOCAL).date()


def local(moment: datetime) -> datetime:
    """Return `moment` in the time zone of the service centres."""
    return moment.astimezone(LOCAL)
