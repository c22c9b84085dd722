"""Grants for a time, deputies, three administrators, and the explanation of all that."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people import actions, queries
from archive_service.people.actions.grants import Term
from archive_service.people.explain import explain
from archive_service.people.roles import ADMINISTRATORS, Right, Role, rights_of
from archive_service.people.tables import RoleGrant
from tests.support import records
from tests.support.records import NOW

TODAY = date(2026, 11, 20)


def may(session: object, person_id: int, right: Right, day: int = 0) -> bool:
    """Say whether a person holds a right somewhere, some days from today."""
    found = queries.viewer_for(session, person_id, now=NOW + timedelta(days=day))  # type: ignore[arg-type]
    assert found is not None
    return found.may(right)


def test_a_grant_holds_from_its_first_day_to_its_last(database: Database) -> None:
    """Both included, by the calendar of the service centre; without a moment it does not count at all."""
    with database.unit_of_work() as session:
        made = records.person(session, roles=[])
        term = Term(TODAY + timedelta(days=2), TODAY + timedelta(days=4))
        at, by = records.unit(session).id, records.system(session)
        actions.grant_role(session, person_id=made.id, role=Role.STAFF, unit_id=at, by=by, now=NOW, term=term)
        assert [may(session, made.id, Right.RECORD_READ, day) for day in range(7)] == [
            False, False, True, True, True, False, False,
        ]  # fmt: skip
        timeless = queries.viewer_for(session, made.id)
        assert timeless is not None
        assert not timeless.may(Right.RECORD_READ)


def test_granting_again_changes_the_days(database: Database) -> None:
    """A contract that goes on is one grant, not two."""
    with database.unit_of_work() as session:
        made = records.person(session, roles=[])
        at, by = records.unit(session).id, records.system(session)
        for days in (1, 30):
            term = Term(ends_on=TODAY + timedelta(days=days))
            actions.grant_role(session, person_id=made.id, role=Role.STAFF, unit_id=at, by=by, now=NOW, term=term)
        assert may(session, made.id, Right.RECORD_READ, 20)
        assert len(queries.person(session, by, made.id).grants) == 1


@pytest.mark.parametrize(
    "term", [Term(ends_on=TODAY - timedelta(days=1)), Term(TODAY + timedelta(days=3), TODAY + timedelta(days=2))]
)
def test_a_grant_that_could_never_hold_is_refused(database: Database, term: Term) -> None:
    """Over before today, or before it begins."""
    with database.unit_of_work() as session:
        made = records.person(session, roles=[])
        at, by = records.unit(session).id, records.system(session)
        with pytest.raises(Invalid):
            actions.grant_role(session, person_id=made.id, role=Role.STAFF, unit_id=at, by=by, now=NOW, term=term)


def test_a_deputy_holds_the_role_of_another_until_a_day(database: Database) -> None:
    """Only a role that the other holds there or above, never without an end, never of a deputy."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east = records.unit(session, "EAST", below=root)
        head = records.person(session, "head", roles=[Role.UNIT_HEAD], at=root)
        deputy = records.person(session, "deputy", roles=[Role.STAFF], at=east)
        by, last = records.system(session), TODAY + timedelta(days=5)

        def stand_in(role: Role = Role.UNIT_HEAD, who: int = deputy.id, whom: int = head.id, **term: object) -> None:
            wanted = Term(**{"ends_on": last, "deputy_for": whom, **term})  # type: ignore[arg-type]
            actions.grant_role(session, person_id=who, role=role, unit_id=east.id, by=by, now=NOW, term=wanted)

        stand_in()
        assert may(session, deputy.id, Right.RECORD_UNMASK, 5)
        assert not may(session, deputy.id, Right.RECORD_UNMASK, 6)
        shown = queries.person(session, by, deputy.id).grants
        assert [(grant.role, grant.deputy_for) for grant in shown] == [(Role.STAFF, None), (Role.UNIT_HEAD, "张三")]
        third = records.person(session, "third", roles=[])
        for wrong in ({"role": Role.ARCHIVIST}, {"ends_on": None}, {"whom": deputy.id, "who": third.id}):
            with pytest.raises(Invalid):
                stand_in(**wrong)  # type: ignore[arg-type]


def test_a_second_administrators_role_is_refused_also_for_later(database: Database) -> None:
    """A grant that begins next month counts; one that has ended does not."""
    with database.unit_of_work() as session:
        made = records.person(session, roles=[])
        at, by = records.unit(session).id, records.system(session)
        soon = Term(TODAY + timedelta(days=30))
        actions.grant_role(session, person_id=made.id, role=Role.AUDIT_ADMIN, unit_id=at, by=by, now=NOW, term=soon)
        with pytest.raises(Refused):
            actions.grant_role(session, person_id=made.id, role=Role.SECURITY_ADMIN, unit_id=at, by=by, now=NOW)
        past = Term(ends_on=TODAY)
        actions.grant_role(session, person_id=made.id, role=Role.AUDIT_ADMIN, unit_id=at, by=by, now=NOW, term=past)
        tomorrow = NOW + timedelta(days=1)
        actions.grant_role(session, person_id=made.id, role=Role.SECURITY_ADMIN, unit_id=at, by=by, now=tomorrow)
        assert may(session, made.id, Right.ROLES_GRANT, 1)


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(sorted(ADMINISTRATORS), 2)))
def test_two_administrators_roles_in_the_rows_give_no_administrators_right(
    database: Database, one: Role, other: Role
) -> None:
    """Whoever wrote them past the actions: neither counts, what else the person is stays."""
    with database.unit_of_work() as session:
        made = records.person(session, roles=[Role.STAFF, one])
        session.add(RoleGrant(person_id=made.id, role=other.value, unit_id=made.unit_id))
        session.flush()
        for right in rights_of(one) | rights_of(other):
            assert not may(session, made.id, right), right
        assert may(session, made.id, Right.RECORD_READ)


def test_accounts_and_rights_are_in_two_hands(database: Database) -> None:
    """Who keeps accounts grants nothing, who grants keeps no accounts, who audits does neither."""
    with database.unit_of_work() as session:
        made = records.person(session, roles=[])
        at = records.unit(session).id
        keeper, guard, auditor = (
            records.viewer(session, role) for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
        )
        for by in (keeper, auditor):
            with pytest.raises((NotFound, NotPermitted)):
                actions.grant_role(session, person_id=made.id, role=Role.STAFF, unit_id=at, by=by, now=NOW)
        for by in (guard, auditor):
            with pytest.raises((NotFound, NotPermitted)):
                actions.set_active(session, person_id=made.id, active=False, by=by, now=NOW)
        actions.grant_role(session, person_id=made.id, role=Role.STAFF, unit_id=at, by=guard, now=NOW)
        actions.set_active(session, person_id=made.id, active=False, by=keeper, now=NOW, reason="离职")


def test_the_explanation_says_what_the_program_does(database: Database) -> None:
    """For every role, place and term: allowed exactly where the viewer holds the right, and one rule decides if not."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        by = records.system(session)
        terms = (Term(), Term(ends_on=TODAY), Term(starts_on=TODAY + timedelta(days=1)))
        for role, unit, term in itertools.product(Role, (root, east, west), terms):
            made = records.person(session, f"p{role.value}{unit.id}{terms.index(term)}", roles=[])
            actions.grant_role(session, person_id=made.id, role=role, unit_id=unit.id, by=by, now=NOW, term=term)
            viewer = queries.viewer_for(session, made.id, now=NOW)
            assert viewer is not None
            for right in (Right.RECORD_READ, Right.RECORD_READ_PERSONAL, Right.SCAN_REVIEW):
                told = explain(session, by=by, person_id=made.id, right=right, unit_id=east.id, now=NOW)
                assert told.allowed is viewer.may(right, east.id), (role, unit.code, term, right)
                assert (told.decides is None) is told.allowed


def test_the_explanation_names_the_rule_that_decides(database: Database) -> None:
    """A closed account, a password given by others, a second factor that lacks, two administrators' roles."""
    with database.unit_of_work() as session:
        at = records.unit(session)
        by = records.viewer(session, Role.SECURITY_ADMIN)
        made = {
            "account": records.person(session, "closed", roles=[Role.STAFF]),
            "password": records.person(session, "fresh", roles=[Role.STAFF], must_change=True),
            "second-factor": records.person(session, "factor", roles=[Role.AUDITOR]),
            "administrators": records.person(session, "both", roles=[Role.SECURITY_ADMIN, Role.STAFF]),
            "role": records.person(session, "none", roles=[]),
        }
        made["account"].active = False
        session.add(RoleGrant(person_id=made["administrators"].id, role="audit_admin", unit_id=at.id))
        session.flush()
        for rule, person in made.items():
            told = explain(
                session,
                by=by,
                person_id=person.id,
                right=Right.RECORD_READ,
                unit_id=at.id,
                now=NOW,
                second_factor_roles={Role.AUDITOR},
            )
            assert told.decides is not None
            assert told.decides.rule == rule
        elsewhere = records.viewer(session, Role.SECURITY_ADMIN, at=records.unit(session, "EAST", below=at))
        with pytest.raises(NotFound):
            explain(session, by=elsewhere, person_id=made["role"].id, right=Right.RECORD_READ, unit_id=at.id, now=NOW)
