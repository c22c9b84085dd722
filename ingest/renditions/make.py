"""Make the rendition of an item: a job of its own, so that filing never waits for it and never fails with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import Damaged, NotFound, Refused
from archive_service.households.tables import Item
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from ingest.renditions import source
from ingest.renditions.about import BUILDER
from ingest.renditions.owed import owe
from ingest.renditions.source import Source
from ingest.renditions.tables import PDF_A, Rendition
from ingest.workshop import Workshop

_MEDIA_TYPE = "application/pdf"


@dataclass(frozen=True)
class RenditionHandler:
    """The job handler that makes the rendition of one item."""

    workshop: Workshop

    def run(self, claimed: Claimed) -> None:
        """Make the rendition unless it is there or may not be, and commit it together with the end of the job."""
        item_id = int(claimed.subject)
        _make(self.workshop, item_id, check=claimed.check, end=partial(_finish, claimed=claimed))

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Write down that it could not be made."""
        found = source.load(session, int(claimed.subject))
        if found is not None:
            _write(session, found, digest=None, code=code, now=now)


def make_now(workshop: Workshop, item_id: int) -> None:
    """Make the rendition of an item here and now unless it is there; for somebody who waits for it."""
    _make(workshop, item_id, check=lambda: None, end=lambda _session, _now: None)


def _finish(session: Session, now: datetime, *, claimed: Claimed) -> None:
    queue.finish(session, claimed, now=now)


def _make(
    workshop: Workshop, item_id: int, *, check: Callable[[], None], end: Callable[[Session, datetime], None]
) -> None:
    with workshop.database.reading() as session:
        found = source.load(session, item_id)
        made = session.get(Rendition, (item_id, PDF_A))
    if found is None or not found.filed or found.stored_only or _is_current(made, found):
        with workshop.database.unit_of_work() as session:
            end(session, workshop.now())
        return
    stored, code = _stored(workshop, found, check)
    check()
    workshop.passed("rendition.prepared")
    # The object is in the store already: it goes on record also when the job was lost meanwhile.
    with workshop.keeping(*[(stored, _MEDIA_TYPE)] if stored else []), workshop.database.unit_of_work() as session:
        now = workshop.now()
        end(session, now)
        # Whoever waits for it at the command line may make it at the same moment as a worker.
        session.execute(select(Item.id).where(Item.id == item_id).with_for_update())
        if stored:
            record_object(session, stored, role="rendition", media_type=_MEDIA_TYPE, now=now)
        _write(session, found, digest=stored.digest if stored else None, code=code, now=now)
        current = source.load(session, item_id)
        if current is not None and current.fingerprint != found.fingerprint:
            owe(session, item_id, now=now)
        workshop.passed("rendition.written")
    workshop.passed("rendition.committed")


def _is_current(made: Rendition | None, found: Source) -> bool:
    return made is not None and made.digest is not None and made.fingerprint == found.fingerprint


def _stored(workshop: Workshop, found: Source, check: Callable[[], None]) -> tuple[Stored | None, str | None]:
    """Return the stored rendition, or the code of what makes it impossible; whatever may pass is raised."""
    # Its libraries take a while to load, and most who import this module only ask for renditions.
    from ingest.renditions.assemble import assemble

    try:
        with workshop.desk() as desk, (desk / "rendition.pdf").open("w+b") as file:
            assemble(workshop.store, found, file, check=check)
            file.seek(0)
            return workshop.store.put(file), None
    except (Refused, Damaged, NotFound) as error:
        # Trying again would end the same way.
        return None, error.code


def _write(session: Session, found: Source, *, digest: str | None, code: str | None, now: datetime) -> None:
    row = session.get(Rendition, (found.item_id, PDF_A), with_for_update=True)
    if row is None:
        row = Rendition(item_id=found.item_id, kind=PDF_A)
        session.add(row)
    row.digest, row.fingerprint, row.builder = digest, found.fingerprint, BUILDER
    row.error_code, row.made_at = code, now
    session.flush()
