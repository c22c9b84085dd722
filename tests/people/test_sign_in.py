"""Signing in: one answer for every failure, locking, expiry, tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted
from archive_service.people import actions, passwords, queries, sign_in
from archive_service.people.roles import Right, Role
from archive_service.people.sessions import NOWHERE, Place
from archive_service.people.tables import Person, SignIn, SignInTry
from archive_service.people.tries import Wait
from tests.support import records
from tests.support.records import CHEAP, NOW, PASSWORD

LIMITS = sign_in.Limits(attempts=3, lock_minutes=15, session_hours=10, idle_minutes=60)


def enter(
    database: Database,
    password: str = PASSWORD,
    *,
    login: str = "zhang.san",
    minutes: float = 0,
    hasher: PasswordHasher = CHEAP,
    place: Place = NOWHERE,
) -> str:
    """Sign in some minutes after noon and return the secret."""
    secret, _ = sign_in.sign_in(
        database,
        login=login,
        password=password,
        now=NOW + timedelta(minutes=minutes),
        limits=LIMITS,
        hasher=hasher,
        place=place,
    )
    return secret


def refused(database: Database, password: str, *, minutes: float = 0, place: Place = NOWHERE) -> None:
    """Fail to sign in, whether it was tried or not."""
    with pytest.raises((sign_in.SignInRefused, Wait)):
        enter(database, password, minutes=minutes, place=place)


def waiting(
    database: Database, password: str, *, login: str = "zhang.san", minutes: float = 0, place: Place = NOWHERE
) -> int:
    """Be told to wait, and return for how many seconds."""
    with pytest.raises(Wait) as told:
        enter(database, password, login=login, minutes=minutes, place=place)
    return int(told.value.facts["retry_after"])


def refusal(database: Database, password: str, *, login: str = "zhang.san", minutes: float = 0) -> tuple[str, str, int]:
    """Fail to sign in and return what the person is told."""
    with pytest.raises(sign_in.SignInRefused) as refused:
        enter(database, password, login=login, minutes=minutes)
    return refused.value.code, refused.value.message, refused.value.http_status


@pytest.fixture
def zhang(database: Database) -> Person:
    """An archivist who may sign in."""
    with database.unit_of_work() as session:
        return records.person(session)


def seen(database: Database, secret: str, *, minutes: float = 0) -> str | None:
    """Return the login behind a secret, some minutes after noon."""
    with database.reading() as session:
        viewer = sign_in.viewer_of(session, secret, now=NOW + timedelta(minutes=minutes), idle_minutes=60)
        return viewer.login if viewer else None


def test_the_secret_is_never_stored(database: Database, zhang: Person) -> None:
    """Only its sha256 is, and a new one is given at each sign-in."""
    first, second = enter(database), enter(database)
    assert first != second
    with database.reading() as session:
        stored = session.scalars(select(SignIn.token_hash)).all()
    assert set(stored) == {passwords.digest_of(first), passwords.digest_of(second)}
    assert seen(database, first) == "zhang.san"
    assert seen(database, passwords.digest_of(first)) is None


@pytest.mark.usefixtures("zhang")
def test_every_failure_gets_the_same_answer(database: Database) -> None:
    """Wrong password, unknown login and closed account cannot be told apart."""
    wrong = refusal(database, "not it")
    assert refusal(database, PASSWORD, login="nobody") == wrong
    with database.unit_of_work() as session:
        closed = records.person(session, "li.si")
        actions.set_active(session, person_id=closed.id, active=False, by=records.system(session), now=NOW)
    assert refusal(database, PASSWORD, login="li.si") == wrong


@pytest.mark.usefixtures("zhang")
def test_an_unknown_login_has_to_wait_as_a_known_one_does(database: Database) -> None:
    """Waiting tells as little about who exists as an answer does, and what was typed is not kept."""
    waits = []
    for login in ("zhang.san", "my secret password"):
        for _ in range(LIMITS.attempts):
            refusal(database, "not it", login=login)
        waits.append(waiting(database, PASSWORD, login=login))
    assert waits[0] == waits[1] > 0
    with database.reading() as session:
        kept = session.scalars(select(SignInTry.account)).all()
    assert passwords.digest_of("my secret password") not in str(kept)


def test_an_unknown_login_costs_as_much_work_as_a_known_one(database: Database, zhang: Person) -> None:
    """The slow hash is tried exactly once either way."""

    class Counting(PasswordHasher):
        tries = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            type(self).tries += 1
            return super().verify(hash, password)  # type: ignore[return-value]

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    for login, tries in ((zhang.login, 1), ("nobody", 2)):
        with pytest.raises(sign_in.SignInRefused):
            enter(database, "not it", login=login, hasher=hasher)
        assert Counting.tries == tries


def test_wrong_passwords_make_the_next_try_wait_longer_and_longer(database: Database, zhang: Person) -> None:
    """From the third on; the right one waits as well, and is taken when the time is over."""
    for _ in range(3):
        refusal(database, "not it")
    assert waiting(database, PASSWORD) == 15
    refusal(database, "not it", minutes=1)
    assert waiting(database, PASSWORD, minutes=1) == 30
    assert seen(database, enter(database, minutes=2), minutes=2) == "zhang.san"
    with database.reading() as session:
        did = session.scalars(select(AuditEntry.did).order_by(AuditEntry.seq)).all()
        assert did.count("person.sign-in-failed") == 4
        assert did.count("person.slowed") == 2
        assert session.scalars(select(SignInTry.failures).where(SignInTry.source != "*")).all() == []


@pytest.mark.usefixtures("zhang")
def test_who_guesses_elsewhere_does_not_keep_the_owner_out(database: Database) -> None:
    """A browser from which the person signed in before has a count of its own; another network's does not touch it."""
    own, thief = Place("10.1.1.9", "Edge", "known device"), Place("10.6.6.6", "curl")
    enter(database, place=own)
    for minute in range(1, 121):
        refused(database, "not it", minutes=minute * 16, place=thief)
    at = 120 * 16
    assert waiting(database, PASSWORD, minutes=at, place=thief) == 15 * 60
    # A new browser shares the patience that all unknown places have together; the known one does not.
    assert waiting(database, PASSWORD, minutes=at, place=Place("10.1.1.9", "Edge", "new")) > 0
    assert seen(database, enter(database, minutes=at, place=own), minutes=at) == "zhang.san"


def test_an_administrator_lets_somebody_try_at_once(database: Database, zhang: Person) -> None:
    """And nobody whose units do not reach so far."""
    for _ in range(4):
        refused(database, "not it")
    with database.unit_of_work() as session:
        east = records.unit(session, "EAST", below=records.unit(session))
        by = records.viewer(session, Role.SYSTEM_ADMIN, at=east)
        with pytest.raises(NotFound):
            actions.unlock(session, person_id=zhang.id, by=by, now=NOW)
        actions.unlock(session, person_id=zhang.id, by=records.viewer(session, Role.SYSTEM_ADMIN), now=NOW)
    assert enter(database)


@pytest.mark.usefixtures("zhang")
def test_a_right_password_forgets_the_wrong_ones_before(database: Database) -> None:
    """Only wrong passwords in a row lock."""
    for _ in range(2):
        refusal(database, "not it")
    enter(database)
    for _ in range(2):
        refusal(database, "not it")
    assert enter(database)


@pytest.mark.usefixtures("zhang")
def test_what_was_typed_as_login_is_not_kept(database: Database) -> None:
    """It may be a password typed one field early; the trail stays whole."""
    refusal(database, "x", login="my secret password")
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry)).all()
        assert "my secret password" not in str([(e.object_id, e.facts, e.person_name) for e in entries])
        assert chain_breaks(session) == []


@pytest.mark.usefixtures("zhang")
def test_a_sign_in_ends_when_idle_when_old_and_when_signed_out(database: Database) -> None:
    """An hour without a request; ten hours in any case; at once on signing out."""
    secret = enter(database)
    assert seen(database, secret, minutes=59) == "zhang.san"
    assert seen(database, secret, minutes=60) is None
    for minutes in range(30, 600, 30):
        sign_in.touch(database, secret, now=NOW + timedelta(minutes=minutes), idle_minutes=60)
    assert seen(database, secret, minutes=599) == "zhang.san"
    assert seen(database, secret, minutes=600) is None
    other = enter(database)
    with database.unit_of_work() as session:
        sign_in.sign_out(session, other, now=NOW)
    assert seen(database, other) is None


@pytest.mark.usefixtures("zhang")
def test_an_idle_sign_in_is_not_revived_by_a_late_request(database: Database) -> None:
    """A sign of life counts only while the sign-in lives, and is written at most once a minute."""
    secret = enter(database)
    sign_in.touch(database, secret, now=NOW + timedelta(minutes=61), idle_minutes=60)
    assert seen(database, secret, minutes=61) is None
    sign_in.touch(database, secret, now=NOW + timedelta(seconds=30), idle_minutes=60)
    with database.reading() as session:
        assert session.scalars(select(SignIn.last_seen_at)).all() == [NOW]


def test_closing_an_account_ends_every_sign_in_and_token(database: Database, zhang: Person) -> None:
    """And reopening it does not bring them back."""
    secret = enter(database)
    with database.unit_of_work() as session:
        token, _ = sign_in.issue_token(
            session,
            by=records.system(session),
            person_id=zhang.id,
            label="扫描工位",
            expires_at=NOW + timedelta(days=30),
            now=NOW,
        )
        actions.set_active(session, person_id=zhang.id, active=False, by=records.system(session), now=NOW)
    assert (seen(database, secret), seen(database, token)) == (None, None)
    with database.unit_of_work() as session:
        actions.set_active(session, person_id=zhang.id, active=True, by=records.system(session), now=NOW)
    assert (seen(database, secret), seen(database, token)) == (None, None)


def test_a_token_expires_but_does_not_go_idle(database: Database, zhang: Person) -> None:
    """A program may rest over the weekend; nobody issues a token for somebody else or without an end."""
    with database.unit_of_work() as session:
        me = queries.viewer_for(session, zhang.id)
        assert me is not None
        token, row = sign_in.issue_token(session, by=me, label="同步", expires_at=NOW + timedelta(days=3), now=NOW)
        other = records.viewer(session, Role.SYSTEM_ADMIN)
        with pytest.raises(NotPermitted):
            sign_in.issue_token(
                session, by=other, person_id=zhang.id, label="x", expires_at=NOW + timedelta(days=3), now=NOW
            )
        for wrong in (NOW, NOW + timedelta(days=400)):
            with pytest.raises(Invalid):
                sign_in.issue_token(session, by=me, label="x", expires_at=wrong, now=NOW)
        with pytest.raises(NotFound):
            sign_in.revoke_token(session, sign_in_id=row.id, by=other, now=NOW)
    assert seen(database, token, minutes=60 * 70) == "zhang.san"
    assert seen(database, token, minutes=60 * 72) is None
    with database.unit_of_work() as session:
        sign_in.revoke_token(session, sign_in_id=row.id, by=me, now=NOW)
    assert seen(database, token) is None


def test_a_password_given_by_others_opens_nothing_until_it_is_changed(database: Database) -> None:
    """The person signs in, holds no right, sets an own password and then holds them; other sign-ins end."""
    with database.unit_of_work() as session:
        made = records.person(session, "wang.wu", must_change=True)
    secret, elsewhere = enter(database, login="wang.wu"), enter(database, login="wang.wu")
    own = "another 密码 entirely 2"
    with database.unit_of_work() as session:
        me = sign_in.viewer_of(session, secret, now=NOW)
        assert me is not None
        assert (me.must_change_password, me.may(Right.RECORD_READ)) == (True, False)
        actions.set_password(
            session, person_id=made.id, password=own, current=PASSWORD, by=me, now=NOW, keep=secret, hasher=CHEAP
        )
    with database.reading() as session:
        me = sign_in.viewer_of(session, secret, now=NOW)
        assert me is not None
        assert (me.must_change_password, me.may(Right.RECORD_READ)) == (False, True)
    assert seen(database, elsewhere) is None
    assert enter(database, own, login="wang.wu")


def test_a_stronger_hash_replaces_a_weak_one_at_the_next_sign_in(database: Database, zhang: Person) -> None:
    """Costs rise over the years without anybody choosing a new password."""
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    enter(database, hasher=stronger)
    with database.reading() as session:
        stored = session.get_one(Person, zhang.id).password_hash
    assert not stronger.check_needs_rehash(stored)
    assert enter(database, hasher=stronger)
