"""Pages are read again by filter: a better reading replaces the old one everywhere, a worse one is only kept."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.households.tables import HouseholdFile, Item
from archive_service.jobs import queue
from archive_service.jobs.queue import LeaseLost
from archive_service.jobs.tables import Job
from archive_service.storage.record import record_object
from archive_service.worker import jobs
from indexing.sync import follow
from ingest import lines, report
from ingest.again import actions, queries
from ingest.again.handler import ReadAgainHandler
from ingest.again.queries import READ_AGAIN_JOB, Counted, Filters
from ingest.again.tables import NOT_TAKEN, REPLACED, WANTED, PageReadingRow
from ingest.lines import TextLine
from ingest.ocr import calibrate, images
from ingest.receive import Said, open_batch, receive
from ingest.renditions.tables import Rendition
from ingest.tables import Scan, ScanPage
from ingest.workshop import Workshop
from tests.ingest.sheets.test_batch import ACCOUNT, APPLICATION, Place
from tests.ingest.sheets.test_batch import place as place
from tests.subjects.test_concealed import restrict
from tests.support.papers import picture_of

pytestmark = pytest.mark.ocr

OLD = "rapidocr 1.0 onnxruntime 000000000000"
PAPER = ("供电方案答复单", f"户号：{ACCOUNT}", f"申请编号：{APPLICATION}", "户名：汪雪梅", "供电电压：220 V")


def take_in(place: Place, *, said: Said | None = None) -> int:
    """Hand in a picture of a paper and do all that is owed; return the scan."""
    with place.database.unit_of_work() as session:
        unit = place.archivist.unit_id
        batch = open_batch(session, place.archivist, name="批", channel="web", unit_id=unit, now=clock.now())
    picture = images.encode_jpeg(np.asarray(picture_of(PAPER, size=(1240, 1000)).convert("RGB")))
    receipt = receive(
        place.database, place.store, stream=io.BytesIO(picture), file_name="答复单.jpg", batch_id=batch.id,
        viewer=place.archivist, said=said or Said(ACCOUNT, APPLICATION, "P03L"), max_bytes=10_000_000, now=clock.now(),
    )  # fmt: skip
    place.work()
    return receipt.scan_id


def page(place: Place, scan: int) -> ScanPage:
    with place.database.reading() as session:
        return session.scalars(select(ScanPage).where(ScanPage.scan_id == scan)).one()


def item(place: Place) -> Item:
    with place.database.reading() as session:
        found = session.scalars(select(Item)).one()
        assert found.pages
        assert found.fields
        return found


def was_read(place: Place, scan: int, *found: TextLine, settings: str | None) -> str:
    """Let the page, and the item with it, be as an older version read it; return the digest of those lines."""
    with place.database.unit_of_work() as session:
        row = session.scalars(select(ScanPage).where(ScanPage.scan_id == scan)).one()
        stored = place.store.put_bytes(lines.to_json(found))
        for filed in session.scalars(select(Item).where(Item.scan_id == scan)):
            filed.pages[0].lines_digest, filed.pages[0].text, filed.pages[0].engine = stored.digest, "旧文字", OLD
        row.lines_digest, row.text, row.engine, row.reading_settings = stored.digest, "旧文字", OLD, settings
        record_object(session, stored, role="rendition", media_type="application/json", now=clock.now())
    return stored.digest


def filters(place: Place, **given: Any) -> Filters:
    return Filters(frozenset({place.archivist.unit_id}), **given)


def ask(place: Place, scan: int, **given: Any) -> int:
    with place.database.unit_of_work() as session:
        return actions.ask(session, place.archivist, scan, filters(place, **given), said={}, now=clock.now())


def history(place: Place, scan: int) -> list[PageReadingRow]:
    with place.database.reading() as session:
        return list(queries.readings(session, scan))


def check_sound(place: Place) -> None:
    services = Services(place.settings)
    follow(services.database, services.index, now=clock.now())
    assert findings(services, sample=None, now=clock.now()).findings == ()
    services.index.close()
    services.database.close()


def test_a_page_says_what_its_reading_follows_from(place: Place) -> None:
    """Engine, version and models, and the settings besides: enough to make the same reading again."""
    scan = take_in(place)
    read = page(place, scan)
    assert (read.engine or "").startswith("rapidocr ")
    told = dict(part.split("=") for part in (read.reading_settings or "").split())
    assert {"preparation", "calibration", "coarse", "largest"} <= set(told)
    assert told["calibration"] == calibrate.version()
    assert len(read.reading_settings or "") <= 80
    assert read.read_at is not None


def test_a_better_reading_replaces_the_old_one_on_page_item_index_and_rendition(place: Place) -> None:
    """The old lines stay readable, the trail tells of it, and a person's fields are left alone."""
    scan = take_in(place)
    assert page(place, scan).text
    old = was_read(place, scan, TextLine("供电方案答夏单", (160, 160, 500, 200), 0.7), settings=None)
    before, fields = item(place), {one.name: one.value for one in item(place).fields}
    assert ask(place, scan, engine_not="rapidocr") == 1
    place.work()
    after, now = page(place, scan), item(place)
    assert "供电方案答复单" in (after.text or "")
    assert now.pages[0].text == after.text
    assert now.pages[0].lines_digest == after.lines_digest != old
    assert {one.name: one.value for one in now.fields} == fields
    (kept,) = history(place, scan)
    assert (kept.state, kept.engine, kept.lines_digest) == (REPLACED, OLD, old)
    assert lines.from_json(place.store.read(kept.lines_digest or ""))[0].text == "供电方案答夏单"
    with place.database.reading() as session:
        verbs = session.scalars(select(AuditEntry.did).where(AuditEntry.did.contains("read-again"))).all()
        assert sorted(verbs) == ["item.read-again", "scan.read-again", "scan.read-again-asked"]
        assert session.get_one(HouseholdFile, before.household_id).revision > 1
        assert session.scalars(select(Rendition.digest)).one() is not None
        assert set(session.scalars(select(Job.state))) == {"done"}
    check_sound(place)


def test_a_paper_that_is_stored_only_is_read_no_more(place: Place) -> None:
    """Not chosen by a filter; what waited when the restriction began is dropped, and the page stays as it was."""
    scan = take_in(place)
    old = was_read(place, scan, TextLine("供电方案答夏单", (160, 160, 500, 200), 0.7), settings=None)
    assert ask(place, scan, scan_id=scan) == 1
    filed = item(place)
    with place.database.unit_of_work() as session:
        restrict(session, place.archivist, session.get_one(HouseholdFile, filed.household_id), filed.item_no)
    place.work()
    assert (page(place, scan).lines_digest, item(place).pages[0].lines_digest, history(place, scan)) == (old, old, [])
    with place.database.reading() as session:
        assert session.scalars(select(PageReadingRow)).all() == []
        assert queries.count(session, filters(place, engine_not="rapidocr")) == Counted(0, 0)
    assert ask(place, scan, scan_id=scan) == 0


def test_a_worse_reading_is_kept_beside_and_changes_nothing(place: Place) -> None:
    """The same page by a better hand: what is less sure, or says less, does not take its place."""
    scan = take_in(place)
    sure = tuple(TextLine(text, (160, 160 + n * 110, 700, 210 + n * 110), 0.9999) for n, text in enumerate(PAPER * 3))
    old = was_read(place, scan, *sure, settings=calibrate.setting())
    assert ask(place, scan, scan_id=scan) == 1
    place.work()
    after = page(place, scan)
    assert (after.lines_digest, after.text, after.engine) == (old, "旧文字", OLD)
    assert item(place).pages[0].lines_digest == old
    (kept,) = history(place, scan)
    assert kept.state == NOT_TAKEN
    assert (kept.engine or "").startswith("rapidocr ")
    assert "供电方案答复单" in "".join(one.text for one in lines.from_json(place.store.read(kept.lines_digest or "")))
    check_sound(place)


def test_an_undecided_document_is_recognised_anew_and_keeps_what_a_person_typed(place: Place) -> None:
    """The better text counts at once, for the person who decides next."""
    scan = take_in(place, said=Said())
    with place.database.unit_of_work() as session:
        (document,) = session.get_one(Scan, scan).documents
        document.state, document.item_id, document.doubts = "proposed", None, ["待核对"]
        document.fields = {"account_name": {"value": "汪雪梅（本人）", "confidence": 1.0, "checked": None, "page": 1}}
        for filed in session.scalars(select(Item)):
            filed.state = "withdrawn"
    was_read(place, scan, TextLine("供电方案", (160, 160, 500, 200), 0.6), settings=None)
    ask(place, scan, below=0.99999)
    place.work()
    (document,) = place.documents(scan)
    assert document.fields["account_no"]["value"] == ACCOUNT
    assert document.fields["account_name"]["value"] == "汪雪梅（本人）"
    assert document.doubts


def test_filters_find_pages_by_engine_settings_confidence_and_day(place: Place) -> None:
    """Each alone; all that are given must hold; a page that waits already is not counted twice."""
    scan = take_in(place)
    read = page(place, scan)
    today = clock.now()
    one, none = Counted(1, 1), Counted(0, 0)
    expected = [
        ({"engine_not": OLD}, one),
        ({"engine_not": read.engine}, none),
        ({"engine_not": read.engine, "settings_not": read.reading_settings}, none),
        ({"engine_not": read.engine, "settings_not": "coarse=1"}, one),
        ({"below": (read.confidence or 0) + 0.0001}, one),
        ({"below": read.confidence}, none),
        ({"begin": today - timedelta(days=1), "end": today + timedelta(days=1)}, one),
        ({"begin": today + timedelta(days=1)}, none),
        ({"scan_id": scan + 1}, none),
    ]
    with place.database.reading() as session:
        for given, counted in expected:
            assert queries.count(session, filters(place, **given)) == counted, given
    ask(place, scan, scan_id=scan)
    with place.database.reading() as session:
        assert queries.count(session, filters(place, scan_id=scan)) == none


def test_a_cancelled_job_leaves_its_pages_as_they_are_and_they_can_be_asked_for_again(place: Place) -> None:
    """Nothing waits for ever for a job that is gone."""
    scan = take_in(place)
    before = page(place, scan)
    ask(place, scan, scan_id=scan)
    claimed = queue.claim(place.database, worker="slow", queues=jobs.QUEUES, now=clock.now(), lease_s=60)
    assert claimed is not None
    assert claimed.kind == READ_AGAIN_JOB
    claimed.lost.set()
    workshop = Workshop(place.settings, place.database, place.store, now=clock.now, today=clock.today)
    with pytest.raises(LeaseLost):
        ReadAgainHandler(workshop).run(claimed)
    with place.database.unit_of_work() as session:
        session.get_one(Job, claimed.id).state = "cancelled"
    assert page(place, scan).lines_digest == before.lines_digest
    assert ask(place, scan, scan_id=scan) == 1
    with place.database.reading() as session:
        states = session.scalars(select(PageReadingRow.state)).all()
    assert states == [WANTED]
    place.work()
    assert [one.state for one in history(place, scan)] == [REPLACED]


def test_what_was_read_before_is_shown_with_the_text_of_a_file(place: Place) -> None:
    """Old text is kept to be looked at, beside what the page says now."""
    scan = take_in(place)
    was_read(place, scan, TextLine("供电方案答夏单", (160, 160, 500, 200), 0.7), settings=None)
    ask(place, scan, scan_id=scan)
    place.work()
    with place.database.reading() as session:
        (shown,) = report.text(session, place.store, place.archivist, scan)["pages"]
    assert "供电方案答复单" in shown["text"]
    assert shown["settings"] == page(place, scan).reading_settings
    (before,) = shown["before"]
    assert (before["state"], before["engine"], before["text"]) == (REPLACED, OLD, "供电方案答夏单")
