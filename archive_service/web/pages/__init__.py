"""Pages, one module a capability."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Return the routers of all pages."""
    from archive_service.web.pages import (
        accounts,
        arrange,
        cases,
        claims,
        completeness,
        cuts,
        findings,
        health,
        home,
        household_items,
        households,
        inspection,
        intake,
        items,
        jobs,
        lists,
        own_access,
        people,
        privacy,
        quality,
        review,
        samples,
        scans,
        search,
        second_factor,
        sheets,
        style,
        unmasking,
        why,
    )

    own = (people, second_factor, own_access, why, accounts)
    work = (home, intake, scans, jobs, quality, review, claims, cuts, arrange, sheets, households, household_items)
    read = (unmasking, items, cases, lists, search, privacy)
    return [page.router for page in (*own, *work, *read, completeness, inspection, samples, findings, style, health)]
