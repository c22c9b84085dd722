"""Units, people and rights: who may do what where, and who may change that."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select

from archive_service.audit.queries import EntryFilters
from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people import actions, passwords, queries
from archive_service.people.roles import ADMINISTRATORS, Right, Role, check_may_hold, rights_of
from archive_service.people.tables import RoleGrant
from tests.support import records
from tests.support.records import CHEAP, NOW, PASSWORD


@pytest.mark.parametrize(("held", "new"), list(itertools.permutations(sorted(ADMINISTRATORS), 2)))
def test_nobody_holds_two_administrator_roles(held: Role, new: Role) -> None:
    """三员分立: accounts, rights and the trail are in three hands."""
    with pytest.raises(Refused) as refused:
        check_may_hold([held, Role.STAFF], new)
    assert refused.value.code == "people.administrators-separate"
    check_may_hold([held], held)
    check_may_hold([Role.ARCHIVIST], new)


def test_no_administrator_role_reads_records() -> None:
    """Whoever keeps accounts, rights or the trail has no business in the files."""
    for role in ADMINISTRATORS:
        assert not {right for right in rights_of(role) if right.startswith(("record.", "item.", "scan."))}


def test_the_second_administrator_role_is_refused_in_any_unit(database: Database) -> None:
    """Also where the two would be held in different units."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east = records.unit(session, "EAST", below=root)
        made = records.person(session, roles=[Role.SECURITY_ADMIN])
        with pytest.raises(Refused):
            actions.grant_role(
                session, person_id=made.id, role=Role.AUDIT_ADMIN, unit_id=east.id, by=records.system(session), now=NOW
            )


def test_rights_hold_in_the_unit_and_everything_below_it(database: Database) -> None:
    """Not above, not beside; and two grants add up."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        hall = records.unit(session, "EAST-1", below=east)
        archivist = records.viewer(session, at=east, login="east.archivist")
        assert archivist.units(Right.ITEM_CHANGE) == {east.id, hall.id}
        assert not archivist.may(Right.ITEM_CHANGE, west.id)
        assert archivist.person_id is not None
        actions.grant_role(
            session,
            person_id=archivist.person_id,
            role=Role.STAFF,
            unit_id=west.id,
            by=records.system(session),
            now=NOW,
        )
        both = queries.viewer_for(session, archivist.person_id)
        assert both is not None
        assert both.units(Right.RECORD_READ) == {east.id, hall.id, west.id}
        assert both.units(Right.ITEM_CHANGE) == {east.id, hall.id}
        with pytest.raises(NotPermitted):
            both.require(Right.ITEM_CHANGE, west.id)


def test_a_subtree_is_not_mixed_up_with_ids_that_begin_alike(database: Database) -> None:
    """Unit 1 is not above unit 10."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        units = [records.unit(session, f"U{n}", below=root) for n in range(2, 25)]
        for one in units:
            assert queries.units_below(session, one.id) == {one.id}
        assert len(queries.units_below(session, root.id)) == 24


def test_units_are_added_by_those_who_manage_the_unit_above(database: Database) -> None:
    """A code is unique; the top is the command line's."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        by = records.viewer(session, Role.SYSTEM_ADMIN, at=east)
        made = actions.add_unit(session, code="EAST-1", name="东一所", parent_id=east.id, by=by, now=NOW)
        assert made.path == f"{root.id}/{east.id}/{made.id}/"
        with pytest.raises(NotFound):
            actions.add_unit(session, code="W1", name="西一所", parent_id=west.id, by=by, now=NOW)
        with pytest.raises(NotPermitted):
            actions.add_unit(session, code="TOP", name="新公司", parent_id=None, by=by, now=NOW)
        with pytest.raises(Refused):
            actions.add_unit(session, code="EAST-1", name="又一所", parent_id=east.id, by=by, now=NOW)
        with pytest.raises(Invalid):
            actions.add_unit(session, code="a b/c", name="x", parent_id=east.id, by=by, now=NOW)


def test_the_last_system_administrator_stays(database: Database) -> None:
    """Neither revoked nor closed, until another active person holds the role there or above."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east = records.unit(session, "EAST", below=root)
        first = records.person(session, "admin1", roles=[Role.SYSTEM_ADMIN])
        below = records.person(session, "admin2", roles=[Role.SYSTEM_ADMIN], at=east)
        by = records.system(session)

        def remove() -> None:
            actions.revoke_role(session, person_id=first.id, role=Role.SYSTEM_ADMIN, unit_id=root.id, by=by, now=NOW)

        for attempt in (
            remove,
            lambda: actions.set_active(session, person_id=first.id, active=False, by=by, now=NOW),
        ):
            with pytest.raises(Refused) as refused:
                attempt()
            assert refused.value.code == "people.last-administrator"
        actions.revoke_role(session, person_id=below.id, role=Role.SYSTEM_ADMIN, unit_id=east.id, by=by, now=NOW)
        second = records.person(session, "admin3", roles=[Role.SYSTEM_ADMIN])
        remove()
        assert session.scalars(select(RoleGrant.person_id)).all() == [second.id]


def test_nobody_changes_their_own_rights_or_those_that_reach_beyond_their_units(database: Database) -> None:
    """Resetting the password of a mightier person would be a way to become them."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east = records.unit(session, "EAST", below=root)
        by = records.viewer(session, Role.SYSTEM_ADMIN, at=east)
        assert by.person_id is not None
        with pytest.raises(NotPermitted):
            actions.set_active(session, person_id=by.person_id, active=False, by=by, now=NOW)
        mighty = records.person(session, "mighty", at=east, roles=[])
        actions.grant_role(
            session, person_id=mighty.id, role=Role.AUDITOR, unit_id=root.id, by=records.system(session), now=NOW
        )
        with pytest.raises(NotPermitted):
            actions.set_password(session, person_id=mighty.id, password=PASSWORD + "!", by=by, now=NOW, hasher=CHEAP)
        outside = records.person(session, "outside", at=root)
        with pytest.raises(NotFound):
            actions.set_password(session, person_id=outside.id, password=PASSWORD + "!", by=by, now=NOW, hasher=CHEAP)
        guard = records.viewer(session, Role.SECURITY_ADMIN, at=east)
        assert guard.person_id is not None
        with pytest.raises(NotPermitted):
            actions.grant_role(
                session, person_id=guard.person_id, role=Role.ARCHIVIST, unit_id=east.id, by=guard, now=NOW
            )


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password.too-short"),
        ("x" * 201, "password.too-long"),
        ("ZHANG.SAN is my name", "password.like-login"),
        ("aaaaaaaaaaaaaa", "password.too-common"),
        ("123456789012", "password.too-common"),
        ("password1234", "password.too-common"),
        ("PasswordPassword", "password.too-common"),
        ("20262026202620", "password.too-common"),
        ("woaini5201314", "password.too-common"),
        ("P@ssw0rd2026!", "password.too-common"),
        ("1qaz2wsx3edc4rfv", "password.too-common"),
        ("Wangwei19851203", "password.too-common"),
        ("13812340092138", "password.too-common"),
        ("Guodian95598@2026", "password.too-common"),
        ("san1985.12.03zhang", "password.too-common"),
        ("ab3xab3xab3xab3x", "password.too-common"),
        ("qwerty!qwerty!qwerty", "password.too-common"),
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str, code: str) -> None:
    """Length, the login in it, and what every list begins with."""
    with pytest.raises(Invalid) as refused:
        passwords.check(password, login="zhang.san")
    assert refused.value.code == code


def test_one_time_passwords_and_phrases_are_good_enough() -> None:
    """What the program gives out must pass its own rule."""
    for login in ["admin", "li", "x"] * 30:
        passwords.check(passwords.one_time(login), login=login)
    for phrase in ("蓝色电表在雨中安静地转动着", "correct horse battery staple", "tidy-lamp-of-9-greens", PASSWORD):
        passwords.check(phrase, login="admin")


def test_the_cost_of_a_hash_is_what_it_was_chosen_to_be() -> None:
    """argon2id, as strong as RFC 9106 asks of a machine with 64 MiB to spare; ASVS 11.4.2 and 6.2."""
    assert passwords.hash_of("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_an_own_password_needs_the_current_one_and_must_differ(database: Database) -> None:
    """A borrowed screen is not enough to take an account over."""
    with database.unit_of_work() as session:
        made = records.person(session)
        me = queries.viewer_for(session, made.id)
        assert me is not None
        for current, new, code in (
            (None, "a new and long one", "password.wrong"),
            ("wrong", "a new and long one", "password.wrong"),
            (PASSWORD, PASSWORD, "password.same"),
        ):
            with pytest.raises(Refused) as refused:
                actions.set_password(
                    session, person_id=made.id, password=new, current=current, by=me, now=NOW, hasher=CHEAP
                )
            assert refused.value.code == code


def test_only_known_preferences_with_known_values_are_kept(database: Database) -> None:
    """And only one's own."""
    with database.unit_of_work() as session:
        me = records.viewer(session)
        actions.set_preference(session, key="theme", value="dark", by=me, now=NOW)
        assert me.person_id is not None
        again = queries.viewer_for(session, me.person_id)
        assert again is not None
        assert again.preferences == {"theme": "dark"}
        for key, value in (("theme", "<script>"), ("roles", "system_admin")):
            with pytest.raises(Invalid):
                actions.set_preference(session, key=key, value=value, by=me, now=NOW)


def test_people_are_listed_page_by_page_within_the_managed_units(database: Database) -> None:
    """Others do not appear, cannot be opened, and are not counted."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east = records.unit(session, "EAST", below=root)
        for n in range(5):
            records.person(session, f"east{n}", at=east, roles=[Role.STAFF])
        outside = records.person(session, "root1", at=root)
        by = records.viewer(session, Role.SECURITY_ADMIN, at=east, login="east.admin")
        first = queries.people_list(session, by, limit=4)
        rest = queries.people_list(session, by, limit=4, after=first.next)
        assert [one.login for one in (*first.people, *rest.people)] == ["east.admin", *(f"east{n}" for n in range(5))]
        assert (first.total, rest.next) == (6, None)
        assert [grant.role for grant in rest.people[0].grants] == [Role.STAFF]
        assert (
            queries.people_list(session, by, text="EAST3").total + queries.people_list(session, by, text="east3").total
            >= 1
        )
        with pytest.raises(NotFound):
            queries.person(session, by, outside.id)
        with pytest.raises(NotPermitted):
            queries.people_list(session, records.viewer(session, Role.ARCHIVIST))


def test_auditors_read_the_trail_of_their_units_only(database: Database) -> None:
    """Entries of no unit are for those who may read every unit's; filters and pages narrow."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        records.case(session, at=east)
        records.case(session, at=west)
        local = records.viewer(session, Role.AUDITOR, at=east)
        whole = records.viewer(session, Role.AUDIT_ADMIN, at=root)
        mine = queries.audit_entries(session, local, limit=500)
        assert {entry.unit_id for entry in mine.entries} == {east.id}
        everything = queries.audit_entries(session, whole, limit=500)
        assert everything.total == len(session.scalars(select(AuditEntry)).all())
        cases = queries.audit_entries(session, whole, filters=EntryFilters(did="case."), limit=1)
        assert (cases.total, len(cases.entries)) == (2, 1)
        older = queries.audit_entries(session, whole, filters=EntryFilters(did="case."), before=cases.next)
        assert older.entries[0].seq < cases.entries[0].seq
        assert queries.audit_entries(session, whole, filters=EntryFilters(until=NOW)).total == 0
        assert queries.audit_entries(session, whole, filters=EntryFilters(since=NOW)).total == everything.total
        with pytest.raises(NotPermitted):
            queries.audit_entries(session, records.viewer(session, Role.ARCHIVIST))


def test_the_unit_tree_shows_parents_before_children_within_a_right(database: Database) -> None:
    """The topmost units that a person may see stand at depth 0."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        records.unit(session, "EAST-1", below=east)
        whole = queries.unit_tree(session, records.viewer(session, at=root))
        assert [(n.code, n.depth) for n in whole] == [("ROOT", 0), ("EAST", 1), ("EAST-1", 2), ("WEST", 1)]
        part = queries.unit_tree(session, records.viewer(session, at=east))
        assert [(n.code, n.depth) for n in part] == [("EAST", 0), ("EAST-1", 1)]
        assert queries.unit_tree(session, records.viewer(session, Role.SYSTEM_ADMIN, at=west)) == []
