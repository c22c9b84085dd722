"""Page surgery: pages are put in order, moved, dropped and turned by rows and new images; every step can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import pytest
from sqlalchemy.orm import Session

from archive_service.jobs.tables import Job
from archive_service.people.viewer import Viewer
from ingest import lines, queries, review, turned
from ingest.ocr import images
from ingest.ocr.reading import PageReading
from ingest.quality import findings
from ingest.quality import record as quality
from ingest.quality.findings import Finding
from ingest.quality.tables import PageFinding
from ingest.review import Wanted
from ingest.sheets.codes import SheetCode, as_flags
from ingest.tables import Scan, ScanDocument, ScanPage
from tests.ingest.review_desk import BLANK, CONTRACT, NOTICE, SECOND, Desk, refusal
from tests.support import records
from tests.support.read_pages import line, title


def seen(desk: Desk, scan: int) -> dict[int, list[int]]:
    """The pages of the scan as a person sees them now: open documents and the bin."""
    with desk.database.reading() as session:
        rows = session.get_one(Scan, scan).documents
        return {one.id: list(one.pages) for one in rows if one.state in ("proposed", "dropped")}


def arrange(
    desk: Desk,
    scan: int,
    *documents: tuple[int | None, Sequence[int]],
    saw: Mapping[int, Sequence[int]] | None = None,
    turns: Mapping[int, int] | None = None,
    reason: str = "",
    viewer: Viewer | None = None,
) -> int:
    wanted = Wanted(saw or seen(desk, scan), documents, turns or {}, reason)
    by = viewer or desk.archivist
    with desk.database.reading() as session:
        ahead = review.before_arrange(session, by, scan, wanted, tools=desk.tools)
    with desk.database.unit_of_work() as session:
        return review.arrange(session, by, ahead, tools=desk.tools, now=records.NOW)


def undo(desk: Desk, scan: int, viewer: Viewer | None = None) -> None:
    by = viewer or desk.archivist
    with desk.database.reading() as session:
        ahead = review.before_undo(session, by, scan, tools=desk.tools)
    with desk.database.unit_of_work() as session:
        review.arrange(session, by, ahead, tools=desk.tools, now=records.NOW)


def bin_of(desk: Desk, scan: int) -> list[tuple[int, ...]]:
    with desk.database.reading() as session:
        return [one.pages for one in queries.scan(session, desk.archivist, scan).dropped]


def page_in(session: Session, scan: int, number: int) -> ScanPage:
    return session.query(ScanPage).filter_by(scan_id=scan, page_no=number).one()


def page_of(desk: Desk, scan: int, number: int) -> ScanPage:
    with desk.database.reading() as session:
        return page_in(session, scan, number)


def test_pages_of_a_document_are_put_in_order_and_stay_so(desk: Desk) -> None:
    scan, (document,) = desk.scan([SECOND, CONTRACT, SECOND], [[1, 2, 3]])
    arrange(desk, scan, (document, [2, 1, 3]))
    assert desk.lie(scan) == [[2, 1, 3]]
    item = desk.confirm(document)
    with desk.database.reading() as session:
        from archive_service.households.tables import Item

        assert [page.original_page for page in session.get_one(Item, item).pages] == [2, 1, 3]


def test_a_page_moves_to_another_document_and_both_are_recognised_anew(desk: Desk) -> None:
    scan, (first, second) = desk.scan([CONTRACT, NOTICE, SECOND], [[1], [2, 3]])
    arrange(desk, scan, (first, [1, 3]), (second, [2]))
    assert desk.lie(scan) == [[1, 3], [2]]
    assert desk.document(second).candidates != [["K01R", 0.6]]


def test_pages_become_a_document_of_their_own_and_an_emptied_one_is_joined(desk: Desk) -> None:
    scan, (first, second) = desk.scan([CONTRACT, SECOND, NOTICE], [[1, 2], [3]])
    arrange(desk, scan, (first, [1]), (None, [2, 3]))
    assert desk.lie(scan) == [[1], [2, 3]]
    assert (desk.document(second).state, desk.document(second).pages) == ("joined", [])
    assert desk.document(second).part_of not in (None, first, second)


def test_dropped_pages_lie_in_the_bin_and_come_back_elsewhere(desk: Desk) -> None:
    scan, (first, second) = desk.scan([CONTRACT, BLANK, NOTICE], [[1, 2], [3]])
    assert refusal(lambda: arrange(desk, scan, (first, [1]), (second, [3]))).code == "review.reason"
    arrange(desk, scan, (first, [1]), (second, [3]), reason="空白页")
    assert (desk.lie(scan), bin_of(desk, scan)) == ([[1], [3]], [(2,)])
    arrange(desk, scan, (first, [1]), (second, [3, 2]))
    assert (desk.lie(scan), bin_of(desk, scan)) == ([[1], [3, 2]], [])


def test_every_step_is_undone_in_turn_back_to_the_beginning(desk: Desk) -> None:
    """Whatever was done at the pages, in whatever order: undoing each brings the documents back as they lay."""
    scan, (first, second) = desk.scan([CONTRACT, SECOND, NOTICE, BLANK], [[1, 2], [3, 4]])
    lay = [seen(desk, scan)]
    desk.drop(second, 4)
    lay.append(seen(desk, scan))
    desk.split(first, 2)
    lay.append(seen(desk, scan))
    arrange(desk, scan, (first, [3, 1]), (None, [2]), (second, [4]))
    lay.append(seen(desk, scan))
    desk.join(second)
    lay.append(seen(desk, scan))
    arrange(desk, scan, *seen(desk, scan).items(), turns={1: 90})
    for before in reversed(lay):
        undo(desk, scan)
        assert seen(desk, scan) == before
    assert refusal(lambda: undo(desk, scan)).code == "review.nothing-to-undo"


def test_a_step_is_not_undone_after_a_decision_or_by_somebody_else(desk: Desk) -> None:
    scan, (first, second) = desk.scan([CONTRACT, SECOND, NOTICE], [[1, 2], [3]])
    arrange(desk, scan, (first, [1]), (second, [3, 2]))
    with desk.database.unit_of_work() as session:
        from archive_service.people.tables import Unit

        colleague = records.viewer(session, at=session.get_one(Unit, desk.archivist.unit_id))
    assert refusal(lambda: undo(desk, scan, colleague)).code == "review.not-own"
    desk.confirm(first)
    assert refusal(lambda: undo(desk, scan)).code == "review.undo-late"


def test_an_arrangement_of_pages_that_moved_meanwhile_is_refused(desk: Desk) -> None:
    scan, (first, second) = desk.scan([CONTRACT, SECOND, NOTICE], [[1, 2], [3]])
    saw = seen(desk, scan)
    desk.split(first, 2)
    assert refusal(lambda: arrange(desk, scan, (first, [2, 1]), (second, [3]), saw=saw)).code == "review.changed"


def test_two_who_arrange_at_once_do_not_overwrite_each_other(desk: Desk) -> None:
    scan, (first, second) = desk.scan([CONTRACT, SECOND, NOTICE], [[1, 2], [3]])
    saw = seen(desk, scan)
    looked = []
    for documents in (((first, [2, 1]), (second, [3])), ((first, [1]), (second, [3, 2]))):
        with desk.database.reading() as session:
            wanted = Wanted(saw, documents)
            looked.append(review.before_arrange(session, desk.archivist, scan, wanted, tools=desk.tools))
    with desk.database.unit_of_work() as session:
        review.arrange(session, desk.archivist, looked[0], tools=desk.tools, now=records.NOW)

    def second_one() -> None:
        with desk.database.unit_of_work() as session:
            review.arrange(session, desk.archivist, looked[1], tools=desk.tools, now=records.NOW)

    assert refusal(second_one).code == "review.changed"
    assert desk.lie(scan) == [[2, 1], [3]]


def test_pages_of_a_filed_document_are_out_of_reach(desk: Desk) -> None:
    scan, (first, second) = desk.scan([CONTRACT, NOTICE], [[1], [2]])
    saw = seen(desk, scan)
    desk.confirm(first)
    assert refusal(lambda: arrange(desk, scan, (second, [2, 1]), saw=saw)).code == "review.decided"
    assert refusal(lambda: arrange(desk, scan, (second, [2, 1]))).code == "review.arrangement"
    assert refusal(lambda: arrange(desk, scan, (second, [2]), turns={1: 90})).code == "review.turn"


@pytest.mark.parametrize("pages", [[1, 1], [1, 9], []])
def test_an_arrangement_that_is_none_is_refused(desk: Desk, pages: list[int]) -> None:
    scan, (document,) = desk.scan([CONTRACT, SECOND], [[1, 2]])
    told = refusal(lambda: arrange(desk, scan, (document, pages), reason="空白页"))
    assert told.code == "review.arrangement"
    assert desk.lie(scan) == [[1, 2]]


def test_a_stranger_cannot_arrange_or_undo(desk: Desk) -> None:
    scan, (document,) = desk.scan([CONTRACT, SECOND], [[1, 2]])
    arrange(desk, scan, (document, [2, 1]))
    saw = seen(desk, scan)
    for act in (
        lambda: arrange(desk, scan, (document, [1, 2]), saw=saw, viewer=desk.stranger),
        lambda: undo(desk, scan, desk.stranger),
    ):
        assert refusal(act).code == "scan.not-found"


def test_a_sheet_cannot_be_put_into_a_document(desk: Desk) -> None:
    scan, (document, held) = desk.scan([CONTRACT, BLANK], [[1], [2]])
    with desk.database.unit_of_work() as session:
        session.get_one(ScanDocument, held).state = "dropped"
        session.query(ScanPage).filter_by(scan_id=scan, page_no=2).one().flags = as_flags([SheetCode()])
    assert refusal(lambda: arrange(desk, scan, (document, [1, 2]))).code == "review.sheet"
    assert refusal(lambda: desk.restore(held)).code == "review.sheet"


def test_a_turned_page_gets_a_new_image_and_lines_that_fit_it(desk: Desk) -> None:
    """Original bytes and the image before stay in the store; the job that reads the page anew is owed."""
    mark = [title("居民供用电合同"), line("合同编号", 5, 5)]
    scan, (document,) = desk.scan([mark], [[1]])
    pixels = np.full((2339, 1654, 3), 255, np.uint8)
    cv2.rectangle(pixels, (5, 5), (60, 60), (0, 0, 0), -1)
    with desk.database.unit_of_work() as session:
        row = session.query(ScanPage).filter_by(scan_id=scan).one()
        row.image_digest = row.raw_digest = desk.store.put_bytes(images.encode_jpeg(pixels)).digest
    before = page_of(desk, scan, 1)
    arrange(desk, scan, (document, [1]), turns={1: 90})
    after = page_of(desk, scan, 1)
    assert (after.width_px, after.height_px, after.rotation) == (2339, 1654, 90)
    assert after.raw_digest == before.raw_digest
    assert desk.store.read(before.image_digest or "")
    shown = images.decode(desk.store.read(after.image_digest or ""))
    x0, y0, x1, y1 = lines.from_json(desk.store.read(after.lines_digest or ""))[1].box
    assert shown[5:60, 2339 - 60 : 2339 - 5].mean() < 20
    assert (x1, y0) == (2339 - 5, 5)
    assert x0 < x1
    assert y0 < y1
    with desk.database.reading() as session:
        assert [job.subject for job in session.query(Job).filter_by(kind="page.reread")] == [f"{scan}/1"]


def test_what_was_found_wrong_on_a_page_stays_marked_at_its_place_when_the_page_is_turned(desk: Desk) -> None:
    """The boxes fit the turned image at once, before the job has read it anew."""
    scan, (document,) = desk.scan([CONTRACT, SECOND], [[1, 2]])
    pixels = np.full((300, 200, 3), 255, np.uint8)
    pixels[20:50, 10:110] = 0
    with desk.database.unit_of_work() as session:
        row = page_in(session, scan, 1)
        row.image_digest = desk.store.put_bytes(images.encode_jpeg(pixels)).digest
        row.width_px, row.height_px = 200, 300
        cropped = [Finding(findings.CROPPED, 1.0, 0.0, ((10, 20, 110, 50),))]
        read = PageReading(0, "x", 0.9, (), 200, 300, b"", b"")
        for number in (1, 2):
            quality.keep_page(session, page_in(session, scan, number), read, cropped, now=records.NOW)
    arrange(desk, scan, (document, [1, 2]), turns={1: 90})
    shown = images.decode(desk.store.read(page_of(desk, scan, 1).image_digest or ""))
    with desk.database.reading() as session:
        boxes = {one.page_no: one.boxes for one in session.query(PageFinding).filter_by(scan_id=scan)}
    ((x0, y0, x1, y1),) = boxes[1]
    assert shown[y0:y1, x0:x1].mean() < 20
    assert (x1 - x0, y1 - y0) == (30, 100)
    assert boxes[2] == [[10, 20, 110, 50]]


@pytest.mark.parametrize("turn", turned.QUARTERS)
def test_a_box_turned_and_turned_back_lies_where_it_lay(turn: int) -> None:
    place = (10, 20, 110, 50)
    size = (200, 300) if turn in (0, 180) else (300, 200)
    there = turned.box(place, turn, width_px=200, height_px=300)
    assert turned.box(there, -turn % 360, width_px=size[0], height_px=size[1]) == place
