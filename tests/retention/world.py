"""People and papers of a disposal: four persons, papers whose retention is over, and the way through all steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.households.tables import Item
from archive_service.jobs import queue
from archive_service.people.queries import viewer_for
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.storage.store import ObjectStore
from archive_service.zone import local
from retention import certificate, disposal, review
from retention.candidates import Due, Holds, held
from retention.disposal_tables import DisposalList
from tests.support import records

#: After every entry that the builders write.
BEGIN = datetime(2027, 1, 4, 2, 0, tzinfo=UTC)
ROLES = {
    "asker": Role.ARCHIVIST, "head": Role.UNIT_HEAD, "first": Role.AUDITOR, "second": Role.ARCHIVIST,
}  # fmt: skip


@dataclass
class World:
    """A database with four people, and the day it is there."""

    database: Database
    store: ObjectStore
    people: Mapping[str, int]
    unit_id: int
    now: datetime = BEGIN
    waiting_days: int = 30
    holds: Holds = held

    @property
    def today(self) -> date:
        """The day at the service centre."""
        return local(self.now).date()

    def viewer(self, session: Session, name: str) -> Viewer:
        """Return one of the people."""
        found = viewer_for(session, self.people[name], now=self.now)
        assert found is not None
        return found

    def days_pass(self, days: int) -> None:
        """Let days go by in an archive that is in use: each leaves an entry."""
        for _ in range(days):
            self.now += timedelta(days=1)
            with self.database.unit_of_work() as session:
                record(session, by=SYSTEM, did="audit.exported", object_kind="audit", object_id="0", unit_id=None,
                       facts={}, now=self.now)  # fmt: skip

    def freeze(self, items: Sequence[int], *, due_on: date | None = None, who: str = "asker") -> int:
        """Freeze a list of these items; return its id."""
        with self.database.unit_of_work() as session:
            asker = self.viewer(session, who)
            dues = [Due(one, due_on or self.today, "销户后 5 年") for one in items]
            return review.freeze(
                session, asker, unit_id=self.unit_id, title="到期鉴定", dues=dues, now=self.now, today=self.today,
                holds=self.holds,
            ).id  # fmt: skip

    def judge(
        self, list_id: int, items: Sequence[int], opinion: str = "destroy", *, who: str = "asker", **more: object
    ) -> None:
        """Give an opinion on items."""
        with self.database.unit_of_work() as session:
            review.opine(session, self.viewer(session, who), list_id, items, opinion=opinion, now=self.now, **more)  # type: ignore[arg-type]

    def propose(self, list_id: int, who: str = "asker") -> None:
        """Draw the report and hand the list on."""
        with self.database.reading() as session:
            made = certificate.report(session, session.get_one(DisposalList, list_id), now=self.now)
        stored = self.store.put_bytes(made)
        with self.database.unit_of_work() as session:
            review.propose(session, self.viewer(session, who), list_id, stored, now=self.now)

    def decide(self, list_id: int, *, approve: bool = True, who: str = "head", note: str = "") -> None:
        """Approve a list, or send it back."""
        with self.database.unit_of_work() as session:
            review.decide(
                session, self.viewer(session, who), list_id, approve=approve, note=note, now=self.now,
                today=self.today, waiting_days=self.waiting_days,
            )  # fmt: skip

    def give_up(self, list_id: int) -> None:
        """Give a list up."""
        with self.database.unit_of_work() as session:
            review.give_up(session, self.viewer(session, "asker"), list_id, reason="没有要销毁的", now=self.now)

    def plan(self, list_id: int, who: str = "asker") -> str:
        """Ask for the execution; return the digest of the plan."""
        with self.database.unit_of_work() as session:
            asker = self.viewer(session, who)
            row = disposal.plan(
                session, asker, list_id, place="档案室", now=self.now, today=self.today, holds=self.holds
            )
            assert row.plan_hash is not None
            return row.plan_hash

    def witness(self, list_id: int, who: str, plan_hash: str) -> None:
        """Sign as a witness."""
        with self.database.unit_of_work() as session:
            viewer = self.viewer(session, who)
            disposal.witness(session, viewer, list_id, plan_hash=plan_hash, now=self.now, today=self.today)

    def signed(self, items: Sequence[int]) -> int:
        """Take items through all steps until the execution is a job that waits; return the list."""
        list_id = self.freeze(items)
        self.judge(list_id, items)
        self.propose(list_id)
        self.decide(list_id)
        self.days_pass(self.waiting_days)
        plan_hash = self.plan(list_id)
        self.witness(list_id, "first", plan_hash)
        self.witness(list_id, "second", plan_hash)
        return list_id

    def claim(self) -> queue.Claimed:
        """Take the job of the execution."""
        found = queue.claim(self.database, worker="w", queues=("upkeep",), now=self.now, lease_s=600)
        assert found is not None
        return found

    def state(self, list_id: int) -> str:
        """Return the state of a list."""
        with self.database.reading() as session:
            return session.get_one(DisposalList, list_id).state

    def trail(self) -> list[str]:
        """Return what was done, in its order."""
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry.did).order_by(AuditEntry.seq)))


def world(database: Database, store: ObjectStore) -> World:
    """Make the four people, in one unit."""
    with database.unit_of_work() as session:
        unit = records.unit(session)
        people = {name: records.person(session, name, roles=(role,), at=unit).id for name, role in ROLES.items()}
    return World(database, store, people, unit.id)


def papers(database: Database, count: int) -> list[int]:
    """File so many papers without objects into one case; return their ids."""
    with database.unit_of_work() as session:
        case = records.case(session)
        made = [
            records.item(session, case, pages=(records.page(n + 1, digest=f"{n:x}".rjust(64, "e")),))
            for n in range(count)
        ]
        return [one.id for one in made]


def filed(database: Database) -> list[Item]:
    """Return the items that are filed."""
    with database.reading() as session:
        return list(session.scalars(select(Item).where(Item.state == "filed")))
