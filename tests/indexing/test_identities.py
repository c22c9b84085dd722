"""Households by whole identity numbers, through hashes that say nothing without the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service import keyring
from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotPermitted
from archive_service.households import actions as households
from archive_service.people.roles import Role
from archive_service.settings import Settings
from indexing import project
from indexing.identities import actions, rules
from indexing.identities.tables import IdentityHash
from tests.support import records
from tests.support.records import NOW, TODAY

ID_NUMBER = "11010519491231002X"
KEY = b"k" * 32


def accounts(database: Database, typed: str, role: Role = Role.AUDITOR, key: bytes = KEY) -> list[str]:
    actions.follow(database, KEY)
    with database.unit_of_work() as session:
        found = actions.look_up(session, records.viewer(session, role), typed, key=key, now=NOW)
    return [one.account_no for one in found.households]


def test_a_number_read_as_a_field_or_on_a_page_finds_its_household(database: Database) -> None:
    """However it is typed; a number with a wrong check digit on a page is none."""
    with database.unit_of_work() as session:
        records.item(session, records.case(session, account_no="3300000001"), "A05", fields={"id_number": ID_NUMBER})
        page = records.page(text=f"委托人 {ID_NUMBER[:6]} {ID_NUMBER[6:14]} {ID_NUMBER[14:].lower()}")
        records.item(session, records.case(session, account_no="3300000002"), "S01", pages=[page])
        wrong = records.page(text="身份证 110105194912310021")
        records.item(session, records.case(session, account_no="3300000003"), "S01", pages=[wrong])
    for typed in (ID_NUMBER, "110105 19491231 002x", "１１０１０５19491231002X"):
        assert accounts(database, typed) == ["3300000001", "3300000002"]
    assert accounts(database, "110105194912310021") == []


def test_the_hashes_follow_what_is_corrected_moved_and_withdrawn(database: Database) -> None:
    """A household is found for what it holds now."""
    with database.unit_of_work() as session:
        by, here, there = records.viewer(session), records.case(session), records.case(session)
        item = records.item(session, here, "A05", fields={"id_number": ID_NUMBER})
        key, other = item.id, there.household_id
        target = there.household.account_no
    assert len(accounts(database, ID_NUMBER)) == 1
    with database.unit_of_work() as session:
        households.move_item(session, item_id=key, household_id=other, case_id=None, by=by, now=NOW, today=TODAY)
    assert accounts(database, ID_NUMBER) == [target]
    with database.unit_of_work() as session:
        households.correct_field(
            session, item_id=key, name="id_number", value="110101199003077758", by=by, now=NOW, today=TODAY
        )
    assert accounts(database, ID_NUMBER) == []
    assert accounts(database, "110101199003077758") == [target]
    with database.unit_of_work() as session:
        households.withdraw_item(session, item_id=key, reason="错户", by=by, now=NOW, today=TODAY)
    assert accounts(database, "110101199003077758") == []


def test_another_key_hashes_everything_anew(database: Database) -> None:
    """What was made with the lost key finds nothing and is replaced."""
    with database.unit_of_work() as session:
        records.item(session, records.case(session), "A05", fields={"id_number": ID_NUMBER})
    actions.follow(database, b"lost" * 8)
    with database.reading() as session:
        before = session.scalars(select(IdentityHash.hash)).one()
    assert len(accounts(database, ID_NUMBER)) == 1
    with database.reading() as session:
        after = session.scalars(select(IdentityHash.hash)).one()
    assert before != after == rules.hash_of(KEY, ID_NUMBER)


def test_hashing_that_runs_out_of_time_goes_on_where_it_was_and_does_nothing_twice(database: Database) -> None:
    """An archive with years to hash does so a little at a time."""
    count = actions.PORTION + 1
    with database.unit_of_work() as session:
        for _ in range(count):
            records.item(session, records.case(session), "A05", fields={"id_number": ID_NUMBER})
    at = actions.follow(database, KEY, within_s=0)
    assert at is not None
    assert hashed(database) == actions.PORTION
    assert actions.follow(database, KEY, after=at, within_s=0) is not None
    assert hashed(database) == count
    rows = row_ids(database)
    assert actions.follow(database, KEY, within_s=0) is None
    assert row_ids(database) == rows


def hashed(database: Database) -> int:
    return len(row_ids(database))


def row_ids(database: Database) -> set[int]:
    with database.reading() as session:
        return set(session.scalars(select(IdentityHash.id)))


def test_only_the_right_finds_and_only_in_its_units(database: Database) -> None:
    """Archivists read personal data and yet may not look people up by it."""
    with database.unit_of_work() as session:
        far = records.unit(session, "FAR", below=records.unit(session))
        case = records.case(session, at=records.unit(session, "NEAR", below=records.unit(session)))
        records.item(session, case, "A05", fields={"id_number": ID_NUMBER})
        elsewhere = records.viewer(session, Role.UNIT_HEAD, at=far)
    actions.follow(database, KEY)
    with database.unit_of_work() as session:
        assert actions.look_up(session, elsewhere, ID_NUMBER, key=KEY, now=NOW).households == ()
    for role in (Role.ARCHIVIST, Role.STAFF, Role.SYSTEM_ADMIN):
        with pytest.raises(NotPermitted):
            accounts(database, ID_NUMBER, role)
    with pytest.raises(Invalid):
        accounts(database, "张三")


def test_the_trail_names_a_number_by_the_short_form_of_its_hash(database: Database) -> None:
    """Who asked, when, and how many households there were."""
    accounts(database, ID_NUMBER)
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.did == "identity.searched")).one()
    assert (entry.object_id, entry.facts) == (rules.hash_of(KEY, ID_NUMBER)[:12], {"households": 0})


def test_no_document_of_the_index_holds_an_identity_number(database: Database) -> None:
    """Phones are still found by those who may; numbers of identity papers by nobody."""
    with database.unit_of_work() as session:
        case = records.case(session)
        page = records.page(text=f"身份证 {ID_NUMBER} 电话 13812345678")
        records.item(session, case, "A05", pages=[page], fields={"id_number": ID_NUMBER}, title=f"证 {ID_NUMBER}")
    with database.reading() as session:
        (document,) = project.documents(session, [case.household_id])
    held = " ".join((*document.pages, *document.private, *document.values, document.title))
    assert ID_NUMBER not in held
    assert "19491231" not in held
    assert "13812345678" in held


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    """A setting takes its place where machines share a database."""
    settings = Settings(home=tmp_path)
    made = keyring.key(settings, keyring.IDENTITY)
    path = tmp_path / "secrets" / "identity.key"
    assert (len(made), path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (32, 0o600, 0o700)
    assert keyring.key(settings, keyring.IDENTITY) == made != keyring.key(settings, keyring.WEBHOOK)
    assert [one.name for one in sorted(path.parent.iterdir())] == ["identity.key", "webhook.key"]
    assert (
        keyring.key(settings.model_copy(update={"identity_key": type(settings.identity_key)("x")}), "identity") == b"x"
    )
