"""Findings stay with what they speak of: a better reading takes their place, a turned page turns their boxes."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select

from archive_service.db.session import Database
from ingest.ocr import images
from ingest.ocr.reading import PageReading
from ingest.quality import findings, record
from ingest.quality.findings import Finding
from ingest.quality.tables import PageFinding
from ingest.tables import Batch, Scan, ScanPage
from tests.support import records

BOX = (10, 20, 40, 30)


@pytest.fixture
def scan_id(database: Database) -> int:
    """A scan of two pages."""
    with database.unit_of_work() as session:
        unit = records.unit(session)
        batch = Batch(name="B", channel="web", unit_id=unit.id, received_at=records.NOW)
        session.add(batch)
        session.flush()
        scan = Scan(
            batch_id=batch.id, unit_id=unit.id, file_name="一.pdf", digest="a" * 64, size_bytes=1, page_count=2,
            received_at=records.NOW,
        )  # fmt: skip
        session.add(scan)
        session.flush()
        session.add_all(ScanPage(scan_id=scan.id, page_no=number) for number in (1, 2))
        return scan.id


def keep(database: Database, scan_id: int, page_no: int, *found: Finding, confidence: float = 0.95) -> None:
    read = PageReading(0, "x", confidence, (), 1, 1, b"", b"")
    with database.unit_of_work() as session:
        page = session.scalars(select(ScanPage).where(ScanPage.scan_id == scan_id, ScanPage.page_no == page_no)).one()
        record.keep_page(session, page, read, found, now=records.NOW)


def held(database: Database) -> set[tuple[int, str]]:
    with database.reading() as session:
        return {(row.page_no, row.code) for row in session.scalars(select(PageFinding))}


def test_a_second_reading_replaces_the_findings_of_its_page_and_of_no_other(database: Database, scan_id: int) -> None:
    keep(database, scan_id, 1, Finding(findings.BLURRED, 0.2, 0.09))
    keep(database, scan_id, 2, Finding(findings.BLURRED, 0.2, 0.09))
    with database.unit_of_work() as session:
        lacking = {1: [Finding(findings.MISSING, 1.0, 0.0, facts={"missing": [2], "of": 3})]}
        record.keep_scan(session, scan_id, [1], lacking, now=records.NOW)
    keep(database, scan_id, 1, Finding(findings.SKEWED, 4.0, 3.0))
    assert held(database) == {(1, findings.SKEWED), (1, findings.MISSING), (2, findings.BLURRED)}
    with database.unit_of_work() as session:
        record.keep_scan(session, scan_id, [], {}, now=records.NOW)
    assert held(database) == {(1, findings.SKEWED), (2, findings.BLURRED)}


def test_a_page_that_reads_well_again_loses_its_doubt(database: Database, scan_id: int) -> None:
    def flags() -> list[str]:
        with database.reading() as session:
            return session.scalars(select(ScanPage).order_by(ScanPage.page_no)).first().flags  # type: ignore[union-attr]

    keep(database, scan_id, 1, Finding(findings.BLURRED, 0.2, 0.09), confidence=0.3)
    assert flags() == [record.HOPELESS]
    keep(database, scan_id, 1)
    assert flags() == []


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_boxes_turn_with_the_image_of_their_page(database: Database, scan_id: int, degrees: int) -> None:
    pixels = np.zeros((80, 60, 3), np.uint8)
    pixels[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 255
    keep(database, scan_id, 1, Finding(findings.CROPPED, 1.0, 0.0, (BOX,)))
    with database.unit_of_work() as session:
        record.turn_places(session, scan_id, 1, degrees=degrees, size=(60, 80))
    with database.reading() as session:
        ((x0, y0, x1, y1),) = session.scalars(select(PageFinding)).one().boxes
    turned = images.turn(pixels, degrees)
    assert turned[y0:y1, x0:x1].min() == 255
    assert turned.sum() == turned[y0:y1, x0:x1].sum()
