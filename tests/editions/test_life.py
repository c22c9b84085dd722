"""The steps in the life of a draft are the same on all desks; each desk has its own of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from archive_service.db.session import Database
from archive_service.editions import actions, life
from archive_service.editions.life import Kind
from archive_service.errors import NotFound, NotPermitted, Refused
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.properties.actions import schemes
from retention import actions as schedules
from tests.support import records

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KINDS = [actions.KIND, schedules.KIND, schemes.KIND]
#: The steps that are open in each state; none once it is decided.
OPEN = {
    "edition": {
        "draft": {"change", "preview", "submit", "drop"},
        "submitted": {"preview", "return", "release", "drop"},
    },
    "schedule": {"draft": {"change", "preview", "release", "drop"}},
    "property-scheme": {"draft": {"change", "release", "drop"}},
}


def drafted(session: Any, kind: Kind[Any], state: str, **said: Any) -> Any:
    """A draft of the top unit in a state."""
    said = {"code": f"T-{state}", "title": "试", "text": "", "effective_from": records.TODAY, "state": state, **said}
    if "revision" in kind.table.__mapper__.columns:
        said["revision"] = 1
    row = kind.table(unit_id=records.unit(session).id, changed_at=records.NOW, **said)
    session.add(row)
    session.flush()
    return row


def refusal(session: Any, kind: Kind[Any], row: Any, step: str, by: Viewer) -> tuple[str, str] | None:
    """Code and sentence with which a step is refused, none where it is taken."""
    try:
        assert life.take(session, kind, row.id, step, by) is row
    except Refused as e:
        return e.code, e.message
    return None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.trail)
def test_a_step_is_taken_only_where_it_belongs(database: Database, kind: Kind[Any]) -> None:
    """In any other state it is refused by the words of its desk, and the draft is as it was."""
    states = ["draft", "released", "dropped", *(["submitted"] if "submitted" in OPEN[kind.trail] else [])]
    with database.unit_of_work() as session:
        rows = {state: drafted(session, kind, state) for state in states}
        by = records.system(session)
        for state, row in rows.items():
            refused = {step: refusal(session, kind, row, step, by) for step in kind.steps}
            open_now = OPEN[kind.trail].get(state, set())
            assert {step for step, said in refused.items() if said is None} == open_now
            assert all(said == kind.steps[step].otherwise for step, said in refused.items() if step not in open_now)
            assert row.state == state


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.trail)
def test_nobody_without_the_right_knows_of_a_draft_and_no_writer_releases_it(
    database: Database, kind: Kind[Any]
) -> None:
    """Who drafts does not release; who may do neither is told that there is none."""
    state = "submitted" if "submitted" in OPEN[kind.trail] else "draft"
    with database.unit_of_work() as session:
        staff, archivist, head = (
            records.viewer(session, role) for role in (Role.STAFF, Role.ARCHIVIST, Role.UNIT_HEAD)
        )
        row = drafted(session, kind, state, made_by=archivist.person_id, changed_by=head.person_id)
        with pytest.raises(NotFound):
            life.take(session, kind, row.id, "drop", staff)
        with pytest.raises(NotPermitted):
            life.take(session, kind, row.id, "release", archivist)
        for writer in (archivist, head):
            with pytest.raises(Refused) as own:
                life.check_another(session, kind, row, writer)
            assert own.value.code == kind.own.code
        life.check_another(session, kind, row, records.viewer(session, Role.UNIT_HEAD))
        with pytest.raises(Refused):
            life.check_begun(row, "test.early", today=records.TODAY - timedelta(days=1))
        life.check_begun(row, "test.early", today=records.TODAY)
