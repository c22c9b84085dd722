"""Mails that are owed: put together of notices, then sent by a job, each written down before and after its try.

What is owed are rows, so nothing is lost while the server is down. A mail that was under way when the program or the
line broke is sent again under the same Message-ID. Source: docs/decisions/0041.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select, update
from sqlalchemy.orm import Session

from archive_service import logs, zone
from archive_service.db.session import Database
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.jobs.tables import Job
from archive_service.notices import rules, smtp
from archive_service.notices.kinds import KINDS, Way
from archive_service.notices.message import Told, compose
from archive_service.notices.smtp import Line, Outcome
from archive_service.notices.tables import Notice, NoticeMail
from archive_service.people.tables import Person
from archive_service.settings import Settings

log = logs.get("notices")
#: Kind of the jobs that send, and what each is about: all that is due.
SEND_JOB, OUTBOX = "notice-mails", "outbox"
_QUEUE = "upkeep"
#: Notices put into mails in one transaction; mails sent by one job.
_PORTION, _A_JOB = 200, 200
_OPEN_JOBS = ("queued", "running")


def follow(database: Database, settings: Settings, *, now: datetime) -> int:
    """Put owed notices into mails and owe a job when one is due; return how many mails were made.

    Without a mail server notices stay in the program, also those that were owed until now.
    """
    configured, made = smtp.is_configured(settings), 0
    while _owes(database, settings, now=now):
        with database.unit_of_work() as session:
            if not configured:
                _keep_inside(session)
                break
            some = _collect(session, settings, now=now)
        made += some
        if not some:
            # Another process is putting the same notices into mails.
            break
    if configured:
        _owe_job(database, now=now)
    return made


def _owes(database: Database, settings: Settings, *, now: datetime) -> bool:
    """Say whether a notice waits to be put into a mail; a look that writes nothing."""
    with database.reading() as session:
        single = select(Notice.id).where(Notice.mail_id.is_(None), Notice.way == Way.MAIL.value).limit(1)
        return session.scalar(single) is not None or bool(_of_digests(session, settings, now=now))


def _collect(session: Session, settings: Settings, *, now: datetime) -> int:
    single = select(Notice).where(Notice.mail_id.is_(None), Notice.way == Way.MAIL.value).order_by(Notice.id)
    made = 0
    for notice in session.scalars(single.limit(_PORTION).with_for_update(skip_locked=True)).all():
        _put(session, [notice], notice.kind, None, now=now)
        made += 1
    today = zone.local(now).date()
    for person_id in _of_digests(session, settings, now=now):
        owed = _digest_of(settings, now).where(Notice.person_id == person_id).with_for_update(skip_locked=True)
        if notices := session.scalars(owed).all():
            _put(session, notices, "digest", today, now=now)
            made += 1
    return made


def _put(session: Session, notices: Sequence[Notice], kind: str, day: date | None, *, now: datetime) -> None:
    mail = NoticeMail(
        person_id=notices[0].person_id, kind=kind, digest_on=day, state="waiting", attempts=0, doubtful=False,
        made_at=now, next_at=now,
    )  # fmt: skip
    session.add(mail)
    session.flush()
    for one in notices:
        one.mail_id = mail.id


def _digest_of(settings: Settings, now: datetime) -> Select[Notice]:
    """Return the notices that belong into a digest of today: those of before its time, and those of the day itself."""
    daily = [kind.code for kind in KINDS.values() if kind.daily]
    before = Notice.made_at < rules.digest_moment(zone.local(now).date(), settings.mail_digest_at)
    owed = and_(Notice.mail_id.is_(None), Notice.way == Way.DIGEST.value)
    return select(Notice).where(owed, or_(before, Notice.kind.in_(daily))).order_by(Notice.id)


def _of_digests(session: Session, settings: Settings, *, now: datetime) -> list[int]:
    """Return who is owed a digest now: from its time of day on, and once a day."""
    today = zone.local(now).date()
    if now < rules.digest_moment(today, settings.mail_digest_at):
        return []
    had = select(NoticeMail.person_id).where(NoticeMail.digest_on == today)
    owed = _digest_of(settings, now).with_only_columns(Notice.person_id).order_by(None).distinct()
    return list(session.scalars(owed.where(Notice.person_id.not_in(had)).limit(_PORTION)))


def _keep_inside(session: Session) -> None:
    owed = (Notice.mail_id.is_(None), Notice.way != Way.PROGRAM.value)
    changed = update(Notice).where(*owed).values(way=Way.PROGRAM.value).execution_options(synchronize_session=False)
    session.execute(changed)


def _owe_job(database: Database, *, now: datetime) -> None:
    with database.reading() as session:
        due = session.scalar(select(NoticeMail.id).where(_due(now)).limit(1))
        job = session.scalar(select(Job.id).where(Job.kind == SEND_JOB, Job.state.in_(_OPEN_JOBS)).limit(1))
    if due is not None and job is None:
        with database.unit_of_work() as session:
            queue.enqueue(session, kind=SEND_JOB, subject=OUTBOX, queue=_QUEUE, now=now)


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(NoticeMail.state.in_(("waiting", "sending")), NoticeMail.next_at <= now)


@dataclass(frozen=True)
class _Taken:
    """A mail that this process sends; `attempt` is its token."""

    id: int
    attempt: int
    to: str
    message: bytes


@dataclass(frozen=True)
class SendHandler:
    """Does the jobs that send: each sends what is due, over one line."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]

    def run(self, claimed: Claimed) -> None:
        """Send the mails that are due, one after the other, and write down how each went."""
        line = Line(self.settings)
        try:
            for _ in range(_A_JOB if smtp.is_configured(self.settings) else 0):
                claimed.check()
                taken = self._take()
                if taken is None:
                    break
                outcome = line.send(taken.to, taken.message)
                self._note(taken, outcome)
                if outcome.away:
                    log.warning("mail server takes nothing", code=outcome.error_code, status=outcome.status)
                    break
        finally:
            line.close()
        with self.database.unit_of_work() as session:
            queue.finish(session, claimed, now=self.now())

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the mails as they are: they are owed still, and another job will be made for them."""

    def _take(self) -> _Taken | None:
        """Take the mail that is due first and write down that it is being sent; drop what nobody can get."""
        while True:
            with self.database.unit_of_work() as session:
                now = self.now()
                chosen = (
                    select(NoticeMail)
                    .where(_due(now))
                    .order_by(NoticeMail.next_at, NoticeMail.attempts, NoticeMail.id)
                    .limit(1)
                )
                mail = session.scalar(chosen.with_for_update(skip_locked=True))
                if mail is None:
                    return None
                person = session.get_one(Person, mail.person_id)
                # Whoever held it before died with it under way.
                mail.doubtful = mail.doubtful or mail.state == "sending"
                if not person.active or not person.email:
                    mail.state, mail.next_at, mail.error_code = "dropped", None, "mail.nobody"
                    continue
                mail.state, mail.attempts, mail.tried_at = "sending", mail.attempts + 1, now
                mail.next_at = now + rules.HELD
                return _Taken(mail.id, mail.attempts, person.email, self._message(session, mail, person))

    def _message(self, session: Session, mail: NoticeMail, person: Person) -> bytes:
        held = session.scalars(select(Notice).where(Notice.mail_id == mail.id).order_by(Notice.id)).all()
        message = compose(
            [Told(one.kind, one.address, one.values) for one in held],
            mail_id=mail.id,
            made_at=mail.made_at,
            digest_on=mail.digest_on,
            sender=self.settings.mail_from,
            to_name=person.name,
            to_address=person.email or "",
            language=(person.preferences or {}).get("language") or self.settings.language,
            public_address=self.settings.public_address,
            now=self.now(),
        )
        return message.as_bytes()

    def _note(self, taken: _Taken, outcome: Outcome) -> None:
        """Write down how a try went; nothing when another process took the mail over meanwhile."""
        with self.database.unit_of_work() as session:
            now = self.now()
            mine = (NoticeMail.id == taken.id, NoticeMail.attempts == taken.attempt, NoticeMail.state == "sending")
            mail = session.scalar(select(NoticeMail).where(*mine).with_for_update())
            if mail is None:
                return
            mail.status, mail.error_code = outcome.status, outcome.error_code
            mail.doubtful = mail.doubtful or outcome.doubtful
            if outcome.error_code is None:
                mail.state, mail.sent_at, mail.next_at = "sent", now, None
            elif outcome.final or now - mail.made_at >= rules.GIVEN_UP:
                mail.state, mail.next_at = "failed", None
            else:
                mail.state = "waiting"
                mail.next_at = now + (rules.OUTAGE if outcome.away else rules.wait_after(mail.attempts))
            if outcome.away:
                _put_off(session, now=now)


def _put_off(session: Session, *, now: datetime) -> None:
    """Let all that is due wait until the server may be there again: none of it was tried."""
    later = update(NoticeMail).where(NoticeMail.state == "waiting", NoticeMail.next_at <= now)
    session.execute(later.values(next_at=now + rules.OUTAGE).execution_options(synchronize_session=False))
