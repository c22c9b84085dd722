"""Checking a folder that is said to be a bag: everything that is wrong with it is found, nothing in it is trusted.

Nothing is followed out of the folder: links are findings, files are opened without following any, and what a manifest
names is only looked up among what the walk found. Source: RFC 8493, docs/decisions/0048.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from archive_service.exchange.bags import names, tags
from archive_service.exchange.bags.tags import MOST_FINDINGS, Manifest
from archive_service.exchange.findings import Finding, printable

_CHUNK = 1024 * 1024
_MANIFEST = re.compile(r"(tag)?manifest-([A-Za-z0-9]+)\.txt")
_LARGEST_TAG_FILE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How much a package may hold."""

    #: Files that it is about; lists and other tag files may be a tenth more, and folders as many.
    files: int = 100_000
    size_bytes: int = 200 * 1024**3

    @property
    def entries(self) -> int:
        """Return how many files of all kinds, and how many folders, are looked at."""
        return self.files + self.files // 10


@dataclass
class Checked:
    """What a check found: all findings, the files by path with their sizes, and what the bag says of itself."""

    findings: list[Finding] = field(default_factory=list)
    #: What the standard allows and a person should know before they believe the bag.
    warnings: list[Finding] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    #: sha256 by path of each payload file, as computed.
    digests: dict[str, str] = field(default_factory=dict)
    info: list[tuple[str, str]] = field(default_factory=list)
    #: There is a folder `data`, which may be empty.
    has_payload_folder: bool = False

    @property
    def valid(self) -> bool:
        """Say whether it is complete, valid and fit to be taken in."""
        return not self.findings


def open_inside(folder: Path, path: str) -> BinaryIO:
    """Open a file of a package; a link is not followed, at whichever part of the path it stands."""
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        *folders, name = path.split("/")
        for part in folders:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        return os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at), "rb")
    finally:
        os.close(at)


def check(folder: Path, *, limits: Limits | None = None) -> Checked:
    """Check the bag in `folder`, whose own name does not matter."""
    found = Checked()
    limits = limits or Limits()
    if not walk(folder, found, limits):
        return found
    version, encoding = _declared(folder, found)
    manifests = [*_manifests(folder, found, encoding, version)]
    payload = [one for one in manifests if one.name.startswith("manifest-")]
    _structure(found, payload)
    _entries(found, payload, strict=version == "1.0")
    if version == "1.0":
        _lists_of_lists(found, manifests)
    _info(folder, found, encoding)
    _names(found, {*found.files, *(path for one in manifests for path in one.entries)})
    _hash(folder, found, manifests)
    found.findings, found.warnings = _told(found.findings), _told(found.warnings)
    return found


def _told(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))[:MOST_FINDINGS]


def _names(found: Checked, paths: Collection[str]) -> None:
    """Warn of names that not every system can hold, and of two that some take for one: the standard allows both."""
    found.warnings += [odd for path in sorted(paths) if (odd := names.oddity(path))]
    found.warnings += names.collisions(paths)


def walk(folder: Path, found: Checked, limits: Limits) -> bool:
    """Collect the files of a package; return whether it is small enough to be looked at."""
    pending, total, seen = [(folder, "")], 0, {True: 0, False: 0}
    while pending:
        below, prefix = pending.pop()
        with os.scandir(below) as listed:
            for entry in listed:
                path, is_folder = prefix + entry.name, entry.is_dir(follow_symlinks=False)
                seen[is_folder] += 1
                if seen[is_folder] > limits.entries:
                    return _too_many(found, limits)
                wrong = names.path_finding(path)
                if wrong is not None:
                    found.findings.append(wrong)
                mode = entry.stat(follow_symlinks=False)
                if is_folder:
                    pending += [(Path(entry.path), f"{path}/")] if wrong is None else []
                elif stat.S_ISREG(mode.st_mode):
                    found.files[path] = mode.st_size
                    total += mode.st_size
                else:
                    found.findings.append(Finding("bag.link", printable(path), "是链接或特殊文件，不是普通文件。"))
    if len(found.files) > limits.files and sum(map(_is_payload, found.files)) > limits.files:
        return _too_many(found, limits)
    found.has_payload_folder = (folder / "data").is_dir() and not (folder / "data").is_symlink()
    if total > limits.size_bytes:
        found.findings.append(Finding("bag.too-large", "", f"内容超过 {limits.size_bytes} 字节，没有继续检查。"))
        return False
    return True


def _is_payload(path: str) -> bool:
    return path.startswith("data/")


def _too_many(found: Checked, limits: Limits) -> bool:
    found.findings.append(Finding("bag.too-many", "", f"文件超过 {limits.files} 个，没有继续检查。"))
    return False


def _declared(folder: Path, found: Checked) -> tuple[str, str]:
    if tags.DECLARATION not in found.files:
        found.findings.append(Finding("bag.declaration", tags.DECLARATION, "没有声明文件，不是 BagIt 信息包。"))
        return "1.0", "utf-8"
    with open_inside(folder, tags.DECLARATION) as stream:
        version, encoding, wrong = tags.declaration(stream.read(4096))
    found.findings += wrong
    return version, encoding


def _text(folder: Path, found: Checked, name: str, encoding: str) -> str:
    if found.files[name] > _LARGEST_TAG_FILE:
        found.findings.append(Finding("bag.too-large", name, "清单或标签文件过大。"))
        return ""
    with open_inside(folder, name) as stream:
        content = stream.read(_LARGEST_TAG_FILE)
    if encoding == "utf-8" and content.startswith(b"\xef\xbb\xbf"):
        found.findings.append(Finding("bag.encoding", name, "以字节序标记开头，规范不允许。"))
        content = content[3:]
    try:
        # UTF-16 and UTF-32 may begin with a mark also where the order is declared; it is no part of the text.
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        found.findings.append(Finding("bag.encoding", name, "不是声明的编码。"))
        return ""


def _manifests(folder: Path, found: Checked, encoding: str, version: str) -> Iterator[Manifest]:
    for name in sorted(found.files):
        match = _MANIFEST.fullmatch(name)
        if match is None:
            continue
        algorithm = match.group(2).lower()
        if algorithm not in tags.ALGORITHMS:
            found.findings.append(Finding("bag.algorithm", name, "摘要算法不认识，无法核对。"))
            continue
        text, literal = _text(folder, found, name, encoding), () if version == "1.0" else found.files
        made = tags.manifest(name, algorithm, text, payload=not match.group(1), literal=literal)
        found.findings += made.findings
        if len(made.findings) >= tags.MOST_FINDINGS:
            found.findings.append(Finding("bag.manifest-line", name, "问题过多，后面的行没有继续检查。"))
        yield made


def _structure(found: Checked, payload: Sequence[Manifest]) -> None:
    if not found.has_payload_folder:
        found.findings.append(Finding("bag.no-payload", "data", "没有 data 目录。"))
    elif not any(map(_is_payload, found.files)):
        found.warnings.append(Finding("bag.empty", "data", "data 目录里没有文件，接收后不会收到任何文件。"))
    if not payload:
        found.findings.append(Finding("bag.no-manifest", "", "没有载荷清单 manifest-….txt。"))
    elif not any(one.algorithm in tags.STRONG for one in payload):
        said = "只有 MD5 或 SHA-1 一类的弱摘要，只能核对传输有无差错，不能证明内容未被改动。"
        found.warnings.append(Finding("bag.weak", "", said))
    if tags.FETCH in found.files:
        said = "要求从网络取回文件，不予接收。请移交方把文件放进信息包。"
        found.findings.append(Finding("bag.fetch", tags.FETCH, said))


def _entries(found: Checked, payload: Sequence[Manifest], *, strict: bool) -> None:
    """Compare what the manifests list with what is there; before 1.0 a file had to be in one manifest only."""
    there = {path for path in found.files if _is_payload(path)}
    listed: set[str] = set().union(*(one.entries for one in payload))
    for path in sorted(there - listed if payload else ()):
        found.findings.append(Finding("bag.not-listed", printable(path), "没有列入任何载荷清单。"))
    if strict:
        for one in payload:
            for path in sorted((listed & there) - set(one.entries)):
                found.findings.append(Finding("bag.not-listed", printable(path), f"没有列入 {one.name}。"))


def _lists_of_lists(found: Checked, manifests: Sequence[Manifest]) -> None:
    """Compare the lists of tag files with what they have to name: each payload manifest, and none of themselves."""
    listed = {one.name for one in manifests if one.name.startswith("manifest-")}
    for one in manifests:
        if not one.name.startswith("tagmanifest-"):
            continue
        for name in sorted(listed - set(one.entries)):
            found.findings.append(Finding("bag.not-listed", name, f"没有列入 {one.name}。"))
        for name in sorted(path for path in one.entries if path.startswith("tagmanifest-")):
            said = f"{one.name} 不能列出标签清单，包括它自己。"
            found.findings.append(Finding("bag.path", printable(name), said))


def _info(folder: Path, found: Checked, encoding: str) -> None:
    if tags.INFO not in found.files:
        return
    found.info, wrong = tags.info(_text(folder, found, tags.INFO, encoding))
    found.findings += wrong
    told = tags.oxum(found.info)
    if isinstance(told, Finding):
        found.findings.append(told)
    elif told is not None:
        sizes = [size for path, size in found.files.items() if _is_payload(path)]
        if told != (sum(sizes), len(sizes)):
            said = f"Payload-Oxum 是 {told[0]}.{told[1]}，实际是 {sum(sizes)}.{len(sizes)}。"
            found.findings.append(Finding("bag.oxum", tags.INFO, said))


def _hash(folder: Path, found: Checked, manifests: Iterable[Manifest]) -> None:
    """Read each listed file once and compare it with all that the manifests say of it."""
    wanted: dict[str, list[tuple[Manifest, str]]] = {}
    for one in manifests:
        for path, digest in one.entries.items():
            wanted.setdefault(path, []).append((one, digest))
    for path, told in sorted(wanted.items()):
        if path not in found.files:
            found.findings.append(Finding("bag.missing", printable(path), "清单里有，信息包里没有。"))
            continue
        sums = digests_of(folder, path, {"sha256", *(one.algorithm for one, _ in told)})
        found.digests[path] = sums["sha256"]
        for one, digest in told:
            if sums[one.algorithm] != digest:
                said = f"内容与 {one.name} 的摘要不符。"
                found.findings.append(Finding("bag.digest", printable(path), said))


def digests_of(folder: Path, path: str, algorithms: Iterable[str]) -> dict[str, str]:
    """Return the digests of a file of a package."""
    sums = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    with open_inside(folder, path) as stream:
        while chunk := stream.read(_CHUNK):
            for one in sums.values():
                one.update(chunk)
    return {name: one.hexdigest() for name, one in sums.items()}
