"""Review: a person decides, takes back, and says what a picture shows."""

from __future__ import annotations

from sqlalchemy import select

from archive_service.households.tables import Item
from ingest.marks import values as marks
from ingest.marks.values import PageMarks, Place, State
from ingest.tables import ScanPage
from tests.ingest.review_desk import (
    CONTRACT,
    NOTICE,
    SECOND,
    Desk,
    refusal,
)


def test_a_confirmed_document_is_filed_and_a_second_decision_is_refused(desk: Desk) -> None:
    scan, (document,) = desk.scan([CONTRACT, SECOND], [[1, 2]])
    item = desk.confirm(document)
    assert desk.document(document).item_id == item
    assert desk.state(scan) == "filed"
    for act in (lambda: desk.confirm(document), lambda: desk.reject(document), lambda: desk.split(document, 2)):
        assert refusal(act).code == "review.decided"


def test_a_document_sent_back_is_not_filed_and_can_be_taken_up_again(desk: Desk) -> None:
    scan, (document,) = desk.scan([CONTRACT], [[1]])
    desk.reject(document)
    assert (desk.state(scan), desk.document(document).doubts[-1]) == ("refused", "退回：缺页")
    desk.undo(document)
    assert (desk.state(scan), desk.document(document).state) == ("needs_review", "proposed")
    assert refusal(lambda: desk.undo(document)).code == "review.not-decided"


def test_undoing_withdraws_the_item_and_keeps_it(desk: Desk) -> None:
    _, (document,) = desk.scan([CONTRACT], [[1]])
    item = desk.confirm(document)
    desk.undo(document)
    again = desk.confirm(document)
    with desk.database.reading() as session:
        assert session.get_one(Item, item).state == "withdrawn"
        assert session.get_one(Item, again).state == "filed"


EMPTY_PLACES = marks.to_json(
    PageMarks(places=(Place("客户签字", (1, 1, 9, 9), (9, 1, 40, 9), State.EMPTY, 0.93),), colour=True)
)


def looked_at(desk: Desk, scan: int) -> None:
    """Let every page of a scan have been looked at: an empty place to sign, no seal."""
    with desk.database.unit_of_work() as session:
        for page in session.scalars(select(ScanPage).where(ScanPage.scan_id == scan)):
            page.marks = EMPTY_PLACES


def test_what_a_person_says_of_a_seal_is_filed_with_the_paper_and_on_record(desk: Desk) -> None:
    """It is believed over what the picture shows, and who said it stands beside it."""
    scan, (document,) = desk.scan([CONTRACT], [[1]])
    looked_at(desk, scan)
    item = desk.confirm(document, marks={"seal:utility_contract": "seen", "seal:nobody": "seen", "signature:both": ""})
    with desk.database.reading() as session:
        filed = {mark["party"]: mark for mark in session.get_one(Item, item).marks or ()}
    seal = filed["utility_contract"]
    assert (seal["sight"], seal["said"]["sight"], seal["said"]["by"]) == ("not_seen", "seen", desk.archivist.person_id)
    assert filed["both"]["said"] is None
    (entry,) = desk.audit("document.confirmed")
    assert entry.facts["marks"] == {"seal:utility_contract": "seen"}


def test_marks_are_judged_as_those_of_the_type_that_the_person_chose(desk: Desk) -> None:
    """A reply wants the customer's signature, a contract those of both sides."""
    scan, (document,) = desk.scan([NOTICE], [[1]])
    looked_at(desk, scan)
    item = desk.confirm(document, kind="P03L")
    with desk.database.reading() as session:
        found = {f"{mark['kind']}:{mark['party']}": mark["sight"] for mark in session.get_one(Item, item).marks or ()}
    assert found["signature:customer"] == "not_seen"
    assert set(found) == {"signature:customer", "signature:manager", "seal:utility"}


def test_a_word_that_is_none_of_three_is_refused(desk: Desk) -> None:
    """Nothing is filed then."""
    scan, (document,) = desk.scan([CONTRACT], [[1]])
    looked_at(desk, scan)
    assert refusal(lambda: desk.confirm(document, marks={"seal:utility_contract": "maybe"})).code == "mark.word"
    assert desk.state(scan) == "needs_review"


def test_what_was_said_is_kept_when_the_decision_is_taken_back_and_pages_move(desk: Desk) -> None:
    """A person need not look twice."""
    scan, (document,) = desk.scan([CONTRACT, SECOND, NOTICE], [[1, 2, 3]])
    looked_at(desk, scan)
    desk.confirm(document, marks={"seal:utility_contract": "seen"})
    desk.undo(document)
    first, behind = desk.split(document, 3)
    words = {mark["party"]: mark["said"] for mark in desk.document(first).marks or ()}
    assert words["utility_contract"]["sight"] == "seen"
    assert all(mark["said"] is None for mark in desk.document(behind).marks or ())
