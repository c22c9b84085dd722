"""The time zone of the service centres: dates on papers and pages are dates there."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def local(moment: datetime) -> datetime:
    """Return `moment` as the clocks of the service centres show it."""
    return moment.astimezone(LOCAL)
