"""The title of a paper that is stored only is shown to nobody who has not opened it: its type and number are."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.fixity import errors as fixity
from archive_service.holds import actions as holds
from archive_service.holds import queries as held
from archive_service.holds.actions import On
from archive_service.holds.rules import Terms
from archive_service.households import queries as households
from archive_service.households.tables import HouseholdFile
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.rooms import queries as rooms
from archive_service.rooms.queries.codes import papers_of
from retention import actions, drafts, reckoning
from retention import queries as retention
from retention.schedule import standard
from retention.tables import RetentionRun
from tests.retention.test_reckoning import SHORTER, done
from tests.subjects.test_concealed import restrict
from tests.support import records
from tests.support.records import NOW, TODAY

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TITLE, OTHER = "王秀英身份证复印件", "用电申请书"


def changed(session: Session) -> RetentionRun:
    """Return a preview that found papers that go earlier."""
    writer = records.viewer(session, Role.UNIT_HEAD)
    draft = actions.save_draft(session, writer, SHORTER, draft_id=None, now=NOW)
    return done(session, actions.preview(session, writer, draft.id, now=NOW))


def shown(session: Session, by: Viewer, head: HouseholdFile, item_id: int, hold_id: int, run_id: int) -> dict[str, str]:
    """Return what each list of papers gives somebody, as text."""
    said = {
        "household": [asdict(households.household(session, by, head.account_no))],
        "item": [asdict(households.item(session, by, item_id))],
        "dues": [asdict(one) for one in retention.dues(session, by, today=TODAY).rows],
        "due": [asdict(one) for one in retention.dues_of(session, by, [item_id]).values()],
        "hold": [asdict(one) for one in held.subjects(session, by, hold_id)],
        "changes": [asdict(one) for one in drafts.changes(session, by, run_id, effect="earlier")],
        "room": [asdict(one) for one in papers_of(session, [item_id]).values()],
        "scanned": [asdict(one) for one in rooms.meaning(session, by, f"{head.account_no}-001").papers],
    }
    return {name: json.dumps(found, ensure_ascii=False, default=str) for name, found in said.items()}


def test_lists_give_the_type_in_its_place_until_it_is_opened_or_lifted(database: Database) -> None:
    """Also to a command, which opens nothing; whoever handles the paper itself is never told."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        case = records.case(session)
        shut, open_ = records.item(session, case, "K01R", title=TITLE), records.item(session, case, title=OTHER)
        head = session.get_one(HouseholdFile, case.household_id)
        reckoning.reckon(session, [head.id], standard(), today=TODAY)
        terms = Terms("inspection", "专项检查", "检查通知 1 号", TODAY.replace(year=TODAY.year + 1))
        hold = holds.place(session, by, On(item_ids=[shut.id, open_.id]), terms, now=NOW, today=TODAY)
        about = (head, shut.id, hold.id, changed(session).id)
        assert [name for name, said in shown(session, by, *about).items() if TITLE not in said] == []
        restrict(session, by, head, shut.item_no)
        for who in (by, records.system(session)):
            told = shown(session, who, *about)
            assert [name for name, said in told.items() if TITLE in said or "仅存储 K01R" not in said] == []
            assert OTHER in told["household"]
        keeper = replace(by, opened=frozenset({shut.id}))
        told = shown(session, keeper, *about)
        assert [name for name, said in told.items() if TITLE not in said] == ["room", "scanned"]


def test_errors_of_objects_name_no_such_paper(database: Database) -> None:
    with database.unit_of_work() as session:
        by = records.viewer(session)
        item = records.item(session, records.case(session), "A05", title=TITLE)
        head = session.get_one(HouseholdFile, item.household_id)
        restrict(session, by, head, item.item_no)
        hit = fixity.Hit(1, NOW, "damaged", "first", "", "A", "甲", head.account_no, None, item.id, 1, TITLE, "A05", 1)
        assert [one.title for one in fixity.without_closed(session, by, [hit])] == ["仅存储 A05"]
        keeper = replace(by, opened=frozenset({item.id}))
        assert fixity.without_closed(session, keeper, [hit]) == [hit]
