"""Scan quality: what was found wrong with the pages of a file, and the quality sheet of a batch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.visit import Id
from ingest import queries
from ingest.quality import queries as quality
from ingest.quality.queries import FindingView
from ingest.quality.views import QualitySheet

router = api_router("quality")


class FindingOut(BaseModel):
    """Something wrong with a page; boxes are pixels of its upright image, `decision` is null while it is open."""

    finding: str
    page: int
    code: str
    message: str
    measure: float
    limit: float
    boxes: list[tuple[int, int, int, int]]
    facts: dict[str, Any]
    found_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None


class ScanFindings(BaseModel):
    """What was found wrong with the pages of a file, page by page."""

    findings: list[FindingOut]


class SampledOut(BaseModel):
    """A page drawn for inspection: `fault` is null for a good page, and while nobody has looked."""

    scan: str
    page: int
    file: str
    found: list[str]
    inspected: bool
    fault: str | None
    note: str
    inspected_by: str | None
    inspected_at: datetime | None


class SheetOut(BaseModel):
    """The quality sheet of a batch. `verdict`: open, passed or failed; `pages_found` counts pages by finding."""

    batch: str
    name: str
    files: int
    pages: int
    pages_with_faults: int
    pages_found: dict[str, int]
    pages_accepted: dict[str, int]
    sample_rate: float
    sample_pages: int
    sample: list[SampledOut]
    inspected: int
    faulty: int
    losses: int
    verdict: str


@router.get("/scans/{scan_id}/findings")
def list_findings(visit: Caller, scan_id: Id) -> ScanFindings:
    """Return what was found wrong with the pages of a file."""
    with visit.services.database.reading() as session:
        queries.scan(session, visit.viewer, scan_id)
        found = quality.findings_of(session, visit.viewer, scan_id)
    return ScanFindings(findings=[_finding(one) for page in found.values() for one in page])


@router.get("/batches/{batch_id}/quality")
def get_sheet(visit: Caller, batch_id: Id) -> SheetOut:
    """Return the quality sheet of a batch with the pages drawn for inspection."""
    with visit.services.database.reading() as session:
        sheet = quality.quality_sheet(session, visit.viewer, batch_id, visit.services.settings)
    return SheetOut(**as_data(sheet))


def as_data(sheet: QualitySheet) -> dict[str, Any]:
    """Return a quality sheet as plain values, ids as text."""
    return {
        "batch": str(sheet.batch_id),
        "name": sheet.name,
        "files": sheet.files,
        "pages": sheet.pages,
        "pages_with_faults": sheet.pages_with_faults,
        "pages_found": {one.code: one.pages for one in sheet.counts},
        "pages_accepted": {one.code: one.accepted for one in sheet.counts},
        "sample_rate": sheet.rate,
        "sample_pages": sheet.least,
        "sample": [_sampled(one) for one in sheet.sample],
        "inspected": sheet.verdict.inspected,
        "faulty": sheet.verdict.faulty,
        "losses": sheet.verdict.losses,
        "verdict": sheet.verdict.state,
    }


def _sampled(one: Any) -> SampledOut:
    return SampledOut(
        scan=str(one.scan_id),
        page=one.page_no,
        file=one.file_name,
        found=list(one.codes),
        inspected=one.inspected,
        fault=one.fault,
        note=one.note,
        inspected_by=one.inspected_by,
        inspected_at=one.inspected_at,
    )


def _finding(one: FindingView) -> FindingOut:
    return FindingOut(
        finding=str(one.id),
        page=one.page_no,
        code=one.code,
        message=one.said,
        measure=one.measure,
        limit=one.limit,
        boxes=list(one.boxes),
        facts=dict(one.facts),
        found_at=one.found_at,
        decision=one.decision,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
    )
