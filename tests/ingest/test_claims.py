"""Several archivists at one desk: a scan is in one person's hands, and everybody else is told whose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.people.roles import Role
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer
from ingest import queries, review
from ingest.claims import actions as claims
from ingest.claims import queries as holding
from ingest.claims.tables import ReviewClaim
from ingest.review import Decision
from ingest.tables import Batch, Scan, ScanDocument, ScanPage
from tests.support import records
from tests.support.at_once import at_once

ACCOUNT, APPLICATION = "3300000077", "202611020077"
NOW = records.NOW
MINUTES = 5.0


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@dataclass
class Room:
    """A centre with two archivists, a stranger, and scans that wait."""

    database: Database
    anna: Viewer
    bo: Viewer
    stranger: Viewer
    staff: Viewer
    case_id: int
    household_id: int

    def scan(self, documents: int = 1) -> tuple[int, list[int]]:
        with self.database.unit_of_work() as session:
            batch = Batch(name="B", channel="web", unit_id=self.anna.unit_id, received_by=None, received_at=NOW)
            session.add(batch)
            session.flush()
            scan = Scan(
                batch_id=batch.id, unit_id=self.anna.unit_id, file_name="扫描.pdf", digest=f"{batch.id:064x}",
                size_bytes=9, format="pdf", state="needs_review", page_count=documents, pages_done=documents,
                received_at=NOW, finished_at=NOW,
            )  # fmt: skip
            session.add(scan)
            session.flush()
            made = []
            for number in range(1, documents + 1):
                image = f"{scan.id:x}".rjust(64, "b")
                session.add(ScanPage(scan_id=scan.id, page_no=number, image_digest=image, thumbnail_digest=image))
                made.append(
                    ScanDocument(
                        scan_id=scan.id, seq=number, pages=[number], document_type="K01R", confidence=0.6,
                        candidates=[], fields={}, reasons=[], doubts=["类型把握不足"], case_id=self.case_id,
                        household_id=self.household_id, match_confidence=0.9,
                    )
                )  # fmt: skip
            session.add_all(made)
            session.flush()
            return scan.id, [one.id for one in made]

    def take(self, viewer: Viewer, scan: int, *, now: datetime = NOW, over: bool = False) -> int:
        with self.database.unit_of_work() as session:
            return claims.take(session, viewer, scan, minutes=MINUTES, now=now, over=over)

    def keep(self, viewer: Viewer, scan: int, turn: int, now: datetime) -> bool:
        with self.database.unit_of_work() as session:
            return claims.keep(session, viewer, scan, turn=turn, minutes=MINUTES, now=now)

    def leave(self, viewer: Viewer, scan: int, turn: int | None = None) -> None:
        with self.database.unit_of_work() as session:
            claims.leave(session, viewer, scan, turn=turn)

    def hand_over(self, viewer: Viewer, scan: int, to: Viewer, now: datetime = NOW) -> str:
        with self.database.unit_of_work() as session:
            return claims.hand_over(session, viewer, scan, to=to.person_id or 0, note="请核对容量", now=now)

    def confirm(self, viewer: Viewer, document: int, now: datetime = NOW) -> None:
        with self.database.unit_of_work() as session:
            decision = Decision("K01R", ACCOUNT, APPLICATION)
            review.confirm(session, viewer, document, decision, now=now, today=records.TODAY)

    def holder(self, scan: int, now: datetime = NOW) -> int | None:
        with self.database.reading() as session:
            found = holding.holder(session, scan, now=now)
        return found.person_id if found else None

    def free(self, viewer: Viewer, now: datetime = NOW, **how: object) -> list[int]:
        with self.database.reading() as session:
            found = queries.review_queue(session, viewer, free_at=now, **how)  # type: ignore[arg-type]
        return [one.id for one in found.documents]

    def audit(self, did: str) -> list[AuditEntry]:
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry).where(AuditEntry.did == did)))


@pytest.fixture
def room(database: Database) -> Room:
    with database.unit_of_work() as session:
        here = records.unit(session, "QY02", below=records.unit(session))
        there = records.unit(session, "QY03", below=records.unit(session))
        case = records.case(session, APPLICATION, account_no=ACCOUNT, at=here)
        people = [records.viewer(session, at=here) for _ in range(2)]
        stranger = records.viewer(session, at=there)
        staff = records.viewer(session, Role.STAFF, at=here)
        return Room(database, *people, stranger, staff, case.id, case.household_id)


def refusal(act: Callable[[], object]) -> ArchiveError:
    with pytest.raises(ArchiveError) as told:
        act()
    return told.value


def test_a_scan_in_hand_is_next_for_nobody_else(room: Room) -> None:
    """It stays in the queue of who has it, and in the list of all."""
    scan, (first, second) = room.scan(documents=2)
    _, (other,) = room.scan()
    room.take(room.anna, scan)
    assert room.free(room.anna) == [first, second, other]
    assert room.free(room.bo) == [other]
    with room.database.reading() as session:
        assert queries.review_queue(session, room.bo).total == 3


def test_a_claim_ends_by_itself_unless_there_are_signs_of_life(room: Room) -> None:
    scan, _ = room.scan()
    turn = room.take(room.anna, scan)
    assert room.keep(room.anna, scan, turn, after(4))
    assert room.holder(scan, after(8)) == room.anna.person_id
    assert room.holder(scan, after(9.1)) is None
    assert room.take(room.bo, scan, now=after(9.1)) > turn
    assert not room.keep(room.anna, scan, turn, after(9.2))
    assert room.holder(scan, after(9.2)) == room.bo.person_id


def test_who_comes_back_before_anybody_else_has_it_again(room: Room) -> None:
    """A claim that ran out, or that another window let go of, is taken up again by the page that still shows it."""
    scan, _ = room.scan()
    turn = room.take(room.anna, scan)
    assert room.keep(room.anna, scan, turn, after(30))
    room.leave(room.anna, scan, turn)
    assert room.holder(scan, after(30)) is None
    assert room.keep(room.anna, scan, turn, after(31))
    assert room.holder(scan, after(31)) == room.anna.person_id


def test_a_late_word_of_leaving_does_not_end_a_newer_look(room: Room) -> None:
    """The browser says that a page is gone after the next one of the same scan was opened."""
    scan, _ = room.scan()
    old = room.take(room.anna, scan)
    new = room.take(room.anna, scan)
    room.leave(room.anna, scan, old)
    assert room.holder(scan) == room.anna.person_id
    room.leave(room.bo, scan, new)
    assert room.holder(scan) == room.anna.person_id
    room.leave(room.anna, scan, new)
    assert room.holder(scan) is None


def test_a_decision_in_other_hands_is_refused_with_who_and_since_when(room: Room) -> None:
    """Whoever decides without having opened the scan is told as well; the person who has it goes on."""
    scan, (document, _) = room.scan(documents=2)
    room.take(room.anna, scan)
    told = refusal(lambda: room.confirm(room.bo, document))
    assert (type(told), told.code) == (Refused, "review.held")
    assert "自 10:00 起由张三校核" in told.message
    assert refusal(lambda: room.take(room.bo, scan)).code == "review.held"
    room.confirm(room.anna, document)
    assert refusal(lambda: room.confirm(room.bo, document)).code == "review.decided"


def test_taking_over_is_on_purpose_and_on_record(room: Room) -> None:
    scan, (document,) = room.scan()
    turn = room.take(room.anna, scan)
    room.take(room.bo, scan, now=after(1), over=True)
    (entry,) = room.audit("scan.taken-over")
    assert (entry.person_id, entry.facts) == (room.bo.person_id, {"from": room.anna.person_id})
    assert not room.keep(room.anna, scan, turn, after(1))
    assert refusal(lambda: room.confirm(room.anna, document, after(1))).code == "review.held"
    room.confirm(room.bo, document, after(1))


def test_nothing_is_held_once_all_is_decided(room: Room) -> None:
    """The row goes with the last decision; undoing it begins without anybody's claim."""
    scan, (document,) = room.scan()
    turn = room.take(room.anna, scan)
    room.confirm(room.anna, document)
    with room.database.reading() as session:
        assert list(session.scalars(select(ReviewClaim))) == []
    assert not room.keep(room.anna, scan, turn, after(1))
    assert refusal(lambda: room.take(room.bo, scan, over=True)).code == "review.settled"
    with room.database.unit_of_work() as session:
        review.undo(session, room.anna, document, now=after(1), today=records.TODAY)
    assert room.holder(scan, after(1)) is None


def test_the_last_decision_is_not_undone_under_the_hands_of_another(room: Room) -> None:
    scan, (first, _) = room.scan(documents=2)
    room.confirm(room.anna, first)
    room.take(room.bo, scan)
    with room.database.unit_of_work() as session:
        told = refusal(lambda: review.undo(session, room.anna, first, now=NOW, today=records.TODAY))
    assert told.code == "review.held"


def test_what_is_handed_over_waits_for_its_person_and_comes_first(room: Room) -> None:
    """However long it takes; opening and leaving it does not give it away."""
    room.scan()
    scan, (document,) = room.scan()
    room.take(room.anna, scan)
    room.hand_over(room.anna, scan, room.bo)
    later = after(24 * 60)
    assert room.free(room.bo, later, handed=True) == [document]
    assert document not in room.free(room.anna, later)
    turn = room.take(room.bo, scan, now=later)
    room.leave(room.bo, scan, turn)
    assert room.holder(scan, later + timedelta(days=1)) == room.bo.person_id
    (entry,) = room.audit("scan.handed-over")
    assert entry.facts == {"to": room.bo.person_id, "note": "请核对容量"}


def test_what_was_handed_to_somebody_who_left_is_free(room: Room) -> None:
    """Their account was closed; it would wait for ever."""
    scan, (document,) = room.scan()
    room.hand_over(room.anna, scan, room.bo)
    with room.database.unit_of_work() as session:
        session.get_one(Person, room.bo.person_id).active = False
    assert room.free(room.anna) == [document]
    room.take(room.anna, scan)
    assert room.holder(scan, after(4)) == room.anna.person_id
    assert room.holder(scan, after(6)) is None


def test_a_scan_is_handed_to_nobody_who_may_not_review_it(room: Room) -> None:
    scan, _ = room.scan()
    for to in (room.stranger, room.staff, room.anna):
        told = refusal(lambda to=to: room.hand_over(room.anna, scan, to))  # type: ignore[misc]
        assert (type(told), told.code) == (Invalid, "review.colleague")
    with room.database.reading() as session:
        offered = [one.id for one in holding.colleagues(session, room.anna, room.anna.unit_id)]
    assert offered == [room.bo.person_id]


def test_another_centre_neither_takes_nor_leaves_nor_hands_over(room: Room) -> None:
    scan, _ = room.scan()
    turn = room.take(room.anna, scan)
    for act in (
        lambda: room.take(room.stranger, scan, over=True),
        lambda: room.keep(room.stranger, scan, turn, NOW),
        lambda: room.leave(room.stranger, scan),
        lambda: room.hand_over(room.stranger, scan, room.bo),
        lambda: room.take(room.staff, scan),
    ):
        assert isinstance(refusal(act), NotFound)
    assert room.holder(scan) == room.anna.person_id


def test_of_many_who_take_the_same_scan_at_once_one_has_it(room: Room) -> None:
    scan, _ = room.scan()
    with room.database.unit_of_work() as session:
        at = records.unit(session, "QY02")
        people = [records.viewer(session, at=at) for _ in range(8)]
    ends = at_once(lambda one: room.take(one, scan), people)
    assert sorted(map(str, ends)) == ["1", *["review.held"] * 7]


def test_people_who_ask_for_the_next_at_once_get_different_scans(room: Room) -> None:
    """Each looks for the first that is free and takes it, and looks again when somebody was faster."""
    scans = {room.scan(documents=2)[0] for _ in range(8)}
    with room.database.unit_of_work() as session:
        at = records.unit(session, "QY02")
        people = [records.viewer(session, at=at) for _ in range(8)]

    def next_one(viewer: Viewer) -> int:
        while True:
            with room.database.reading() as session:
                found = queries.review_queue(session, viewer, free_at=NOW, limit=1).documents[0]
            try:
                room.take(viewer, found.scan_id)
            except Refused:
                continue
            return found.scan_id

    assert set(at_once(next_one, people)) == scans
