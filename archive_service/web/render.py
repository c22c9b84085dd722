"""From template and facts to a page: one Jinja environment a language, and the frame that every page has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from archive_service import __version__, clock, zone
from archive_service.web import assets, i18n, labels, nav, words

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
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    english = i18n.english() if language == "en" else {}
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: english.get(message, message), lambda one, many, n: english.get(many, many), newstyle=True
    )
    env.filters |= {"day": day, "short_day": short_day, "moment": moment, "bytes": size, "percent": percent, "figure": figure}
    env.globals |= {
        "language": language,
        "asset": assets.address,
        "words": words,
        "nav": nav,
        "labels": labels.Labels(language),
        "version": __version__,
        "query": query,
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
        "notice": visit.request.query_params.get("done", ""),
        "counts": counts(visit),
    }


def counts(visit: Visit) -> dict[str, int]:
    """Return how much work is left for this person, by the name of the count."""
    from ingest import queries  # noqa: PLC0415

    return {}


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


def size(value: int | None) -> str:
    """Return a number of bytes for a person: 312 kB, 4.2 MB."""
    if value is None:
        return ""
    if value < 1000:
        return f"{value} B"
    if value < 1_000_000:
        return f"{value / 1000:.0f} kB"
    return f"{value / 1_000_000:.1f} MB" if value < 1_000_000_000 else f"{value / 1_000_000_000:.1f} GB"


def percent(part: float, whole: float) -> int:
    """Return `part` of `whole` in whole percent, never 100 while something is left."""
    return 0 if not whole else 100 if part >= whole else min(99, int(100 * part / whole))


def figure(value: float | None) -> str:
    """Return a confidence as 0.97, cut and not rounded, so that 0.998 does not read as certain."""
    return "" if value is None else f"{int(value * 100) / 100:.2f}"
