"""After a person has turned a page, a job reads it anew that way up and recognises its document again."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.jobs.tables import Job
from ingest import lines, review
from ingest.ocr import images
from ingest.review import Wanted
from ingest.tables import ScanPage
from tests.ingest.sheets.test_batch import Place
from tests.ingest.sheets.test_batch import place as place
from tests.support.born_digital import paper
from tests.support.papers import picture_of


def turn(place: Place, scan: int, degrees: int) -> None:
    (document,) = place.documents(scan)
    tools = review.Tools(place.settings, place.store, clock.today())
    wanted = Wanted({document.id: document.pages}, [(document.id, document.pages)], {1: degrees})
    with place.database.reading() as session:
        ahead = review.before_arrange(session, place.archivist, scan, wanted, tools=tools)
    with place.database.unit_of_work() as session:
        review.arrange(session, place.archivist, ahead, tools=tools, now=clock.now())


def work(place: Place) -> None:
    place.work()
    with place.database.reading() as session:
        assert set(session.scalars(select(Job.state))) == {"done"}


def page(place: Place, scan: int) -> ScanPage:
    with place.database.reading() as session:
        return session.scalars(select(ScanPage).where(ScanPage.scan_id == scan)).one()


def test_a_page_with_text_of_its_own_keeps_it_and_its_lines_lie_on_the_turned_picture(place: Place) -> None:
    scan = place.take_in(paper("告知确认书", [("说明", "双方按照约定履行各自的义务")]))
    before = page(place, scan)
    turn(place, scan, 90)
    work(place)
    after = page(place, scan)
    assert (after.engine, after.rotation, after.text) == ("text-layer", 90, before.text)
    assert (after.width_px, after.height_px) == (before.height_px, before.width_px)
    shown = images.decode(place.store.read(after.image_digest or ""))
    for line in lines.from_json(place.store.read(after.lines_digest or "")):
        x0, y0, x1, y1 = line.box
        assert shown[y0:y1, x0:x1].min() < 128, "no ink where the line stands"
    turn(place, scan, 270)
    work(place)
    again = page(place, scan)
    assert (again.rotation, again.lines_digest) == (0, before.lines_digest)


@pytest.mark.ocr
def test_a_scan_that_was_read_the_wrong_way_up_says_what_it_says_after_turning(place: Place) -> None:
    scan = place.take_in(paper("告知确认书", [("说明", "双方按照约定履行各自的义务")]))
    upright = np.asarray(picture_of().convert("RGB"))
    lying = images.encode_jpeg(np.ascontiguousarray(np.rot90(upright)))
    kept = images.upright(lying, 0)
    with place.database.unit_of_work() as session:
        row = session.scalars(select(ScanPage).where(ScanPage.scan_id == scan)).one()
        row.raw_digest = row.image_digest = place.store.put_bytes(lying).digest
        row.layer_digest, row.width_px, row.height_px, row.dpi = None, kept.width_px, kept.height_px, 200
    turn(place, scan, 90)
    work(place)
    after = page(place, scan)
    assert (after.rotation, after.width_px, after.height_px) == (90, upright.shape[1], upright.shape[0])
    assert "0501234567" in (after.text or "")
    (document,) = place.documents(scan)
    assert document.fields["account_no"]["value"] == "0501234567"
