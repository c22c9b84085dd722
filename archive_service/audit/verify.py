"""Check the whole audit chain against its head, also while others append to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, select, true, type_coerce
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from archive_service.audit.chain import GENESIS, Break, Link, Read, Whole, breaks, text_hash
from archive_service.audit.tables import AuditEntry, AuditHead

#: Entries between two tellings of how far a check is.
_TOLD_EVERY = 1000
#: Rows that are read at once.
_AT_ONCE = 2000
#: Text as JSON holds it, as the canonical encoder writes it.
_QUOTED = json.encoder.encode_basestring
_NUMBERS = (int, type(None))
#: Of a moment as SQLite keeps it, 2026-11-30 08:00:00.000000.
_LENGTH = 26
_EARLIEST, _LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def chain_breaks(session: Session, *, seen: Callable[[int], object] = lambda count: None) -> list[Break]:
    """Return every place where the chain does not hold; empty means that nothing was altered, removed or inserted.

    `seen` is told now and then how many entries were looked at.
    """
    head = _head(session)
    found = [Break(seq, "before-first") for seq in session.scalars(select(AuditEntry.seq).where(AuditEntry.seq < 1))]
    # One row is the head; another says nothing that anybody reads, and nobody of ours wrote it.
    found += [Break(seq, "end-differs") for seq in session.scalars(select(AuditHead.seq).where(AuditHead.id != 1))]
    found += breaks(_counted(_links(session, up_to=head[0]), seen), head=head)
    # What others append while we read lies beyond the head that we began with, but never beyond the head of now.
    rest = list(session.scalars(select(AuditEntry.seq).where(AuditEntry.seq > head[0]).order_by(AuditEntry.seq)))
    now = _head(session)[0]
    return found + [Break(seq, "beyond-end") for seq in rest if seq > now]


def _counted(links: Iterator[tuple[Read, str, str]], seen: Callable[[int], object]) -> Iterator[tuple[Read, str, str]]:
    for count, one in enumerate(links, start=1):
        if count % _TOLD_EVERY == 0:
            seen(count)
        yield one


def breaks_since(
    session: Session, *, after: int, previous: str, up_to: int, seen: Callable[[str], object]
) -> Iterator[Break]:
    """Yield what does not hold from behind the entry `after`, whose hash is `previous`, to the entry `up_to`.

    `seen` is told the hash of every entry, as the row holds it.
    """
    last = session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == up_to)) or ""
    links = _links(session, after=after, up_to=up_to)
    told = ((link, before, kept) for link, before, kept in links if (seen(kept), True))
    return breaks(told, head=(up_to, last), after=(after, previous))


def _head(session: Session) -> tuple[int, str]:
    row = session.execute(select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1)).one_or_none()
    return (row.seq, row.hash) if row else (0, GENESIS)


def last_seq(session: Session) -> int:
    """Return the number of the newest entry, 0 before the first."""
    head = session.get(AuditHead, 1)
    return head.seq if head else 0


def _links(session: Session, *, up_to: int, after: int = 0) -> Iterator[tuple[Read, str, str]]:
    return rows_as_kept(session, and_(AuditEntry.seq > after, AuditEntry.seq <= up_to))


def rows_as_kept(session: Session, condition: ColumnElement[bool]) -> Iterator[tuple[Read, str, str]]:
    """Yield the entries of a condition in their order: what a row says of itself, and both hashes as it holds them."""
    # Moments and facts come as the database keeps them: what was changed may not be a moment or JSON any more, and has
    # to be named instead of ending the check. Not by the mapper, which takes longer for a row than its hash does.
    last = None
    try:
        for row in _rows(session, condition):
            yield _read(*row), row[9], row[10]
            last = row[0]
    except DatabaseError:
        if session.get_bind().dialect.name != "sqlite":
            raise
    else:
        return
    # SQLite takes bytes for text that are none, and says so when they are read: from there on a row at a time.
    of = AuditEntry.seq
    for seq in session.scalars(select(of).where(condition, of > last if last is not None else true()).order_by(of)):
        try:
            yield from ((_read(*row), row[9], row[10]) for row in list(_rows(session, of == seq)))
        except DatabaseError:
            yield seq, "", "unreadable"


def moment_as_kept(session: Session, column: ColumnElement[datetime]) -> ColumnElement[Any]:
    """Return what reads a moment without a look at whether it is one: as text from SQLite, which keeps any."""
    kept: ColumnElement[Any] = type_coerce(column, String)
    if session.get_bind().dialect.name == "postgresql":
        # It knows moments before our calendar, after it, and infinity: none that anything here has.
        return case((column.between(_EARLIEST, _LATEST), kept))
    return kept


def _rows(session: Session, condition: ColumnElement[bool]) -> Iterator[Any]:
    of = AuditEntry.__table__.c
    asked = select(
        of.seq, moment_as_kept(session, of.at), of.person_id, of.person_name, of.did, of.object_kind, of.object_id,
        of.unit_id, type_coerce(of.facts, String), of.previous_hash, of.hash,
    )  # fmt: skip
    rows = session.connection().execute(
        asked.where(condition).order_by(of.seq), execution_options={"yield_per": _AT_ONCE}
    )
    for part in rows.partitions():
        yield from part


def _read(seq: int, at: Any, person_id: Any, name: Any, did: Any, kind: Any, key: Any, unit_id: Any, facts: Any,
          previous: Any, made: Any) -> Read:  # fmt: skip
    """Return what a row says. Facts are kept in their canonical text: taken as it stands, its hash tells whether so."""
    # Of other kinds the columns of a row might be cut in other places and still give the same text.
    if type(seq) is int and type(person_id) in _NUMBERS and type(unit_id) in _NUMBERS and type(facts) is str:
        try:
            text = (
                f'[{seq},"{_moment(at)}",{"null" if person_id is None else person_id},{_QUOTED(name)},{_QUOTED(did)},'
                f"{_QUOTED(kind)},{_QUOTED(key)},{'null' if unit_id is None else unit_id},{facts}]"
            )
            if text_hash(previous, text) == made:
                return Whole(seq, text)
        except (ValueError, TypeError, AttributeError):
            pass
    return _link(seq, at, person_id, name, did, kind, key, unit_id, facts) or seq


def _moment(at: Any) -> str:
    """Return a moment as the canonical text has it, nothing where it is not kept as this program keeps it."""
    if isinstance(at, str):
        return f"{at[:10]}T{at[11:]}+00:00" if len(at) == _LENGTH and at[10] == " " else ""
    return str(at.astimezone(UTC).isoformat("T", "microseconds"))


def _link(seq: int, at: Any, person_id: Any, name: Any, did: Any, kind: Any, key: Any, unit_id: Any, facts: Any
          ) -> Link | None:  # fmt: skip
    """Return what the hash of a row ought to cover, none when it cannot be read."""
    try:
        if any(isinstance(one, bytes) for one in (person_id, name, did, kind, key, unit_id)):
            return None
        told = datetime.fromisoformat(at) if isinstance(at, str) else at
        # SQLite drops the zone, PostgreSQL gives its own.
        moment = told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
        link = Link(seq, moment, person_id, name, did, kind, key, unit_id, json.loads(facts, object_pairs_hook=_once))
        # Half letters have no bytes, and so no hash.
        link.canonical().encode()
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None
    return link


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        # The program reads the last of two, and a search in the text finds either.
        raise ValueError("a name twice")
    return made
