"""The JSON interface under /api/v1, one module a capability."""

from __future__ import annotations

from fastapi import APIRouter


def router() -> APIRouter:
    """Return the router of the whole interface."""
    from archive_service.web.api import (
        batches,
        business,
        calendar,
        catalogue,
        catalogue_checks,
        claims,
        climate,
        clocks,
        completeness,
        copies,
        cuts,
        document,
        findings,
        fixity,
        gaps,
        history,
        households,
        import_cases,
        inspection,
        item_acts,
        items,
        jobs,
        life,
        loan_papers,
        loan_registers,
        loan_requests,
        loans,
        notices,
        own,
        papers,
        people,
        privacy,
        progress,
        properties,
        quality,
        readings,
        review,
        room_counts,
        rooms,
        samples,
        scan_acts,
        scans,
        search,
        sheets,
        stage_times,
        webhooks,
    )

    whole = APIRouter(prefix="/api/v1")
    records = (
        business, progress, households, life, papers, stage_times, calendar, items, search, privacy, webhooks,
    )  # fmt: skip
    desks = (
        inspection, samples, findings, completeness, batches, review, cuts, claims, gaps, clocks, catalogue,
        catalogue_checks, people, own, import_cases, fixity, scan_acts, item_acts, history,
        properties,
    )  # fmt: skip
    lending = (
        loans, loan_requests, loan_papers, loan_registers, readings, copies, room_counts, rooms, climate, notices,
    )  # fmt: skip
    for part in (scans, sheets, quality, jobs, *records, *desks, *lending, document):
        whole.include_router(part.router)
    return whole
