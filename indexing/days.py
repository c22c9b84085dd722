"""Spans of days as people write them: 2024, 2024-03, 2024-03-15, or two of them with .. between."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

#: First and last day, both included; none leaves that end open.
Span = tuple[date | None, date | None]
ANY: Span = (None, None)
_ONE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?)?[年月日]?")
_BETWEEN = re.compile(r"\.\.|至|~")


def span(written: str) -> Span | None:
    """Return the days that `written` stands for, none when it cannot be read; either end of two may lack."""
    parts = _BETWEEN.split(written)
    if len(parts) > 2 or not any(parts):
        return None
    ends = [_days_of(part) if part else ANY for part in (parts[0], parts[-1])]
    return None if ends[0] is None or ends[1] is None else (ends[0][0], ends[1][1])


def narrower(one: Span, other: Span) -> Span:
    """Return the days that lie in both spans."""
    begins = [day for day in (one[0], other[0]) if day]
    ends = [day for day in (one[1], other[1]) if day]
    return max(begins, default=None), min(ends, default=None)


def _days_of(written: str) -> Span | None:
    """Return the first and the last day of a year, a month or a day; none for anything else."""
    match = _ONE.fullmatch(written)
    if match is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        if match.group(3):
            return date(year, month, day), date(year, month, day)
        if match.group(2):
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        return date(year, 1, 1), date(year, 12, 31)
    except ValueError:
        return None
