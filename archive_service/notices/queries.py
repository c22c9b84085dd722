"""A person's own notices, and the log of mails for those who keep the program running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.notices.kinds import KINDS, Way, filled
from archive_service.notices.tables import Notice, NoticeChoice, NoticeMail
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer

#: More unread notices than this are not counted: nobody reads the number to the last digit.
COUNTED = 99


@dataclass(frozen=True)
class NoticeView:
    """A notice in the language of its reader."""

    id: int
    kind: str
    name: str
    subject: str
    body: str
    made_at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class NoticeListing:
    """A page of notices, newest first; `next` continues it."""

    rows: Sequence[NoticeView]
    next: int | None


@dataclass(frozen=True)
class MailView:
    """A mail in the log: to whom, of which kind, when, how often tried, how it stands. Nothing of what it says."""

    id: int
    person: str
    login: str
    unit_name: str
    kind: str
    notices: int
    state: str
    attempts: int
    status: int | None
    error_code: str | None
    doubtful: bool
    made_at: datetime
    tried_at: datetime | None
    next_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True)
class MailListing:
    """A page of the log, newest first; `next` continues it."""

    rows: Sequence[MailView]
    next: int | None


def unread(session: Session, viewer: Viewer) -> int:
    """Return how many notices the viewer has not read, at most one more than `COUNTED`."""
    mine = select(Notice.id).where(Notice.person_id == viewer.person_id, Notice.read_at.is_(None)).limit(COUNTED + 1)
    return session.scalar(select(func.count()).select_from(mine.subquery())) or 0


def notices(
    session: Session,
    viewer: Viewer,
    *,
    language: str,
    unread_only: bool = False,
    after: int | None = None,
    limit: int = 50,
) -> NoticeListing:
    """Return the viewer's own notices, newest first, below the id `after`."""
    wanted = select(Notice).where(Notice.person_id == viewer.person_id)
    if unread_only:
        wanted = wanted.where(Notice.read_at.is_(None))
    if after is not None:
        wanted = wanted.where(Notice.id < after)
    rows = session.scalars(wanted.order_by(Notice.id.desc()).limit(limit + 1)).all()
    shown = [view(one, language) for one in rows[:limit] if one.kind in KINDS]
    return NoticeListing(shown, rows[limit - 1].id if len(rows) > limit else None)


def view(notice: Notice, language: str) -> NoticeView:
    """Return a notice in a language."""
    text = KINDS[notice.kind].text(language)
    subject, body = filled(text.subject, notice.values), filled(text.body, notice.values)
    return NoticeView(notice.id, notice.kind, text.name, subject, body, notice.made_at, notice.read_at)


def address_of(session: Session, viewer: Viewer) -> str:
    """Return the viewer's own e-mail address, empty without one."""
    return session.scalar(select(Person.email).where(Person.id == viewer.person_id)) or ""


def choices(session: Session, viewer: Viewer) -> Mapping[str, Way]:
    """Return how the viewer is told of every kind."""
    chosen = select(NoticeChoice.kind, NoticeChoice.way).where(NoticeChoice.person_id == viewer.person_id)
    known = {kind: Way(way) for kind, way in session.execute(chosen).all()}
    return {code: known.get(code, kind.usual) for code, kind in KINDS.items()}


def mails(
    session: Session, viewer: Viewer, *, state: str = "", after: int | None = None, limit: int = 50
) -> MailListing:
    """Return the log of mails to people of the viewer's units, newest first, below the id `after`."""
    viewer.require(Right.SYSTEM_HEALTH)
    wanted = _mails(viewer)
    if state:
        wanted = wanted.where(NoticeMail.state == state)
    if after is not None:
        wanted = wanted.where(NoticeMail.id < after)
    rows = session.execute(wanted.order_by(NoticeMail.id.desc()).limit(limit + 1)).all()
    shown = [_mail(mail, name, login, unit, count) for mail, name, login, unit, count in rows[:limit]]
    return MailListing(shown, shown[-1].id if len(rows) > limit else None)


def mail(session: Session, viewer: Viewer, mail_id: int) -> MailView:
    """Return a mail to somebody of the viewer's units. Raises NotFound."""
    viewer.require(Right.SYSTEM_HEALTH)
    found = session.execute(_mails(viewer).where(NoticeMail.id == mail_id)).first()
    if found is None:
        raise NotFound("mail.not-found", "没有这封邮件，或者您无权查看。请从发送日志里选择。")
    return _mail(*found)


def _mails(viewer: Viewer) -> Select[NoticeMail, str, str, str, int]:
    held = select(func.count()).where(Notice.mail_id == NoticeMail.id).correlate(NoticeMail).scalar_subquery()
    return (
        select(NoticeMail, Person.name, Person.login, Unit.name.label("unit_name"), held.label("held"))
        .join(Person, Person.id == NoticeMail.person_id)
        .join(Unit, Unit.id == Person.unit_id)
        .where(Person.unit_id.in_(viewer.units(Right.SYSTEM_HEALTH)))
    )


def _mail(mail: NoticeMail, name: str, login: str, unit: str, count: int) -> MailView:
    return MailView(
        id=mail.id,
        person=name,
        login=login,
        unit_name=unit,
        kind=mail.kind,
        notices=count,
        state=mail.state,
        attempts=mail.attempts,
        status=mail.status,
        error_code=mail.error_code,
        doubtful=mail.doubtful,
        made_at=mail.made_at,
        tried_at=mail.tried_at,
        next_at=mail.next_at,
        sent_at=mail.sent_at,
    )
