"""Filters of lists of cases, as they stand in an address and as the query takes them."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta

from archive_service.households.views import CaseFilters
from archive_service.web import labels, words
from archive_service.web.visit import Visit

_DUE = ("overdue", "today", "week")


def asked(visit: Visit) -> dict[str, str]:
    """Return the filters in the address that mean something, by name; what means nothing is left out."""
    return known(visit.request.query_params)


def known(given: Mapping[str, str]) -> dict[str, str]:
    """Return those of the filters that mean something, by name."""
    read = {
        "q": given.get("q", "").strip()[:100],
        "due": given.get("due", "") if given.get("due") in _DUE or _day(given.get("due")) else "",
        "state": _one_of(given.get("state"), words.CASE),
        "business": _one_of(given.get("business"), labels.businesses()),
        "category": _one_of(given.get("category"), words.CATEGORY),
        "complete": _one_of(given.get("complete"), ("yes", "no", "unknown")),
        "month": given.get("month", "") if month_of(given.get("month", "")) else "",
        "centre": given.get("centre", "")[:40],
    }
    return {name: value for name, value in read.items() if value}


def filters(values: Mapping[str, str], today: date) -> CaseFilters:
    """Return the filters that `values`, as `asked` returns them, stand for."""
    first, last = _due(values.get("due", ""), today)
    complete = values.get("complete")
    return CaseFilters(
        centre=values.get("centre"),
        state=values.get("state"),
        customer_category=values.get("category"),
        business_type=values.get("business"),
        complete={"yes": True, "no": False}.get(complete or ""),
        not_assessable=complete == "unknown",
        due_from=first,
        due_before=last,
        text=values.get("q"),
        energised=month_of(values.get("month", "")),
    )


def month_of(text: str) -> tuple[date, date] | None:
    """Return the first and the last day of a month written 2026-11, none when it is none."""
    if not re.fullmatch(r"\d{4}-\d{2}", text):
        return None
    first = _day(f"{text}-01")
    return None if first is None else (first, first.replace(day=monthrange(first.year, first.month)[1]))


def _due(asked: str, today: date) -> tuple[date | None, date | None]:
    """Return from which day on, and before which day, the cases asked for are due."""
    one = today if asked == "today" else _day(asked)
    if one is not None:
        return one, one + timedelta(days=1)
    return None, {"overdue": today, "week": today + timedelta(days=8)}.get(asked)


def _one_of(given: str | None, known: object) -> str:
    return given if given and given in known else ""  # type: ignore[operator]


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 1950 <= found.year <= 2200 else None
