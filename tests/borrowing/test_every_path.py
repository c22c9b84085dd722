"""Borrowing on every path: eight people, two files, a clock, roles and accounts that come and go.

What must hold is held against a model that knows nothing of the tables: never two holders of one paper, never a
readable page without a live grant (and never a live grant that reads nothing), never a lost request, nobody their own.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.borrowing import actions, queries
from archive_service.borrowing.actions import Inspected, Wish
from archive_service.borrowing.matrix import Because
from archive_service.borrowing.tables import (
    LentPaper,
    LoanDecision,
    LoanRequest,
    LoanWish,
    PageReading,
    PaperLoan,
    ReadingGrant,
    WishPage,
)
from archive_service.cli import verify_loans
from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.people import actions as people
from archive_service.people.viewer import Viewer
from tests.borrowing import world as worlds
from tests.borrowing.world import PEOPLE, World
from tests.support import records

WHO = tuple(PEOPLE)
ARCHIVISTS = ("archivist", "other_archivist", "far_archivist")
#: Who may end up deciding: everybody but the staff.
DECIDERS = tuple(name for name in WHO if name not in ("staff", "second"))
#: What a refusal says when it does not say what to do with a "please".
SAID = ("请", "排队")


@dataclass
class Reading:
    """A grant as the model sees it."""

    who: str
    pages: frozenset[tuple[int, int]]
    begins: datetime
    ends: datetime
    over: bool = False


@dataclass
class Asked:
    """A wish as the model sees it."""

    who: str
    code: str
    way: str
    days: int
    pages: frozenset[tuple[int, int]]
    emergency: bool
    state: str = "asked"
    readings: list[Reading] = field(default_factory=list)
    loan: int | None = None


class Borrowing(RuleBasedStateMachine):
    """Everybody tries everything; what is taken must have been allowed, what is refused must change nothing."""

    template: Path
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "archive.db")
        self.database = Database(f"sqlite:///{self.folder / 'archive.db'}")
        self.now: datetime = records.NOW
        self.role = dict.fromkeys(WHO, True)
        self.account = dict.fromkeys(WHO, True)
        self.wishes: dict[int, Asked] = {}
        #: Who has which paper, and in which loan.
        self.holder: dict[int, tuple[str, int]] = {}
        self.shown = 0
        self.steps = 0

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def may(self, who: str) -> bool:
        return self.role[who] and self.account[who]

    def act(self, work: Callable[[Session], Any]) -> Any:
        """Do something in one transaction; None when it was refused, with a sentence that says what to do."""
        try:
            with self.database.unit_of_work() as session:
                return work(session)
        except ArchiveError as refused:
            said = refused.message
        assert any(word in said for word in SAID), said
        return None

    def by(self, session: Session, who: str) -> Any:
        return self.world.viewer(session, who, self.now)

    def pick(
        self, data: st.DataObject, *, way: str | None = None, state: str | None = None
    ) -> tuple[int, Asked] | None:
        fits = [
            (key, one)
            for key, one in self.wishes.items()
            if (way is None or one.way == way) and (state is None or one.state == state)
        ]
        return data.draw(st.sampled_from(fits)) if fits else None

    @rule(
        who=st.sampled_from(WHO),
        code=st.sampled_from("AB"),
        way=st.sampled_from(["screen", "paper", "paper", "print", "copy"]),
        days=st.integers(1, 7),
        places=st.sampled_from([(0,), (1,), (0, 1)]),
        emergency=st.booleans(),
    )
    def ask(self, who: str, code: str, way: str, days: int, places: tuple[int, ...], emergency: bool) -> None:
        items = [self.world.items[code][place] for place in places]
        numbers = [self.world.numbers[one] for one in items]
        wanted = Wish(self.world.accounts[code], way, days, item_nos=numbers, prints=2 if way == "print" else 0)

        def work(session: Session) -> int:
            said = {"purpose": "customer-service", "words": "核对合同", "emergency": emergency and way == "screen"}
            by = self.by(session, who)
            request = actions.ask(session, by, [wanted], now=self.now, **said)  # type: ignore[arg-type]
            return session.scalars(select(LoanWish.id).where(LoanWish.request_id == request.id)).one()

        made = self.act(work)
        if made is None:
            return
        assert self.may(who)
        first = emergency and way == "screen"
        pages = frozenset(page for page in self.world.pages if page[0] in items)
        self.wishes[made] = Asked(who, code, way, days, pages, first)
        if first:
            waiting = [one for one in self.wishes.values() if one.who == who and one.emergency and one.state == "asked"]
            assert len(waiting) == 1
            self.open(self.wishes[made], pages, hours=24)

    def open(self, one: Asked, pages: frozenset[tuple[int, int]], *, hours: int) -> None:
        minutes = math.ceil((self.now + timedelta(hours=hours)).timestamp() / 60)
        ends = datetime.fromtimestamp(minutes * 60, tz=self.now.tzinfo)
        one.readings.append(Reading(one.who, pages, self.now, ends))

    @rule(data=st.data(), who=st.sampled_from(WHO), approve=st.sampled_from([True, True, False]), part=st.booleans())
    def decide(self, data: st.DataObject, who: str, approve: bool, part: bool) -> None:
        found = self.pick(data)
        if found is None:
            return
        key, one = found
        item = min(item for item, _ in one.pages)
        pages = frozenset(page for page in one.pages if page[0] == item) if part else one.pages
        self.decided(key, one, who, approve, pages)

    @precondition(lambda self: any(one.state == "asked" for one in self.wishes.values()))
    @rule(data=st.data(), approve=st.sampled_from([True, True, True, False]))
    def decide_as_one_who_may(self, data: st.DataObject, approve: bool) -> None:
        """Whoever has a wish on their desk can decide it."""
        found = self.pick(data, state="asked")
        assert found is not None
        key, one = found
        with self.database.reading() as session:
            able = [
                who
                for who in WHO
                if key in [each.id for each in queries.to_decide(session, self.by(session, who), self.now)]
            ]
        if able and not (approve and not self.account[one.who]):
            assert self.decided(key, one, data.draw(st.sampled_from(able)), approve, one.pages)

    def decided(self, key: int, one: Asked, who: str, approve: bool, pages: frozenset[tuple[int, int]]) -> bool:
        def work(session: Session) -> LoanDecision:
            words = "" if approve else "与事由不符"
            return actions.decide(
                session, self.by(session, who), key, approve=approve, words=words, pages=pages if approve else None,
                now=self.now,
            )  # fmt: skip

        if self.act(work) is None:
            return False
        assert one.state == "asked"
        assert who != one.who
        assert who in DECIDERS
        assert self.may(who)
        assert not approve or self.account[one.who]
        for reading in one.readings:
            reading.over = True
        one.state = "approved" if approve else "refused"
        if approve:
            one.pages = pages
            if one.way in ("screen", "print"):
                self.open(one, pages, hours=24 * one.days)
        return True

    @rule(data=st.data(), who=st.sampled_from(WHO))
    def withdraw(self, data: st.DataObject, who: str) -> None:
        found = self.pick(data)
        if found is None:
            return
        key, one = found
        who = data.draw(st.sampled_from([who, one.who, one.who]))
        if self.act(lambda session: actions.withdraw(session, self.by(session, who), key, now=self.now)) is None:
            return
        assert who == one.who
        assert one.state == "asked" or (one.state == "approved" and one.way in ("paper", "copy") and one.loan is None)
        assert not (one.emergency and one.state == "asked")
        one.state = "withdrawn"

    @rule(data=st.data(), who=st.sampled_from(ARCHIVISTS), wrong=st.sampled_from([0, 0, 0, 1]))
    def hand_out(self, data: st.DataObject, who: str, wrong: int) -> None:
        found = self.pick(data, way="paper", state="approved")
        if found is None:
            return
        key, one = found
        items = {item for item, _ in one.pages}
        ahead = self.first_in_line(key, items)

        def work(session: Session) -> tuple[int, object]:
            loan = actions.hand_out(
                session, self.by(session, who), key, pages_counted=len(one.pages) + wrong, now=self.now
            )
            return loan.id, loan.due_on

        made = self.act(work)
        if made is None:
            return
        assert one.loan is None
        assert not wrong
        assert who != one.who
        assert self.may(who)
        assert self.may(one.who)
        assert ahead
        assert not items & set(self.holder)
        assert one.who not in self.overdue()
        one.loan = made[0]
        self.holder.update(dict.fromkeys(items, (one.who, made[0])))

    @rule(data=st.data(), code=st.sampled_from("AB"), who=st.permutations(WHO))
    def hand_out_of_turn(self, data: st.DataObject, code: str, who: list[str]) -> None:
        """Who comes after somebody, with everything in order, asks to be handed the same paper: it is not their turn.

        The refusal has to be that of the line whenever nothing else stands in the way.
        """
        items = set(self.world.items[code])
        for each in who[: 1 if self.in_line(items) else 2]:
            self.ask_and_have_approved(each, code)
        late = [key for key in self.in_line(items) if not self.first_in_line(key, self.papers(key))]
        by = [one for one in ARCHIVISTS if self.may(one) and PEOPLE[one][1] == code]
        if not late:
            return
        key, handing = data.draw(st.sampled_from(late)), data.draw(st.sampled_from(by or ARCHIVISTS))
        one = self.wishes[key]
        refused = self.refused_hand_out(handing, key)
        assert any(word in refused.message for word in SAID), refused.message
        may_have = self.may(one.who) and one.who not in self.overdue() and one.who != handing
        if handing in by and may_have and not self.papers(key) & set(self.holder):
            assert refused.code == "paper.queue"

    def refused_hand_out(self, by: str, key: int) -> ArchiveError:
        """Try to hand out what a wish names, rightly counted; return the refusal."""
        pages = len(self.wishes[key].pages)
        with pytest.raises(ArchiveError) as refused, self.database.unit_of_work() as session:
            actions.hand_out(session, self.by(session, by), key, pages_counted=pages, now=self.now)
        return refused.value

    def ask_and_have_approved(self, who: str, code: str) -> None:
        """Let somebody ask for the papers of a file, and the first who may approve it do so."""
        before = set(self.wishes)
        self.ask(who, code, "paper", 1, (0, 1), emergency=False)
        for key in set(self.wishes) - before:
            one = self.wishes[key]
            for by in DECIDERS:
                if one.state == "asked" and by != who:
                    self.decided(key, one, by, True, one.pages)

    def papers(self, key: int) -> set[int]:
        """The papers that a wish names, as far as they were approved."""
        return {item for item, _ in self.wishes[key].pages}

    def first_in_line(self, key: int, items: set[int]) -> bool:
        """Say whether nobody waits for any of these papers who asked, or was passed over, before."""
        with self.database.reading() as session:
            since = dict(session.execute(select(LoanWish.id, LoanWish.queued_at)).all())
        return min(self.in_line(items), key=lambda one: (since[one], one), default=None) == key

    def in_line(self, items: set[int]) -> list[int]:
        """The wishes that wait for any of these papers."""
        return [
            key
            for key, one in self.wishes.items()
            if (one.way, one.state, one.loan) == ("paper", "approved", None) and items & {item for item, _ in one.pages}
        ]

    def overdue(self) -> set[str]:
        """Whoever has a paper whose day is past, by the days that the loans say."""
        today = zone.local(self.now).date()
        with self.database.reading() as session:
            due = dict(session.execute(select(PaperLoan.id, PaperLoan.due_on)).all())
            out = set(session.scalars(select(PaperLoan.id).where(PaperLoan.state == "out")))
        return {who for who, loan in self.holder.values() if loan in out and due[loan] < today}

    def pick_loan(self, data: st.DataObject) -> tuple[str, int] | None:
        loans = sorted({loan for _, loan in self.holder.values()})
        if not loans:
            return None
        loan = data.draw(st.sampled_from(loans))
        return next(who for who, key in self.holder.values() if key == loan), loan

    @rule(data=st.data(), who=st.sampled_from(WHO))
    def renew(self, data: st.DataObject, who: str) -> None:
        found = self.pick_loan(data)
        if found is None:
            return
        holder, loan = found
        who = data.draw(st.sampled_from([who, holder, holder]))
        late = holder in self.overdue()
        with self.database.reading() as session:
            before = session.get_one(PaperLoan, loan)
        made = self.act(lambda session: actions.renew(session, self.by(session, who), loan, now=self.now))
        if made is None:
            return
        assert who == holder or who in ARCHIVISTS
        assert self.may(who)
        assert before.recalled_at is None
        assert (before.renewals, made.renewals) == (0, 1)
        assert made.due_on > before.due_on >= zone.local(self.now).date()
        papers = {item for item, (_, key) in self.holder.items() if key == loan}
        assert not self.in_line(papers)
        assert not late or before.due_on >= zone.local(self.now).date()

    @rule(data=st.data(), who=st.sampled_from(WHO))
    def recall(self, data: st.DataObject, who: str) -> None:
        found = self.pick_loan(data)
        if found is None:
            return
        with self.database.reading() as session:
            before = session.get_one(PaperLoan, found[1])
        said = {"words": "他人急用", "now": self.now}
        made = self.act(lambda session: actions.recall_paper(session, self.by(session, who), found[1], **said))
        if made is not None:
            assert who in DECIDERS
            assert self.may(who)
            assert made.due_on <= before.due_on
            assert before.recalled_at is None

    @rule(data=st.data(), who=st.sampled_from(ARCHIVISTS), sound=st.booleans(), all_of_it=st.booleans())
    def take_back(self, data: st.DataObject, who: str, sound: bool, all_of_it: bool) -> None:
        found = self.pick_loan(data)
        if found is None:
            return
        holder, loan = found
        out = sorted(item for item, (_, key) in self.holder.items() if key == loan)
        papers = out if all_of_it else out[:1]
        counts = {item: sum(page[0] == item for page in self.world.pages) for item in papers}
        given = [
            Inspected(item, counts[item], "sound") if sound else Inspected(item, 0, "missing", "全部缺页")
            for item in papers
        ]
        made = self.act(lambda session: actions.take_back(session, self.by(session, who), loan, given, now=self.now))
        if made is None:
            return
        assert who != holder
        assert self.may(who)
        for item in papers:
            del self.holder[item]
        self.closed(loan, made.state)

    @rule(data=st.data(), who=st.sampled_from(ARCHIVISTS))
    def lose(self, data: st.DataObject, who: str) -> None:
        found = self.pick_loan(data)
        if found is None:
            return
        holder, loan = found
        item = data.draw(st.sampled_from(sorted(item for item, (_, key) in self.holder.items() if key == loan)))
        said = {"words": "途中遗失", "now": self.now}
        made = self.act(lambda session: actions.report_lost(session, self.by(session, who), loan, item, **said))
        if made is not None:
            assert who != holder
            assert self.may(who)
            self.closed(loan, made.state)

    def closed(self, loan: int, state: str) -> None:
        still = any(key == loan for _, key in self.holder.values())
        assert still or state == "returned"
        if state != "out":
            one = next(one for one in self.wishes.values() if one.loan == loan)
            one.state = "done"

    @rule(data=st.data(), who=st.sampled_from(ARCHIVISTS))
    def pass_over(self, data: st.DataObject, who: str) -> None:
        found = self.pick(data, way="paper", state="approved")
        if found is not None:
            self.act(lambda session: actions.pass_over(session, self.by(session, who), found[0], now=self.now))

    @rule(data=st.data(), who=st.sampled_from(WHO))
    def end_reading(self, data: st.DataObject, who: str) -> None:
        live = [(key, one) for key, one in self.wishes.items() if one.readings and not one.readings[-1].over]
        if not live:
            return
        key, one = data.draw(st.sampled_from(live))
        who = data.draw(st.sampled_from([who, one.who]))

        def work(session: Session) -> object:
            newest = select(func.max(ReadingGrant.id)).where(ReadingGrant.wish_id == key)
            return actions.end_reading(session, self.by(session, who), session.scalar(newest) or 0, now=self.now)

        if self.act(work) is None:
            return
        assert who == one.who or (who in DECIDERS and self.may(who))
        one.readings[-1].over = True
        if one.state == "approved":
            one.state = "done"

    @rule(who=st.sampled_from(WHO), role=st.booleans())
    def a_role_or_account_comes_or_goes(self, who: str, role: bool) -> None:
        system_role, code = PEOPLE[who]
        person, unit = self.world.people[who], self.world.units[code]
        with self.database.unit_of_work() as session:
            by = records.system(session)
            if not role:
                self.account[who] = not self.account[who]
                said = {"active": self.account[who], "reason": "调动工作"}
                people.set_active(session, person_id=person, by=by, now=self.now, **said)  # type: ignore[arg-type]
                return
            self.role[who] = not self.role[who]
            change = people.grant_role if self.role[who] else people.revoke_role
            change(session, person_id=person, role=system_role, unit_id=unit, by=by, now=self.now)

    @rule(minutes=st.one_of(st.integers(0, 90), st.integers(60, 60 * 80)), seconds=st.sampled_from([0, 0, 1, 59]))
    def time_passes(self, minutes: int, seconds: int) -> None:
        self.now += timedelta(minutes=minutes, seconds=seconds)

    @precondition(lambda self: any(reading.ends > self.now for one in self.wishes.values() for reading in one.readings))
    @rule(data=st.data(), before=st.booleans())
    def the_clock_stands_at_an_end(self, data: st.DataObject, before: bool) -> None:
        """The last moment of a reading, and the first one after it."""
        ends = {reading.ends for one in self.wishes.values() for reading in one.readings}
        end = data.draw(st.sampled_from(sorted(one for one in ends if one > self.now)))
        self.now = max(self.now, end - timedelta(microseconds=1) if before else end)

    @rule()
    def the_job_runs(self) -> None:
        with self.database.unit_of_work() as session:
            actions.end_due(session, now=self.now)
        for one in self.wishes.values():
            for reading in one.readings:
                if not reading.over and (reading.ends <= self.now or not self.may(one.who)):
                    reading.over = True
                    if one.state == "approved":
                        one.state = "done"

    @rule(data=st.data(), who=st.sampled_from(WHO))
    def read(self, data: st.DataObject, who: str) -> None:
        page = data.draw(st.sampled_from(self.world.pages))
        made = self.act(lambda session: actions.note_page(session, self.by(session, who), *page, now=self.now))
        assert (made is not None) == self.readable(who, page)
        self.shown += made is not None

    def readable(self, who: str, page: tuple[int, int]) -> bool:
        """Say whether the model has a live reading of the page for the person."""
        return self.may(who) and any(
            page in reading.pages and not reading.over and reading.begins <= self.now < reading.ends
            for one in self.wishes.values()
            if one.who == who
            for reading in one.readings
        )

    @invariant()
    def it_all_holds(self) -> None:
        """Everything is looked at with the rights of this moment, which are looked up once."""
        self.steps += 1
        with self.database.reading() as session:
            people = {who: self.by(session, who) for who in WHO}
            self.a_page_is_readable_exactly_under_a_live_grant(session, people)
            self.a_paper_has_one_holder(session)
            self.no_request_is_lost(session, people)
            assert verify_loans.findings(session, altered=()) == []
            self.nobody_decided_their_own(session)

    def a_page_is_readable_exactly_under_a_live_grant(self, session: Session, people: dict[str, Viewer]) -> None:
        """Each page that somebody ever borrowed, the same page for a neighbour, and another page for them."""
        pages = self.world.pages
        ever = {(one.who, page) for one in self.wishes.values() for reading in one.readings for page in reading.pages}
        others = {(WHO[(WHO.index(who) + self.steps) % len(WHO)], page) for who, page in ever}
        others |= {(who, pages[(pages.index(page) + self.steps) % len(pages)]) for who, page in ever}
        for who, page in sorted(ever | others):
            found = queries.may_read_page(session, people[who], *page, self.now)
            assert (found is not None) == self.readable(who, page), (who, page)
        assert session.scalar(select(func.count()).select_from(PageReading)) == self.shown

    def a_paper_has_one_holder(self, session: Session) -> None:
        rows = session.execute(
            select(LentPaper.item_id, PaperLoan.holder_id, PaperLoan.id)
            .join(PaperLoan, PaperLoan.id == LentPaper.loan_id)
            .where(LentPaper.back_at.is_(None))
        ).all()
        assert len({item for item, *_ in rows}) == len(rows)
        held = {item: (self.world.people[who], loan) for item, (who, loan) in self.holder.items()}
        assert {item: (person, loan) for item, person, loan in rows} == held

    def no_request_is_lost(self, session: Session, people: dict[str, Viewer]) -> None:
        """Each is in its state, in its asker's list, on somebody's desk or said to be on nobody's, or in the line."""
        found = dict(session.execute(select(LoanWish.id, LoanWish.state)).all())
        assert found == {key: one.state for key, one in self.wishes.items()}
        desks = {who: {one.id for one in queries.to_decide(session, people[who], self.now)} for who in WHO}
        askers = {one.who for one in self.wishes.values()}
        listed = {who: {row.wish_id for row in queries.own_wishes(session, people[who])} for who in askers}
        for key, one in self.wishes.items():
            assert key in listed[one.who]
            on = {who for who in WHO if key in desks[who]}
            assert one.who not in on
            if one.state == "asked":
                wish = session.get_one(LoanWish, key)
                named = queries.deciders_of(session, wish, self.world.people[one.who], self.now)
                assert {self.world.people[who] for who in on} == {each.person_id for each in named.people}
                assert bool(on) == (named.why[-1].code is not Because.NOBODY)
            else:
                assert not on
        for item in {item for one in self.wishes.values() if one.way == "paper" for item, _ in one.pages}:
            line = {each.id for each in queries.queue_of(session, [item])}
            assert line == set(self.in_line({item}))

    def nobody_decided_their_own(self, session: Session) -> None:
        rows = session.execute(
            select(LoanDecision.decided_by, LoanDecision.asker_id, LoanRequest.asker_id)
            .join(LoanWish, LoanWish.id == LoanDecision.wish_id)
            .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        ).all()
        undecided = session.scalars(select(WishPage.wish_id).where(WishPage.approved.is_not(None)).distinct()).all()
        decided = session.scalars(select(LoanDecision.wish_id)).all()
        assert all(by != asker == really for by, asker, really in rows)
        assert sorted(undecided) == sorted(decided)


@pytest.mark.timeout(600)
def test_every_path_of_borrowing_keeps_what_always_holds(migrated_file: Path, tmp_path: Path) -> None:
    """Twenty stories of up to thirty steps."""
    shutil.copy(migrated_file, tmp_path / "archive.db")
    database = Database(f"sqlite:///{tmp_path / 'archive.db'}")
    with database.unit_of_work() as session:
        Borrowing.world = worlds.build(session)
    database.close()
    Borrowing.template = tmp_path / "archive.db"
    run_state_machine_as_test(
        Borrowing,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
