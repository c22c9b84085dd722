"""The second factor: codes by time, taken once, tried slowly; recovery codes; reset by another hand."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people import actions, queries, second_factor, sessions, sign_in, totp
from archive_service.people.roles import Right, Role
from archive_service.people.tables import Person, RecoveryCode
from archive_service.people.tries import Wait
from tests.support import records
from tests.support.records import CHEAP, NOW, PASSWORD

LIMITS = sign_in.Limits(attempts=3)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    """RFC 6238, appendix B, its last six digits."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert totp.code_at(secret, totp.step_of(datetime.fromtimestamp(second, UTC))) == code


def test_a_code_fits_one_step_early_or_late_and_no_more() -> None:
    """And never one that is not later than the last that was taken."""
    secret, step = "JBSWY3DPEHPK3PXP", totp.step_of(NOW)
    for off, fits in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        found = totp.fitting_step(secret, totp.code_at(secret, step + off), now=NOW, last=None)
        assert (found == step + off) is fits
    assert totp.fitting_step(secret, totp.code_at(secret, step), now=NOW, last=step) is None
    for nonsense in ("", "12345", "ü23456", "1234567"):
        assert totp.fitting_step(secret, nonsense, now=NOW, last=None) is None


@pytest.fixture
def zhang(database: Database) -> Person:
    """An archivist."""
    with database.unit_of_work() as session:
        return records.person(session)


def set_up(database: Database, person: Person) -> tuple[str, list[str]]:
    """Put a second factor into use; return its secret and the recovery codes."""
    with database.unit_of_work() as session:
        me = queries.viewer_for(session, person.id)
        assert me is not None
        secret = second_factor.propose(session, by=me)
        return secret, second_factor.confirm(session, code=code(secret), by=me, now=NOW)


def code(secret: str, *, seconds: float = 0) -> str:
    """What the device shows some seconds after noon."""
    return totp.code_at(secret, totp.step_of(NOW + timedelta(seconds=seconds)))


def password(database: Database, *, seconds: float = 0) -> str:
    """Give the right password and return the secret of the half sign-in."""
    secret, begun = sign_in.sign_in(
        database,
        login="zhang.san",
        password=PASSWORD,
        now=NOW + timedelta(seconds=seconds),
        limits=LIMITS,
        hasher=CHEAP,
    )
    assert begun.kind == sessions.HALF
    return secret


def give(database: Database, half: str, typed: str, *, seconds: float = 0) -> str:
    """Give a code and return the secret of the sign-in."""
    now = NOW + timedelta(seconds=seconds)
    return sign_in.give_code(database, secret=half, code=typed, now=now, limits=LIMITS)[0]


def login_of(database: Database, secret: str, *, seconds: float = 0) -> str | None:
    """The login behind a secret."""
    with database.reading() as session:
        found = sign_in.viewer_of(session, secret, now=NOW + timedelta(seconds=seconds))
        return found.login if found else None


def test_the_password_alone_opens_nothing(database: Database, zhang: Person) -> None:
    """The half sign-in stands for nobody; with the code there is another secret, and the half one is over."""
    secret, _ = set_up(database, zhang)
    half = password(database, seconds=60)
    assert login_of(database, half, seconds=60) is None
    whole = give(database, half, code(secret, seconds=60), seconds=60)
    assert whole != half
    assert login_of(database, whole, seconds=60) == "zhang.san"
    with pytest.raises(sign_in.CodeRefused):
        give(database, half, code(secret, seconds=90), seconds=90)


def test_a_code_is_taken_once_also_by_another_sign_in(database: Database, zhang: Person) -> None:
    """Who looked over the shoulder is too late; the code of the set-up itself is used as well."""
    secret, _ = set_up(database, zhang)
    with pytest.raises(sign_in.CodeRefused):
        give(database, password(database), code(secret))
    give(database, password(database, seconds=60), code(secret, seconds=60), seconds=60)
    with pytest.raises(sign_in.CodeRefused):
        give(database, password(database, seconds=61), code(secret, seconds=60), seconds=61)


def test_the_code_has_to_follow_the_password_within_minutes(database: Database, zhang: Person) -> None:
    """A half sign-in that was left standing is no foot in the door."""
    secret, _ = set_up(database, zhang)
    half = password(database)
    late = sign_in.HALF_MINUTES * 60
    with pytest.raises(sign_in.CodeRefused) as refused:
        give(database, half, code(secret, seconds=late), seconds=late)
    assert refused.value.code == "second-factor.expired"


def test_codes_are_guessed_slowly(database: Database, zhang: Person) -> None:
    """After three wrong ones the right one waits too; the trail has them all."""
    secret, _ = set_up(database, zhang)
    half = password(database, seconds=60)
    for _ in range(3):
        with pytest.raises(sign_in.CodeRefused):
            give(database, half, "000000", seconds=60)
    with pytest.raises(Wait):
        give(database, half, code(secret, seconds=60), seconds=60)
    assert give(database, half, code(secret, seconds=90), seconds=90)
    with database.reading() as session:
        assert session.scalars(select(AuditEntry.did)).all().count("second-factor.failed") == 3


def test_a_recovery_code_stands_in_once(database: Database, zhang: Person) -> None:
    """However it is typed; new ones make the old ones worthless; none is stored as it is."""
    _, codes = set_up(database, zhang)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    give(database, password(database), codes[0].lower().replace("-", " "))
    with pytest.raises(sign_in.CodeRefused):
        give(database, password(database), codes[0])
    with database.unit_of_work() as session:
        me = queries.viewer_for(session, zhang.id)
        assert me is not None
        assert second_factor.state(session, by=me).codes_left == second_factor.RECOVERY_CODES - 1
        stored = session.scalars(select(RecoveryCode.code_hash)).all()
        assert not {one.replace("-", "") for one in codes} & set(stored)
        fresh = second_factor.renew_codes(session, by=me, now=NOW)
    with pytest.raises(sign_in.CodeRefused):
        give(database, password(database), codes[1])
    assert give(database, password(database), fresh[1])


def test_a_secret_is_in_use_only_after_the_device_showed_a_code(database: Database, zhang: Person) -> None:
    """A picture that nobody scanned locks nobody out; what is in use is not replaced unasked."""
    with database.unit_of_work() as session:
        me = queries.viewer_for(session, zhang.id)
        assert me is not None
        secret = second_factor.propose(session, by=me)
        with pytest.raises(Invalid):
            second_factor.confirm(session, code="000000", by=me, now=NOW)
        assert queries.viewer_for(session, zhang.id) == me
        second_factor.confirm(session, code=code(secret), by=me, now=NOW)
        with pytest.raises(Refused):
            second_factor.propose(session, by=me)
        with pytest.raises(Refused):
            second_factor.confirm(session, code=code(secret, seconds=30), by=me, now=NOW)


def test_a_role_that_asks_for_it_opens_nothing_without_it(database: Database, zhang: Person) -> None:
    """The person signs in, holds no right, sets it up and then holds them."""
    secret, _ = sign_in.sign_in(database, login="zhang.san", password=PASSWORD, now=NOW, limits=LIMITS, hasher=CHEAP)
    asked = {Role.ARCHIVIST}
    with database.reading() as session:
        me = sign_in.viewer_of(session, secret, now=NOW, second_factor_roles=asked)
        assert me is not None
        assert (me.must_set_second_factor, me.may(Right.RECORD_READ)) == (True, False)
        other = sign_in.viewer_of(session, secret, now=NOW, second_factor_roles={Role.AUDIT_ADMIN})
        assert other is not None
        assert other.may(Right.RECORD_READ)
    set_up(database, zhang)
    with database.reading() as session:
        me = sign_in.viewer_of(session, secret, now=NOW, second_factor_roles=asked)
        assert me is not None
        assert (me.must_set_second_factor, me.may(Right.RECORD_READ)) == (False, True)


def test_a_lost_device_is_reset_by_who_grants_roles_and_sets_no_passwords(database: Database, zhang: Person) -> None:
    """No administrator alone has both a person's password and their second factor."""
    set_up(database, zhang)
    with database.unit_of_work() as session:
        keeper = records.viewer(session, Role.SYSTEM_ADMIN)
        guard = records.viewer(session, Role.SECURITY_ADMIN)
        with pytest.raises(NotFound):
            actions.reset_second_factor(session, person_id=zhang.id, by=keeper, now=NOW)
        with pytest.raises(NotFound):
            actions.set_password(session, person_id=zhang.id, password=PASSWORD + "!", by=guard, now=NOW, hasher=CHEAP)
        with pytest.raises(NotPermitted):
            actions.reset_second_factor(session, person_id=guard.person_id or 0, by=guard, now=NOW)
        actions.reset_second_factor(session, person_id=zhang.id, by=guard, now=NOW, reason="手机丢失")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.did == "second-factor.removed")).one()
        assert (entry.person_id, entry.object_id, entry.facts["own"]) == (guard.person_id, str(zhang.id), False)
        assert session.scalars(select(RecoveryCode)).all() == []
    _, begun = sign_in.sign_in(database, login="zhang.san", password=PASSWORD, now=NOW, limits=LIMITS, hasher=CHEAP)
    assert begun.kind == sessions.SESSION
