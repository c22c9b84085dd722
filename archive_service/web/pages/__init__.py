"""Pages, one module a capability."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Return the routers of all pages."""
    from archive_service.web.pages import (
        arrange,
        cases,
        completeness,
        cuts,
        health,
        home,
        household_items,
        households,
        intake,
        items,
        jobs,
        lists,
        people,
        quality,
        review,
        scans,
        search,
        sheets,
        style,
    )

    work = (people, home, intake, scans, jobs, quality, review, cuts, arrange, sheets, households, household_items)
    read = (items, cases, lists, search)
    return [page.router for page in (*work, *read, completeness, style, health)]
