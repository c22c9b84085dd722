"""What packages that were handed in are checked and taken in with, for jobs and commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.exchange.content import KeptRendition
from archive_service.exchange.hand_ins.work import Taking
from archive_service.exchange.restore import KeepRendition
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore
from archive_service.worker.properties import desk
from ingest import vetting
from ingest.packages import PackageOpener, PackageReceiver
from ingest.renditions import carried


def taking(
    settings: Settings,
    database: Database,
    store: ObjectStore,
    *,
    now: Callable[[], datetime],
    today: Callable[[], date],
) -> Taking:
    """Return what packages are taken in with."""
    return Taking(
        settings,
        database,
        store,
        PackageOpener(settings),
        vetting.vetting(settings),
        PackageReceiver(settings.max_upload_bytes),
        _renditions,
        desk(settings, database, store, now),
        now,
        today,
    )


def _renditions(now: datetime) -> KeepRendition:
    def keep(session: Session, item_id: int, kept: KeptRendition) -> None:
        carried.keep(session, item_id, kept, now=now)

    return keep
