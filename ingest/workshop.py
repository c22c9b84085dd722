"""What the steps of the pipeline work with, opened once per process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.jobs.queue import LeaseLost
from archive_service.settings import Settings
from archive_service.storage.record import record_object
from archive_service.storage.store import ObjectStore, Stored
from ingest.formats.limits import Limits
from ingest.tables import Scan

if TYPE_CHECKING:
    from ingest.ocr.reader import Reader

#: Writes what a step found out and returns the scan's next state.
Apply = Callable[[Session, Scan], str]


@dataclass
class Workshop:
    """The database, the store, the reader and the limits that the steps share."""

    settings: Settings
    database: Database
    store: ObjectStore
    now: Callable[[], datetime]
    today: Callable[[], date]
    #: Called with the name of each point that a step passes; tests stop the process there.
    passed: Callable[[str], None] = field(default=lambda point: None)

    @cached_property
    def limits(self) -> Limits:
        """What a file may cost."""
        return Limits.of(self.settings)

    @cached_property
    def reader(self) -> Reader:
        """The reader of pages; loading its models takes seconds, so it is made when first needed and then kept."""
        from ingest.ocr.reader import Reader

        return Reader(engine=self.settings.ocr_engine, runtime=self.settings.ocr_runtime)

    @contextmanager
    def desk(self) -> Iterator[Path]:
        """Give a folder that is empty and gone afterwards."""
        root = self.settings.home / "work"
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root) as folder:
            yield Path(folder)

    @contextmanager
    def keeping(self, *objects: tuple[Stored, str], role: str = "rendition") -> Iterator[None]:
        """Record the stored objects (with their media types) also when the job was lost meanwhile.

        Nothing refers to them then, but they are in the store, and `verify` would take them for foreign.
        """
        try:
            yield
        except LeaseLost:
            with self.database.unit_of_work() as session:
                for stored, media_type in objects:
                    record_object(session, stored, role=role, media_type=media_type, now=self.now())
            raise
