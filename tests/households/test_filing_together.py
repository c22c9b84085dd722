"""Filing in any order and at the same time: verdicts stay those of a fresh judgement, numbers stay unique."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from sqlalchemy import select

from archive_service import migrations
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database
from archive_service.households import actions, queries
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from tests.support import records
from tests.support.records import NOW, TODAY

_PAPERS = st.sampled_from(["A02R", "A05", "A10", "A11", "S01", "P03L", "K01R", "T01", "X01", "X02", "OTHER"])


@lru_cache(maxsize=1)
def _migrated() -> bytes:
    """Return a migrated database file; the machine is no test function and gets no fixture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        migrations.upgrade(f"sqlite:///{path}")
        return path.read_bytes()


class FilingInAnyOrder(RuleBasedStateMachine):
    """Two households, one with two cases; file, move, retype and withdraw as it comes."""

    items: Bundle[int] = Bundle("items")

    @initialize()
    def open_files(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "archive.db"
        path.write_bytes(_migrated())
        self.database = Database(f"sqlite:///{path}")
        self.writing = self.database.unit_of_work()
        self.session = self.writing.__enter__()
        self.by = records.viewer(self.session)
        here = records.case(self.session, conditions=["tenant"])
        number = queries.item(self.session, self.by, records.item(self.session, here).id).account_no
        again = records.case(self.session, account_no=number, business="INC")
        self.cases = [here, again, records.case(self.session)]
        self.revisions: dict[int, int] = {}
        self.numbers: dict[int, set[tuple[int, int]]] = {}
        self.scans = 0

    def teardown(self) -> None:
        if hasattr(self, "writing"):
            self.writing.__exit__(None, None, None)
            self.database.close()
            self.folder.cleanup()

    @rule(target=items, at=st.integers(0, 2), code=_PAPERS)
    def file(self, at: int, code: str) -> int:
        self.scans += 1
        return records.item(self.session, self.cases[at], code, scan=(self.scans, 1)).id

    @rule(item=items, at=st.integers(0, 2))
    def move(self, item: int, at: int) -> None:
        case = self.cases[at]
        actions.move_item(
            self.session,
            item_id=item,
            household_id=case.household_id,
            case_id=case.id,
            by=self.by,
            now=NOW,
            today=TODAY,
        )

    @rule(item=items, code=_PAPERS)
    def retype(self, item: int, code: str) -> None:
        actions.retype_item(self.session, item_id=item, document_type=code, by=self.by, now=NOW, today=TODAY)

    @rule(item=consumes(items))
    def withdraw(self, item: int) -> None:
        actions.withdraw_item(self.session, item_id=item, reason="重扫", by=self.by, now=NOW, today=TODAY)

    @invariant()
    def verdicts_are_those_of_a_fresh_judgement(self) -> None:
        for case in getattr(self, "cases", []):
            fresh = next(iter(queries.completeness(self.session, self.by, application_no=case.application_no)))
            assert fresh.assessment is not None
            kept = queries.case(self.session, self.by, case.application_no)
            assert [(v.document_type, v.status, v.evidence) for v in kept.verdicts] == [
                (v.document_type, v.status.value, v.evidence) for v in fresh.assessment.verdicts
            ]
            assert (kept.complete, kept.state == "filed") == (fresh.complete, fresh.complete)

    @invariant()
    def revisions_only_grow_and_numbers_stay_unique(self) -> None:
        if not hasattr(self, "cases"):
            return
        for head in self.session.scalars(select(HouseholdFile)):
            assert head.revision >= self.revisions.get(head.id, 0)
            self.revisions[head.id] = head.revision
        places = [(one.household_id, one.item_no) for one in self.session.scalars(select(Item))]
        assert len(places) == len(set(places))


FilingInAnyOrder.TestCase.settings = settings(
    max_examples=6, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
)
TestFilingInAnyOrder: Any = FilingInAnyOrder.TestCase


def test_documents_filed_at_the_same_time_get_numbers_of_their_own(database: Database) -> None:
    """Six workers file into one household; nothing is lost, doubled or counted twice."""
    with database.unit_of_work() as session:
        case = records.case(session)

    def work(scan: int) -> int:
        with database.unit_of_work() as session:
            return records.item(session, session.get_one(CaseFile, case.id), scan=(scan, 1)).item_no

    with ThreadPoolExecutor(max_workers=6) as workers:
        given = list(workers.map(work, range(1, 7)))
    assert sorted(given) == [1, 2, 3, 4, 5, 6]
    with database.reading() as session:
        assert sorted(session.scalars(select(Item.item_no))) == [1, 2, 3, 4, 5, 6]
        assert session.get_one(HouseholdFile, case.household_id).revision == 7
        assert chain_breaks(session) == []
