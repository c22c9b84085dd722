"""Bags as other programs and people pack them: what the standard allows comes in, all else is told in one go.

Each is written here byte by byte, in a ZIP or TAR, by none of our own writers, and goes the whole way: unpacked and
read in the sandbox.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from archive_service.errors import Refused
from archive_service.exchange.arriving import Incoming
from archive_service.exchange.bags import tags
from archive_service.exchange.findings import PackageRefused
from archive_service.settings import Settings
from ingest.packages import PackageOpener

_ONE, _TWO = "data/一.pdf", "data/b/two.bin"
FILES = {_ONE: b"one", _TWO: b"two" * 400}
Files = dict[str, bytes]
Pack = Callable[[Mapping[str, bytes]], bytes]


def declared(version: str = "1.0", encoding: str = "UTF-8") -> bytes:
    return f"BagIt-Version: {version}\nTag-File-Character-Encoding: {encoding}\n".encode()


def listing(files: Mapping[str, bytes], algorithm: str = "sha256", between: str = "  ", end: str = "\n") -> str:
    return "".join(f"{hashlib.new(algorithm, data).hexdigest()}{between}{path}{end}" for path, data in files.items())


def bag(
    files: Mapping[str, bytes] = FILES, *, version: str = "1.0", manifest: str | bytes | None = None, **more: bytes
) -> Files:
    """The files of a bag; `more` are tag files by name, with `_` for the dot before the ending."""
    said = listing(files) if manifest is None else manifest
    made = {"bagit.txt": declared(version), **files}
    made["manifest-sha256.txt"] = said.encode() if isinstance(said, str) else said
    return made | {f"{name.replace('_', '-')}.txt": data for name, data in more.items()}


def tagged(files: Files) -> Files:
    """The same with a list of its tag files."""
    listed = {path: data for path, data in files.items() if not path.startswith("data/")}
    return files | {"tagmanifest-sha256.txt": listing(listed).encode()}


def zipped(files: Mapping[str, bytes], *, top: str = "移交 2026/", **extra: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**{f"{top}{path}": data for path, data in files.items()}, **extra}.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def tarred(files: Mapping[str, bytes], *, format: int = tarfile.PAX_FORMAT, folders: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name in folders:
            about = tarfile.TarInfo(f"./{name}")
            about.type = tarfile.DIRTYPE
            archive.addfile(about)
        for name, data in files.items():
            about = tarfile.TarInfo(f"./{name}")
            about.size, about.pax_headers = len(data), {"SCHILY.xattr.user.note": "x"}
            archive.addfile(about, io.BytesIO(data))
    return out.getvalue()


def old_tar(files: Mapping[str, bytes]) -> bytes:
    """A TAR from before there was a mark for them: the sum of each header without it."""
    rows = []
    for name, data in files.items():
        about = tarfile.TarInfo(name)
        about.size = len(data)
        head = bytearray(about.tobuf(tarfile.USTAR_FORMAT))
        head[257:265], head[148:156] = bytes(8), b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
        rows.append(bytes(head) + data + bytes(-len(data) % 512))
    return b"".join(rows) + bytes(1024)


def look(settings: Settings, tmp_path: Path, data: bytes) -> Incoming:
    desk, file = tmp_path / "desk", tmp_path / "package"
    desk.mkdir()
    file.write_bytes(data)
    opener = PackageOpener(settings)
    _, incoming, _ = opener.look(opener.unpack(file, desk), desk, our_certificate=b"")
    assert {one.name for one in desk.iterdir()} == {"tree"}
    return incoming


def named(*names: str) -> Files:
    """A bag of files with these names, written as the standard says."""
    files = {f"data/{name}": name.encode() for name in names}
    listed = "".join(
        f"{hashlib.sha256(data).hexdigest()}  "
        f"{path.replace('%', '%25').replace(chr(13), '%0D').replace(chr(10), '%0A')}\n"
        for path, data in files.items()
    )
    return bag(files, manifest=listed)


def in_utf16(files: Mapping[str, bytes]) -> Files:
    made = bag(files, manifest=listing(files).encode("utf-16"), bag_info="联系人: 王\n".encode("utf-16"))
    return made | {"bagit.txt": declared(encoding="UTF-16")}


def older(version: str) -> Files:
    """As older tools write: one manifest by MD5, and per cent signs as they are."""
    files = FILES | {"data/100%25.txt": b"%"}
    return {"bagit.txt": declared(version), "manifest-md5.txt": listing(files, "md5").encode(), **files}


_UPPER = "".join(f"{hashlib.sha256(data).hexdigest().upper()}  {path}\n" for path, data in FILES.items())
_FOLDED = f"联系人: 王\n  小明\n\t(档案室)\n:\nPayload-Oxum: {sum(map(len, FILES.values()))}.2\n"
_DECOMPOSED = unicodedata.normalize("NFD", "data/Núñez.pdf")
_LONG = {f"data/{'长' * 80}/{name}": b"1" for name in "ab"}

#: Bags by what is particular about them: the package, the warnings that it brings, and how many files.
VALID: dict[str, tuple[Callable[[], bytes], set[str], int]] = {
    "one manifest and no more": (lambda: zipped(bag()), set(), 2),
    "list of tag files": (lambda: zipped(tagged(bag(bag_info=b"A: b\n"))), set(), 2),
    "tag files on no list, in a folder": (lambda: zipped(tagged(bag()) | {"notes/a.xml": b"<a/>"}), set(), 2),
    "several manifests": (lambda: zipped(bag(manifest_md5=listing(FILES, "md5").encode())), set(), 2),
    "lines of Windows": (lambda: zipped(bag(manifest=listing(FILES, end="\r\n"))), set(), 2),
    "lines of an old Mac": (lambda: zipped(bag(manifest=listing(FILES, end="\r"))), set(), 2),
    "no end to the last line": (lambda: zipped(bag(manifest=listing(FILES).rstrip())), set(), 2),
    "marks of md5sum": (lambda: zipped(bag(manifest=listing(FILES, between=" *"))), set(), 2),
    "tab between": (lambda: zipped(bag(manifest=listing(FILES, between="\t"))), set(), 2),
    "dot before the path": (lambda: zipped(bag(manifest=listing(FILES, between="  ./"))), set(), 2),
    "capitals in digests": (lambda: zipped(bag(manifest=_UPPER)), set(), 2),
    "folded fields": (lambda: zipped(bag(bag_info=_FOLDED.replace(":\n", "", 1).encode())), set(), 2),
    "a field twice": (lambda: zipped(bag(bag_info=b"Contact-Name: a\nContact-Name: b\n")), set(), 2),
    "a bag in the bag": (lambda: zipped(bag({f"data/in/{p}": d for p, d in tagged(bag()).items()})), set(), 5),
    "hidden and blank": (lambda: zipped(named(".hidden", "a  b.pdf", " lead", "@#$&'()+,;=[]{}.txt")), set(), 4),
    "per cent signs": (lambda: zipped(named("100%.txt", "a%0Ab", "a%20b")), set(), 3),
    "ends of lines in names": (lambda: tarred(named("a\nb", "a\rb", "a\r\nb")), {"bag.name"}, 3),
    "names not for Windows": (lambda: tarred(named("aux.pdf", "10:20.pdf", "a.", "q?.txt")), {"bag.name"}, 4),
    "capitals only": (lambda: tarred(named("A.pdf", "a.pdf")), {"bag.collision"}, 2),
    "forms only": (lambda: tarred(bag({_DECOMPOSED: b"1", "data/Núñez.pdf": b"2"})), {"bag.collision"}, 2),
    "nothing in it": (lambda: tarred(bag({}), folders=("data",)), {"bag.empty"}, 0),
    "nothing in a ZIP": (lambda: zipped(bag({}) | {"data/": b""}), {"bag.empty"}, 0),
    "an empty file": (lambda: zipped(bag({"data/none": b""})), set(), 1),
    "an empty folder": (lambda: tarred(bag(), folders=("data/none",)), set(), 2),
    "in UTF-16": (lambda: zipped(in_utf16(FILES)), set(), 2),
    "weak digests": (
        lambda: zipped({"bagit.txt": declared(), **FILES, "manifest-sha1.txt": listing(FILES, "sha1").encode()}),
        {"bag.weak"}, 2,
    ),
    **{f"version {one}": (lambda one=one: zipped(older(one)), {"bag.weak"}, 3) for one in tags.VERSIONS[:-1]},
    "beside what a Mac adds": (
        lambda: zipped(bag(), **{"__MACOSX/._bag": b"x", ".DS_Store": b"x", "请先阅读.txt": b"x"}), set(), 2,
    ),
    "without a folder": (lambda: zipped(bag(), top=""), set(), 2),
    "TAR of GNU": (lambda: tarred(bag(_LONG), format=tarfile.GNU_FORMAT), set(), 2),
    "TAR of POSIX": (lambda: tarred(bag(_LONG)), set(), 2),
    "TAR without its mark": (lambda: old_tar(bag({"data/a": b"1"})), set(), 1),
}  # fmt: skip


@pytest.mark.parametrize("case", VALID)
def test_what_the_standard_allows_comes_in(settings: Settings, tmp_path: Path, case: str) -> None:
    make, warnings, files = VALID[case]
    found = look(settings, tmp_path, make())
    assert ({one.code for one in found.warnings}, len(found.files)) == (warnings, files)
    assert set(found.digests) >= set(found.files)


def without(files: Files, *names: str) -> Files:
    return {path: data for path, data in files.items() if path not in names}


def many_faults() -> Files:
    listed = listing(FILES) + listing({"data/gone": b""}) + "nonsense\n" + listing({"../out": b""})
    made = bag(
        FILES | {_ONE: b"other"}, manifest=listed, bag_info=b"Payload-Oxum: 1.1\nno field\n", fetch=b"http://x - a"
    )
    return made | {"data/more": b""}


#: Bags that are none, each with all that is wrong with it.
INVALID: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "all at once": (
        lambda: zipped(many_faults()),
        {"bag.digest", "bag.missing", "bag.manifest-line", "bag.path", "bag.oxum", "bag.info", "bag.fetch",
         "bag.not-listed"},
    ),
    "size wrong": (lambda: zipped(bag(bag_info=b"Payload-Oxum: 1203.3\n")), {"bag.oxum"}),
    "size without a count": (lambda: zipped(bag(bag_info=b"Payload-Oxum: 1203\n")), {"bag.oxum"}),
    "size twice": (lambda: zipped(bag(bag_info=b"Payload-Oxum: 1203.2\nPayload-Oxum: 1203.2\n")), {"bag.oxum"}),
    "fold before any field": (lambda: zipped(bag(bag_info=b"  folded\nA: b\n")), {"bag.info"}),
    "one manifest of two lacks a file": (
        lambda: zipped(bag(manifest_md5=listing({_ONE: FILES[_ONE]}, "md5").encode())), {"bag.not-listed"},
    ),
    "manifests do not agree": (
        lambda: zipped(bag(manifest_md5=listing(FILES | {_ONE: b"x"}, "md5").encode())), {"bag.digest"},
    ),
    "lists of tag files lack a manifest": (
        lambda: zipped(bag(tagmanifest_sha256=listing({"bagit.txt": declared()}).encode())), {"bag.not-listed"},
    ),
    "tag file changed": (lambda: zipped(tagged(bag()) | {"bagit.txt": declared("0.97")}), {"bag.digest"}),
    "tag file gone": (lambda: zipped(without(tagged(bag(bag_info=b"A: b\n")), "bag-info.txt")), {"bag.missing"}),
    "form of a name": (
        lambda: zipped(bag({"data/Núñez.pdf": b"1"}, manifest=listing({_DECOMPOSED: b"1"}))),
        {"bag.missing", "bag.not-listed"},
    ),
    "per cent sign as it is in 1.0": (
        lambda: zipped(bag({"data/a%25b": b"1"})), {"bag.missing", "bag.not-listed"},
    ),
    "fetched from elsewhere": (
        lambda: zipped(without(bag(fetch=b"http://example.invalid/x 3 data/b\n"), _TWO)), {"bag.fetch", "bag.missing"},
    ),
    "no data": (lambda: zipped(bag({})), {"bag.no-payload"}),
    "data is a file": (lambda: zipped(bag({}) | {"data": b""}), {"bag.no-payload"}),
    "blanks in the declaration": (
        lambda: zipped(bag() | {"bagit.txt": declared().replace(b"n: ", b"n : ")}), {"bag.declaration"},
    ),
    "no such version": (lambda: zipped(bag(version="1.1")), {"bag.version"}),
    "no such digest": (lambda: zipped(bag(manifest_blake2=b"")), {"bag.algorithm"}),
    "two bags": (
        lambda: zipped({f"{n}/{p}": d for n in "ab" for p, d in bag().items()}),
        {"bag.declaration", "bag.no-manifest", "bag.no-payload"},
    ),
    "paths of Windows": (lambda: zipped(bag(), top="bag\\"), {"bag.path"}),
    "a TAR in which nothing is": (lambda: bytes(10240), {"file.type-not-accepted"}),
    "a name twice": (lambda: old_tar(bag())[:-1024] + old_tar({_ONE: b"2"}), {"bag.duplicate"}),
}  # fmt: skip


@pytest.mark.parametrize("case", INVALID)
def test_what_is_no_bag_is_refused_with_all_that_is_wrong(settings: Settings, tmp_path: Path, case: str) -> None:
    make, codes = INVALID[case]
    with pytest.raises(Refused) as caught:
        look(settings, tmp_path, make())
    found = caught.value.facts.get("findings") or [{"code": caught.value.code, "message": caught.value.message}]
    assert {one["code"] for one in found} == codes
    assert all(one["message"].endswith("。") for one in found)
    assert isinstance(caught.value, PackageRefused) or "请" in caught.value.message


#: Tag files that cost more than they are long where somebody is careless.
COSTLY = {
    "folds": lambda: bag(bag_info=b"A: b\n" + b" x\n" * 3_000_000),
    "blanks and no colon": lambda: bag(bag_info=b"a" + b" " * 8_000_000),
    "lines that are none": lambda: bag(manifest=b"x\n" * 4_000_000),
    "digest without an end": lambda: bag(manifest=b"0" * 8_000_000),
}


@pytest.mark.parametrize("case", COSTLY)
def test_a_tag_file_costs_no_more_than_reading_it(settings: Settings, tmp_path: Path, case: str) -> None:
    """Within a fraction of the time and memory that the sandbox gives: what grows by the square would not end."""
    small = settings.model_copy(update={"sandbox_file_s": 40.0, "sandbox_memory_bytes": 1024 * 1024 * 1024})
    data = tarred(COSTLY[case]())
    try:
        look(small, tmp_path, data)
    except PackageRefused as refusal:
        found = refusal.facts["findings"]
        assert isinstance(found, list)
        assert {one["code"] for one in found} <= {"bag.info", "bag.manifest-line", "bag.not-listed", "bag.missing"}
        assert len(found) <= tags.MOST_FINDINGS
