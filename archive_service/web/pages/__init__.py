"""Pages, one module a capability."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Return the routers of all pages."""
    from archive_service.web.pages import (
        accounts,
        arrange,
        bulk,
        calendar,
        cases,
        claims,
        clocks,
        completeness,
        copies,
        cuts,
        editions,
        findings,
        gaps,
        health,
        home,
        household_items,
        households,
        import_cases,
        inspection,
        intake,
        items,
        jobs,
        life,
        lists,
        notices,
        own_access,
        papers,
        people,
        privacy,
        quality,
        review,
        samples,
        scans,
        search,
        second_factor,
        sheets,
        sign_on,
        stage_times,
        style,
        unmasking,
        verify_copy,
        why,
    )

    own = (people, sign_on, second_factor, own_access, notices, why, accounts)
    work = (
        bulk,
        home,
        import_cases,
        intake,
        scans,
        jobs,
        quality,
        review,
        claims,
        cuts,
        arrange,
        sheets,
        households,
        household_items,
    )
    read = (
        unmasking,
        items,
        cases,
        papers,
        life,
        stage_times,
        clocks,
        calendar,
        gaps,
        editions,
        lists,
        search,
        privacy,
        copies,
        verify_copy,
    )
    desk = (inspection, samples, findings)
    return [page.router for page in (*own, *work, *read, completeness, *desk, style, health)]
