"""Packages of other archives, opened as received files are: unpacked and read in the sandbox, never in this process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from archive_service.errors import Refused
from archive_service.exchange import arriving
from archive_service.exchange.arriving import Incoming
from archive_service.exchange.bags import tags
from archive_service.exchange.bags.check import Checked
from archive_service.exchange.bags.check import Limits as Most
from archive_service.exchange.eep import names as eep_names
from archive_service.exchange.eep.check import with_signer
from archive_service.exchange.eep.read import EepRead, SignatureSaid
from archive_service.exchange.findings import Finding, refused
from archive_service.exchange.sealing import Seal, seal_of
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore, Stored
from ingest.errors import FileRefused, refuse
from ingest.formats.limits import Limits
from ingest.names import display_name
from ingest.receive import Said, add_refused, add_scan, limited, open_batch
from ingest.sandbox import Allowance, shared
from ingest.tables import Batch

_MIB = 1024 * 1024
_RESULT_BYTES = 200 * _MIB
#: A package is read at no less than this, or it is given up.
_BYTES_A_SECOND = 10 * _MIB


@dataclass(frozen=True)
class PackageOpener:
    """Opens packages under the limits of an installation."""

    settings: Settings

    def unpack(self, path: Path, desk: Path) -> Path:
        """Unpack a ZIP or TAR into the folder `desk` and return the folder of the package.

        Raises PackageRefused with every name that may not come in, FileRefused for what is no package, Unavailable.
        """
        limits = Limits.of(self.settings)
        seconds = limits.file_s + limits.max_unpacked_bytes / _BYTES_A_SECOND
        allow = self._allow(seconds, write_bytes=limits.max_unpacked_bytes + _MIB)
        most = Most().files
        found = shared().run(
            "unpack_package", path, into=desk, allow=allow, folders=True, limits=limits.as_json(), files=most
        )
        if findings := _findings({"findings": found}):
            raise refused(findings)
        return _top(desk / "tree")

    def look(self, folder: Path, desk: Path, *, our_certificate: bytes) -> tuple[str, Incoming, Seal]:
        """Check the package in `folder` and return its format, files and signature; `desk` is written to.

        Raises PackageRefused with every finding, FileRefused where looking at it broke off, Unavailable.
        """
        if (folder / eep_names.FILE).is_symlink() or (folder / eep_names.FILE).exists():
            inside = desk / "inline"
            inside.mkdir()
            eep = with_signer(self._eep(folder, inside), desk=inside, our_certificate=our_certificate)
            if not eep.valid:
                raise refused(eep.findings)
            return "eep", arriving.from_eep(folder, eep), Seal(eep.signature, eep.signer)
        bag = self._bag(folder, desk)
        if not bag.valid:
            raise refused(bag.findings)
        incoming, seal = arriving.from_bag(folder, bag), seal_of(folder, bag, our_certificate=our_certificate)
        if incoming.warnings and (arriving.is_ours(incoming) or seal.signature != "none"):
            # Files of another program are only read; a household's records, and what a signature covers, are believed.
            raise refused(incoming.warnings)
        return "bagit", incoming, seal

    def _bag(self, folder: Path, desk: Path) -> Checked:
        told = self._checked("check_bag", folder, desk)
        try:
            info = [(str(name), str(value)) for name, value in told["info"]]
            warnings = _findings({"findings": told["warnings"]})
            return Checked(_findings(told), warnings, _sizes(told), _texts(told["digests"]), info)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise refuse("file.crash") from error

    def _eep(self, folder: Path, inside: Path) -> EepRead:
        told = self._checked("check_eep", folder, inside)
        try:
            said = told["signatures"]
            signatures = None if said is None else [SignatureSaid(**_texts(one)) for one in said]
            inline = {str(path): inside / Path(str(name)).name for path, name in told["inline"].items()}
            return EepRead(_findings(told), _sizes(told), _texts(told["digests"]), inline, signatures)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise refuse("file.crash") from error

    def _checked(self, step: str, folder: Path, into: Path) -> Any:
        most = Most()
        allow = self._allow(self.settings.sandbox_file_s + _size(folder, most.files) / _BYTES_A_SECOND)
        size = most.size_bytes
        return shared().run(step, folder, into=into, allow=allow, files=most.files, size_bytes=size)

    def _allow(self, seconds: float, *, write_bytes: int = 256 * _MIB) -> Allowance:
        return Allowance(
            memory_bytes=self.settings.sandbox_memory_bytes,
            wall_s=seconds,
            cpu_s=seconds,
            file_bytes=write_bytes,
            work_bytes=write_bytes,
            result_bytes=_RESULT_BYTES,
        )


@dataclass(frozen=True)
class PackageReceiver:
    """Receives the files of a package of another program as scans are received."""

    #: Largest file that is received.
    most_bytes: int

    def open_batch(self, session: Session, viewer: Viewer, *, name: str, unit_id: int, now: datetime) -> int:
        """Begin a batch and return its number. Raises NotPermitted."""
        return open_batch(session, viewer, name=name, channel="package", unit_id=unit_id, now=now).id

    def keep(self, store: ObjectStore, stream: BinaryIO) -> Stored | Refused:
        """Put a file into the store; one that is empty or too large is not kept, and the refusal is returned."""
        try:
            return store.put(limited(stream, self.most_bytes))
        except FileRefused as refusal:
            return refusal

    def add(
        self, session: Session, viewer: Viewer, batch_id: int, name: str, kept: Stored | Refused, now: datetime
    ) -> None:
        """Enter a file into a batch: as received, or as refused."""
        batch, shown, by = session.get_one(Batch, batch_id), display_name(name), viewer.actor
        if isinstance(kept, FileRefused):
            add_refused(session, batch, shown, kept, by=by, now=now)
        elif isinstance(kept, Stored):
            said = Said(None, None, None)
            add_scan(session, batch, kept, name=shown, said=said, by=by, parent=None, now=now)


def _top(tree: Path) -> Path:
    """Return the folder of the package: the only one that there is, where no package begins above it."""
    inside = list(tree.iterdir())
    folders = [one for one in inside if one.is_dir()]
    begins = {tags.DECLARATION, eep_names.FILE} & {one.name for one in inside}
    # Beside it lie what file managers leave, and notes to whoever receives it.
    return folders[0] if len(folders) == 1 and not begins and folders[0].name != "data" else tree


def _size(folder: Path, most: int) -> int:
    """Return how many bytes there are to read; what is more than may be is not counted."""
    total, seen = 0, 0
    for at, _, files in os.walk(folder):
        for name in files:
            total += os.lstat(os.path.join(at, name)).st_size
            seen += 1
            if seen > most:
                return total
    return total


def _findings(told: Mapping[str, Any]) -> list[Finding]:
    try:
        return [Finding(str(one["code"]), str(one["path"]), str(one["message"])) for one in told["findings"]]
    except (KeyError, TypeError) as error:
        raise refuse("file.crash") from error


def _sizes(told: Mapping[str, Any]) -> dict[str, int]:
    return {str(path): int(size) for path, size in told["files"].items()}


def _texts(told: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in told.items()}
