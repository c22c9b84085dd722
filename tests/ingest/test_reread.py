"""After a person has turned a page, a job reads it anew that way up and recognises its document again."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.errors import Refused
from archive_service.jobs import actions, queue
from archive_service.jobs.queue import LeaseLost
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.storage.files import FileStore
from archive_service.storage.store import ObjectStore
from archive_service.worker import jobs
from ingest import lines, review
from ingest.ocr import images
from ingest.quality import rescan
from ingest.quality.supersede import RescanHandler
from ingest.review import Wanted
from ingest.sheets.codes import SheetCode, as_flags
from ingest.tables import ScanPage
from ingest.workshop import Workshop
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


def hand_in_better(place: Place, scan: int, data: bytes) -> None:
    rescan.receive(
        place.database, place.store, stream=io.BytesIO(data), file_name="重扫.pdf", scan_id=scan, page_no=1,
        reason="影像不清", viewer=place.archivist, max_bytes=10_000_000, now=clock.now(),
    )  # fmt: skip


def test_neither_an_old_turn_nor_the_sheet_that_lay_there_stays_with_a_page_scanned_anew(place: Place) -> None:
    scan = place.take_in(paper("告知确认书", [("说明", "双方按照约定履行各自的义务")]))
    turn(place, scan, 90)
    work(place)
    with place.database.unit_of_work() as session:
        row = session.scalars(select(ScanPage).where(ScanPage.scan_id == scan)).one()
        row.flags = [*row.flags, *as_flags([SheetCode()])]
    hand_in_better(place, scan, paper("告知确认书", [("说明", "重扫的一页")]))
    work(place)
    after = page(place, scan)
    assert "重扫的一页" in (after.text or "")
    assert (after.rotation, after.flags) == (0, [])
    assert after.height_px > after.width_px


def test_a_turn_is_not_taken_back_from_a_better_scan_that_it_was_not_given(place: Place) -> None:
    scan = place.take_in(paper("告知确认书", [("说明", "双方按照约定履行各自的义务")]))
    tools = review.Tools(place.settings, place.store, clock.today())
    turn(place, scan, 90)
    with place.database.reading() as session:
        assert [one.degrees for one in review.before_undo(session, place.archivist, scan, tools=tools).turned] == [270]
    hand_in_better(place, scan, paper("告知确认书", [("说明", "重扫的一页")]))
    work(place)
    with place.database.reading() as session, pytest.raises(Refused) as refused:
        review.before_undo(session, place.archivist, scan, tools=tools)
    assert refused.value.code == "review.undo-late"


@dataclass
class Interrupted:
    """A store during whose first call to keep something another process does its work."""

    inner: FileStore
    act: Callable[[], None] | None

    def __getattr__(self, name: str) -> Any:
        act, self.act = (self.act, None) if name == "put_bytes" else (None, self.act)
        if act is not None:
            act()
        return getattr(self.inner, name)


def test_a_page_scanned_anew_while_its_old_picture_was_read_keeps_the_better_one(place: Place) -> None:
    """The person turns the better scan the same way, so that the turn alone does not tell the two apart."""
    scan = place.take_in(paper("告知确认书", [("说明", "双方按照约定履行各自的义务")]))
    turn(place, scan, 90)

    def meanwhile() -> None:
        hand_in_better(place, scan, paper("告知确认书", [("说明", "重扫的一页")]))
        place.work()
        turn(place, scan, 90)

    store = cast(ObjectStore, Interrupted(place.store, meanwhile))
    workshop = Workshop(place.settings, place.database, store, now=clock.now, today=clock.today)
    runner = Runner(place.database, jobs.handlers(workshop), "slow", jobs.QUEUES, place.settings.lease_s, clock.now)
    assert runner.run_one()
    assert "重扫的一页" in (page(place, scan).text or "")
    work(place)
    after = page(place, scan)
    assert "重扫的一页" in (after.text or "")
    assert after.rotation == 90


def test_a_better_scan_whose_job_is_cancelled_while_it_is_read_leaves_the_page_and_nothing_unknown(
    place: Place,
) -> None:
    scan = place.take_in(paper("告知确认书", [("说明", "双方按照约定履行各自的义务")]))
    before = page(place, scan)
    hand_in_better(place, scan, paper("告知确认书", [("说明", "重扫的一页")]))
    claimed = queue.claim(place.database, worker="slow", queues=jobs.QUEUES, now=clock.now(), lease_s=60)
    assert claimed is not None

    def cancel() -> None:
        with place.database.unit_of_work() as session:
            actions.cancel(session, claimed.id, now=clock.now())
        claimed.lost.set()

    store = cast(ObjectStore, Interrupted(place.store, cancel))
    workshop = Workshop(place.settings, place.database, store, now=clock.now, today=clock.today)
    with pytest.raises(LeaseLost):
        RescanHandler(workshop).run(claimed)
    assert page(place, scan).image_digest == before.image_digest
    services = Services(place.settings)
    assert findings(services, sample=None, now=clock.now()).findings == ()
    services.index.close()
    services.database.close()


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
