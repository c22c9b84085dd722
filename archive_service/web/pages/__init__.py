"""Pages, one module a capability."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Return the routers of all pages."""
    from archive_service.web.pages import (
        completeness,
        cuts,
        health,
        home,
        households,
        intake,
        items,
        people,
        review,
        scans,
        search,
        style,
    )

    pages = (people, home, intake, scans, review, cuts, households, items, search, completeness, style, health)
    return [page.router for page in pages]
