"""Receive: bytes under their sha256 first, then one transaction with the scan's row, its job and its audit entry.

When it stops half way: before the commit, at most an object without a row is left, which `verify` names and a later
upload of the same bytes uses; after the commit, the job row owes the rest. The caller's answer follows the commit, so
what was acknowledged is durable.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.audit.record import Actor, record
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, NotFound
from archive_service.jobs import queue
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.storage.record import record_object
from archive_service.storage.store import ObjectStore, Readable, Stored
from ingest import reach, states
from ingest.errors import FileRefused, refuse
from ingest.filing import rules
from ingest.names import display_name
from ingest.recognise.values import Said as Said
from ingest.tables import Batch, Scan

#: Kind of the job that takes a scan one step further.
STEP_JOB = "ingest.step"
EMPTY_DIGEST = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Receipt:
    """What became of a file that was handed in."""

    scan_id: int
    state: str
    digest: str
    duplicate_of: int | None
    error_code: str | None
    error_message: str | None


def open_batch(session: Session, viewer: Viewer, *, name: str, channel: str, unit_id: int, now: datetime) -> Batch:
    """Begin a batch in `unit_id`; raises NotPermitted without the right to receive scans there."""
    reach.check_may_hand_in(viewer, unit_id)
    batch = Batch(
        name=display_name(name)[:120], channel=channel, unit_id=unit_id, received_by=viewer.person_id, received_at=now
    )
    session.add(batch)
    session.flush()
    facts = {"name": batch.name, "channel": channel}
    record(
        session,
        by=viewer.actor,
        did="batch.opened",
        object_kind="batch",
        object_id=batch.id,
        unit_id=unit_id,
        facts=facts,
        now=now,
    )
    return batch


def receive(
    database: Database,
    store: ObjectStore,
    *,
    stream: Readable,
    file_name: str,
    batch_id: int,
    viewer: Viewer,
    said: Said,
    max_bytes: int,
    now: datetime,
) -> Receipt:
    """Take a file in and return once it is durable; what is no good is on record as refused.

    Raises NotPermitted, Refused for a batch that was decided, and Unavailable when the store or database cannot take
    it: then nothing was kept.
    """
    name = display_name(file_name)
    try:
        source = _Limited(stream, max_bytes)
        stored = store.put(source.with_something_in_it())
    except FileRefused as e:
        with database.unit_of_work() as session:
            return _refused(session, _permitted_batch(session, viewer, batch_id), name, e, viewer=viewer, now=now)
    for _ in range(2):
        try:
            with database.unit_of_work() as session:
                batch = _permitted_batch(session, viewer, batch_id)
                return add_scan(session, batch, stored, name=name, said=said, by=viewer.actor, parent=None, now=now)
        except IntegrityError:
            # Someone received the same bytes between our look and our commit: the second look finds them.
            continue
    raise ArchiveError("internal.duplicate-race", "这份文件正在被同时接收，没有重复保存。请稍后在扫描列表中查看。")


def first_with(session: Session, digest: str) -> Scan | None:
    """Return the scan that holds the bytes of this digest already, refused ones aside; none when they are new."""
    return session.scalar(
        select(Scan).where(
            Scan.digest == digest,
            Scan.duplicate_of.is_(None),
            Scan.state.not_in((states.REFUSED, states.SET_ASIDE)),
        )
    )


def add_scan(
    session: Session,
    batch: Batch,
    stored: Stored | None,
    *,
    name: str,
    said: Said,
    by: Actor,
    parent: Scan | None,
    now: datetime,
) -> Receipt:
    """Write the row of a stored file and the job that it owes.

    A file that is here already is refused by name; none stands for a file without a single byte.
    """
    if stored is None:
        return _refused_scan(session, batch, name, EMPTY_DIGEST, refuse("file.empty"), by=by, parent=parent, now=now)
    first = first_with(session, stored.digest)
    if first is not None:
        return _duplicate(session, batch, first, name=name, size=stored.size_bytes, by=by, parent=parent, now=now)
    record_object(session, stored, role="original", media_type="application/octet-stream", now=now)
    scan = _row(batch, name, stored.digest, stored.size_bytes, by=by, parent=parent, now=now)
    scan.said_account_no = said.account_no
    scan.said_application_no = said.application_no
    scan.said_document_type = said.document_type
    session.add(scan)
    session.flush()
    queue.enqueue(session, kind=STEP_JOB, subject=scan.id, queue="light", now=now)
    facts = {"file": name, "sha256": stored.digest, "size_bytes": stored.size_bytes, "batch": batch.id}
    _audit(session, scan, "scan.received", facts, by=by, now=now)
    return _receipt(scan)


def add_refused(session: Session, batch: Batch, name: str, error: FileRefused, *, by: Actor, now: datetime) -> Receipt:
    """Put a file on record that is no good, of which nothing was kept."""
    return _refused_scan(session, batch, name, EMPTY_DIGEST, error, by=by, parent=None, now=now)


def _permitted_batch(session: Session, viewer: Viewer, batch_id: int) -> Batch:
    batch = session.get_one(Batch, batch_id)
    if not reach.sees_batch(viewer, batch):
        viewer.require(Right.SCAN_RECEIVE, batch.unit_id)
        raise NotFound("batch.not-found", "没有这个批次，或您无权查看。请返回扫描入库。")
    # Shared with other files that come in; whoever files the batch waits for them, and they for whoever does.
    wanted = select(Batch).where(Batch.id == batch_id).with_for_update(read=True)
    rules.check_may_add(session.scalars(wanted.execution_options(populate_existing=True)).one().state)
    return batch


def _row(batch: Batch, name: str, digest: str, size: int, *, by: Actor, parent: Scan | None, now: datetime) -> Scan:
    return Scan(
        batch_id=batch.id,
        unit_id=batch.unit_id,
        parent_id=parent.id if parent else None,
        file_name=name,
        digest=digest,
        size_bytes=size,
        received_by=by.person_id,
        received_at=now,
    )


def _duplicate(
    session: Session,
    batch: Batch,
    first: Scan,
    *,
    name: str,
    size: int,
    by: Actor,
    parent: Scan | None,
    now: datetime,
) -> Receipt:
    # Who sees the batch sees everything below its unit, and of other units not even that they have such a file.
    known = first.unit_id in people.units_below(session, batch.unit_id)
    named = f"扫描件 {first.id} {first.file_name}" if known else ""
    error = refuse("file.duplicate", first=named)
    receipt = _refused_scan(
        session, batch, name, first.digest, error, by=by, parent=parent, now=now, duplicate_of=first, size=size
    )
    return receipt if known else replace(receipt, duplicate_of=None)


def _refused(
    session: Session, batch: Batch, name: str, error: FileRefused, *, viewer: Viewer, now: datetime
) -> Receipt:
    return add_refused(session, batch, name, error, by=viewer.actor, now=now)


def _refused_scan(
    session: Session,
    batch: Batch,
    name: str,
    digest: str,
    error: FileRefused,
    *,
    by: Actor,
    parent: Scan | None,
    now: datetime,
    duplicate_of: Scan | None = None,
    size: int = 0,
) -> Receipt:
    scan = _row(batch, name, digest, size, by=by, parent=parent, now=now)
    scan.state, scan.error_code, scan.error_message = states.REFUSED, error.code, error.message
    scan.duplicate_of = duplicate_of.id if duplicate_of else None
    scan.finished_at = now
    session.add(scan)
    session.flush()
    _audit(session, scan, "scan.refused", {"file": name, "code": error.code, "batch": batch.id}, by=by, now=now)
    return _receipt(scan)


def _audit(session: Session, scan: Scan, did: str, facts: dict[str, object], *, by: Actor, now: datetime) -> None:
    record(session, by=by, did=did, object_kind="scan", object_id=scan.id, unit_id=scan.unit_id, facts=facts, now=now)


def _receipt(scan: Scan) -> Receipt:
    return Receipt(scan.id, scan.state, scan.digest, scan.duplicate_of, scan.error_code, scan.error_message)


def limited(stream: Readable, most: int) -> Readable:
    """Return `stream` so that it raises FileRefused past `most` bytes; raises FileRefused when it holds not one."""
    return _Limited(stream, most).with_something_in_it()


class _Limited:
    """Reads on until more than the accepted number of bytes have come."""

    def __init__(self, source: Readable, limit: int) -> None:
        self._source, self._left, self._limit = source, limit, limit
        self._first = b""

    def with_something_in_it(self) -> _Limited:
        """Return this very source; raises FileRefused when there is not one byte to read."""
        self._first = self._source.read(1)
        if not self._first:
            raise refuse("file.empty")
        return self

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes; raises FileRefused past the limit."""
        data, self._first = self._first or self._source.read(size), b""
        self._left -= len(data)
        if self._left < 0:
            raise refuse("file.too-large", limit=self._limit)
        return data
