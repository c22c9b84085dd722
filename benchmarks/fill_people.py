"""The units of the company that `benchmarks.fill` invents, and who signs in there."""

from __future__ import annotations

from datetime import UTC, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.people import actions as people
from archive_service.people import queries
from archive_service.people.roles import Role
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from benchmarks.fill_papers import LAST_DAY

CENTRES, COUNTIES = 40, 8
PASSWORD = "seven-kilometres-of-shelves"
#: Where the readers sign in: the whole company, one county, one centre.
LOGINS = {"company": "archivist", "county": "county.archivist", "centre": "centre.archivist"}


def staff(session: Session) -> tuple[list[int], int]:
    """Make company, counties and centres, and an archivist of each level; return the centres and the last of them."""
    by, now = queries.system_viewer(session), datetime.combine(LAST_DAY, time(8), tzinfo=UTC)
    root = people.add_unit(session, code="COMPANY", name="江州供电公司", parent_id=None, by=by, now=now).id
    counties = [
        people.add_unit(session, code=f"X{n}", name=f"第{n}县供电公司", parent_id=root, by=by, now=now).id
        for n in range(COUNTIES)
    ]
    centres = [
        people.add_unit(
            session, code=f"C{n:02d}", name=f"{n}号供电所", parent_id=counties[n % COUNTIES], by=by, now=now
        ).id
        for n in range(CENTRES)
    ]
    by, person_id = queries.system_viewer(session), 0
    for level, unit_id in (("centre", centres[3]), ("county", counties[3]), ("company", root)):
        person = people.add_person(
            session,
            login=LOGINS[level],
            name="王档案",
            unit_id=unit_id,
            password=PASSWORD,
            by=by,
            now=now,
            must_change=False,
        )
        people.grant_role(session, person_id=person.id, role=Role.ARCHIVIST, unit_id=unit_id, by=by, now=now)
        person_id = person.id
    return centres, person_id


def person_at_top(session: Session, login: str, role: Role) -> Viewer:
    """Return somebody who holds a role at the top unit, made when they are not there."""
    return person_at(session, login, role, session.scalars(select(Unit.id).where(Unit.parent_id.is_(None))).one())


def person_at(session: Session, login: str, role: Role, unit_id: int) -> Viewer:
    """Return somebody who holds a role in a unit, made when they are not there."""
    known = queries.viewer_by_login(session, login)
    if known is not None:
        return known
    by, now = queries.system_viewer(session), datetime.now(UTC)
    person = people.add_person(
        session, login=login, name="王档案", unit_id=unit_id, password=PASSWORD, by=by, now=now, must_change=False
    )
    people.grant_role(session, person_id=person.id, role=role, unit_id=unit_id, by=by, now=now)
    made = queries.viewer_by_login(session, login)
    assert made is not None
    return made
