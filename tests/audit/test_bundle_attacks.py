"""Somebody who hands over a bundle changes the file: the checker never says yes to it, and never ends with a trace.

Other than in `test_tampering`, where the database is changed and the archive itself writes the bundle, the file is
written by the attacker here, with a key of their own where one is needed.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive_service.audit import bundle, checkpoints, note, offline
from archive_service.audit.bundle import Selection
from archive_service.audit.record import SYSTEM, Actor, record
from archive_service.db.session import Database
from archive_service.settings import Settings

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ACCOUNT = "0000000001"
Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """A folder with a bundle of everything, of an account and of a period, with two proofs and an old checkpoint."""
    folder = tmp_path_factory.mktemp("bundles")
    settings = Settings(_env_file=None, home=folder / "home")  # type: ignore[call-arg]
    settings.home.mkdir()
    shutil.copy(migrated_file, settings.home / "archive.db")
    database = Database(settings.url())
    for first, last in ((1, 5), (6, 9)):
        with database.unit_of_work() as session:
            for n in range(first, last + 1):
                record(
                    session, by=Actor(n, f"甲{n}"), did="item.filed", object_kind="item", object_id=n, unit_id=None,
                    facts={"account_no": f"000000000{n % 2}"}, now=NOW + timedelta(days=n),
                )  # fmt: skip
        checkpoints.make(database, settings, now=NOW)
    with database.reading() as session:
        old = checkpoints.newest(session)
        assert old is not None
        (folder / "kept.txt").write_bytes(note.file_of(old.note, old.signature))
        (folder / "entry.json").write_text(json.dumps(bundle.proof_of(session, 3)))
        (folder / "older.json").write_text(json.dumps(bundle.consistency_of(session, 5, old.size)))
    chosen = {
        "all": Selection(),
        "account": Selection(account_no=ACCOUNT, objects={"item": [1]}),
        "range": Selection(since=NOW + timedelta(days=2), until=NOW + timedelta(days=6)),
        "nothing": Selection(until=NOW - timedelta(days=400)),
    }
    for name, selection in chosen.items():
        bundle.export(database, settings, folder / f"{name}.zip", selection, by=SYSTEM, unit_id=None, now=NOW)
    with database.unit_of_work() as session:
        record(
            session, by=Actor(7, "乙"), did="item.read", object_kind="reading-item", object_id=2, unit_id=None,
            facts={"account_no": "0000000000", "from": "10.0.0.8", "reason": "投诉"}, now=NOW,
        )  # fmt: skip
    bundle.export(database, settings, folder / "read.zip", Selection(), by=SYSTEM, unit_id=None, now=NOW)
    database.close()
    return folder


def parts_of(path: Path) -> Parts:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def zipped(parts: Parts, *more: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", how) as new:
        for name, content in (*parts.items(), *more):
            new.writestr(name, content)
    return to.getvalue()


def said(path: Path, *options: str) -> int:
    """What the checker ends with; a trace would end the test."""
    return offline.main([str(path), *options])


def test_what_was_not_changed_holds(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of the bundles and proofs of the archive, also one of a period in which nothing happened."""
    for name in ("all.zip", "account.zip", "range.zip", "nothing.zip", "entry.json", "older.json"):
        assert said(made / name, "--checkpoint", str(made / "kept.txt")) == 0, (name, capsys.readouterr().out)
    assert "户号 0000000001" in capsys.readouterr().out


def test_who_saw_a_paper_is_told_with_where_from_and_why(made: Path) -> None:
    """Readings have kinds of their own; whoever asks for the paper is told of them too."""
    (filed, seen) = offline.verify(made / "read.zip", record="item:2").record
    assert (filed["did"], seen["did"]) == ("item.filed", "item.read")
    assert (seen["person"], seen["from"], seen["why"]) == ("乙", "10.0.0.8", "投诉")


def lines(change: Callable[[list[bytes]], list[bytes]], name: str = "entries.txt") -> Callable[[Parts], bytes]:
    def do(parts: Parts) -> bytes:
        parts[name] = b"".join(change(parts[name].splitlines(keepends=True)))
        return zipped(parts)

    return do


def told(name: str, **facts: object) -> Callable[[Parts], bytes]:
    def do(parts: Parts) -> bytes:
        parts[name] = json.dumps(json.loads(parts[name]) | facts).encode()
        return zipped(parts)

    return do


def swapped(name: str, old: bytes, new: bytes) -> Callable[[Parts], bytes]:
    def do(parts: Parts) -> bytes:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new, 1)
        return zipped(parts)

    return do


def without(name: str) -> Callable[[Parts], bytes]:
    return lambda parts: zipped({key: value for key, value in parts.items() if key != name})


def put(name: str, content: bytes) -> Callable[[Parts], bytes]:
    return lambda parts: zipped(parts | {name: content})


def signature(change: Callable[[bytes], bytes]) -> Callable[[Parts], bytes]:
    """Change the signature of the newest checkpoint, given as the text that stands there."""
    return lines(lambda found: [*found[:-1], change(found[-1].strip()) + b"\n"], "checkpoints.txt")


def loose(text: bytes) -> bytes:
    """The same bytes in another base64: the last letter holds four bits that mean nothing."""
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = letters.index(text[85])
    return text[:85] + letters[at ^ 1 : (at ^ 1) + 1] + text[86:]


def by_nobody(parts: Parts) -> bytes:
    """Sign with a key of small order, for which this one signature is right whatever is signed."""
    found = parts["checkpoints.txt"].decode().splitlines()
    point = b"\x01" + bytes(31)
    said = json.loads(found[-2]) | {"key": base64.b64encode(point).decode()}
    found[-2:] = [json.dumps(said), base64.b64encode(point + bytes(32)).decode()]
    parts["checkpoints.txt"] = ("\n".join(found) + "\n").encode()
    return zipped(parts)


def sm2_of_zeros(parts: Parts) -> bytes:
    found = parts["checkpoints.txt"].decode().splitlines()
    said = json.loads(found[-2]) | {"algorithm": "sm2", "key": base64.b64encode(bytes(64)).decode()}
    found[-2:] = [json.dumps(said), base64.b64encode(bytes(31) + b"\x01" + bytes(31) + b"\x01").decode()]
    parts["checkpoints.txt"] = ("\n".join(found) + "\n").encode()
    return zipped(parts)


def broken_inside(parts: Parts) -> bytes:
    """Break the compressed bytes and let all lengths and sums stand."""
    whole = bytearray(zipped(parts))
    at = whole.index(b"entries.txt") + 20
    whole[at : at + 12] = b"\xff" * 12
    return bytes(whole)


def with_another_kind(parts: Parts) -> bytes:
    """Say that a part is packed in a way that nobody knows."""
    whole = bytearray(zipped(parts))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = whole.index(mark)
        whole[start + at : start + at + 2] = struct.pack("<H", 99)
    return bytes(whole)


DEEP = b"[" * 200_000
#: By the bundle that is changed.
FILES: dict[str, tuple[str, Callable[[Parts], bytes]]] = {
    "two lines swapped": ("all", lines(lambda all: [all[1], all[0], *all[2:]])),
    "two lines swapped in a period": ("range", lines(lambda all: [all[0], all[2], all[1], *all[3:]])),
    "a line twice": ("all", lines(lambda all: [*all[:3], *all[2:]])),
    "a picked line twice": ("account", lines(lambda all: [*all[:2], *all[1:]])),
    "the last line gone": ("all", lines(lambda all: all[:-1])),
    "the first line gone": ("all", lines(lambda all: all[1:])),
    "the first picked line gone": ("account", lines(lambda all: all[1:])),
    "the last picked line gone": ("account", lines(lambda all: all[:-1])),
    "no line at all": ("all", put("entries.txt", b"")),
    "no picked line at all": ("account", put("entries.txt", b"")),
    "a line without its end": ("all", lines(lambda all: [*all[:-1], all[-1].rstrip()])),
    "an empty line": ("all", lines(lambda all: [*all, b"\n"])),
    "an empty picked line": ("account", lines(lambda all: [*all, b"\n"])),
    "lines that end as on Windows": ("all", lines(lambda all: [one[:-1] + b"\r\n" for one in all])),
    "a hash in capitals": ("all", lines(lambda all: [all[0][:64].upper() + all[0][64:], *all[1:]])),
    "a number spelt with zeros": ("all", swapped("entries.txt", b"[3,", b"[03,")),
    "a number spelt as a fraction": ("all", swapped("entries.txt", b"[3,", b"[3.0,")),
    "a number of a thousand digits": ("all", swapped("entries.txt", b"[3,", b"[3" + b"0" * 1000 + b",")),
    "a number of a thousand digits, picked": ("range", swapped("entries.txt", b"[3,", b"[3" + b"0" * 1000 + b",")),
    "a name in another composition": ("all", swapped("entries.txt", "甲".encode(), "\uf9b5".encode())),
    "a blank in the text": ("all", swapped("entries.txt", b'","', b'", "')),
    "a letter as an escape": ("all", swapped("entries.txt", "甲".encode(), b"\\u7532")),
    "bytes that are no text": ("all", swapped("entries.txt", "甲".encode(), b"\xff\xfe")),
    "brackets without an end": ("all", lines(lambda all: [*all[:-1], all[-1][:68] + DEEP + b"\n"])),
    "the checkpoints gone": ("all", without("checkpoints.txt")),
    "no checkpoint": ("all", put("checkpoints.txt", b"")),
    "no checkpoint for picked lines": ("account", put("checkpoints.txt", b"")),
    "a line beside the checkpoints": ("all", lines(lambda all: [*all, b"more\n"], "checkpoints.txt")),
    "a checkpoint in brackets": ("all", put("checkpoints.txt", DEEP + b"\nAAAA\n")),
    "checkpoints in another order": ("all", lines(lambda all: [*all[2:4], *all[:2], *all[4:]], "checkpoints.txt")),
    "a checkpoint of less than nothing": ("all", swapped("checkpoints.txt", b'"size":5', b'"size":-5')),
    "a checkpoint of a size beyond all": ("all", swapped("checkpoints.txt", b'"size":5', b'"size":' + b"9" * 4000)),
    "a checkpoint of a size beyond reading": ("all", swapped("checkpoints.txt", b'"size":5', b'"size":' + b"9" * 5000)),
    "a checkpoint with a size that is true": ("all", swapped("checkpoints.txt", b'"size":5', b'"size":true')),
    "a checkpoint with two sizes": ("all", swapped("checkpoints.txt", b'"size":5', b'"size":5,"size":6')),
    "a checkpoint signed in a way unknown": ("all", swapped("checkpoints.txt", b"ed25519", b"none")),
    "a checkpoint without its key": ("all", swapped("checkpoints.txt", b'"key"', b'"kex"')),
    "a root that is no number": ("account", swapped("checkpoints.txt", b'"root":"', b'"root":"zz')),
    "a signature in other base64": ("all", signature(loose)),
    "a signature with blanks in it": ("all", signature(lambda text: text[:10] + b" " + text[10:])),
    "a signature cut short": ("all", signature(lambda text: text[:40])),
    "a signature of nothing": ("all", signature(lambda text: b"")),
    "a signature of another checkpoint": ("all", lines(lambda all: [*all[:-1], all[1]], "checkpoints.txt")),
    "a key of small order": ("all", by_nobody),
    "a key of SM2 that is no point": ("all", sm2_of_zeros),
    "the proofs gone": ("account", without("proofs.json")),
    "proofs as a list": ("account", put("proofs.json", b"[]")),
    "proofs in brackets": ("account", put("proofs.json", DEEP)),
    "a proof that is a number": ("account", told("proofs.json", inclusion=5)),
    "a proof of numbers": ("account", told("proofs.json", inclusion={"1": [1, 2]})),
    "no proof of what agrees": ("account", told("proofs.json", consistency=None)),
    "a proof of a thousand steps": ("account", told("proofs.json", inclusion={"1": ["00" * 32] * 1000})),
    "a proof of steps of odd length": ("account", told("proofs.json", inclusion={"1": ["00"]})),
    "what it is gone": ("all", without("bundle.json")),
    "what it is, as a list": ("all", put("bundle.json", b"[]")),
    "what it is, in brackets": ("all", put("bundle.json", DEEP)),
    "what it is, of a later kind": ("all", told("bundle.json", kind="archive-service audit bundle 2")),
    "of everything, called a part": ("all", told("bundle.json", selection="account")),
    "of a part, called everything": ("account", told("bundle.json", selection="all")),
    "called something unknown": ("account", told("bundle.json", selection="most")),
    "called nothing": ("account", told("bundle.json", selection=None)),
    "told to be longer": ("all", told("bundle.json", size=11)),
    "told to reach further": ("range", told("bundle.json", to=7)),
    "told to reach to nowhere": ("range", told("bundle.json", to="x")),
    "told twice what it is": ("account", swapped("bundle.json", b"{", b'{"selection": "all", ')),
    "an entry of the ZIP twice": ("all", lambda p: zipped(p, ("entries.txt", p["entries.txt"]))),
    "two manifests": ("account", lambda p: zipped(p, ("bundle.json", p["bundle.json"].replace(b"account", b"range")))),
    "a file more": ("all", put("run.exe", b"MZ")),
    "a file that climbs out": ("all", put("../../evil", b"x")),
    "a file from the root": ("all", put("/etc/evil", b"x")),
    "a remark behind the ZIP": ("all", lambda p: zipped(p)[:-2] + struct.pack("<H", 3) + b"yes"),
    "another bundle in front": ("all", lambda p: zipped({"bundle.json": b"{}"}) + zipped(p)),
    "something behind": ("all", lambda p: zipped(p) + b"x" * 70_000),
    "cut": ("all", lambda p: zipped(p)[:-30]),
    "broken inside": ("all", broken_inside),
    "packed as nobody knows": ("all", with_another_kind),
    "packed as LZMA": ("all", lambda p: zipped(p, how=zipfile.ZIP_LZMA)),
    "no ZIP": ("all", lambda p: b"PK\x05\x06" + b"\xff" * 40),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("way", FILES)
def test_a_changed_bundle_is_never_said_to_hold(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    """It ends with 5 and the first thing that does not hold, or with 2 where it is no bundle."""
    name, change = FILES[way]
    (tmp_path / "b.zip").write_bytes(change(parts_of(made / f"{name}.zip")))
    code, out = said(tmp_path / "b.zip", "--record", ACCOUNT), capsys.readouterr()
    assert code in (2, 5), out.out
    assert ("不成立。第一处" in out.out) if code == 5 else (out.err.count("\n") == 1)


def proof(name: str, **facts: object) -> tuple[str, Callable[[dict[str, object]], object]]:
    return name, lambda told: told | facts


def two_at_once(told: dict[str, object]) -> object:
    """Put two checkpoints that are signed where one belongs, and forge the entry."""
    entry = json.loads(str(told["entry"]))
    older = json.loads((Path(str(told["folder"])) / "older.json").read_text())
    pair = "\n".join([older["older"], older["older_signature"], older["checkpoint"]])
    return told | {"entry": json.dumps([*entry[:3], "forged", *entry[4:]]), "checkpoint": pair}


PROOFS: dict[str, tuple[str, Callable[[dict[str, object]], object]]] = {
    "another entry": proof("entry", entry='[3,"x"]'),
    "an entry that is a number": proof("entry", entry=3),
    "an entry in brackets": proof("entry", entry="[3," + DEEP.decode()),
    "an entry with half a letter": proof("entry", entry="[3,\ud800]"),
    "another hash": proof("entry", hash="0" * 64),
    "a hash that is none": proof("entry", hash="zz"),
    "no path": proof("entry", proof=[]),
    "a path that is text": proof("entry", proof="00"),
    "a path of another": proof("entry", proof=["00" * 32] * 4),
    "no checkpoint": proof("entry", checkpoint=None),
    "a checkpoint in brackets": proof("entry", checkpoint=DEEP.decode()),
    "two checkpoints at once and a forged entry": ("entry", two_at_once),
    "no path between": proof("older", proof=[]),
    "the older signed by nobody": proof("older", older_signature="AAAA"),
    "older and newer the other way": (
        "older",
        lambda told: told
        | {"older": told["checkpoint"], "older_signature": told["signature"], "checkpoint": told["older"],
           "signature": told["older_signature"]},
    ),
    "a list": ("entry", lambda told: [told]),
    "of a later kind": proof("entry", kind="archive-service audit proof 2"),
}  # fmt: skip


@pytest.mark.parametrize("way", PROOFS)
def test_a_changed_proof_is_never_said_to_hold(made: Path, tmp_path: Path, way: str) -> None:
    """A single proof neither."""
    name, change = PROOFS[way]
    told = json.loads((made / f"{name}.json").read_text())
    (tmp_path / "p.json").write_text(json.dumps(change(told | {"folder": str(made)})))
    assert said(tmp_path / "p.json", "--record", "item:3") in (2, 5)
    (tmp_path / "p.json").write_bytes(DEEP)
    assert said(tmp_path / "p.json") == 2


def test_every_byte_of_every_part_counts(made: Path, tmp_path: Path) -> None:
    """One letter changed in any part, at any place: as a bit, as a digit, as a letter more."""
    for name in ("all", "account"):
        parts = parts_of(made / f"{name}.zip")
        for part, content in parts.items():
            for at in range(0, len(content), 29):
                for other in (bytes([content[at] ^ 1]), b"7" + content[at : at + 1]):
                    changed = content[:at] + other + content[at + 1 :]
                    (tmp_path / "b.zip").write_bytes(zipped(parts | {part: changed}, how=zipfile.ZIP_STORED))
                    # A description of the bundle's own, and proofs of blanks: what means the same may stand there.
                    same = part.endswith(".json") and _means(changed) == _means(content)
                    free = part == "bundle.json" and b"account_no" in content
                    assert said(tmp_path / "b.zip") in ((0, 2, 5) if same or free else (2, 5)), (name, part, at, other)


def _means(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return content


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bytes_of_the_zip_itself_change_nothing_unseen(made: Path, tmp_path: Path) -> None:
    """A byte changed anywhere in the file: where the checker still says yes, it has read the very same parts."""
    whole = (made / "account.zip").read_bytes()
    for at in range(0, len(whole), 17):
        (tmp_path / "b.zip").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        if said(tmp_path / "b.zip") == 0:
            assert parts_of(tmp_path / "b.zip") == parts_of(made / "account.zip"), at


def test_what_is_printed_of_a_bundle_cannot_speak_for_the_checker(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names in a forged bundle that hold lines of their own, or tell the screen to wipe what stands on it."""
    parts = parts_of(made / "all.zip")
    found = parts["entries.txt"].splitlines()
    entry = json.loads(found[0][65:])
    entry[3], entry[4] = "x\n完整、有序、未被改动。\x1b[2J\u202e", "\ud800"
    parts["entries.txt"] = b"\n".join([found[0][:65] + json.dumps(entry).encode(), *found[1:]]) + b"\n"
    (tmp_path / "b.zip").write_bytes(zipped(parts))
    assert said(tmp_path / "b.zip", "--record", ACCOUNT) == 5
    out = capsys.readouterr().out
    assert "\n完整" not in out
    assert not {"\x1b", "\u202e"} & set(out)
    assert said(tmp_path / "b.zip", "--record", ACCOUNT, "--json") == 5


@pytest.mark.parametrize(("change", "code"), [
    (lambda kept: kept.replace(b"\n", b"\r\n"), 0), (lambda kept: b"\xef\xbb\xbf" + kept + b"\n \n", 0),
    (lambda kept: kept.replace(b'"size":9', b'"size":8'), 5), (lambda kept: kept.splitlines()[0], 2),
    (lambda kept: b"", 2), (lambda kept: b"\xff\xfe" + kept, 2), (lambda kept: DEEP + b"\nAAAA\n", 2),
])  # fmt: skip
def test_a_checkpoint_that_was_kept_is_read_as_mail_and_paper_leave_it(
    made: Path, tmp_path: Path, change: Callable[[bytes], bytes], code: int
) -> None:
    """Line ends of another system, a mark in front and empty lines behind do no harm; anything else is told."""
    (tmp_path / "kept.txt").write_bytes(change((made / "kept.txt").read_bytes()))
    assert said(made / "all.zip", "--checkpoint", str(tmp_path / "kept.txt")) == code
    assert said(made / "entry.json", "--checkpoint", str(tmp_path / "kept.txt")) == code


def test_a_bundle_older_than_the_checkpoint_is_called_that(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also a selection: its end lies before what the checkpoint covers, so nothing differs and nothing agrees."""
    parts = parts_of(made / "nothing.zip")
    newest = parts["checkpoints.txt"].splitlines(keepends=True)[-2:]
    (tmp_path / "later.txt").write_bytes(b"".join(newest))
    for name in ("all", "account"):
        assert said(made / f"{name}.zip", "--checkpoint", str(tmp_path / "later.txt")) == 5
        assert "outside-beyond-end" in capsys.readouterr().out


def test_every_key_that_needs_no_secret_is_known() -> None:
    """Doubled three times, each of the points gives the neutral one; archive and checker know the same five."""
    p = 2**255 - 19
    d, root = -121665 * pow(121666, -1, p), pow(2, (p - 1) // 4, p)
    assert sorted(offline._SMALL) == sorted(note._SMALL)
    assert len(set(offline._SMALL)) == 5
    for y in offline._SMALL:
        square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        x = pow(square, (p + 3) // 8, p)
        x = x if x * x % p == square else x * root % p
        assert x * x % p == square, y
        point = x, y
        for _ in range(3):
            product = d * point[0] ** 2 * point[1] ** 2
            point = (
                2 * point[0] * point[1] * pow(1 + product, -1, p) % p,
                (point[0] ** 2 + point[1] ** 2) * pow(1 - product, -1, p) % p,
            )
        assert point == (0, 1), y
