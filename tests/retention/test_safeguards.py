"""Somebody with write access to the database alone lifts holds, changes disposals or takes roles: `verify` names it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from archive_service.cli import verify_deeds
from archive_service.db.session import Database
from archive_service.holds import actions as holds
from archive_service.holds.actions import On
from archive_service.holds.rules import Terms
from archive_service.people import actions as people
from archive_service.people.actions.grants import Term
from archive_service.people.roles import Role
from archive_service.storage.memory import MemoryStore
from tests.retention.world import World, papers, world
from tests.support import records

Deed = Callable[[Session], object]
DIFFERS, GONE, INVENTED = "row.differs-from-trail", "row.gone", "row.not-in-trail"
_HOLD = "unit_id, kind, reason, authority, review_on, placed_by, placed_at, release_reason"


def sql(*statements: str) -> Deed:
    return lambda session: [session.execute(text(one)) for one in statements]


#: What is done, and what is named; the people are 1 to 4 and the system's own, the list is signed by two.
WAYS: dict[str, tuple[Deed, list[tuple[str, str]]]] = {
    "a hold lifted": (
        sql("update holds set released_at = '2027-01-01 00:00:00', released_by = 1 where id = 1"),
        [(DIFFERS, "hold 1")]),
    "a hold that was lifted by somebody else": (
        sql("update holds set released_by = 1 where id = 2"), [(DIFFERS, "hold 2")]),
    "a hold that is not looked at": (
        sql("update holds set review_on = '2040-01-01' where id = 1"), [(DIFFERS, "hold 1")]),
    "a hold of another kind": (sql("update holds set kind = 'unpaid' where id = 1"), [(DIFFERS, "hold 1")]),
    "a hold of nothing": (sql("delete from hold_subjects where hold_id = 1"), [(DIFFERS, "hold 1")]),
    "a hold of another paper": (
        sql("update hold_subjects set item_id = (select max(id) from items) where hold_id = 1"), [(DIFFERS, "hold 1")]),
    "a hold removed": (
        sql("delete from hold_subjects where hold_id = 1", "delete from holds where id = 1"), [(GONE, "hold 1")]),
    "a hold invented": (
        sql(f"insert into holds ({_HOLD}) select {_HOLD} from holds where id = 1"), [(INVENTED, "hold 3")]),
    "a witness exchanged": (
        sql("update disposal_lists set first_witness = decided_by"), [(DIFFERS, "disposal 1")]),
    "a plan exchanged": (sql("update disposal_lists set plan_hash = 'f'"), [(DIFFERS, "disposal 1")]),
    "an approval by somebody else": (
        sql("update disposal_lists set decided_by = null"), [(DIFFERS, "disposal 1")]),
    "a waiting period cut short": (
        sql("update disposal_lists set execute_from = '2020-01-01'"), [(DIFFERS, "disposal 1")]),
    "an appraisal report exchanged": (
        sql("update disposal_lists set report_digest = 'f'"), [(DIFFERS, "disposal 1")]),
    "a certificate of one's own": (
        sql("update disposal_lists set certificate_digest = 'f', state = 'done'"), [(DIFFERS, "disposal 1")]),
    "a disposal removed": (
        sql("delete from disposal_items", "delete from disposal_lists"), [(GONE, "disposal 1")]),
    "a tombstone for what was never destroyed": (
        sql(
            "insert into tombstones (item_id, household_id, code, title, document_type, filed_on, destroyed_at, pages,"
            " content_hash, register_no) select items.id, household_id, 'X', items.title, document_type,"
            " frozen_on, made_at, 1, 'f', 'XH' from items, disposal_lists where items.id = 1"
        ), [(INVENTED, "tombstone 1")]),
    "a role taken": (
        sql(
            "insert into role_grants (person_id, role, unit_id)"
            " select 1, 'audit_admin', unit_id from persons where id = 1"
        ),
        [(DIFFERS, "roles of person 1")]),
    "a role made another": (
        sql("update role_grants set role = 'system_admin' where person_id = 1"), [(DIFFERS, "roles of person 1")]),
    "a role without end": (
        sql("update role_grants set ends_on = null where person_id = 2"), [(DIFFERS, "roles of person 2")]),
    "all roles taken away": (sql("delete from role_grants where person_id = 1"), [(DIFFERS, "roles of person 1")]),
}  # fmt: skip


@pytest.fixture
def there(database: Database) -> World:
    """A disposal that two people signed for, a hold that lasts and one that was released, and a deputy for a while."""
    here = world(database, MemoryStore())
    going, held, freed = papers(database, 3)
    assert here.people["asker"] == 1
    here.signed([going])
    with database.unit_of_work() as session:
        by = records.system(session)
        terms = Terms("litigation", "诉讼保全", "法院来函", here.today + timedelta(days=90))
        for item in (held, freed):
            holds.place(session, by, On(item_ids=[item]), terms, now=here.now, today=here.today)
        holds.release(session, by, 2, reason="已经结案", now=here.now)
        people.grant_role(
            session, person_id=2, role=Role.STAFF, unit_id=here.unit_id, by=by, now=here.now,
            term=Term(ends_on=here.today + timedelta(days=30)),
        )  # fmt: skip
    return here


def found(session: Session) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in verify_deeds.findings(session, altered=())]


def test_what_is_done_to_the_safeguards_is_named(there: World) -> None:
    """Each deed is undone again, on each engine; nothing is named where nothing was done."""
    with there.database.reading() as session:
        assert found(session) == []
    for way, (deed, named) in WAYS.items():
        with there.database.reading() as session:
            deed(session)
            assert found(session) == named, way
            session.rollback()


def test_a_hold_whose_entries_are_not_whole_is_not_judged_by_them(there: World) -> None:
    with there.database.reading() as session:
        entries = text("select seq from audit_entries where object_kind = 'hold' and object_id = '1'")
        altered = [int(one) for one in session.scalars(entries)]
        sql("update holds set kind = 'unpaid' where id = 1")(session)
        assert verify_deeds.findings(session, altered=altered) == []
        session.rollback()
