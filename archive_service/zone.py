"""The time zone of the service centres: dates on papers and pages are dates there."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def local(moment: datetime) -> datetime:
    """Return `moment` as the clocks of the service centres show it."""
    return moment.astimezone(LOCAL)


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins there."""
    return datetime.combine(day, time.min, tzinfo=LOCAL)
