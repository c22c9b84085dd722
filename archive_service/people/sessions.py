"""Sign-ins as rows: begun, alive or not, seen, ended. The secret of one is shown once and never stored."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, Actor, record
from archive_service.db.session import Database
from archive_service.errors import NotFound
from archive_service.people import passwords
from archive_service.people.queries import viewer_for
from archive_service.people.roles import Role
from archive_service.people.scopes import Scope
from archive_service.people.tables import Person, SignIn
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings

SESSION, TOKEN, HALF = "session", "token", "half"
#: The way of a sign-in that an OpenID provider vouched for.
OIDC = "oidc"
#: A sign of life is written at most this often, so that reading pages does not mean writing rows.
_SEEN_EVERY = timedelta(minutes=1)
#: Widths of the columns.
_ADDRESS, _AGENT = 64, 200


@dataclass(frozen=True)
class Limits:
    """How long a sign-in lasts and from how many wrong passwords on a place has to wait, at most how long."""

    attempts: int = 5
    lock_minutes: float = 15
    session_hours: float = 10
    idle_minutes: float = 60
    #: Roles that ask for a second factor.
    second_factor_roles: frozenset[Role] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the limits that are configured."""
        return cls(
            attempts=settings.sign_in_attempts,
            lock_minutes=settings.sign_in_lock_minutes,
            session_hours=settings.session_hours,
            idle_minutes=settings.session_idle_minutes,
            second_factor_roles=frozenset(map(Role, settings.roles_with_second_factor())),
        )


@dataclass(frozen=True)
class Place:
    """Where somebody signs in from: network address, what the browser calls itself, what it keeps to be known again."""

    address: str = ""
    agent: str = ""
    device: str = ""

    @property
    def device_hash(self) -> str | None:
        """What is stored of `device`; none when the browser showed nothing."""
        return passwords.digest_of(self.device) if self.device else None


NOWHERE = Place()


def begin(
    session: Session,
    person: Person,
    *,
    now: datetime,
    expires_at: datetime,
    kind: str = SESSION,
    label: str = "",
    place: Place = NOWHERE,
    scopes: Collection[Scope] | None = None,
    way: str = "",
    vouched_factor: bool = False,
) -> tuple[str, SignIn]:
    """Begin a sign-in of a person; return its fresh secret and its row."""
    secret = passwords.secret()
    begun = SignIn(
        person_id=person.id,
        token_hash=passwords.digest_of(secret),
        kind=kind,
        label=label,
        created_at=now,
        last_seen_at=now,
        expires_at=expires_at,
        address=place.address[:_ADDRESS],
        agent="".join(c for c in place.agent if c.isprintable())[:_AGENT],
        device_hash=place.device_hash if kind == SESSION else None,
        scopes=None if scopes is None else sorted(scopes),
        way=way,
        vouched_factor=vouched_factor,
    )
    session.add(begun)
    session.flush()
    if kind == SESSION:
        told: dict[str, object] = {"sign_in": begun.id, "address": begun.address}
        if way:
            told["way"] = way
        note(session, person, "person.signed-in", now=now, by=None, **told)
    elif kind == TOKEN:
        note(session, person, "token.issued", now=now, sign_in=begun.id, label=label, scopes=begun.scopes)
    return secret, begun


def note(
    session: Session, person: Person, did: str, *, now: datetime, by: Actor | None = None, **facts: object
) -> None:
    """Write into the trail what a person did, or `by` somebody else did, about their own sign-in."""
    record(
        session,
        by=by or Actor(person.id, person.name),
        did=did,
        object_kind="person",
        object_id=str(person.id),
        unit_id=person.unit_id,
        facts=facts,
        now=now,
    )


def note_failed(session: Session, person: Person | None, *, place: Place, now: datetime, **facts: object) -> None:
    """Write into the trail that somebody else's word for a person, perhaps for nobody known, opened nothing."""
    record(
        session,
        by=SYSTEM,
        did="person.sign-in-failed",
        object_kind="person",
        # A login that nobody has is not kept: it may be a password typed one field early.
        object_id=person.id if person is not None else "unknown",
        unit_id=person.unit_id if person is not None else None,
        facts={"address": place.address, **facts},
        now=now,
    )


def viewer_of(
    session: Session,
    secret: str,
    *,
    now: datetime,
    idle_minutes: float = 60,
    kind: str | None = None,
    second_factor_roles: Collection[Role] = (),
) -> Viewer | None:
    """Return the viewer behind a secret, or none when it is unknown, ended, expired, idle too long or closed.

    Rights are read afresh each time, and a token leaves those of its scopes. Tokens of programs do not go idle; they
    only expire. With `kind`, a secret of another kind is unknown: a door that takes tokens takes no session, and the
    other way round. A sign-in whose second factor is still to come stands for nobody.
    """
    found = alive(session, secret, now=now, idle_minutes=idle_minutes)
    if found is None or found.kind == HALF or kind not in (None, found.kind):
        return None
    # Who came by the provider's word used no password, so that one of theirs is still a first one hinders nothing.
    viewer = viewer_for(session, found.person_id, now=now, by_password=found.way != OIDC)
    if viewer is None:
        return None
    if not (viewer.has_second_factor or found.vouched_factor) and viewer.roles & frozenset(second_factor_roles):
        viewer = replace(viewer, rights={}, must_set_second_factor=True)
    return viewer if found.scopes is None else viewer.within([Scope(one) for one in found.scopes])


def alive(session: Session, secret: str, *, now: datetime, idle_minutes: float) -> SignIn | None:
    """Return the living sign-in behind a secret, or none."""
    found = session.scalar(select(SignIn).where(SignIn.token_hash == passwords.digest_of(secret)))
    if found is None or found.ended_at is not None or found.expires_at <= now:
        return None
    if found.kind == SESSION and found.last_seen_at + timedelta(minutes=idle_minutes) <= now:
        return None
    person = session.get(Person, found.person_id)
    return found if person is not None and person.active else None


def touch(database: Database, secret: str, *, now: datetime, idle_minutes: float = 60) -> None:
    """Note a sign of life of a living sign-in; writes at most once a minute."""
    with database.reading() as session:
        found = alive(session, secret, now=now, idle_minutes=idle_minutes)
        if found is None or found.last_seen_at + _SEEN_EVERY > now:
            return
        key = found.id
    with database.unit_of_work() as session:
        living = session.get(SignIn, key)
        if living is not None and living.ended_at is None and living.last_seen_at < now:
            living.last_seen_at = now


def sign_out(session: Session, secret: str, *, now: datetime) -> str:
    """End the sign-in behind a secret and return how it was begun; an unknown or ended one is left as it is."""
    found = session.scalar(select(SignIn).where(SignIn.token_hash == passwords.digest_of(secret)))
    if found is None:
        return ""
    _end(session, found, now=now, by=None)
    return found.way


def end_all(session: Session, person_id: int, *, now: datetime, keep: str | None = None) -> int:
    """End every sign-in and token of a person, except the one behind the secret `keep`; return how many."""
    return len(_end_open(session, person_id, keep=keep, kinds=(SESSION, TOKEN, HALF), now=now))


def end_others(session: Session, *, by: Viewer, keep: str, now: datetime) -> int:
    """End the viewer's sign-ins in other browsers, not their tokens; return how many."""
    assert by.person_id is not None
    ended = _end_open(session, by.person_id, keep=keep, kinds=(SESSION, HALF), now=now)
    if ended:
        person = session.get_one(Person, by.person_id)
        note(session, person, "person.sign-ins-ended", now=now, sign_ins=[one.id for one in ended])
    return len(ended)


def _end_open(
    session: Session, person_id: int, *, keep: str | None, kinds: Collection[str], now: datetime
) -> list[SignIn]:
    kept = None if keep is None else passwords.digest_of(keep)
    wanted = select(SignIn).where(
        SignIn.person_id == person_id, SignIn.ended_at.is_(None), SignIn.kind.in_(kinds), SignIn.expires_at > now
    )
    ended = [one for one in session.scalars(wanted) if one.token_hash != kept]
    for one in ended:
        one.ended_at = now
    return ended


def end_sign_in(session: Session, *, sign_in_id: int, by: Viewer, now: datetime, kind: str | None = None) -> None:
    """End one of the viewer's own sign-ins or tokens. Raises NotFound for any other, and for one of another `kind`."""
    found = session.get(SignIn, sign_in_id)
    if found is None or kind not in (None, found.kind) or (found.person_id != by.person_id and not by.is_system):
        raise NotFound("token.not-found", "没有这个登录或令牌。请刷新列表后再试。")
    _end(session, found, now=now, by=by.actor)


def _end(session: Session, found: SignIn, *, now: datetime, by: Actor | None) -> None:
    if found.ended_at is not None:
        return
    found.ended_at = now
    person = session.get_one(Person, found.person_id)
    did = "token.ended" if found.kind == TOKEN else "person.signed-out"
    note(session, person, did, now=now, by=by, sign_in=found.id)
