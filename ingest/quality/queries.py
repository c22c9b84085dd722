"""Reads of findings, rescans and quality sheets, limited to the units in which the viewer works on scans."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from ingest import reach
from ingest.quality import sample
from ingest.quality.findings import CODES, NO_FAULT
from ingest.quality.sample import PageKey
from ingest.quality.tables import ACCEPTED, TAKEN, PageFinding, PageInspection, Rescan
from ingest.quality.views import CodeCount, QualitySheet, RescanView, SampledPage
from ingest.quality.views import FindingView as FindingView
from ingest.tables import Batch, Scan, ScanPage


def findings_of(session: Session, viewer: Viewer, scan_id: int) -> dict[int, tuple[FindingView, ...]]:
    """Return the findings of a scan by page; none when the viewer does not work in its unit."""
    wanted = (
        select(PageFinding)
        .join(Scan, Scan.id == PageFinding.scan_id)
        .where(PageFinding.scan_id == scan_id, reach.of_scans(viewer))
        .order_by(PageFinding.page_no, PageFinding.id)
    )
    rows = session.scalars(wanted).all()
    names = _names(session, (row.decided_by for row in rows))
    found: dict[int, tuple[FindingView, ...]] = {}
    for row in rows:
        found[row.page_no] = (*found.get(row.page_no, ()), _finding(row, names))
    return found


def finding(session: Session, viewer: Viewer, finding_id: int) -> FindingView:
    """Return one finding; raises NotFound when the viewer does not work in the unit of its scan."""
    row = session.get(PageFinding, finding_id)
    if row is None or not _may(session, viewer, row.scan_id):
        raise not_found()
    return _finding(row, _names(session, [row.decided_by]))


def not_found() -> NotFound:
    """Return the refusal for a finding that is none, or none of this viewer's."""
    return NotFound("quality.not-found", "没有这条质量问题，或您无权查看。请返回扫描列表。")


def rescans_of(session: Session, viewer: Viewer, scan_id: int) -> dict[int, tuple[RescanView, ...]]:
    """Return the rescans of a scan by page, newest first; none when the viewer does not work in its unit."""
    if not _may(session, viewer, scan_id):
        return {}
    rows = session.scalars(select(Rescan).where(Rescan.scan_id == scan_id).order_by(Rescan.id.desc())).all()
    names = _names(session, (row.received_by for row in rows))
    found: dict[int, tuple[RescanView, ...]] = {}
    for row in rows:
        found[row.page_no] = (*found.get(row.page_no, ()), _rescan(row, names))
    return found


def superseded_image(session: Session, viewer: Viewer, scan_id: int, rescan_id: int) -> str | None:
    """Return the digest of the picture that a rescan superseded; raises NotFound when there is none to be seen."""
    row = session.get(Rescan, rescan_id)
    if row is None or row.scan_id != scan_id or not _may(session, viewer, scan_id):
        raise not_found()
    scan = session.get_one(Scan, scan_id)
    # Its lines are those of another picture, so that nobody can tell what is personal in it.
    viewer.require(Right.RECORD_READ_PERSONAL, scan.unit_id)
    return row.image_digest


def quality_sheet(session: Session, viewer: Viewer, batch_id: int, settings: Settings) -> QualitySheet:
    """Return the quality sheet of a batch; raises NotFound when the viewer does not work in its unit."""
    batch = session.get(Batch, batch_id)
    if batch is None or not reach.sees_quality(viewer, batch):
        raise NotFound("batch.not-found", "没有这个批次，或您无权查看。请返回扫描入库。")
    scans = session.execute(select(Scan.id, Scan.file_name).where(Scan.batch_id == batch_id))
    names = {row.id: row.file_name for row in scans}
    pages = pages_of_batch(session, batch_id)
    rate, least = settings.quality_sample_rate, settings.quality_sample_pages
    drawn = sample.draw(batch_id, pages, rate=rate, least=least)
    sampled = _sampled(session, batch_id, drawn, names)
    faults = {(one.scan_id, one.page_no): one.fault for one in sampled if one.inspected}
    return QualitySheet(
        batch_id=batch.id,
        name=batch.name,
        received_at=batch.received_at,
        unit_id=batch.unit_id,
        files=len(names),
        pages=len(pages),
        pages_with_faults=_faulty_pages(session, batch_id),
        counts=_counts(session, batch_id),
        rate=rate,
        least=least,
        sample=sampled,
        verdict=sample.judge(drawn, faults),
    )


def pages_of_batch(session: Session, batch_id: int) -> list[PageKey]:
    """Return the pages of a batch that can be looked at."""
    wanted = (
        select(ScanPage.scan_id, ScanPage.page_no)
        .join(Scan, Scan.id == ScanPage.scan_id)
        .where(Scan.batch_id == batch_id, ScanPage.image_digest.is_not(None))
    )
    return [(scan_id, page_no) for scan_id, page_no in session.execute(wanted)]


def _counts(session: Session, batch_id: int) -> tuple[CodeCount, ...]:
    wanted = (
        select(PageFinding.code, func.count(), func.count(PageFinding.decision))
        .join(Scan, Scan.id == PageFinding.scan_id)
        .where(Scan.batch_id == batch_id)
        .group_by(PageFinding.code)
    )
    found = {code: (pages, accepted) for code, pages, accepted in session.execute(wanted)}
    return tuple(CodeCount(code, *found.get(code, (0, 0))) for code in CODES)


def _faulty_pages(session: Session, batch_id: int) -> int:
    faulty = (
        select(PageFinding.scan_id, PageFinding.page_no)
        .join(Scan, Scan.id == PageFinding.scan_id)
        .where(
            Scan.batch_id == batch_id,
            PageFinding.code.not_in(NO_FAULT),
            PageFinding.decision.is_distinct_from(ACCEPTED),
        )
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(faulty.subquery())) or 0


def _sampled(
    session: Session, batch_id: int, drawn: Sequence[PageKey], file_names: dict[int, str]
) -> tuple[SampledPage, ...]:
    rows = session.scalars(select(PageInspection).where(PageInspection.batch_id == batch_id)).all()
    changed = _changed(session, batch_id)
    # What was said of a picture says nothing of the better scan that took its place: that one is to be looked at.
    said = {
        key: row
        for row in rows
        if (key := (row.scan_id, row.page_no)) not in changed or row.inspected_at > changed[key]
    }
    names = _names(session, (row.inspected_by for row in rows))
    codes = _codes(session, {scan_id for scan_id, _ in drawn})
    return tuple(_sampled_page(key, file_names[key[0]], codes.get(key, ()), said.get(key), names) for key in drawn)


def _changed(session: Session, batch_id: int) -> dict[PageKey, datetime]:
    """Return when a page of a batch came to show a better scan, the last one."""
    wanted = (
        select(Rescan.scan_id, Rescan.page_no, Rescan.taken_at)
        .join(Scan, Scan.id == Rescan.scan_id)
        .where(Scan.batch_id == batch_id, Rescan.state == TAKEN)
        .order_by(Rescan.taken_at)
    )
    return {(scan_id, page_no): taken_at for scan_id, page_no, taken_at in session.execute(wanted) if taken_at}


def _sampled_page(
    key: PageKey, file_name: str, codes: tuple[str, ...], said: PageInspection | None, names: dict[int, str]
) -> SampledPage:
    return SampledPage(
        scan_id=key[0],
        page_no=key[1],
        file_name=file_name,
        codes=codes,
        inspected=said is not None,
        fault=said.fault if said else None,
        note=said.note if said else "",
        inspected_by=names.get(said.inspected_by or 0) if said else None,
        inspected_at=said.inspected_at if said else None,
    )


def _codes(session: Session, scan_ids: Collection[int]) -> dict[PageKey, tuple[str, ...]]:
    found: dict[PageKey, tuple[str, ...]] = {}
    for row in session.scalars(select(PageFinding).where(PageFinding.scan_id.in_(scan_ids)).order_by(PageFinding.id)):
        key = (row.scan_id, row.page_no)
        found[key] = (*found.get(key, ()), row.code)
    return found


def _may(session: Session, viewer: Viewer, scan_id: int) -> bool:
    scan = session.get(Scan, scan_id)
    return scan is not None and reach.sees(session, viewer, scan)


def _names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in found}


def _finding(row: PageFinding, names: dict[int, str]) -> FindingView:
    return FindingView(
        id=row.id,
        scan_id=row.scan_id,
        page_no=row.page_no,
        code=row.code,
        measure=row.measure,
        limit=row.limit,
        boxes=tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in row.boxes),
        facts=row.facts,
        found_at=row.found_at,
        decision=row.decision,
        decided_by=names.get(row.decided_by or 0),
        decided_at=row.decided_at,
    )


def _rescan(row: Rescan, names: dict[int, str]) -> RescanView:
    return RescanView(
        id=row.id,
        page_no=row.page_no,
        state=row.state,
        file_name=row.file_name,
        reason=row.reason,
        received_by=names.get(row.received_by or 0),
        received_at=row.received_at,
        taken_at=row.taken_at,
        error_code=row.error_code,
        error_message=row.error_message,
    )
