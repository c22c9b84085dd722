"""Packages and the four-property check at transfer: what fails is not handed over, and not taken in."""

from __future__ import annotations

import base64
import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import Refused
from archive_service.exchange import actions, queries, schema
from archive_service.exchange.arriving import Arrived
from archive_service.exchange.findings import Finding, refused
from archive_service.exchange.pack import HOUSEHOLD
from archive_service.exchange.schema import HouseholdSaid
from archive_service.exchange.tables import Package
from archive_service.exchange.work import MANIFESTS
from archive_service.households.tables import Item
from archive_service.people.viewer import Viewer
from archive_service.properties import actions as properties
from archive_service.properties import queries as runs
from archive_service.properties import work
from archive_service.properties.checks.outcome import Result
from archive_service.properties.facts import PackageFacts, PageFacts
from archive_service.properties.gather import Subject
from archive_service.properties.reading import Looked
from archive_service.properties.scheme import Moment
from archive_service.properties.work import Desk
from archive_service.storage.tables import RemovedObject

_CHUNK = 1024 * 1024
_LISTS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt")
Opener = Callable[[str], BinaryIO]


def hand_over(desk: Desk, viewer: Viewer, package_id: int) -> tuple[str, str]:
    """Hand the file of a package over, checked before it leaves for the first time; return its digest and name.

    Raises NotFound, and Refused while it is being made, failed, or waits for a person's answer.
    """
    _check(desk, viewer, package_id)
    with desk.database.unit_of_work() as session:
        row, name = actions.hand_over(session, viewer, package_id, now=desk.now())
        assert row.digest is not None
        return row.digest, name


def written(desk: Desk, viewer: Viewer, package_id: int, folder: Path) -> int:
    """Check a package that a command wrote into `folder`, before it is called whole; return the run.

    Raises Refused, with the run on record, for one that failed or waits for a person's answer.
    """
    with desk.database.reading() as session:
        row = queries.row(session, viewer, package_id)
        subject, pages, withdrawn = _content(session, row)
        format = row.format
    files = [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()]

    def opened(name: str) -> BinaryIO:
        return (folder / name).open("rb")

    told = _digest(opened, MANIFESTS[format])
    facts = look_at(format, files, opened, told=told, withdrawn=withdrawn)
    return _entered(desk, viewer, package_id, subject, desk.look(pages), facts)


def _check(desk: Desk, viewer: Viewer, package_id: int) -> None:
    with desk.database.reading() as session:
        row = queries.row(session, viewer, package_id)
        newest = runs.newest_of_package(session, package_id)
        if (
            row.digest is None
            or session.get(RemovedObject, row.digest) is not None
            or (newest is not None and newest.state == "passed")
        ):
            return
        if newest is not None and newest.state == "open":
            raise _refused("open", [], newest.id)
        subject, pages, withdrawn = _content(session, row)
        session.expunge(row)
    looked = desk.look(pages)
    _entered(desk, viewer, package_id, subject, looked, _of_file(desk, row, withdrawn))


def _content(session: Session, row: Package) -> tuple[Subject, list[PageFacts], frozenset[int]]:
    """Return what a package is about, its pages, and the numbers of the papers that were withdrawn."""
    subject = Subject(row.household_id, items=None if row.items is None else tuple(row.items))
    gone = select(Item.item_no).where(Item.household_id == row.household_id, Item.state != "filed")
    return subject, work.pages_of(session, subject), frozenset(session.scalars(gone))


def _entered(desk: Desk, viewer: Viewer, package_id: int, subject: Subject, looked: Looked, facts: PackageFacts) -> int:
    """Put the check on record with its report, and return the run. Raises Refused unless it was passed."""
    with desk.database.unit_of_work() as session:
        found = properties.examine(
            session, subject, Moment.TRANSFER, looked=looked, outside=desk.outside, today=desk.today(), package=facts
        )
        run_id = properties.enter(session, viewer, found, now=desk.now(), package_id=package_id).id
    work.write_report(desk, run_id)
    if found.state != "passed":
        raise _refused(found.state, found.failed, run_id)
    return run_id


def taken(session: Session, desk: Desk, viewer: Viewer, made: Package, arrived: Arrived) -> int:
    """Check what was just taken in, in the same transaction, and return the run.

    Raises PackageRefused with every item that failed: with the transaction nothing of the package stays.
    """
    items = arrived.said.selection
    subject = Subject(made.household_id, items=None if items is None else tuple(items))
    found = properties.examine(
        session,
        subject,
        Moment.TRANSFER,
        looked=desk.look(work.pages_of(session, subject)),
        outside=desk.outside,
        today=desk.today(),
        package=_arrived(made.format, arrived),
    )
    wrong = [
        Finding("package.property", "", f"{one.code} {one.item.title_zh}：{one.evidence}")
        for one in found.judged
        if one.result is Result.FAILED
    ]
    if wrong:
        raise refused(wrong)
    return properties.enter(session, viewer, found, now=desk.now(), package_id=made.id).id


def _arrived(format: str, arrived: Arrived) -> PackageFacts:
    """Return a package whose own rules were checked before anything of it was kept."""
    papers = sum(one.state == "filed" for one in arrived.said.items)
    files = len(arrived.said.files)
    return PackageFacts(
        format, (), (MANIFESTS[format],), True, "", arrived.manifest_sha256, files, len(arrived.objects), papers, ()
    )  # fmt: skip


def _refused(state: str, failed: Collection[str], run_id: int) -> Refused:
    return properties.refusal(
        state, failed, consequence=f"信息包没有交出，依据见检测 {run_id}。处理后再下载或重新导出。"
    )


def _of_file(desk: Desk, row: Package, withdrawn: Collection[int]) -> PackageFacts:
    """Look at the file of a package as whoever receives it would."""
    assert row.digest is not None
    folder = desk.home / "work"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as at:
        path = Path(at) / "package.zip"
        desk.store.fetch(row.digest, path)
        try:
            with zipfile.ZipFile(path) as archive:
                inside = {name.partition("/")[2]: name for name in archive.namelist()}
                return look_at(
                    row.format,
                    inside,
                    lambda name: _opened(archive, inside[name]),
                    told=row.manifest_sha256,
                    withdrawn=withdrawn,
                )
        except (zipfile.BadZipFile, KeyError, OSError, ValueError):
            return _unreadable(row)


def _opened(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    return archive.open(name)  # type: ignore[return-value]


def _unreadable(row: Package) -> PackageFacts:
    return PackageFacts(
        row.format, ("信息包文件打不开",), (), False, row.manifest_sha256, "", row.file_count, 0, 0, ()
    )  # fmt: skip


def look_at(
    format: str, files: Collection[str], opened: Opener, *, told: str, withdrawn: Collection[int] = ()
) -> PackageFacts:
    """Look at the files of a package of either format; `told` is the digest of its list as it was told.

    `withdrawn` are the numbers of papers that are in it as withdrawn, which its metadata do not say everywhere.

    Raises KeyError for one without its list.
    """
    found = _digest(opened, MANIFESTS[format])
    if format == "bagit":
        return _bag(files, opened, told, found)
    return _eep(files, opened, told, found, withdrawn)


def _bag(files: Collection[str], opened: Opener, told: str, found: str) -> PackageFacts:
    with opened(MANIFESTS["bagit"]) as stream:
        rows = [line.split(maxsplit=1) for line in stream.read().decode("utf-8").splitlines() if line.strip()]
    listed = {path: digest for digest, path in rows}
    data = [path for path in files if path.startswith("data/") and not path.endswith("/")]
    wrong = [
        f"{path} 与清单不符或不在包里"
        for path, digest in listed.items()
        if path not in files or _digest(opened, path) != digest
    ]
    said = None
    if f"data/{HOUSEHOLD}" in files:
        with opened(f"data/{HOUSEHOLD}") as stream:
            said = schema.read(stream.read())
    reads = isinstance(said, HouseholdSaid)
    papers = sum(one.state == "filed" for one in said.items) if isinstance(said, HouseholdSaid) else 0
    lists = tuple(one for one in _LISTS if one in files)
    besides = tuple(sorted(set(data) - set(listed)))
    return PackageFacts("bagit", tuple(wrong), lists, reads, told, found, len(listed), len(data), papers, besides)


def _eep(files: Collection[str], opened: Opener, told: str, found: str, withdrawn: Collection[int]) -> PackageFacts:
    """Look at an EEP package: every document in it, or beside it, against the digest that its XML tells."""
    name = MANIFESTS["eep"]
    seen = _Documents(opened, files)
    reads = True
    try:
        with opened(name) as stream:
            for _, element in etree.iterparse(stream, resolve_entities=False, no_network=True, huge_tree=True):
                seen.take(etree.QName(element).localname, element.text or "")
                element.clear()
    except etree.XMLSyntaxError:
        reads = False
    beside = [one for one in files if one != name and not one.endswith("/")]
    besides = tuple(sorted(set(beside) - seen.listed))
    papers = len(seen.numbers - set(withdrawn))
    return PackageFacts(
        "eep", tuple(seen.wrong), (name,), reads, told, found, len(seen.listed), len(beside), papers, besides
    )  # fmt: skip


@dataclass
class _Documents:
    """What the XML of an EEP package says of its documents, in the order of the text."""

    opened: Opener
    files: Collection[str]
    #: Numbers of papers, paths that lie beside the XML, and what does not fit.
    numbers: set[int] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    _path: str = ""
    _told: str = ""

    def take(self, name: str, text: str) -> None:
        """Take the next element that ends."""
        number = text.rpartition("-")[2]
        # The file of the household bears the account number, its papers a number behind it.
        if name == "电子文件号" and "-" in text and number.isdigit():
            self.numbers.add(int(number))
        elif name == "文档标识符":
            self._path = text
        elif name == "数字摘要":
            self._told = text
        elif name == "存储位置" and text.strip():
            self.listed.add(text)
            self._compare(_digest(self.opened, text) if text in self.files else "")
        elif name == "编码数据":
            self._compare(hashlib.sha256(base64.b64decode(text)).hexdigest())

    def _compare(self, found: str) -> None:
        if found != self._told:
            self.wrong.append(f"{self._path} 与登记的摘要不符或不在包里")


def _digest(opened: Opener, name: str) -> str:
    seen = hashlib.sha256()
    with opened(name) as stream:
        while part := stream.read(_CHUNK):
            seen.update(part)
    return seen.hexdigest()
