"""Organisation units, the people in them, their roles and sign-ins."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class Unit(Base):
    """A unit of the utility: the company, a county, a customer service centre. Units form a tree."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What import files call the unit (`centre`).
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    #: Ids from the root down to this unit, each followed by a slash: a subtree is a prefix.
    path: Mapped[str] = mapped_column(String(400), index=True)


class Person(Base):
    """Someone who may sign in."""

    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    #: True while the password was given by someone else.
    must_change_password: Mapped[bool] = mapped_column(default=False)
    #: Both of versions that locked accounts; wrong tries are counted in SignInTry now.
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: What the person chose for pages: language, theme, print, density, single_keys.
    preferences: Mapped[dict[str, str]] = mapped_column(JsonText, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: What the person's device makes one-time codes from (base32); theirs to use only from `totp_since` on.
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: The step of the last code that was taken; a code of this step or an earlier one is refused.
    totp_step: Mapped[int | None]
    #: Where notices go by e-mail; none means that they stay in the program.
    email: Mapped[str | None] = mapped_column(String(254))


class RecoveryCode(Base):
    """A code that stands in for the second factor once; the code itself is never stored."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("person_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RoleGrant(Base):
    """A role that a person holds in a unit and everything below it."""

    __tablename__ = "role_grants"
    __table_args__ = (UniqueConstraint("person_id", "role", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    role: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: First and last day on which it holds, local time; none means without a beginning or an end.
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    #: The person who is stood in for, for a deputy.
    deputy_for: Mapped[int | None]


class SignInTry(Base):
    """Wrong passwords or codes in a row, for one account from one place; removed by the right one."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (UniqueConstraint("account", "source"), Index("ix_sign_in_tries_last_at", "last_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The person, or a coarse bucket of logins that nobody has.
    account: Mapped[str] = mapped_column(String(24))
    #: The browser, or the network, or `*` for all places from which the person never signed in.
    source: Mapped[str] = mapped_column(String(64))
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignIn(Base):
    """A session of a person or a token of a program; the secret itself is never stored."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_person_id_ended_at", "person_id", "ended_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    #: sha256 of the secret that the browser or program presents.
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: session | token | half: the password was right, the second factor is still to come.
    kind: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Where it came from, for the person to recognise.
    address: Mapped[str] = mapped_column(String(64), default="", server_default="")
    agent: Mapped[str] = mapped_column(String(200), default="", server_default="")
    #: sha256 of what the browser keeps to be known again at the next sign-in.
    device_hash: Mapped[str | None] = mapped_column(String(64))
    #: What a token may be used for; none means everything that the person may do (tokens of earlier versions).
    scopes: Mapped[list[str] | None] = mapped_column(JsonText)
    #: How it was begun: empty by a password, `oidc` by the word of an OpenID provider.
    way: Mapped[str] = mapped_column(String(10), default="", server_default="")
    #: The provider has said that a second factor was given.
    vouched_factor: Mapped[bool] = mapped_column(default=False, server_default=false())


class PersonIdentity(Base):
    """An identity at an OpenID provider that signs in as a person."""

    __tablename__ = "person_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("person_id", "issuer"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    tied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The person gave their own second factor through it once, or had none when it was tied.
    proven: Mapped[bool]


class SignOnAttempt(Base):
    """A sign-in on its way to the OpenID provider; gone once it came back, or ten minutes later."""

    __tablename__ = "sign_on_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: sha256 of what the provider hands back, and of what only the browser has.
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    nonce: Mapped[str] = mapped_column(String(64))
    #: The secret half of PKCE; worth nothing without the code that it was made for.
    verifier: Mapped[str] = mapped_column(String(128))
    #: The page that was asked for before signing in.
    wanted: Mapped[str] = mapped_column(String(1000))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PersonTie(Base):
    """What in the records is a person's own: an account number, or the hash of their identity number."""

    __tablename__ = "person_ties"
    __table_args__ = (UniqueConstraint("person_id", "kind", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[str] = mapped_column(String(10))  # account | identity
    value: Mapped[str] = mapped_column(String(64))
