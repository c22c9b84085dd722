"""The only place that asks what time it is. Doors call it and pass the answer down."""

from __future__ import annotations

from datetime import UTC, date, datetime

from archive_service.zone import LOCAL


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the current date at the service centre."""
    return datetime.now(LOCAL).date()
