"""Packages that are handed in, over the page, the interface or a command: put into the store, on record, and queued."""

from __future__ import annotations

from datetime import datetime

from archive_service.db.session import Database
from archive_service.exchange.findings import Finding, as_facts
from archive_service.exchange.hand_ins import actions
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore, Readable
from ingest import quota
from ingest.errors import FileRefused
from ingest.names import display_name
from ingest.receive import limited


def arrive(
    settings: Settings,
    database: Database,
    store: ObjectStore,
    viewer: Viewer,
    stream: Readable,
    *,
    name: str,
    channel: str,
    unit_id: int,
    as_named: bool,
    now: datetime,
) -> int:
    """Take a package in hand and return its number; its check is queued, and what is empty or too large is refused.

    The file is in the store before its row is on record: stopped between them, it is an object that nothing names.
    Raises NotPermitted, QuotaReached, and Unavailable when the store or database cannot take it.
    """
    refusal, stored = None, None
    actions.check_may_take(viewer, unit_id)
    with database.reading() as session:
        quota.check(session, viewer, limit_bytes=settings.upload_bytes_a_day, now=now)
    try:
        stored = store.put(limited(stream, settings.max_upload_bytes))
    except FileRefused as e:
        refusal = e
    with database.unit_of_work() as session:
        made = actions.hand_in(
            session, viewer, stored, name=display_name(name), channel=channel, unit_id=unit_id, as_named=as_named,
            now=now,
        )  # fmt: skip
        if refusal is not None:
            findings = as_facts([Finding(refusal.code, "", refusal.message)])
            actions.note_refused(session, viewer, made, findings, now=now)
        return made.id
