"""Pages, one module a capability."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Return the routers of all pages."""
    from archive_service.web.pages import (
        arrange,
        completeness,
        cuts,
        health,
        home,
        households,
        intake,
        items,
        jobs,
        people,
        privacy,
        quality,
        review,
        scans,
        search,
        sheets,
        style,
        unmasking,
    )

    work = (
        people,
        home,
        intake,
        scans,
        jobs,
        quality,
        review,
        cuts,
        arrange,
        sheets,
        households,
        unmasking,
        items,
        search,
        privacy,
    )
    return [page.router for page in (*work, completeness, style, health)]
