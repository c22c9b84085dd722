"""What a person says of findings and of pages drawn for inspection."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from ingest.quality import sample
from ingest.quality.findings import CODES
from ingest.quality.queries import not_found, pages_of_batch
from ingest.quality.tables import ACCEPTED, PageFinding, PageInspection
from ingest.tables import Batch, Scan


def accept(session: Session, viewer: Viewer, finding_id: int, *, now: datetime) -> PageFinding:
    """Say that a page will do in spite of a finding; raises NotFound, and Refused when that was said already."""
    row = session.get(PageFinding, finding_id, with_for_update=True)
    scan = session.get(Scan, row.scan_id) if row else None
    if row is None or scan is None or not viewer.may(Right.SCAN_REVIEW, scan.unit_id):
        raise not_found()
    if row.decision is not None:
        raise Refused("quality.decided", "这条质量问题已有结论。请刷新页面查看。")
    row.decision, row.decided_by, row.decided_at = ACCEPTED, viewer.person_id, now
    facts = {"page": row.page_no, "code": row.code, "measure": row.measure}
    record(
        session, by=viewer.actor, did="page.finding-accepted", object_kind="scan", object_id=scan.id,
        unit_id=scan.unit_id, facts=facts, now=now,
    )  # fmt: skip
    return row


def inspect(
    session: Session,
    viewer: Viewer,
    batch_id: int,
    page: sample.PageKey,
    *,
    fault: str | None,
    note: str,
    settings: Settings,
    now: datetime,
) -> None:
    """Write down what a person sees on a page drawn from a batch: its fault, or none when the page is good.

    Raises NotFound, and Invalid for a page that was not drawn or a fault that has no name.
    """
    batch = session.get(Batch, batch_id, with_for_update=True)
    if batch is None or not viewer.may(Right.SCAN_REVIEW, batch.unit_id):
        raise NotFound("batch.not-found", "没有这个批次，或您无权查看。请返回扫描入库。")
    if fault is not None and fault not in CODES:
        raise Invalid("quality.fault", "没有这种质量问题。请从列表中选择。")
    rate, least = settings.quality_sample_rate, settings.quality_sample_pages
    if page not in sample.draw(batch_id, pages_of_batch(session, batch_id), rate=rate, least=least):
        raise Invalid("quality.not-drawn", "这一页不在本批的抽检样本中。请刷新质量单后再试。")
    scan_id, page_no = page
    wanted = select(PageInspection).where(
        PageInspection.batch_id == batch_id, PageInspection.scan_id == scan_id, PageInspection.page_no == page_no
    )
    row = session.scalar(wanted)
    if row is None:
        row = PageInspection(batch_id=batch_id, scan_id=scan_id, page_no=page_no)
        session.add(row)
    row.fault, row.note = fault, note.strip()[:200]
    row.inspected_by, row.inspected_at = viewer.person_id, now
    facts = {"scan": scan_id, "page": page_no, "fault": fault, "note": row.note}
    record(
        session, by=viewer.actor, did="page.inspected", object_kind="batch", object_id=batch_id,
        unit_id=batch.unit_id, facts=facts, now=now,
    )  # fmt: skip
