"""Cases are driven through every path, by people of every role, while clocks move: what holds must hold everywhere."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from archive_service import zone
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Refused
from archive_service.households import actions as households
from archive_service.households import states
from archive_service.households.handed import HandOver
from archive_service.households.tables import CaseFile, CasePlace, Item
from archive_service.lifecycle import actions, queries, rules
from archive_service.lifecycle.tables import CaseReturn, CaseStep
from archive_service.people.roles import Role
from tests.support import records

WHO = ("staff", "archivist", "second", "head", "auditor", "stranger")
#: Who holds the right to each step in the unit of the case.
MAY = {
    "submit": {"staff", "archivist", "second"},
    **{verb: {"archivist", "second", "head"} for verb in ("accept", "return", "file", "reopen")},
}


class LifeOfACase(RuleBasedStateMachine):
    """One case, six people, a clock; a model of four facts says what each step must do."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "archive.db")
        self.database = Database(f"sqlite:///{self.folder / 'archive.db'}")
        self.now: datetime = records.NOW
        self.state, self.giver, self.rounds, self.placed = "collecting", "", 0, 0
        with self.database.unit_of_work() as session:
            case = records.case(session)
            records.everything_due(session, case, but=("K01R",))
            self.no, self.case_id, self.household_id = case.application_no, case.id, case.household_id
            root = records.unit(session)
            roles = (Role.STAFF, Role.ARCHIVIST, Role.ARCHIVIST, Role.UNIT_HEAD, Role.AUDITOR)
            self.people = {name: records.viewer(session, role) for name, role in zip(WHO, roles, strict=False)}
            self.people["stranger"] = records.viewer(session, at=records.unit(session, "W", below=root))

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def step(self, verb: str, who: str, **said: object) -> bool:
        """Ask for a step as somebody; say whether it was taken, and see that a refusal was due."""
        by = {"by": self.people[who], "now": self.now}
        act = getattr(actions, f"{verb}_case")
        allowed = who in MAY[verb] and self.state in rules.BY_VERB[verb].from_states
        refused: ArchiveError | None = None
        try:
            with self.database.unit_of_work() as session:
                complete = session.get_one(CaseFile, self.case_id).complete
                fresh = self.fresh(session)
                act(session, self.no, **by, **said)
        except ArchiveError as error:
            refused = error
        if refused is not None:
            assert "请" in refused.message or "不再变动" in refused.message
            if refused.code == "case.own-hand-over":
                assert (verb, who) == ("accept", self.giver)
            elif allowed:
                assert refused.code == {"submit": "case.nothing-to-hand-over", "file": "case.incomplete"}[verb]
                assert not (fresh if verb == "submit" else complete)
            return False
        assert allowed, (verb, who, self.state)
        self.state = rules.BY_VERB[verb].to_state
        return True

    def fresh(self, session: object) -> int:
        """How many papers the case has that have no place."""
        placed = select(CasePlace.item_id)
        wanted = select(Item.id).where(Item.case_id == self.case_id, Item.state == "filed", Item.id.not_in(placed))
        return len(session.scalars(wanted).all())  # type: ignore[attr-defined]

    @rule(who=st.sampled_from(WHO))
    def submit(self, who: str) -> None:
        if self.step("submit", who):
            self.giver, self.rounds = who, self.rounds + 1

    @rule(who=st.sampled_from(WHO))
    def accept(self, who: str) -> None:
        self.step("accept", who)

    @rule(who=st.sampled_from(WHO), days=st.integers(0, 9), reason=st.sampled_from(rules.REASONS))
    def send_back(self, who: str, days: int, reason: str) -> None:
        today = zone.local(self.now).date()
        self.step(
            "return", who, stage="CONTRACT", reasons=[reason], due_on=today + timedelta(days=days), note="补正",
            today=today,
        )  # fmt: skip

    @rule(who=st.sampled_from(WHO))
    def file(self, who: str) -> None:
        self.step("file", who)

    @rule(who=st.sampled_from(WHO), purpose=st.sampled_from(rules.PURPOSES))
    def reopen(self, who: str, purpose: str) -> None:
        self.step("reopen", who, purpose=purpose, reason="补充资料", filing_due_workdays=3)

    @rule(code=st.sampled_from(["K01R", "V01", "A05"]))
    def a_paper_comes(self, code: str) -> None:
        """Papers come when they come, whatever the state."""
        with self.database.unit_of_work() as session:
            records.item(session, session.get_one(CaseFile, self.case_id), code)

    @rule(data=st.data())
    def a_paper_is_withdrawn(self, data: st.DataObject) -> None:
        with self.database.reading() as session:
            wanted = select(Item.id).where(Item.case_id == self.case_id, Item.state == "filed").order_by(Item.id)
            papers = session.scalars(wanted).all()
            placed = set(session.scalars(select(CasePlace.item_id)))
        if not papers:
            return
        paper = data.draw(st.sampled_from(papers))
        shut = self.state in (states.HANDED_OVER | states.KEPT) or (paper in placed and self.state != "reopened")
        refused: Refused | None = None
        try:
            with self.database.unit_of_work() as session:
                today = zone.local(self.now).date()
                by = self.people["archivist"]
                households.withdraw_item(session, item_id=paper, reason="扫描不清", by=by, now=self.now, today=today)
        except Refused as error:
            refused = error
        assert (refused is not None) == shut
        assert refused is None or refused.code in ("case.handed-over", "case.locked")

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: self.state == "submitted")
    @rule()
    def two_at_once(self) -> None:
        """Both looked at the same step; the second hears of it and changes nothing."""
        with self.database.reading() as session:
            seen = queries.case_life(session, self.people["head"], self.no).seq
        first = "second" if self.giver == "archivist" else "archivist"
        assert self.step("accept", first, seen=seen)
        with pytest.raises(Refused) as refused, self.database.unit_of_work() as session:
            actions.file_case(session, self.no, by=self.people["head"], now=self.now, seen=seen)
        assert refused.value.code == "case.passed"

    @invariant()
    def what_always_holds(self) -> None:
        with self.database.reading() as session:
            case = session.get_one(CaseFile, self.case_id)
            steps = session.scalars(select(CaseStep).order_by(CaseStep.seq)).all()
            overs = session.scalars(select(HandOver).order_by(HandOver.round)).all()
            owed = session.scalars(select(CaseReturn).where(CaseReturn.mended_at.is_(None))).all()
            places = session.scalars(select(CasePlace.place).order_by(CasePlace.place)).all()
            waiting = queries.to_receive(session, self.people["head"]).rows
        assert case.state == self.state
        assert [one.seq for one in steps] == list(range(1, len(steps) + 1))
        assert all(one.from_state in rules.BY_VERB[one.verb].from_states for one in steps)
        assert [one.to_state for one in steps[:-1]] == [one.from_state for one in steps[1:]]
        assert [one.round for one in overs] == list(range(1, self.rounds + 1))
        assert [one.outcome is None for one in overs] == [False] * (self.rounds - 1) + (
            [self.state == "submitted"] if self.rounds else []
        )
        assert all(one.giver_id != one.receiver_id for one in overs if one.outcome == "accepted")
        assert len(owed) == (self.state == "returned")
        assert len(waiting) == (self.state == "submitted")
        assert list(places) == list(range(1, len(places) + 1))
        assert len(places) >= self.placed
        self.placed = len(places)
        assert (case.filed_at is not None) == bool(places)


def test_every_path_of_a_case_keeps_what_always_holds(migrated_file: Path) -> None:
    """Some dozens of lives of up to thirty steps."""
    from hypothesis.stateful import run_state_machine_as_test

    LifeOfACase.template = migrated_file
    run_state_machine_as_test(
        LifeOfACase,
        settings=settings(
            max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
