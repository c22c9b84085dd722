"""Checking a package that was handed in, and taking it in once a person accepted it: by a job, or by a command itself.

The file is unpacked and looked at in both passes, for nothing of the first is kept but what it saw. What is wrong ends
the pass with every finding on record. A household is entered in one transaction, after its files are in the store;
files of another program are received in parts, and the next part begins where the last one ended.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from sqlalchemy.orm import Session

from archive_service import signing
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Damaged, NotPermitted, Refused, Unavailable
from archive_service.exchange import arriving, checked
from archive_service.exchange.arriving import Incoming, Looked, Vet
from archive_service.exchange.findings import PackageRefused
from archive_service.exchange.hand_ins import actions
from archive_service.exchange.hand_ins.actions import Seen
from archive_service.exchange.pack import Progress
from archive_service.exchange.restore import KeepRendition, admit, restore
from archive_service.exchange.schema import HouseholdSaid
from archive_service.exchange.sealing import Seal
from archive_service.exchange.tables import HandIn
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.people import queries as people
from archive_service.people.viewer import Viewer
from archive_service.properties import work as properties
from archive_service.properties.work import Desk
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore, Stored

#: Files of another program that are received in one transaction.
_A_PART = 100
#: Progress is told every so many files.
_TOLD_EVERY = 20
#: Called in the last transaction of a pass.
End = Callable[[Session], None]
#: A file in the store, or why it is not there.
Kept = Stored | Refused


class Opener(Protocol):
    """Opens packages in the sandbox; the workflow that has it stands above this package."""

    def unpack(self, path: Path, desk: Path) -> Path:
        """Unpack a file into `desk` and return the folder of the package. Raises ArchiveError."""

    def look(self, folder: Path, desk: Path, *, our_certificate: bytes) -> tuple[str, Incoming, Seal]:
        """Check the package in `folder` and return its format, files and signature. Raises ArchiveError."""


class Receiver(Protocol):
    """Receives files as scans are received."""

    def open_batch(self, session: Session, viewer: Viewer, *, name: str, unit_id: int, now: datetime) -> int:
        """Begin a batch and return its number."""

    def keep(self, store: ObjectStore, stream: BinaryIO) -> Kept:
        """Put a file into the store, or say why it is none that can be received."""

    def add(self, session: Session, viewer: Viewer, batch_id: int, name: str, kept: Kept, now: datetime) -> None:
        """Enter a file into a batch: as received, or as refused."""


@dataclass(frozen=True)
class Opened:
    """A package that nothing is wrong with, and what is in it."""

    format: str
    incoming: Incoming
    seal: Seal
    #: None for files of another program.
    household: Looked | None

    def seen(self) -> Seen:
        """Return what is put on record of it."""
        files, warnings = len(self.incoming.files), self.incoming.warnings
        of = (self.format, self.seal, self.incoming.manifest_sha256, files, warnings)
        if self.household is None:
            return Seen(*of)
        said = self.household.said
        return Seen(*of, said.household.account_no, len(said.cases), len(said.items))


@dataclass(frozen=True)
class Taking:
    """What packages are checked and taken in with."""

    settings: Settings
    database: Database
    store: ObjectStore
    opener: Opener
    vet: Vet
    receiver: Receiver
    keep_rendition: Callable[[datetime], KeepRendition]
    #: The desk of the four-property check.
    checking: Desk
    now: Callable[[], datetime]
    today: Callable[[], date]

    def check(
        self, hand_in_id: int, viewer: Viewer, *, folder: Path | None, end: End, progress: Progress
    ) -> PackageRefused | None:
        """Check a package, the one in `folder` or else in the store; return the refusal, which then is on record.

        Raises Unavailable, Damaged where it was not the package that stood in the way.
        """
        with self._opened(hand_in_id, viewer, folder, end, progress) as (opened, refusal, _):
            if opened is None:
                return refusal
            with self.database.unit_of_work() as session:
                made = session.get_one(HandIn, hand_in_id, with_for_update=True)
                if made.state == "received":
                    actions.note_checked(session, viewer, made, opened.seen(), now=self.now())
                end(session)
        return None

    def take(
        self, hand_in_id: int, viewer: Viewer, *, folder: Path | None, end: End, progress: Progress
    ) -> PackageRefused | None:
        """Take in a package that was accepted; return the refusal, which then is on record. Raises as `check`."""
        with self._opened(hand_in_id, viewer, folder, end, progress) as (opened, refusal, into):
            if opened is None:
                return refusal
            if opened.household is None:
                return self._receive(hand_in_id, viewer, opened.incoming, into, end, progress)
            return self._restore(hand_in_id, viewer, opened, opened.household, into, end)

    @contextmanager
    def _opened(
        self, hand_in_id: int, viewer: Viewer, folder: Path | None, end: End, progress: Progress
    ) -> Iterator[tuple[Opened | None, PackageRefused | None, int]]:
        """Give the package and the unit that it goes to, while its files are at hand; or why it is refused."""
        root = self.settings.home / "work"
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root) as at:
            try:
                opened, into = self._looked(hand_in_id, viewer, folder, Path(at), progress)
            except (Unavailable, Damaged):
                raise
            except ArchiveError as e:
                yield None, self._refuse(hand_in_id, viewer, e, end), 0
            else:
                yield opened, None, into

    def _looked(
        self, hand_in_id: int, viewer: Viewer, folder: Path | None, desk: Path, progress: Progress
    ) -> tuple[Opened, int]:
        with self.database.reading() as session:
            made = session.get_one(HandIn, hand_in_id)
            digest, into, as_named = made.digest, made.unit_id, made.as_named
        if folder is None:
            assert digest is not None
            folder = self._unpacked(digest, desk)
        elif not folder.is_dir():
            folder = self.opener.unpack(folder, desk)
        own = signing.certificate_der(self.settings, now=self.now())
        format, incoming, seal = self.opener.look(folder, desk, our_certificate=own)
        if not arriving.is_ours(incoming):
            actions.check_may_take(viewer, into)
            return Opened(format, incoming, seal, None), into

        def admitted(said: HouseholdSaid) -> None:
            nonlocal into
            with self.database.reading() as session:
                into = _unit_named(session, said.unit) if as_named else into
                admit(session, viewer, said, unit_id=into)

        looked = arriving.look_at(incoming, admit=admitted, vet=self.vet, desk=desk, progress=progress)
        return Opened(format, incoming, seal, looked), into

    def _unpacked(self, digest: str, desk: Path) -> Path:
        file = desk / "package"
        self.store.fetch(digest, file)
        folder = self.opener.unpack(file, desk)
        file.unlink()
        return folder

    def _refuse(self, hand_in_id: int, viewer: Viewer, error: ArchiveError, end: End) -> PackageRefused:
        told = error.facts.get("findings") if isinstance(error, PackageRefused) else None
        findings = list(told) if isinstance(told, list) else actions.findings_of(error.code, error.message)
        with self.database.unit_of_work() as session:
            made = session.get_one(HandIn, hand_in_id, with_for_update=True)
            if made.finished_at is None:
                actions.note_refused(session, viewer, made, findings, now=self.now())
            end(session)
        if isinstance(error, PackageRefused):
            return error
        return PackageRefused(error.code, error.message, findings=findings)

    def _restore(
        self, hand_in_id: int, viewer: Viewer, opened: Opened, household: Looked, into: int, end: End
    ) -> PackageRefused | None:
        arrived = arriving.keep(opened.incoming, household, store=self.store)
        now = self.now()
        try:
            with self.database.unit_of_work() as session:
                made = session.get_one(HandIn, hand_in_id, with_for_update=True)
                _check_taking(made)
                package = restore(
                    session,
                    viewer,
                    arrived,
                    unit_id=into,
                    format=opened.format,
                    seal=opened.seal,
                    keep_rendition=self.keep_rendition(now),
                    filing_due_workdays=self.settings.filing_due_workdays,
                    now=now,
                    today=self.today(),
                )
                check = checked.taken(session, self.checking, viewer, package, arrived)
                actions.note_taken(session, made, package_id=package.id, now=now)
                end(session)
        except Refused as e:
            # Among them what the four-property check found, and a household that came in meanwhile.
            return self._refuse(hand_in_id, viewer, e, end)
        properties.write_report(self.checking, check)
        return None

    def _receive(
        self, hand_in_id: int, viewer: Viewer, incoming: Incoming, into: int, end: End, progress: Progress
    ) -> PackageRefused | None:
        """Receive the files of another program, the next part of them a transaction, until none is left."""
        paths = sorted(incoming.files)
        while True:
            with self.database.reading() as session:
                first = session.get_one(HandIn, hand_in_id).received
            part = paths[first : first + _A_PART]
            kept = [(path, self._kept(incoming, path)) for path in part]
            with self.database.unit_of_work() as session:
                made, now = session.get_one(HandIn, hand_in_id, with_for_update=True), self.now()
                _check_taking(made)
                if made.batch_id is None:
                    made.batch_id = self.receiver.open_batch(session, viewer, name=made.name, unit_id=into, now=now)
                for path, one in kept:
                    self.receiver.add(session, viewer, made.batch_id, path.rpartition("/")[2], one, now)
                made.received = first + len(part)
                if made.received == len(paths):
                    actions.note_files(session, viewer, made, now=now)
                    end(session)
                    return None
            progress(first + len(part), len(paths))

    def _kept(self, incoming: Incoming, path: str) -> Kept:
        with incoming.open(path) as stream:
            return self.receiver.keep(self.store, stream)


@dataclass(frozen=True)
class TakeHandler:
    """The job handler for packages that were handed in."""

    taking: Callable[[], Taking]
    database: Database
    lease_s: float
    now: Callable[[], datetime]

    def run(self, claimed: Claimed) -> None:
        """Take a package through its present pass; one that waits for an answer, or has ended, is left alone."""
        hand_in_id = int(claimed.subject)
        with self.database.reading() as session:
            made = session.get_one(HandIn, hand_in_id)
            state = made.state
            viewer = self._person(session, made.decided_by if state == "taking" else made.handed_in_by)

        def end(session: Session) -> None:
            queue.finish(session, claimed, now=self.now())

        passes = {"received": self.taking().check, "taking": self.taking().take}
        if state in passes:
            passes[state](hand_in_id, viewer, folder=None, end=end, progress=self._progress(claimed))
            return
        with self.database.unit_of_work() as session:
            end(session)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the package where it is: the failed job says why, and tried again it goes on there."""

    def _progress(self, claimed: Claimed) -> Progress:
        def tell(done: int, total: int) -> None:
            claimed.check()
            if done % _TOLD_EVERY == 0:
                with self.database.unit_of_work() as session:
                    queue.renew(session, claimed, now=self.now(), lease_s=self.lease_s, done=done, total=total)

        return tell

    def _person(self, session: Session, person_id: int | None) -> Viewer:
        if person_id is None:
            return people.system_viewer(session)
        found = people.viewer_for(session, person_id, now=self.now())
        if found is None:
            raise NotPermitted("package.person-gone", "办理这个信息包的人员已停用，没有继续。请由其他人员重新办理。")
        return found


def _unit_named(session: Session, code: str) -> int:
    unit = people.unit_by_code(session, code)
    if unit is None:
        raise Refused(
            "package.unit", f"没有编码为“{code[:40]}”的单位，信息包没有接收。请选择接收单位后重新交来。", unit=code[:40]
        )
    return unit.id


def _check_taking(made: HandIn) -> None:
    """Raise Refused for a package that somebody took in, or stopped, meanwhile."""
    if made.state != "taking":
        raise Refused("package.not-waiting", "这个信息包已经办理完毕，没有再次接收。请刷新页面。", state=made.state)
