"""The job that makes a package, with the rights that whoever asked for it holds at that moment.

The package is written to a file beside the store, put into the store, and only then the row says so. Stopped while it
was written, it is written anew; stopped afterwards, the next try takes the same file: another would have another
signature, and the first would lie in the store unnamed, where no disposal would find it.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
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
#: The package in the folder of its job, and what stands beside it once it is whole.
_FILE, _BESIDE = "package.zip", "written.json"


@dataclass(frozen=True)
class Written:
    """How many files a package holds besides its own lists, and the digest of the list."""

    files: int
    manifest_sha256: str


@dataclass(frozen=True)
class PackHandler:
    """The job handler for packages."""

    settings: Settings
    database: Database
    store: ObjectStore
    renditions_of: RenditionsOf
    now: Callable[[], datetime]

    def run(self, claimed: Claimed) -> None:
        """Make the package; one that is ready already is left alone, and one that is written is not written again."""
        package_id = int(claimed.subject)
        folder = self._folder(package_id)
        with self.database.reading() as session:
            row = session.get_one(Package, package_id)
            written = self._written(session, claimed, row, folder) if row.state == "making" else None
        if written is None:
            with self.database.unit_of_work() as writing:
                queue.finish(writing, claimed, now=self.now())
        else:
            with (folder / _FILE).open("rb") as source:
                stored = self.store.put(source)
            self._ready(claimed, package_id, stored, written)
        shutil.rmtree(folder, ignore_errors=True)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the package where it is: the failed job says why, and tried again it goes on with what is written."""

    def _folder(self, package_id: int) -> Path:
        return self.settings.home / "work" / f"package-{package_id}"

    def _written(self, session: Session, claimed: Claimed, row: Package, folder: Path) -> Written:
        """Return what is in the file of the package: as an earlier try wrote it, or written now."""
        viewer, before = self._viewer(session, row), _read(folder)
        if before is not None:
            return before
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        said = contents.content(session, viewer, row.household_id, items=row.items, renditions_of=self.renditions_of)
        name, path = said.said["household"]["account_no"], folder / _FILE
        with zipfile.ZipFile(path, "x") as archive:
            count = write_package(
                row.format, ZipTarget(archive, name), session, self.store, said, settings=self.settings,
                now=row.asked_at, progress=self._progress(claimed),
            )  # fmt: skip
        with zipfile.ZipFile(path) as archive:
            manifest = manifest_digest(lambda file: archive.read(f"{name}/{file}"), MANIFESTS[row.format])
        # Whoever has the job by now has emptied the folder, and says itself what is in it.
        claimed.check()
        made = Written(count, manifest)
        # The note may not outlive the file: without power between them half a package would be taken for a whole one.
        with path.open("rb+") as whole:
            os.fsync(whole.fileno())
        (folder / _BESIDE).write_text(json.dumps(asdict(made)), "utf-8")
        return made

    def _progress(self, claimed: Claimed) -> Progress:
        def tell(done: int, total: int) -> None:
            claimed.check()
            if done % _TOLD_EVERY == 0:
                with self.database.unit_of_work() as session:
                    lease = self.settings.lease_s
                    queue.renew(session, claimed, now=self.now(), lease_s=lease, done=done, total=total)

        return tell

    def _ready(self, claimed: Claimed, package_id: int, stored: Stored, written: Written) -> None:
        try:
            with self.database.unit_of_work() as session:
                now = self.now()
                record_object(session, stored, role="package", media_type="application/zip", now=now)
                made = session.get_one(Package, package_id, with_for_update=True)
                made.state, made.finished_at, made.digest = "ready", now, stored.digest
                made.size_bytes, made.file_count = stored.size_bytes, written.files
                made.manifest_sha256 = written.manifest_sha256
                head = session.get_one(HouseholdFile, made.household_id)
                facts = {"sha256": stored.digest, **asdict(written)}
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


def _read(folder: Path) -> Written | None:
    """Return what an earlier try wrote into its folder; none where it did not come to the end."""
    try:
        return Written(**json.loads((folder / _BESIDE).read_text("utf-8"))) if (folder / _FILE).exists() else None
    except (OSError, ValueError, TypeError):
        return None


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
