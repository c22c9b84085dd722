"""Bags: ours are sound by another program's word; hostile ones are refused with everything that is wrong with them."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import bagit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_service.exchange.bags import names, tags
from archive_service.exchange.bags.check import Limits, check
from archive_service.exchange.bags.write import BagWriter, FolderTarget, ZipTarget

FILES = {"a.txt": b"one", "b/c.bin": b"two" * 1000, "电表/照片 1.jpg": b"\xff\xd8\xff three", "100%.txt": b"four"}


def write(target: FolderTarget | ZipTarget) -> None:
    bag = BagWriter(target)
    for path, content in FILES.items():
        bag.add(path, io.BytesIO(content))
    bag.finish([("Source-Organization", "清河供电所")], on=date(2026, 11, 20))


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    folder = tmp_path / "bag"
    write(FolderTarget(folder))
    return folder


def codes(folder: Path, **limits: int) -> set[str]:
    return {one.code for one in check(folder, limits=Limits(**limits)).findings}


def lines(folder: Path, change: Callable[[str], str], name: str = "manifest-sha256.txt") -> None:
    """Change a tag file and make the tag manifests agree with it again, as whoever forges a bag would."""
    text = (folder / name).read_text()
    (folder / name).write_text(change(text))
    for algorithm in ("sha256", "sha512"):
        listed = (folder / f"tagmanifest-{algorithm}.txt").read_text().splitlines()
        names_of = [line.split(maxsplit=1)[1] for line in listed]
        made = [f"{hashlib.new(algorithm, (folder / one).read_bytes()).hexdigest()}  {one}\n" for one in names_of]
        (folder / f"tagmanifest-{algorithm}.txt").write_text("".join(made))


def entry(path: str, content: bytes = b"") -> str:
    return f"{hashlib.sha256(content).hexdigest()}  {path}\n"


def test_a_bag_of_ours_is_valid(bag: Path) -> None:
    found = check(bag)
    assert found.findings == []
    assert found.digests["data/b/c.bin"] == hashlib.sha256(FILES["b/c.bin"]).hexdigest()
    assert ("Payload-Oxum", f"{sum(map(len, FILES.values()))}.{len(FILES)}") in found.info


def test_a_bag_of_ours_is_valid_for_another_program(tmp_path: Path) -> None:
    """But for names with a per cent sign, which that program does not write as the standard says."""
    bag = BagWriter(FolderTarget(tmp_path / "bag"))
    for path, content in FILES.items():
        if "%" not in path:
            bag.add(path, io.BytesIO(content))
    bag.finish([], on=date(2026, 11, 20))
    peer = bagit.Bag(str(tmp_path / "bag"))
    peer.validate()
    assert len(list(peer.payload_files())) == len(FILES) - 1


def test_the_same_content_gives_the_same_bytes_in_a_zip_that_unpacks_to_the_same_bag(tmp_path: Path, bag: Path) -> None:
    made = []
    for name in ("one.zip", "two.zip"):
        with zipfile.ZipFile(tmp_path / name, "x") as archive:
            write(ZipTarget(archive, "top"))
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        archive.extractall(tmp_path / "out")
    assert check(tmp_path / "out" / "top").valid
    assert (tmp_path / "out/top/manifest-sha256.txt").read_bytes() == (bag / "manifest-sha256.txt").read_bytes()


def _older(folder: Path) -> None:
    """A bag of version 0.97 with one manifest and no tag manifests."""
    lines(folder, lambda text: text.replace("1.0", "0.97"), "bagit.txt")
    lines(folder, lambda text: text.replace("%25", "%"))
    for name in ("manifest-sha512.txt", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt", "bag-info.txt"):
        (folder / name).unlink()


def _oldest(folder: Path) -> None:
    _older(folder)
    (folder / "bagit.txt").write_text("BagIt-Version: 0.93\nTag-File-Character-Encoding: UTF-8\n")


def _encoded(folder: Path, name: str, mark: bytes = b"") -> None:
    lines(folder, lambda text: text.replace("UTF-8", name), "bagit.txt")
    for file in ("bag-info.txt", "manifest-sha256.txt", "manifest-sha512.txt"):
        (folder / file).write_bytes(mark + (folder / file).read_text().encode(name))
    for name in ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt"):
        (folder / name).unlink()


@pytest.mark.parametrize(
    "change",
    [
        _older,
        _oldest,
        lambda folder: _encoded(folder, "GB18030"),
        lambda folder: _encoded(folder, "UTF-16BE"),
        lambda folder: _encoded(folder, "UTF-16LE", b"\xff\xfe"),
        lambda folder: lines(folder, lambda t: t.replace("\n", "\r\n")),
    ],
)
def test_what_the_standard_allows_is_accepted(bag: Path, change: Callable[[Path], None]) -> None:
    change(bag)
    assert check(bag).findings == []


def _add(folder: Path, name: str, line: str) -> None:
    (folder / name).write_text((folder / name).read_text() + line)


def _drop(folder: Path, name: str, end: str) -> None:
    kept = [line for line in (folder / name).read_text().splitlines(True) if not line.strip().endswith(end)]
    (folder / name).write_text("".join(kept))


def _replace(path: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / path).write_bytes(content) and None  # type: ignore[func-returns-value]


def _tag(change: Callable[[str], str], name: str = "manifest-sha256.txt") -> Callable[[Path], None]:
    return lambda folder: lines(folder, change, name)


def _links(folder: Path) -> None:
    (folder / "data/a.txt").unlink()
    (folder / "data/a.txt").symlink_to("/etc/hostname")


def _folder_link(folder: Path) -> None:
    (folder / "data/out").symlink_to("/etc")


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "no declaration": (lambda folder: (folder / "bagit.txt").unlink(), "bag.declaration"),
    "byte order mark": (_tag(lambda text: "\ufeff" + text, "bagit.txt"), "bag.declaration"),
    "third line": (_tag(lambda text: text + "More: 1\n", "bagit.txt"), "bag.declaration"),
    "version 2.0": (_tag(lambda text: text.replace("1.0", "2.0"), "bagit.txt"), "bag.version"),
    "odd encoding": (_tag(lambda text: text.replace("UTF-8", "UTF-7"), "bagit.txt"), "bag.encoding"),
    "not the encoding": (_replace("bag-info.txt", b"A: \xff\xfe\xb5\n"), "bag.encoding"),
    "fetch": (_replace("fetch.txt", b"http://example.invalid/x - data/x\n"), "bag.fetch"),
    "changed file": (_replace("data/a.txt", b"two"), "bag.digest"),
    "missing file": (lambda folder: (folder / "data/a.txt").unlink(), "bag.missing"),
    "file too many": (_replace("data/more.txt", b""), "bag.not-listed"),
    "in one manifest only": (_tag(lambda text: "".join(text.splitlines(True)[1:])), "bag.not-listed"),
    "changed tag file": (_replace("bag-info.txt", b"Payload-Oxum: 3018.4\nB: c\n"), "bag.digest"),
    "twice": (_tag(lambda text: text + text.splitlines(True)[0]), "bag.duplicate"),
    "up and out": (_tag(lambda text: text + entry("data/../../etc/passwd")), "bag.path"),
    "absolute": (_tag(lambda text: text + entry("/etc/passwd")), "bag.path"),
    "up and out in codes of addresses": (_tag(lambda text: text + entry("data/%2e%2e/%252e%2e/x")), "bag.path"),
    "up and out in signs of full width": (_tag(lambda text: text + entry("data/．．/x")), "bag.path"),
    "absolute in codes": (_tag(lambda text: text + entry("%2fetc/passwd")), "bag.path"),
    "drive": (_tag(lambda text: text + entry("C:/x")), "bag.path"),
    "home": (_tag(lambda text: text + entry("~root/x")), "bag.path"),
    "backslash": (_tag(lambda text: text + entry("data\\..\\x")), "bag.path"),
    "not payload": (_tag(lambda text: text + entry("bagit.txt")), "bag.path"),
    "control sign": (_tag(lambda text: text + entry("data/a\x07b")), "bag.name"),
    "name too long": (_tag(lambda text: text + entry(f"data/{'a' * 300}")), "bag.name"),
    "path too long": (_tag(lambda text: text + entry("data/" + "/".join(["a" * 200] * 11))), "bag.name"),
    "list of itself": (
        lambda folder: _add(folder, "tagmanifest-sha256.txt", entry("tagmanifest-sha512.txt")), "bag.path",
    ),
    "list without a manifest": (
        lambda folder: _drop(folder, "tagmanifest-sha256.txt", "  manifest-sha512.txt"), "bag.not-listed",
    ),
    "no line": (_tag(lambda text: text + "nonsense\n"), "bag.manifest-line"),
    "short digest": (_tag(lambda text: text + "abcd  data/x\n"), "bag.manifest-line"),
    "unknown algorithm": (_replace("manifest-crc32.txt", b""), "bag.algorithm"),
    "oxum": (_tag(lambda text: text.replace("Oxum: ", "Oxum: 9"), "bag-info.txt"), "bag.oxum"),
    "oxum nonsense": (_tag(lambda text: text.replace("Oxum: ", "Oxum: x"), "bag-info.txt"), "bag.oxum"),
    "info": (_tag(lambda text: "no field\n" + text, "bag-info.txt"), "bag.info"),
    "link": (_links, "bag.link"),
    "link to a folder": (_folder_link, "bag.link"),
    "pipe": (lambda folder: os.mkfifo(folder / "data/pipe"), "bag.link"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_bag_is_refused_for_what_it_is(bag: Path, case: str) -> None:
    spoil, code = HOSTILE[case]
    spoil(bag)
    assert code in codes(bag)


def test_every_fault_is_told_at_once(bag: Path) -> None:
    (bag / "data/a.txt").write_bytes(b"x")
    (bag / "data/b/c.bin").unlink()
    (bag / "data/more").write_bytes(b"")
    (bag / "fetch.txt").write_bytes(b"")
    assert {"bag.digest", "bag.missing", "bag.not-listed", "bag.fetch", "bag.oxum"} <= codes(bag)


@pytest.mark.parametrize(
    ("algorithm", "warnings"),
    [("md5", ["bag.weak"]), ("sha1", ["bag.weak"]), ("sha224", ["bag.weak"]), ("sha256", []), ("sha384", []),
     ("sha512", [])],
)  # fmt: skip
def test_one_digest_that_the_standard_knows_is_enough_and_a_weak_one_is_told(
    bag: Path, algorithm: str, warnings: list[str]
) -> None:
    for name in ("manifest-sha512.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt"):
        (bag / name).unlink()
    lines = [
        f"{hashlib.new(algorithm, content).hexdigest()}  data/{names.encoded(path)}\n"
        for path, content in FILES.items()
    ]
    (bag / f"manifest-{algorithm}.txt").write_text("".join(lines))
    found = check(bag)
    assert (found.findings, [one.code for one in found.warnings]) == ([], warnings)


def test_a_bag_beyond_the_limits_is_not_looked_at(bag: Path) -> None:
    assert codes(bag, files=5) == {"bag.too-many"}
    assert codes(bag, size_bytes=10) == {"bag.too-large"}
    assert Limits().files == 100_000


def test_an_empty_folder_is_no_bag(tmp_path: Path) -> None:
    assert {"bag.declaration", "bag.no-payload", "bag.no-manifest"} <= codes(tmp_path)


@given(st.text(max_size=40))
@settings(derandomize=True, database=None, max_examples=150)
def test_no_text_of_a_manifest_leads_out_of_the_folder_or_raises(text: str) -> None:
    for name in tags.manifest("m", "sha256", f"{'0' * 64}  data/{text}\n{text}\n", payload=True).entries:
        assert name.startswith("data/")
        assert ".." not in name.split("/")
        assert names.decoded(names.encoded(name)) == name
    tags.info(text)
    tags.declaration(text.encode("utf-8", "replace"))
