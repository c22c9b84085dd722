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
        disposals,
        editions,
        findings,
        fixity,
        gaps,
        health,
        holds,
        home,
        household_items,
        households,
        import_cases,
        import_files,
        inspection,
        intake,
        items,
        jobs,
        life,
        lists,
        loans,
        loans_ask,
        loans_decide,
        loans_desk,
        loans_registers,
        notices,
        own_access,
        packages,
        papers,
        people,
        privacy,
        quality,
        readings,
        retention,
        review,
        room_scan,
        rooms,
        samples,
        scans,
        search,
        second_factor,
        sheets,
        sign_on,
        stage_times,
        stocktakes,
        style,
        transfers,
        unmasking,
        verify_copy,
        why,
    )

    own = (people, sign_on, second_factor, own_access, notices, why, accounts)
    work = (
        bulk,
        home,
        import_cases,
        import_files,
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
        packages,
        verify_copy,
        holds,
        retention,
        disposals,
    )
    desk = (inspection, samples, findings, fixity)
    lent = (loans_ask, loans_decide, loans_registers, loans_desk, readings, loans)
    shelves = (room_scan, stocktakes, transfers, rooms)
    every = (*own, *work, *read, completeness, *desk, *lent, *shelves, style, health)
    return [page.router for page in every]
