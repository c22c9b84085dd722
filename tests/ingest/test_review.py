"""Review: a person decides, takes back, and mends where documents were cut wrongly; no page is ever lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.households.tables import CaseFile, Item, Page
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from ingest import lines, queries, review
from ingest.lines import TextLine
from ingest.marks import values as marks
from ingest.marks.values import PageMarks, Place, State
from ingest.recognise.values import OTHER
from ingest.review import Ahead, Decision, Tools
from ingest.tables import Batch, Scan, ScanDocument, ScanPage, standing
from tests.support import records
from tests.support.read_pages import line, rows, text_block, title
from tests.support.stored_pages import stored_page

ACCOUNT, APPLICATION, NAME = "3300000077", "202611020077", "汪雪梅"
OTHER_ACCOUNT = "3300000078"
HEAD = (("户号", ACCOUNT), ("户名", NAME), ("申请编号", APPLICATION))
CONTRACT = [title("居民供用电合同"), *rows(HEAD)]
SECOND = [
    *text_block("第二条 供电方式为交流 220 伏单相供电，计量装置由供电人安装并负责维护。", "第三条 电费按月结算。")
]
NOTICE = [title("低压供电方案答复单"), *rows(HEAD)]
BLANK: list[TextLine] = []


@dataclass
class Desk:
    """A centre with two cases, its archivist, and scans to be cut."""

    database: Database
    tools: Tools
    store: FileStore
    archivist: Viewer
    stranger: Viewer
    case_id: int

    def scan(self, pages: Sequence[Sequence[TextLine]], cut: Sequence[Sequence[int]]) -> tuple[int, list[int]]:
        """Take in a scan whose pages say this, cut into these documents; return its id and theirs."""
        with self.database.unit_of_work() as session:
            case = session.get_one(CaseFile, self.case_id)
            scan = a_scan(session, self.archivist.unit_id, len(pages))
            for number, said in enumerate(pages, start=1):
                session.add(a_page(self.store, scan.id, number, said))
            documents = [a_document(scan.id, seq, numbers, case) for seq, numbers in enumerate(cut, start=1)]
            session.add_all(documents)
            session.flush()
            return scan.id, [one.id for one in documents]

    def split(self, document: int, before: int, viewer: Viewer | None = None) -> tuple[int, int]:
        by = viewer or self.archivist
        with self.database.reading() as session:
            ahead = review.before_split(session, by, document, before_page=before, tools=self.tools)
        with self.database.unit_of_work() as session:
            first, behind = review.split(session, by, ahead, now=records.NOW)
            return first.id, behind.id

    def join(self, document: int, viewer: Viewer | None = None) -> int:
        by = viewer or self.archivist
        with self.database.reading() as session:
            ahead = review.before_join(session, by, document, tools=self.tools)
        with self.database.unit_of_work() as session:
            return review.join(session, by, ahead, now=records.NOW).id

    def drop(self, document: int, *pages: int, reason: str = "空白页") -> int:
        with self.database.reading() as session:
            ahead = review.before_drop(session, self.archivist, document, dropped=pages, tools=self.tools)
        with self.database.unit_of_work() as session:
            return review.drop_pages(session, self.archivist, ahead, reason=reason, now=records.NOW).id

    def restore(self, held: int) -> int:
        with self.database.reading() as session:
            ahead = review.before_restore(session, self.archivist, held, tools=self.tools)
        with self.database.unit_of_work() as session:
            return review.restore_pages(session, self.archivist, ahead, now=records.NOW).id

    def confirm(self, document: int, kind: str = "K01R", viewer: Viewer | None = None, **said: object) -> int:
        decision = replace(Decision(kind, ACCOUNT, APPLICATION), **said)  # type: ignore[arg-type]
        with self.database.unit_of_work() as session:
            by = viewer or self.archivist
            return review.confirm(session, by, document, decision, now=records.NOW, today=records.TODAY).id

    def reject(self, document: int) -> None:
        with self.database.unit_of_work() as session:
            review.reject(session, self.archivist, document, reason="缺页", now=records.NOW)

    def undo(self, document: int) -> None:
        with self.database.unit_of_work() as session:
            review.undo(session, self.archivist, document, now=records.NOW, today=records.TODAY)

    def document(self, document: int) -> ScanDocument:
        with self.database.reading() as session:
            return session.get_one(ScanDocument, document)

    def lie(self, scan: int) -> list[list[int]]:
        """The pages of the documents of a scan, in their order."""
        with self.database.reading() as session:
            return [one.pages for one in standing(session.get_one(Scan, scan).documents)]

    def state(self, scan: int) -> str:
        with self.database.reading() as session:
            return session.get_one(Scan, scan).state

    def audit(self, did: str) -> list[AuditEntry]:
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry).where(AuditEntry.did == did).order_by(AuditEntry.seq)))


def a_scan(session: Session, unit_id: int, pages: int) -> Scan:
    batch = Batch(name="B", channel="web", unit_id=unit_id, received_by=None, received_at=records.NOW)
    session.add(batch)
    session.flush()
    scan = Scan(
        batch_id=batch.id, unit_id=unit_id, file_name="扫描.pdf", digest=f"{batch.id:064x}", size_bytes=9, format="pdf",
        state="needs_review", page_count=pages, pages_done=pages, received_at=records.NOW, finished_at=records.NOW,
    )  # fmt: skip
    session.add(scan)
    session.flush()
    return scan


def a_page(store: FileStore, scan_id: int, number: int, said: Sequence[TextLine]) -> ScanPage:
    shown = stored_page(store, f"{scan_id} {number}", number)
    return ScanPage(
        scan_id=scan_id, page_no=number, image_digest=shown.image_digest, thumbnail_digest=shown.thumbnail_digest,
        width_px=1654, height_px=2339, dpi=200, engine="rapidocr", confidence=0.98, text=lines.page_text(said),
        lines_digest=store.put_bytes(lines.to_json(said)).digest, flags=[] if said else ["blank"],
    )  # fmt: skip


def a_document(scan_id: int, seq: int, pages: Sequence[int], case: CaseFile) -> ScanDocument:
    return ScanDocument(
        scan_id=scan_id, seq=seq, pages=list(pages), document_type="K01R", confidence=0.6, candidates=[["K01R", 0.6]],
        fields={}, reasons=[], doubts=["类型把握不足"], household_id=case.household_id, case_id=case.id,
        match_confidence=0.9,
    )  # fmt: skip


@pytest.fixture
def desk(database: Database, settings: Settings, store: FileStore) -> Desk:
    with database.unit_of_work() as session:
        here = records.unit(session, "QY02", below=records.unit(session))
        there = records.unit(session, "QY03", below=records.unit(session))
        case = records.case(session, APPLICATION, account_no=ACCOUNT, account_name=NAME, at=here)
        records.case(session, account_no=OTHER_ACCOUNT, at=here)
        archivist, stranger = records.viewer(session, at=here), records.viewer(session, at=there)
        return Desk(database, Tools(settings, store, records.TODAY), store, archivist, stranger, case.id)


def refusal(act: Callable[[], object]) -> ArchiveError:
    with pytest.raises(ArchiveError) as told:
        act()
    return told.value


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
