"""A case with real files in a store, and the desk that checks it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.households.tables import CaseFile, Item, Page
from archive_service.lifecycle import actions as lifecycle
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.properties.gather import Outside
from archive_service.properties.work import Desk
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.record import record_object
from archive_service.storage.store import ObjectStore
from ingest.property_facts import scans_of
from retention.queries import outcomes_of
from tests.support import records
from tests.support.stored_pages import stored_page

NOW, TODAY = records.NOW, records.TODAY
NUMBER = "202611010001"


def give_bytes(session: Session, store: ObjectStore, item: Item, number: int) -> None:
    """Put real files, on record, where the pages of an item say that they are."""
    for row in item.pages:
        page = stored_page(store, f"{item.document_type} {item.item_no} {row.page_no}", number % 250)
        for name in ("original_digest", "image_digest", "thumbnail_digest", "lines_digest"):
            digest = getattr(page, name)
            setattr(row, name, digest)
            role = "original" if name == "original_digest" else "rendition"
            record_object(session, store.put_bytes(store.read(digest)), role=role, media_type="image/jpeg", now=NOW)
        row.width_px, row.height_px = page.width_px, page.height_px
    session.flush()


def record_pages(session: Session, store: ObjectStore) -> None:
    """Put on record whatever the store holds of the pages of all papers."""
    for row in session.scalars(select(Page)):
        for digest in (row.original_digest, row.image_digest, row.thumbnail_digest, row.lines_digest):
            if store.exists(digest):
                stored = store.put_bytes(store.read(digest))
                record_object(session, stored, role="rendition", media_type="image/jpeg", now=NOW)


def taken_in(session: Session, store: ObjectStore, number: str = NUMBER) -> CaseFile:
    """A complete case that was handed over by a colleague and taken in by the program."""
    case = records.case(session, number)
    for place, item in enumerate(records.everything_due(session, case)):
        give_bytes(session, store, item, place + 1)
    giver = records.viewer(session, Role.STAFF)
    lifecycle.submit_case(session, number, by=giver, now=NOW)
    lifecycle.accept_case(session, number, by=records.system(session), now=NOW)
    return case


def archivist(database: Database) -> Viewer:
    with database.unit_of_work() as session:
        return records.viewer(session, Role.ARCHIVIST)


def desk_of(database: Database, store: FileStore, settings: Settings, *, late: timedelta = timedelta()) -> Desk:
    """The desk, some time after the case was taken in; there is no virus scanner."""
    now: datetime = NOW + late
    outside = Outside(scans_of, outcomes_of)
    return Desk(database, store, settings.home, outside, None, lambda: now, lambda: TODAY + late)
