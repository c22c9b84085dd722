"""Check a bundle of the audit trail without the archive: no database, no settings, nothing of the rest of the program.

    python offline.py BUNDLE [--checkpoint FILE]... [--key FINGERPRINT] [--record WHAT] [--json]

This file needs Python 3.11 and the package `cryptography`, and may be copied anywhere and read: what it does is told in
docs/proof.md. It imports nothing of the archive on purpose, so it says again in its own lines what a root is.
Exit codes: 0 all holds · 2 wrong use · 4 nobody touched the record asked for · 5 something does not hold.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BUNDLE = "archive-service audit bundle 1"
#: A file that proves one entry, or that one checkpoint goes on from another.
PROOF = "archive-service audit proof 1"
CHECKPOINT = "archive-service audit checkpoint 1"
GENESIS = "0" * 64
#: Findings that are told one by one.
MOST = 1000
#: No line of an honest bundle is longer; a longer one is not read on. Nor is another of its texts larger.
_LINE = 16 * 1024 * 1024
_TEXT = 16 * _LINE
_KINDS = ("all", "range", "account", "sample")
#: What a part of a bundle may be packed as.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: What reading may end with where somebody made the file to end it.
_UNREADABLE = (
    OSError, zipfile.BadZipFile, zlib.error, struct.error, LookupError, ValueError, TypeError, AttributeError, EOFError,
    NotImplementedError, RuntimeError, ArithmeticError, MemoryError,
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What does not hold, and at which entry (0: none in particular)."""

    seq: int
    reason: str


@dataclass
class Report:
    """What was checked, what does not hold, and who touched the record that was asked for."""

    entries: int = 0
    first: int = 0
    last: int = 0
    #: What the bundle says that it holds, which nobody signed.
    selection: str = ""
    #: Every entry of the trail up to `last` is here.
    complete: bool = False
    checkpoints: int = 0
    #: sha256 of the public key of the newest checkpoint; compare it with what the archive's people told you.
    key: str = ""
    #: Checkpoints from elsewhere that this bundle agrees with.
    agreed: int = 0
    findings: list[Finding] = field(default_factory=list)
    record: list[dict[str, Any]] = field(default_factory=list)

    def find(self, seq: int, reason: str) -> None:
        """Note something that does not hold."""
        if len(self.findings) < MOST:
            self.findings.append(Finding(seq, reason))


class NoBundle(Exception):
    """The file is no bundle, or no checkpoint, that this program can read."""


@dataclass(frozen=True)
class _Checkpoint:
    size: int
    root: str
    head: str
    origin: str
    key: str
    text: str
    signature: str
    algorithm: str


class _Growing:
    """The root over leaves as they come (RFC 9162, 2.1.1)."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        self.size += 1
        number, subtrees = self.size, self._subtrees
        while not number & 1:
            leaf = sha256(b"\x01" + subtrees.pop() + leaf).digest()
            number >>= 1
        subtrees.append(leaf)

    def root(self) -> str:
        if not self._subtrees:
            return sha256(b"").hexdigest()
        root = self._subtrees[-1]
        for left in reversed(self._subtrees[:-1]):
            root = sha256(b"\x01" + left + root).digest()
        return root.hex()


def verify(bundle: Path, *, outside: Sequence[Path] = (), key: str | None = None, record: str | None = None) -> Report:
    """Check a bundle, also against checkpoints that were kept elsewhere. Raises NoBundle."""
    report = Report()
    if not zipfile.is_zipfile(bundle):
        return _proven(bundle, outside, key, record, report)
    try:
        with zipfile.ZipFile(bundle) as opened:
            told = _said(opened, report)
            checkpoints = _checkpoints(_small(opened, "checkpoints.txt"), report)
            elsewhere = [_outside(path, report) for path in outside]
            if told["selection"] == "all":
                _whole(opened, checkpoints, elsewhere, report, record)
                if told.get("size") != report.entries:
                    report.find(report.entries, "told-otherwise")
            else:
                _part(opened, told, checkpoints, elsewhere, report, record)
    except _UNREADABLE as e:
        raise NoBundle("不是审计包，或文件已损坏。请重新取得。") from e
    _keys(checkpoints, elsewhere, key, report)
    report.findings.sort(key=lambda one: one.seq)
    report.complete = report.complete and not report.findings
    return report


def _said(opened: zipfile.ZipFile, report: Report) -> dict[str, Any]:
    """Return what a bundle says of itself. Raises NoBundle where it holds anything but the parts of a bundle, once."""
    told = _json(_small(opened, "bundle.json"))
    if not isinstance(told, dict) or told.get("kind") != BUNDLE or told.get("selection") not in _KINDS:
        raise NoBundle("不是审计包，或由更新版本的程序建立。")
    report.selection = _scope(told)
    inside = opened.infolist()
    wanted = {"bundle.json", "entries.txt", "checkpoints.txt"} | (
        {"proofs.json"} if told["selection"] != "all" else set()
    )
    exact = sorted(one.filename for one in inside) == sorted(wanted) and not opened.comment
    if not exact or min(one.header_offset for one in inside) or any(one.compress_type not in _PACKED for one in inside):
        raise NoBundle("审计包中有多余、重复或缺少的内容。请重新取得。")
    return told


def _scope(told: dict[str, Any]) -> str:
    named = {"all": "整条审计链", "range": "一段期间", "account": "户号", "sample": "样本"}[told["selection"]]
    return f"{named} {told.get('account_no', told.get('sample', ''))}".rstrip()


def _json(text: str | bytes) -> Any:
    """Read JSON in which no name stands twice: of two, one reader takes the first and another the last."""
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name twice")
    return made


def _hashes(told: Any) -> list[bytes]:
    """Return the steps of a proof. Raises ValueError where one is no hash."""
    if not isinstance(told, list) or any(not isinstance(one, str) or len(one) != 64 for one in told):
        raise ValueError("not a list of hashes")
    return [bytes.fromhex(one) for one in told]


def _proven(path: Path, outside: Sequence[Path], key: str | None, record: str | None, report: Report) -> Report:
    """Check a file that holds one proof: of an entry under a checkpoint, or from one checkpoint to a later one."""
    try:
        if path.stat().st_size > _LINE:
            raise NoBundle("审计包不合规格。")
        told = _json(path.read_bytes())
        if not isinstance(told, dict) or told.get("kind") != PROOF:
            raise NoBundle("不是审计包，或由更新版本的程序建立。")
        names = ("older", "older_signature") * ("older" in told) + ("checkpoint", "signature")
        checkpoints, elsewhere = (
            _listed([told[one] for one in names], report),
            [_outside(one, report) for one in outside],
        )
        if 2 * len(checkpoints) != len(names):
            return report
        if "older" in told:
            _agree(checkpoints, [], {str(checkpoints[0].size): told["proof"]}, report)
        else:
            _one(told, checkpoints[-1], report, record)
    except _UNREADABLE as e:
        raise NoBundle("不是审计包，或文件已损坏。请重新取得。") from e
    of_size = {one.size: one for one in checkpoints}
    for one in elsewhere:
        here = of_size.get(one.size)
        if here is None:
            report.find(one.size, "outside-not-compared")
        elif (here.root, here.head, here.origin) != (one.root, one.head, one.origin):
            report.find(one.size, "outside-differs")
        else:
            report.agreed += 1
    _keys(checkpoints, elsewhere, key, report)
    return report


def _one(told: dict[str, Any], under: _Checkpoint, report: Report, record: str | None) -> None:
    text, kept = told["entry"].encode(), str(told["hash"])
    seq = _number(text) or 0
    if sha256(f"{told['previous']}\n".encode() + text).hexdigest() != kept:
        report.find(seq, "altered")
    leaf, proof = sha256(b"\x00" + bytes.fromhex(kept)).digest(), _hashes(told["proof"])
    if not _includes(bytes.fromhex(under.root), under.size, seq - 1, leaf, proof):
        report.find(seq, "not-included")
    report.entries, report.first, report.last = 1, seq, seq
    if record is not None:
        _asked(text, record, report)


def _small(opened: zipfile.ZipFile, name: str) -> str:
    if opened.getinfo(name).file_size > _TEXT:
        raise NoBundle("审计包不合规格。")
    return opened.read(name).decode()


def _checkpoints(text: str, report: Report) -> list[_Checkpoint]:
    lines = text.removesuffix("\n").split("\n") if text else []
    if len(lines) % 2:
        report.find(0, "checkpoint-unreadable")
    return _listed(lines, report)


def _listed(lines: list[str], report: Report) -> list[_Checkpoint]:
    """Return the checkpoints of pairs of text and signature, which have to grow."""
    found: list[_Checkpoint] = []
    for at in range(0, len(lines) - 1, 2):
        one = _read(lines[at], lines[at + 1])
        if one is None or (found and one.size <= found[-1].size):
            report.find(found[-1].size if found else 0, "checkpoint-unreadable")
            continue
        if not _is_signed(one):
            report.find(one.size, "checkpoint-not-signed")
        found.append(one)
    report.checkpoints = len(found)
    if not found:
        report.find(0, "checkpoint-none")
    return found


def _outside(path: Path, report: Report) -> _Checkpoint:
    try:
        # Mail and editors put other ends to lines, a mark in front and empty lines behind.
        lines = [one for one in path.read_bytes().decode("utf-8-sig").splitlines() if one.strip()]
    except (OSError, ValueError) as e:
        raise NoBundle("检查点文件无法读取。") from e
    one = _read(lines[0], lines[1]) if len(lines) == 2 else None
    if one is None:
        raise NoBundle("不是检查点文件。")
    if not _is_signed(one):
        report.find(one.size, "outside-not-signed")
    return one


def _read(text: str, signature: str) -> _Checkpoint | None:
    try:
        told = _json(text)
        if told["kind"] != CHECKPOINT or told["algorithm"] not in ("ed25519", "sm2") or type(told["size"]) is not int:
            return None
        root, head, origin, key = (str(told[name]) for name in ("root", "head", "origin", "key"))
        return _Checkpoint(told["size"], root, head, origin, key, text, signature, told["algorithm"])
    except _UNREADABLE:
        return None


def _is_signed(one: _Checkpoint) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public, made = (_bytes(part) for part in (one.key, one.signature))
        if one.algorithm == "sm2":
            return _sm2_holds(public, one.text.encode(), made)
        if _y(public) in _SMALL:
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(made, one.text.encode())
    except (ValueError, InvalidSignature):
        return False
    except UnsupportedAlgorithm as e:
        raise NoBundle("这台计算机上的 cryptography 不能核验这种签名。请换一台计算机核验。") from e
    return True


def _bytes(text: str) -> bytes:
    """Read base64 of which every letter counts. Raises ValueError."""
    made = base64.b64decode(text, validate=True)
    if base64.b64encode(made).decode() != text:
        raise ValueError("base64 with something in its last bits")
    return made


#: The field of Ed25519, and the y of the points of small order (RFC 7748, 7): who names one as key needs none to sign.
_FIELD = 2**255 - 19
_SMALL = (
    0, 1, _FIELD - 1, 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
)  # fmt: skip


def _y(public: bytes) -> int:
    return (int.from_bytes(public, "little") & (2**255 - 1)) % _FIELD


#: The curve of SM2 (GM/T 0003.5): field, order, b and the base point; a is -3.
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
_GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0


def _sm2_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """GM/T 0003.2, 7, with the usual name of the signer, 1234567812345678."""
    if len(public) != 64 or len(signature) != 64:
        return False
    x, y, r, s = (int.from_bytes(both[at : at + 32]) for both in (public, signature) for at in (0, 32))
    total = (r + s) % _N
    on_curve = x < _P and y < _P and (y * y - x * x * x + 3 * x - _B) % _P == 0
    if not (on_curve and 0 < r < _N and 0 < s < _N and total):
        return False
    curve = b"".join(one.to_bytes(32) for one in (_P - 3, _B, _GX, _GY))
    signer = _sm3(b"\x00\x80" + b"1234567812345678" + curve + public)
    found = _plus(_times(s, (_GX, _GY)), _times(total, (x, y)))
    return found is not None and (int.from_bytes(_sm3(signer + message)) + found[0]) % _N == r


def _sm3(content: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SM3, Hash

    running = Hash(SM3())
    running.update(content)
    return running.finalize()


def _times(number: int, point: tuple[int, int]) -> tuple[int, int] | None:
    """A point added to itself so many times; none is the point at infinity."""
    found, adding = None, point
    while number:
        if number & 1:
            found = _plus(found, adding)
        doubled = _plus(adding, adding)
        assert doubled is not None
        adding, number = doubled, number >> 1
    return found


def _plus(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    slope = 3 * (x1 * x1 - 1) * pow(2 * y1, -1, _P) if one == other else (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _keys(checkpoints: list[_Checkpoint], elsewhere: list[_Checkpoint], key: str | None, report: Report) -> None:
    if not checkpoints:
        return
    newest = checkpoints[-1]
    report.key = _fingerprint(newest)
    if key is not None and key.replace(":", "").replace(" ", "").lower() != report.key:
        report.find(newest.size, "key-differs")
    of_size = {one.size: one for one in checkpoints}
    for one in elsewhere:
        here = of_size.get(one.size)
        if one.origin != newest.origin:
            report.find(one.size, "outside-other-archive")
        elif here is not None and here.key != one.key:
            report.find(one.size, "outside-other-key")


def _fingerprint(one: _Checkpoint) -> str:
    try:
        return sha256(base64.b64decode(one.key)).hexdigest()
    except ValueError:
        return ""


def _lines(opened: zipfile.ZipFile) -> Iterator[bytes]:
    with opened.open("entries.txt") as source:
        while line := source.readline(_LINE):
            if not line.endswith(b"\n"):
                raise NoBundle("审计包的条目不完整。")
            yield line[:-1]


def _whole(
    opened: zipfile.ZipFile,
    checkpoints: list[_Checkpoint],
    elsewhere: list[_Checkpoint],
    report: Report,
    record: str | None,
) -> None:
    """Walk every entry from the first: its number, its hash, the one before; and the root at each checkpoint."""
    wanted = sorted(
        [(one, False) for one in checkpoints] + [(one, True) for one in elsewhere], key=lambda pair: -pair[0].size
    )
    tree, previous, seq, origin = _Growing(), GENESIS.encode(), 0, ""
    append, find, fromhex = tree.append, report.find, bytes.fromhex
    while wanted and wanted[-1][0].size < 1:
        find(0, "checkpoint-differs")
        wanted.pop()
    due = wanted[-1][0].size if wanted else 0
    for line in _lines(opened):
        seq += 1
        kept, text = line[:64], line[65:]
        if line[64:65] != b" ":
            kept, _, text = line.partition(b" ")
        if not text.startswith(b"[%d," % seq):
            # What follows stands by its own numbers again.
            find(seq, "out-of-order")
            seq = _number(text) or seq
        if sha256(previous + b"\n" + text).hexdigest().encode() != kept:
            find(seq, "altered")
        previous = kept
        try:
            append(sha256(b"\x00" + fromhex(kept.decode("ascii"))).digest())
        except ValueError:
            append(b"")
        if seq == 1:
            origin = kept.decode("ascii", "replace")
        while due and tree.size == due:
            _compare(*wanted.pop(), tree.root(), previous.decode("ascii", "replace"), origin, report)
            due = wanted[-1][0].size if wanted else 0
        if record is not None:
            _asked(text, record, report)
    for one, is_outside in wanted:
        find(tree.size + 1, "outside-beyond-end" if is_outside else "missing")
        del one
    if checkpoints and checkpoints[-1].size < tree.size:
        find(checkpoints[-1].size + 1, "not-under-a-checkpoint")
    report.entries = report.last = tree.size
    report.first, report.complete = (1 if tree.size else 0), not report.findings


def _compare(one: _Checkpoint, is_outside: bool, root: str, head: str, origin: str, report: Report) -> None:
    if (one.root, one.head, one.origin) != (root, head, origin):
        report.find(one.size, "outside-differs" if is_outside else "checkpoint-differs")
    elif is_outside:
        report.agreed += 1


def _part(
    opened: zipfile.ZipFile,
    told: dict[str, Any],
    checkpoints: list[_Checkpoint],
    elsewhere: list[_Checkpoint],
    report: Report,
    record: str | None,
) -> None:
    """Check entries that were picked out: each by its proof, and none missing between them where that is promised."""
    if not checkpoints:
        return
    newest = checkpoints[-1]
    proofs = _json(_small(opened, "proofs.json"))
    without_gap = told["selection"] == "range"
    before, last = "", 0
    for line in _lines(opened):
        kept_previous, kept, text = line.split(b" ", 2)
        seq = _number(text) or 0
        if sha256(kept_previous + b"\n" + text).hexdigest().encode() != kept:
            report.find(seq, "altered")
        if seq <= last:
            report.find(seq, "out-of-order")
        elif without_gap and last and (seq != last + 1 or kept_previous.decode("ascii") != before):
            report.find(last + 1, "missing")
        leaf = sha256(b"\x00" + bytes.fromhex(kept.decode("ascii"))).digest()
        proof = _hashes(proofs["inclusion"].get(str(seq), []))
        if not _includes(bytes.fromhex(newest.root), newest.size, seq - 1, leaf, proof):
            report.find(seq, "not-included")
        before, last = kept.decode("ascii"), max(seq, last)
        report.entries += 1
        report.first = report.first or seq
        if record is not None:
            _asked(text, record, report)
    report.last = last
    # Of nothing that was picked there is no first and no last.
    if (report.first, report.last) != (told.get("from", 0), told.get("to", 0)):
        report.find(report.first or 1, "missing")
    if told.get("size") != newest.size:
        report.find(newest.size, "told-otherwise")
    _agree(checkpoints, elsewhere, proofs["consistency"], report)


def _agree(
    checkpoints: list[_Checkpoint], elsewhere: list[_Checkpoint], proofs: dict[str, list[str]], report: Report
) -> None:
    newest, of_size = checkpoints[-1], {one.size: one for one in checkpoints}
    for one in [*checkpoints[:-1], *elsewhere]:
        is_outside = one is not of_size.get(one.size)
        if is_outside and one.size > newest.size:
            report.find(newest.size + 1, "outside-beyond-end")
            continue
        proof = _hashes(proofs.get(str(one.size), []))
        if not _extends(bytes.fromhex(one.root), one.size, bytes.fromhex(newest.root), newest.size, proof):
            report.find(one.size, "outside-differs" if is_outside else "checkpoint-differs")
        elif is_outside:
            report.agreed += 1


def _includes(root: bytes, size: int, index: int, leaf: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    last = size - 1
    for one in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            leaf = sha256(b"\x01" + one + leaf).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            leaf = sha256(b"\x01" + leaf + one).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and leaf == root


def _extends(old_root: bytes, old: int, new_root: bytes, new: int, proof: list[bytes]) -> bool:
    """RFC 9162, 2.1.4.2."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else proof
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = sha256(b"\x01" + one + first).digest(), sha256(b"\x01" + one + second).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = sha256(b"\x01" + second + one).digest()
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _number(text: bytes) -> int | None:
    digits = text[1:21].partition(b",")[0]
    return int(digits) if digits.isdigit() else None


def _asked(text: bytes, record: str, report: Report) -> None:
    """Keep an entry that concerns the record: `kind:number` as object, or a value that stands in its facts."""
    if record.rpartition(":")[2].encode() not in text:
        return
    try:
        seq, at, _, person, did, kind, number, _, facts = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return
    values = facts.values() if isinstance(facts, dict) else ()
    # A list tells which accounts it showed.
    told = any(value == record or (isinstance(value, list) and record in value) for value in values)
    # Readings have kinds of their own, so that histories of an object stay short: reading-item is of an item.
    of = {"reading": "household"}.get(str(kind), str(kind).removeprefix("reading-"))
    if told or record in (f"{kind}:{number}", f"{of}:{number}", number):
        known = facts if isinstance(facts, dict) else {}
        said = (at, person, did, f"{kind}:{number}", known.get("from") or "", known.get("reason") or "")
        report.record.append({"seq": seq, **{name: str(one) for name, one in zip(_TOLD, said, strict=True)}})


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a bundle and say what was found; return the exit code."""
    parser = argparse.ArgumentParser(description="核验审计包：完整、有序、未被改动；不需要档案库。")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="另存的检查点文件，可重复")
    parser.add_argument("--key", help="档案库公钥的指纹（sha256），由档案库另行告知")
    parser.add_argument("--record", help="谁看过、动过这份档案：户号，或 对象:编号，如 item:12")
    parser.add_argument("--json", action="store_true", dest="as_json")
    given = parser.parse_args(arguments)
    # Half letters, and letters that this screen cannot show, are told by their numbers.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if find_spec("cryptography") is None:
        sys.stderr.write("缺少 cryptography。请先运行：python -m pip install cryptography\n")
        return 2
    try:
        report = verify(given.bundle, outside=given.checkpoint, key=given.key, record=given.record)
    except NoBundle as e:
        sys.stderr.write(f"{e}\n")
        return 2
    if given.as_json:
        told = json.dumps(asdict(report), ensure_ascii=False)
        sys.stdout.write(told.encode("utf-8", "backslashreplace").decode() + "\n")
    else:
        sys.stdout.write("\n".join(sentences(report, given.record)) + "\n")
    return exit_code(report, given.record)


def exit_code(report: Report, record: str | None) -> int:
    """Return the code that a report ends with."""
    if report.findings:
        return 5
    return 4 if record is not None and not report.record else 0


#: What is said of an entry that concerns the record: when, who, what, to what, from where and why.
_TOLD = ("at", "person", "did", "object", "from", "why")


def sentences(report: Report, record: str | None) -> list[str]:
    """Return what is said of a report."""
    said = [f"条目 {report.entries} 条（第 {report.first} 至 {report.last} 条），检查点 {report.checkpoints} 个。"]
    if report.selection:
        said.append(f"包内自称：{report.selection}")
    said.append(f"签名公钥指纹：{report.key or '无'}")
    if report.findings:
        first = report.findings[0]
        said.append(f"不成立。第一处：第 {first.seq} 条（{first.reason}）；共 {len(report.findings)} 处。")
        said += [f"  第 {one.seq} 条：{one.reason}" for one in report.findings]
    elif report.complete:
        said.append(f"完整、有序、未被改动。与另存的检查点一致：{report.agreed} 个。")
    else:
        said.append(f"所列条目均在链中，未被改动；未列出的条目不在核验之内。与另存的检查点一致：{report.agreed} 个。")
    if record is not None:
        said.append(f"涉及 {record} 的条目 {len(report.record)} 条：")
        said += [f"  {one['seq']}  {'  '.join(one[name] for name in _TOLD if one[name])}" for one in report.record]
    return [_shown(one) for one in said]


def _shown(line: str) -> str:
    """Return a line that stays one: what a forged name may hold does not reach the screen as a command to it."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)


if __name__ == "__main__":
    sys.exit(main())
