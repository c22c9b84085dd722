"""The job that makes a package, with the rights that whoever asked for it holds at that moment.

The package is written to a file beside the store, put into the store, and only then the row says so. Stopped half way,
the file is gone with its folder and the job makes it anew; the same content makes the same bytes.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from archive_service import __version__
from archive_service.db.session import Database
from archive_service.errors import NotPermitted
from archive_service.exchange import actions, sealing
from archive_service.exchange import content as contents
from archive_service.exchange.bags.write import Target, ZipTarget
from archive_service.exchange.content import Content, RenditionsOf
from archive_service.exchange.eep.write import write_eep
from archive_service.exchange.pack import Progress, manifest_digest, write_bag
from archive_service.exchange.tables import Package
from archive_service.households.tables import HouseholdFile
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed, LeaseLost
from archive_service.people import queries as people
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.record import record_object
from archive_service.storage.store import ObjectStore, Stored
from archive_service.zone import local

PROGRAM = f"archive-service {__version__}"
#: The file that lists a package, by format.
MANIFESTS = {"bagit": "manifest-sha256.txt", "eep": "电子文件封装包.xml"}
#: Progress is told every so many objects.
_TOLD_EVERY = 50


@dataclass(frozen=True)
class PackHandler:
    """The job handler for packages."""

    settings: Settings
    database: Database
    store: ObjectStore
    renditions_of: RenditionsOf
    now: Callable[[], datetime]

    def run(self, claimed: Claimed) -> None:
        """Make the package; one that is ready already is left alone."""
        package_id = int(claimed.subject)
        root = self.settings.home / "work"
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root) as folder, self.database.reading() as session:
            made = session.get_one(Package, package_id)
            path = Path(folder) / "package.zip"
            if made.state == "making":
                said = contents.content(
                    session,
                    self._viewer(session, made),
                    made.household_id,
                    items=made.items,
                    renditions_of=self.renditions_of,
                )
                name, number = said.said["household"]["account_no"], made.format
                with zipfile.ZipFile(path, "x") as archive:
                    target = ZipTarget(archive, name)
                    count = write_package(
                        number, target, session, self.store, said, settings=self.settings, now=made.asked_at,
                        progress=self._progress(claimed),
                    )  # fmt: skip
                with zipfile.ZipFile(path) as archive:
                    manifest = manifest_digest(lambda file: archive.read(f"{name}/{file}"), MANIFESTS[number])
                with path.open("rb") as source:
                    stored = self.store.put(source)
                self._ready(claimed, package_id, stored, count, manifest)
                return
        with self.database.unit_of_work() as writing:
            queue.finish(writing, claimed, now=self.now())

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the package where it is: the failed job says why, and tried again it is made anew."""

    def _progress(self, claimed: Claimed) -> Progress:
        def tell(done: int, total: int) -> None:
            claimed.check()
            if done % _TOLD_EVERY == 0:
                with self.database.unit_of_work() as session:
                    lease = self.settings.lease_s
                    queue.renew(session, claimed, now=self.now(), lease_s=lease, done=done, total=total)

        return tell

    def _ready(self, claimed: Claimed, package_id: int, stored: Stored, count: int, manifest: str) -> None:
        try:
            with self.database.unit_of_work() as session:
                now = self.now()
                record_object(session, stored, role="package", media_type="application/zip", now=now)
                made = session.get_one(Package, package_id, with_for_update=True)
                made.state, made.finished_at, made.digest = "ready", now, stored.digest
                made.size_bytes, made.file_count, made.manifest_sha256 = stored.size_bytes, count, manifest
                head = session.get_one(HouseholdFile, made.household_id)
                facts = {"sha256": stored.digest, "files": count, "manifest_sha256": manifest}
                actions.note(session, self._viewer(session, made), made, head, did="package.made", facts=facts, now=now)
                queue.finish(session, claimed, now=now)
        except LeaseLost:
            # In the store, and named by no row: on record all the same, or `verify` would take it for foreign.
            with self.database.unit_of_work() as session:
                record_object(session, stored, role="package", media_type="application/zip", now=self.now())
            raise

    def _viewer(self, session: Session, made: Package) -> Viewer:
        if made.asked_by is None:
            return people.system_viewer(session)
        found = people.viewer_for(session, made.asked_by, now=self.now())
        if found is None:
            raise NotPermitted("package.person-gone", "申请这个信息包的人员已停用，没有制作。请由其他人员重新申请。")
        return found


def write_package(
    format: str,
    target: Target,
    session: Session,
    store: ObjectStore,
    said: Content,
    *,
    settings: Settings,
    now: datetime,
    progress: Progress = lambda done, total: None,
) -> int:
    """Write a package of either format and return how many files it holds besides its own lists."""
    if format == "eep":
        return write_eep(target, session, store, said, settings=settings, program=PROGRAM, now=now, progress=progress)
    day = local(now).date()

    def sign(listed: bytes) -> bytes:
        return sealing.sealed(settings, listed, now=now)

    return write_bag(target, session, store, said, program=PROGRAM, on=day, sign=sign, progress=progress)
