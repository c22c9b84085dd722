"""From template and facts to a page: one Jinja environment a language, and the frame that every page has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from archive_service import __version__, clock, workdays, zone
from archive_service.households.views import Listing
from archive_service.notices import queries as notices
from archive_service.people.roles import Right
from archive_service.web import assets, i18n, labels, nav, reminders, words
from archive_service.web.i18n import N_
from ingest import queries
from ingest.queries import ScanListing

if TYPE_CHECKING:
    from archive_service.web.visit import Visit

TEMPLATES = Path(__file__).parent / "templates"


@lru_cache(maxsize=2)
def environment(language: str) -> Environment:
    """Return the environment whose `_` speaks `language`; what comes from outside is escaped always."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        # Templates change with the program, not under it.
        auto_reload=False,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    env.filters |= {
        "day": day,
        "short_day": short_day,
        "moment": moment,
        "clock": clock_time,
        "ago": ago,
        "bytes": size,
        "percent": percent,
        "figure": figure,
        "counted": counted,
    }
    env.globals |= {
        "language": language,
        # Plain text, not markup: what is said is escaped like everything else, whoever wrote it.
        "_": partial(i18n.say_in, language),
        "told": lambda code, message: i18n.sentence(code, message, language),
        "asset": assets.address,
        "words": words,
        "nav": nav,
        "labels": labels.Labels(language),
        "version": __version__,
        "query": query,
        "deadline": deadline,
    }
    return env


def html(template: str, language: str, facts: Mapping[str, Any]) -> str:
    """Return `template` filled with `facts`."""
    return environment(language).get_template(template).render(**facts)


def frame(visit: Visit) -> dict[str, Any]:
    """Return what the frame around a signed-in person's pages needs."""
    return {
        "visit": visit,
        "viewer": visit.viewer,
        "token": visit.token,
        "preferences": visit.viewer.preferences,
        "path": visit.request.url.path,
        "here": here(visit),
        "today": visit.today,
        "now": visit.now,
        "notice": visit.request.query_params.get("done", ""),
        # Asked only by the frame: a part of a page, fetched every few seconds or at every letter, has none.
        "counts": partial(counts, visit),
        "unread_notices": partial(unread_notices, visit),
        "reminder": partial(reminders.due, visit),
        "idle_seconds": round(visit.services.settings.session_idle_minutes * 60),
    }


def counts(visit: Visit) -> dict[str, int]:
    """Return how much work is left for this person, by the name of the count."""
    if not visit.viewer.may(Right.SCAN_REVIEW):
        return {}
    with visit.services.database.reading() as session:
        return {"review": queries.count_waiting(session, visit.viewer)}


def unread_notices(visit: Visit) -> int:
    """Return how many notices this person has not read."""
    with visit.services.database.reading() as session:
        return notices.unread(session, visit.viewer)


def here(visit: Visit) -> str:
    """Return the address being shown, with its query, to come back to after a switch."""
    url = visit.request.url
    return f"{url.path}?{url.query}" if url.query else url.path


def query(base: str, values: Mapping[str, Any], **changes: Any) -> str:
    """Return `base` with `values` as query, changed by `changes`; empty values are left out."""
    merged = {k: v for k, v in {**values, **changes}.items() if v not in (None, "", False, [])}
    return f"{base}?{urlencode(merged, doseq=True)}" if merged else base


def day(value: date | datetime | None) -> str:
    """Return a date as 2026-11-23."""
    return "" if value is None else (zone.local(value).date() if isinstance(value, datetime) else value).isoformat()


def short_day(value: date | datetime | None) -> str:
    """Return a date as 11-23 in the current year, in full otherwise."""
    text = day(value)
    return text[5:] if text.startswith(f"{clock.today().year}-") else text


def moment(value: datetime | None) -> str:
    """Return a moment in the time zone of the service centres as 2026-11-23 10:41."""
    return "" if value is None else zone.local(value).strftime("%Y-%m-%d %H:%M")


def clock_time(value: datetime) -> str:
    """Return the time of day at the service centres as 10:41, with its date when that is not today's."""
    text = moment(value)
    return text[11:] if text[:10] == clock.today().isoformat() else text


def ago(value: datetime, now: datetime) -> str:
    """Return a moment as 10:41 if it is of today, else as its short day."""
    return zone.local(value).strftime("%H:%M") if day(value) == day(now) else short_day(value)


@dataclass(frozen=True)
class Deadline:
    """How a deadline is shown; `days` are working days."""

    icon: str
    look: str
    word: str
    days: int | None


def deadline(due_on: date | None, today: date, begun_on: date | None = None) -> Deadline:
    """Return how the deadline `due_on` looks on `today`; begun without one, the holiday table ends before it."""
    if due_on is None and begun_on is not None:
        return Deadline("help", "warn", N_("节假日表未公布到该日"), None)
    if due_on is None:
        return Deadline("circle-dashed", "", N_("未送电"), None)
    if due_on < today:
        return Deadline("circle-x", "bad", N_("逾期 %(n)s 日"), max(1, workdays.working_days_between(due_on, today)))
    if due_on == today:
        return Deadline("clock", "warn", N_("今日到期"), None)
    return Deadline("calendar", "", N_("剩 %(n)s 日"), workdays.working_days_between(today, due_on))


def size(value: float | None) -> str:
    """Return a number of bytes as file managers here print it: 312 KB, 4.2 MB, 500 MB."""
    if value is None:
        return ""
    if value < 1024:
        return f"{value} B"
    for unit in ("KB", "MB", "GB"):
        value /= 1024
        if value < 1024 or unit == "GB":
            break
    return f"{value:.0f} {unit}" if unit == "KB" or value >= 100 else f"{value:.1f} {unit}"


def percent(part: float, whole: float) -> int:
    """Return `part` of `whole` in whole percent, never 100 while something is left."""
    return 0 if not whole else 100 if part >= whole else min(99, int(100 * part / whole))


def counted(listing: Listing | ScanListing) -> str:
    """Return how long a list is: 37, or 1000+ where no more were counted."""
    return f"{listing.total}+" if listing.more else str(listing.total)


def figure(value: float | None) -> str:
    """Return a confidence as 0.97, cut and not rounded, so that 0.998 does not read as certain."""
    return "" if value is None else f"{int(value * 100) / 100:.2f}"
