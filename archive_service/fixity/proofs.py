"""The self-test of the stores, kept: at the start, daily and when somebody asks; a fall is told to those who watch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.db.session import Database
from archive_service.fixity.watchers import watchers
from archive_service.notices.actions import tell_all
from archive_service.people.queries import system_viewer
from archive_service.people.viewer import Viewer
from archive_service.storage.choose import bare
from archive_service.storage.files import FileStore
from archive_service.storage.places import Stores
from archive_service.storage.store import ObjectStore
from archive_service.storage.tables import LockProof

#: States in which a store does what it is trusted to do.
GOOD = frozenset({"enforced", "checked"})


def prove_all(database: Database, stores: Stores, *, by: Viewer | None = None, now: datetime) -> list[LockProof]:
    """Test every store and keep what was found; a store of no known kind is left out.

    Raises Unavailable when a store does not answer; what the others showed is kept.
    """
    kept = []
    for name, store, _ in stores.each():
        found = _prove(bare(store), now=now)
        if found is not None:
            with database.unit_of_work() as session:
                kept.append(_keep(session, name, *found, by=by, now=now))
    return kept


def newest(session: Session, store: str) -> LockProof | None:
    """Return the last proof of a store."""
    return session.scalar(select(LockProof).where(LockProof.store == store).order_by(LockProof.id.desc()).limit(1))


def _prove(store: ObjectStore, *, now: datetime) -> tuple[str, str] | None:
    # The SDK takes a while to load, and most archives keep files.
    from archive_service.storage import lock
    from archive_service.storage.s3 import S3Store

    if isinstance(store, S3Store):
        found = lock.prove(store, now=now)
    elif isinstance(store, FileStore):
        found = lock.prove_files(store)
    else:
        return None
    return found.state, found.let


def _keep(session: Session, store: str, state: str, let: str, *, by: Viewer | None, now: datetime) -> LockProof:
    before = newest(session, store)
    row = LockProof(store=store, at=now, state=state, let=let)
    session.add(row)
    session.flush()
    if _is_news(before, row):
        record(
            session,
            by=(by or system_viewer(session)).actor,
            did="store.lock-proven" if state in GOOD else "store.lock-unproven",
            object_kind="store",
            object_id=store,
            unit_id=None,
            facts={"state": state, "let": let, "before": before.state if before else None},
            now=now,
        )
    if before is not None and before.state in GOOD and state not in GOOD:
        tell_all(
            session,
            watchers(session),
            but=None,
            kind="lock-unproven",
            address="/fixity",
            values={"number": row.id},
            once_key=f"lock-unproven:{row.id}",
            now=now,
        )
    return row


def _is_news(before: LockProof | None, row: LockProof) -> bool:
    """Say whether a proof says something new; that files are read-only from the first day on is none."""
    if before is None:
        return row.state != "checked"
    return (before.state, before.let) != (row.state, row.let)
