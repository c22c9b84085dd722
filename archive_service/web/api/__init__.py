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
        disposals,
        document,
        findings,
        fixity,
        gaps,
        hand_ins,
        history,
        holds,
        households,
        import_cases,
        inspection,
        item_acts,
        items,
        jobs,
        keeping,
        life,
        loan_papers,
        loan_registers,
        loan_requests,
        loans,
        notices,
        own,
        packages,
        papers,
        people,
        pictures,
        privacy,
        progress,
        properties,
        quality,
        readings,
        retention,
        review,
        room_counts,
        rooms,
        samples,
        scan_acts,
        scans,
        search,
        sheets,
        stage_times,
        subjects,
        ticked,
        trail,
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
        loans, loan_requests, loan_papers, loan_registers, readings, copies, subjects, room_counts, rooms, climate,
        notices,
    )  # fmt: skip
    kept = (holds, retention, keeping, disposals, hand_ins, packages, trail, pictures)
    # The rows that are chosen come before one row, whose number "chosen" and "queue" would be.
    for part in (ticked, scans, sheets, quality, jobs, *records, *desks, *lending, *kept, document):
        whole.include_router(part.router)
    return whole
