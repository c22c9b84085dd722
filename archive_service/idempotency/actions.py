"""Taking a key for a write, keeping its answer, giving the key free again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError

from archive_service.db.session import Database
from archive_service.idempotency import rules
from archive_service.idempotency.tables import KeptAnswer


@dataclass(frozen=True)
class Answer:
    """An answer as it was sent."""

    status: int
    headers: dict[str, str]
    body: str


def begin(database: Database, *, person_id: int, key: str, digest: str, now: datetime) -> Answer | None:
    """Take a key for a write, committed at once; return the kept answer when the very same write was done before.

    Of two that begin at once one goes on. Raises what `rules.check_same` raises.
    """
    known = _known(database, person_id, key, now)
    if known is None:
        try:
            with database.unit_of_work() as session:
                session.add(KeptAnswer(person_id=person_id, idempotency_key=key, request_digest=digest, begun_at=now))
            return None
        except IntegrityError:
            known = _known(database, person_id, key, now)
    if known is None:
        # The other one ended without an answer to keep, between our two looks.
        raise rules.running()
    answered = known.status is not None
    rules.check_same(known.request_digest, digest, answered=answered, begun_at=known.begun_at, now=now)
    return Answer(known.status or 200, known.headers or {}, known.body or "")


def keep(database: Database, *, person_id: int, key: str, answer: Answer) -> None:
    """Keep the answer of the write that holds the key."""
    with database.unit_of_work() as session:
        row = session.scalar(_of(person_id, key))
        if row is not None:
            row.status, row.headers, row.body = answer.status, answer.headers, answer.body


def release(database: Database, *, person_id: int, key: str) -> None:
    """Give a key free whose write changed nothing."""
    with database.unit_of_work() as session:
        row = session.scalar(_of(person_id, key))
        if row is not None and row.status is None:
            session.delete(row)


def prune(database: Database, *, now: datetime) -> None:
    """Remove answers that were kept long enough."""
    with database.unit_of_work() as session:
        session.execute(delete(KeptAnswer).where(KeptAnswer.begun_at <= now - rules.KEPT))


def _known(database: Database, person_id: int, key: str, now: datetime) -> KeptAnswer | None:
    with database.reading() as session:
        row = session.scalar(_of(person_id, key))
    if row is None or row.begun_at > now - rules.KEPT:
        return row
    with database.unit_of_work() as session:
        session.execute(delete(KeptAnswer).where(KeptAnswer.id == row.id))
    return None


def _of(person_id: int, key: str) -> Select[KeptAnswer]:
    return select(KeptAnswer).where(KeptAnswer.person_id == person_id, KeptAnswer.idempotency_key == key)
