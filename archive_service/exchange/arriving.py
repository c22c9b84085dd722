"""A bag that comes in: checked whole, looked at in the sandbox file by file, and only then kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from archive_service.audit.chain import Link, link_hash
from archive_service.errors import ArchiveError, Unavailable
from archive_service.exchange import schema
from archive_service.exchange.bags.check import Checked, digests_of, open_inside
from archive_service.exchange.eep import names
from archive_service.exchange.eep.check import EepChecked
from archive_service.exchange.findings import Finding, refused
from archive_service.exchange.pack import HOUSEHOLD, Progress
from archive_service.exchange.schema import HouseholdSaid
from archive_service.storage.store import ObjectStore, Stored, copy_checked, damaged

_LARGEST_METADATA = 256 * 1024 * 1024
_LONGEST_LINE = 4 * 1024 * 1024
#: Looks at one file in the sandbox, as what it is said to be; raises an ArchiveError for what is no good.
Vet = Callable[[Path, str], None]
#: Sees whether the household may come in at all; raises an ArchiveError where it may not.
Admit = Callable[[HouseholdSaid], None]


@dataclass(frozen=True)
class Incoming:
    """The files of a package that was checked, whatever its format."""

    files: Mapping[str, int]
    #: sha256 by path, as computed.
    digests: Mapping[str, str]
    manifest_sha256: str
    #: Opens a file; what it gives is checked once more by whoever keeps it.
    open: Callable[[str], BinaryIO]
    #: What a person should know before they accept it.
    warnings: Sequence[Finding] = ()


@dataclass(frozen=True)
class Looked:
    """What a package of a household says, after every file of it was looked at."""

    said: HouseholdSaid
    #: What each object is, by digest.
    objects: Mapping[str, str]
    #: Each history that came along, by path, with how many entries it has.
    histories: list[tuple[str, int]]


@dataclass
class Arrived:
    """A bag of a household that was checked and is kept in the store, but on no record yet."""

    said: HouseholdSaid
    manifest_sha256: str
    objects: dict[str, tuple[Stored, str]] = field(default_factory=dict)
    #: Each history that came along: its object and how many entries it has.
    histories: list[tuple[Stored, int]] = field(default_factory=list)


def from_bag(folder: Path, found: Checked) -> Incoming:
    """Return the files of a bag that was checked."""
    manifest = digests_of(folder, "manifest-sha256.txt", ["sha256"]) if "manifest-sha256.txt" in found.files else {}
    payload = {path: size for path, size in found.files.items() if path.startswith("data/")}
    opened = partial(open_inside, folder)
    return Incoming(payload, found.digests, manifest.get("sha256", ""), opened, tuple(found.warnings))


def from_eep(folder: Path, found: EepChecked) -> Incoming:
    """Return the files of an EEP package that was checked."""

    def opened(path: str) -> BinaryIO:
        return found.inline[path].open("rb") if path in found.inline else open_inside(folder, path)

    return Incoming(found.files, found.digests, digests_of(folder, names.FILE, ["sha256"])["sha256"], opened)


def is_ours(found: Incoming) -> bool:
    """Say whether a bag holds a household as this program writes it; others bring files and no more."""
    return f"data/{HOUSEHOLD}" in found.files


def look_at(
    found: Incoming, *, admit: Admit, vet: Vet, desk: Path, progress: Progress = lambda done, total: None
) -> Looked:
    """Check what a package of ours says against what it holds, and look at every file; nothing is kept.

    Raises PackageRefused with every finding, Unavailable where it was not the package that stood in the way.
    """
    said = _said(found)
    admit(said)
    objects = said.objects()
    findings = _named(said, objects, found)
    histories = _histories(found)
    findings += [one for _, _, wrong in histories for one in wrong]
    if not findings:
        for done, (digest, role) in enumerate(sorted(objects.items()), start=1):
            findings += _looked_at(found, said.files[digest], digest, role, vet=vet, desk=desk)
            progress(done, len(objects))
    if findings:
        raise refused(findings)
    return Looked(said, objects, [(path, entries) for path, entries, _ in histories])


def keep(found: Incoming, looked: Looked, *, store: ObjectStore) -> Arrived:
    """Put the files of a package that was looked at into the store. Raises Damaged for one that changed meanwhile."""
    made = Arrived(looked.said, found.manifest_sha256)
    for digest, role in sorted(looked.objects.items()):
        made.objects[digest] = _kept(store, found, looked.said.files[digest], digest), role
    made.histories = [(_kept(store, found, path, found.digests[path]), entries) for path, entries in looked.histories]
    return made


def _said(found: Incoming) -> HouseholdSaid:
    path = f"data/{HOUSEHOLD}"
    if found.files[path] > _LARGEST_METADATA:
        raise refused([Finding("package.metadata", path, "元数据文件过大。")])
    with found.open(path) as stream:
        said = schema.read(stream.read(_LARGEST_METADATA))
    if isinstance(said, list):
        raise refused(said)
    return said


def _named(said: HouseholdSaid, objects: dict[str, str], found: Incoming) -> list[Finding]:
    wrong = []
    for digest in sorted(objects):
        path = said.files.get(digest)
        if path is None or found.digests.get(path) != digest:
            wrong.append(Finding("package.object", path or digest, "元数据提到的内容不在信息包里，或者内容不符。"))
    return wrong


def _histories(found: Incoming) -> list[tuple[str, int, list[Finding]]]:
    """Return the histories in their order: path, entries, and the lines that were altered."""
    paths = sorted(path for path in found.files if path.startswith("data/history/"))
    expected = [f"data/history/{number:04d}.jsonl" for number in range(1, len(paths) + 1)]
    if paths != expected:
        return [("data/history", 0, [Finding("package.history", "data/history", "经历记录的编号不连续。")])]
    return [(path, *_history(found, path)) for path in paths]


def _history(found: Incoming, path: str) -> tuple[int, list[Finding]]:
    wrong, number, last = [], 0, 0
    with found.open(path) as stream:
        while line := stream.readline(_LONGEST_LINE):
            number += 1
            seq = _entry(line)
            if seq is None or seq <= last:
                said = f"第 {number} 条经历记录被改动过、次序不对或无法读取。"
                wrong.append(Finding("package.history", path, said))
            last = seq or last
    return number, wrong


def _entry(line: bytes) -> int | None:
    """Return the number of an entry whose hash fits what it says; none for every other line."""
    try:
        row = json.loads(line)
        link = Link(
            row["seq"], datetime.fromisoformat(row["at"]), row["person_id"], row["person_name"], row["did"],
            row["object_kind"], row["object_id"], row["unit_id"], row["facts"],
        )  # fmt: skip
        return int(link.seq) if link_hash(row["previous_hash"], link) == row["hash"] else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _looked_at(found: Incoming, path: str, digest: str, role: str, *, vet: Vet, desk: Path) -> list[Finding]:
    """Look at a copy of the file that nobody else can exchange meanwhile."""
    copy = desk / "file"
    try:
        with found.open(path) as source:
            copy_checked(source, digest, copy)
        vet(copy, role)
    except Unavailable:
        raise
    except ArchiveError as e:
        return [Finding(e.code, path, e.message)]
    finally:
        copy.unlink(missing_ok=True)
    return []


def _kept(store: ObjectStore, found: Incoming, path: str, digest: str) -> Stored:
    with found.open(path) as source:
        stored = store.put(source)
    if stored.digest != digest:
        raise damaged(digest)
    return stored
