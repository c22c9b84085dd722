"""Sign-on by somebody else who vouches for the person: a proxy in front of the program."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from archive_service.db.session import Database
from archive_service.people import sessions
from archive_service.people.sessions import Limits, Place
from archive_service.people.sign_in import SignInRefused
from archive_service.people.tables import Person, SignIn


def sign_in_vouched(
    database: Database, *, login: str, by: str, now: datetime, limits: Limits, place: Place
) -> tuple[str, SignIn]:
    """Begin a sign-in of the person with this login, for whom `by` vouches; return its secret and row.

    No password and no second factor is asked for: both are the business of whoever vouches. Raises SignInRefused for a
    login that nobody has or whose account is closed; no account is made.
    """
    with database.unit_of_work() as session:
        person = session.scalar(select(Person).where(Person.login == login))
        if person is not None and person.active:
            until = now + timedelta(hours=limits.session_hours)
            return sessions.begin(session, person, now=now, expires_at=until, place=place, label=by)
        sessions.note_failed(session, person, place=place, now=now, by=by)
    raise SignInRefused
