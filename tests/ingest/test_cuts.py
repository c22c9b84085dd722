"""Review: a person mends where documents were cut wrongly; no page is ever lost, none is held twice."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import select

from archive_service.errors import Invalid, NotFound, Refused
from archive_service.households.tables import Item, Page
from ingest import queries, review
from ingest.recognise.values import OTHER
from ingest.review import Ahead
from ingest.tables import Scan, ScanDocument
from tests.ingest.review_desk import (
    ACCOUNT,
    BLANK,
    CONTRACT,
    NOTICE,
    SECOND,
    Desk,
    refusal,
)
from tests.support import records
from tests.support.read_pages import line


def test_two_papers_taken_for_one_are_split_and_each_is_recognised_anew(desk: Desk) -> None:
    """The second page is a paper of its own: its type, number and place on the page are read again."""
    scan, (document,) = desk.scan([CONTRACT, NOTICE, SECOND], [[1, 2, 3]])
    first, behind = desk.split(document, 2)
    assert first == document
    assert desk.lie(scan) == [[1], [2, 3]]
    head, tail = desk.document(first), desk.document(behind)
    assert (head.document_type, tail.document_type) == ("K01R", "P03L")
    assert tail.fields["account_no"] | {"box": None, "confidence": 0} == {
        "value": ACCOUNT, "page": 1, "box": None, "unit": None, "confidence": 0, "checked": None,
    }  # fmt: skip
    assert tail.case_id == desk.case_id
    assert head.doubts
    assert tail.doubts
    (entry,) = desk.audit("document.split")
    assert entry.facts["before"] == {str(document): [1, 2, 3]}
    assert entry.facts["after"] == {str(first): [1], str(behind): [2, 3]}


def test_filing_after_a_split_gives_each_item_its_own_pages(desk: Desk) -> None:
    scan, (document, last) = desk.scan([CONTRACT, SECOND, NOTICE, NOTICE], [[1, 2, 3], [4]])
    filed = desk.confirm(last, "P03L")
    _, behind = desk.split(document, 3)
    items = [desk.confirm(document), desk.confirm(behind, "P03L"), filed]
    with desk.database.reading() as session:
        held = [list(session.scalars(pages_of(item))) for item in items]
        places = [session.get_one(Item, item).scan_document for item in items]
    assert held == [[1, 2], [3], [4]]
    # The filed item keeps the number under which it came out of the scan; the new part has one of its own.
    assert places == [1, 3, 2]
    assert desk.state(scan) == "filed"


def pages_of(item: int):  # type: ignore[no-untyped-def]
    return select(Page.original_page).where(Page.item_id == item).order_by(Page.page_no)


def test_a_paper_cut_in_two_is_joined_in_the_order_of_its_pages(desk: Desk) -> None:
    scan, (first, second, third) = desk.scan([CONTRACT, SECOND, NOTICE], [[1], [2], [3]])
    assert desk.join(second) == first
    assert desk.lie(scan) == [[1, 2], [3]]
    gone = desk.document(second)
    assert (gone.state, gone.pages, gone.part_of) == ("joined", [], first)
    assert refusal(lambda: desk.confirm(second)).code == "review.decided"
    (entry,) = desk.audit("document.joined")
    assert entry.facts["before"] == {str(first): [1], str(second): [2]}
    assert entry.facts["after"] == {str(first): [1, 2]}
    with desk.database.reading() as session:
        queue = [one.id for one in queries.review_queue(session, desk.archivist).documents]
        assert [one.id for one in queries.scan(session, desk.archivist, scan).documents] == [first, third] == queue


def test_a_new_part_comes_right_behind_the_first_in_the_queue(desk: Desk) -> None:
    """Another scan came in meanwhile; the two halves still follow each other."""
    _, (document,) = desk.scan([CONTRACT, NOTICE], [[1, 2]])
    _, (later,) = desk.scan([CONTRACT], [[1]])
    _, behind = desk.split(document, 2)
    with desk.database.reading() as session:
        whole = queries.review_queue(session, desk.archivist)
        rest = queries.review_queue(session, desk.archivist, after=document, limit=1)
    assert [one.id for one in whole.documents] == [document, behind, later]
    assert ([one.id for one in rest.documents], rest.next_after) == ([behind], behind)


def test_joining_to_a_decided_document_is_refused_with_its_reason(desk: Desk) -> None:
    scan, (first, second) = desk.scan([CONTRACT, SECOND], [[1], [2]])
    desk.confirm(first)
    told = refusal(lambda: desk.join(second))
    assert (type(told), told.code) == (Refused, "review.previous-decided")
    assert "撤销" in told.message
    desk.undo(first)
    assert desk.join(second) == first
    assert desk.lie(scan) == [[1, 2]]


def test_the_first_document_has_nothing_to_be_joined_to(desk: Desk) -> None:
    _, (first,) = desk.scan([CONTRACT], [[1]])
    assert refusal(lambda: desk.join(first)).code == "review.no-previous"


@pytest.mark.parametrize("before", [1, 3, 0, -1])
def test_a_cut_goes_before_a_later_page_of_the_document(desk: Desk, before: int) -> None:
    scan, (document, _) = desk.scan([CONTRACT, SECOND, NOTICE], [[1, 2], [3]])
    told = refusal(lambda: desk.split(document, before))
    assert (type(told), told.code) == (Invalid, "review.no-cut")
    assert desk.lie(scan) == [[1, 2], [3]]


def test_another_centre_can_neither_split_nor_join_nor_decide(desk: Desk) -> None:
    scan, (document, second) = desk.scan([CONTRACT, SECOND, NOTICE], [[1, 2], [3]])
    for act in (
        lambda: desk.split(document, 2, desk.stranger),
        lambda: desk.join(second, desk.stranger),
        lambda: desk.confirm(document, viewer=desk.stranger),
        lambda: desk.split(999999, 2),
    ):
        told = refusal(act)
        assert (type(told), told.code) == (NotFound, "review.not-found")
    assert desk.lie(scan) == [[1, 2], [3]]


def test_what_was_decided_while_somebody_looked_is_not_cut(desk: Desk) -> None:
    """One person looks, the other files; the first is told, and nothing of theirs is written."""
    scan, (document,) = desk.scan([CONTRACT, SECOND], [[1, 2]])
    with desk.database.reading() as session:
        ahead = review.before_split(session, desk.archivist, document, before_page=2, tools=desk.tools)
    desk.confirm(document)
    assert refusal(lambda: cut(desk, ahead)).code == "review.decided"
    assert desk.lie(scan) == [[1, 2]]


def test_of_two_people_who_split_at_once_one_does(desk: Desk) -> None:
    """Both looked at the same moment; the pages lie as the first has cut them."""
    scan, (document,) = desk.scan([CONTRACT, SECOND, NOTICE], [[1, 2, 3]])
    with desk.database.reading() as session:
        aheads = [
            review.before_split(session, desk.archivist, document, before_page=n, tools=desk.tools) for n in (2, 3)
        ]
    ends: list[str] = []

    def act(ahead: Ahead) -> None:
        try:
            cut(desk, ahead)
            ends.append("done")
        except Refused as e:
            ends.append(e.code)

    people = [threading.Thread(target=act, args=(ahead,)) for ahead in aheads]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(ends) == ["done", "review.changed"]
    assert desk.lie(scan) in ([[1], [2, 3]], [[1, 2], [3]])


def test_of_two_people_in_different_documents_of_a_scan_both_cut(desk: Desk) -> None:
    """New parts get numbers of their own, although both began from the same."""
    scan, documents = desk.scan([CONTRACT, SECOND, NOTICE, SECOND], [[1, 2], [3, 4]])
    with desk.database.reading() as session:
        aheads = [
            review.before_split(session, desk.archivist, one, before_page=n, tools=desk.tools)
            for one, n in zip(documents, (2, 4), strict=True)
        ]
    people = [threading.Thread(target=cut, args=(desk, ahead)) for ahead in aheads]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert desk.lie(scan) == [[1], [2], [3], [4]]


def cut(desk: Desk, ahead: Ahead) -> None:
    with desk.database.unit_of_work() as session:
        review.split(session, desk.archivist, ahead, now=records.NOW)


def test_a_decision_about_other_pages_than_those_seen_is_refused(desk: Desk) -> None:
    scan, (document,) = desk.scan([CONTRACT, NOTICE], [[1, 2]])
    desk.split(document, 2)
    assert refusal(lambda: desk.confirm(document, pages=[1, 2])).code == "review.changed"
    desk.confirm(document, pages=[1])
    assert desk.state(scan) == "needs_review"


def test_what_a_person_had_decided_goes_with_its_page(desk: Desk) -> None:
    """A value typed by a person and a type chosen by one outlive a split that comes after undoing."""
    _, (document,) = desk.scan([CONTRACT, NOTICE], [[1, 2]])
    with desk.database.unit_of_work() as session:
        read = {"value": "1", "confidence": 0.8, "page": 2, "box": [1, 2, 3, 4], "unit": None, "checked": None}
        session.get_one(ScanDocument, document).fields = {"meter_no": read}
    desk.confirm(document, "K01L", fields={"meter_no": "0099", "phone": "13800000000"})
    desk.undo(document)
    first, behind = desk.split(document, 2)
    head, tail = desk.document(first), desk.document(behind)
    assert (head.document_type, tail.document_type) == ("K01L", "P03L")
    assert head.fields["phone"]["value"] == "13800000000"
    assert "meter_no" not in head.fields
    assert (tail.fields["meter_no"]["value"], tail.fields["meter_no"]["page"]) == ("0099", 1)


def test_pages_dropped_leave_the_document_and_stay_in_the_scan(desk: Desk) -> None:
    scan, (document,) = desk.scan([CONTRACT, [line("新店开业 全场八折", 300, 400)], SECOND], [[1, 2, 3]])
    held = desk.drop(document, 2, reason="广告")
    assert desk.lie(scan) == [[1, 3]]
    assert (desk.document(held).state, desk.document(held).pages) == ("dropped", [2])
    (entry,) = desk.audit("document.pages-dropped")
    assert (entry.facts["dropped"], entry.facts["reason"]) == ([2], "广告")
    item = desk.confirm(document)
    with desk.database.reading() as session:
        assert list(session.scalars(pages_of(item))) == [1, 3]
        view = queries.scan(session, desk.archivist, scan)
        assert ([one.pages for one in view.dropped], len(view.pages)) == ([(2,)], 3)


def test_dropped_pages_come_back_to_where_they_were(desk: Desk) -> None:
    scan, (document,) = desk.scan([CONTRACT, BLANK, SECOND], [[1, 2, 3]])
    held = desk.drop(document, 2)
    assert desk.restore(held) == document
    assert desk.lie(scan) == [[1, 2, 3]]
    assert refusal(lambda: desk.restore(held)).code == "review.not-dropped"


def test_dropped_pages_whose_document_was_filed_come_back_as_their_own(desk: Desk) -> None:
    scan, (document,) = desk.scan([CONTRACT, NOTICE], [[1, 2]])
    held = desk.drop(document, 2)
    desk.confirm(document)
    assert desk.state(scan) == "filed"
    assert desk.restore(held) == held
    assert (desk.document(held).state, desk.document(held).document_type) == ("proposed", "P03L")
    assert desk.state(scan) == "needs_review"


def test_a_dropped_page_does_not_jump_over_a_document_that_lies_between_now(desk: Desk) -> None:
    scan, (document,) = desk.scan([CONTRACT, SECOND, NOTICE, BLANK], [[1, 2, 3, 4]])
    held = desk.drop(document, 4)
    desk.split(document, 3)
    assert desk.restore(held) == held
    assert desk.lie(scan) == [[1, 2], [3], [4]]


def test_a_scan_is_not_dropped_as_a_whole(desk: Desk) -> None:
    scan, (first, second) = desk.scan([CONTRACT, BLANK], [[1], [2]])
    desk.drop(second, 2)
    assert desk.document(second).state == "dropped"
    assert refusal(lambda: desk.drop(first, 1)).code == "review.nothing-left"
    assert refusal(lambda: desk.drop(first, 1, 2)).code == "review.no-page"
    assert desk.lie(scan) == [[1]]


def test_dropping_pages_needs_a_reason(desk: Desk) -> None:
    scan, (document,) = desk.scan([CONTRACT, BLANK], [[1, 2]])
    assert refusal(lambda: desk.drop(document, 2, reason="  ")).code == "review.reason"
    assert desk.lie(scan) == [[1, 2]]


def test_a_part_without_a_word_waits_as_what_it_is(desk: Desk) -> None:
    """Blank pages before the words of a part do not shift the places of its fields."""
    _, (document,) = desk.scan([BLANK, BLANK, CONTRACT], [[1, 2, 3]])
    first, behind = desk.split(document, 2)
    assert (desk.document(first).document_type, desk.document(first).fields) == (OTHER, {})
    assert desk.document(first).doubts
    assert desk.document(behind).fields["account_no"]["page"] == 2


#: What somebody does: which verb, to which document of those there are, at which page.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["split", "join", "drop", "restore", "confirm", "undo", "reject"]),
        st.integers(0, 9),
        st.integers(1, 6),
    ),
    max_size=12,
)


@how(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_page_stays_in_one_document_or_among_the_dropped(desk: Desk, steps: list[tuple[str, int, int]]) -> None:
    """Whatever is done in whatever order, refused or not: no page is lost, none is held twice."""
    scan, _ = desk.scan([CONTRACT, SECOND, NOTICE, BLANK, SECOND, CONTRACT], [[1, 2], [3], [4, 5, 6]])
    for verb, which, page in steps:
        with desk.database.reading() as session:
            there = [one.id for one in session.get_one(Scan, scan).documents]
        document = there[which % len(there)]
        try:
            act = getattr(desk, verb)
            act(document, page) if verb in ("split", "drop") else act(document)
        except (Refused, Invalid):
            continue
    with desk.database.reading() as session:
        found = session.get_one(Scan, scan)
        held = [one for one in found.documents if one.state != "joined"]
        assert sorted(page for one in held for page in one.pages) == [1, 2, 3, 4, 5, 6]
        assert all(one.pages == sorted(one.pages) and one.first_page == one.pages[0] for one in held)
        assert all(one.pages == [] for one in found.documents if one.state == "joined")
        assert len({one.seq for one in found.documents}) == len(found.documents)
        assert (found.state == "needs_review") == any(one.state == "proposed" for one in held)
        for one in held:
            if one.state == "filed":
                assert list(session.scalars(pages_of(one.item_id))) == one.pages
