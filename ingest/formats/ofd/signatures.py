"""Who signed an OFD, as the file says it, and the seals that its signatures put on pages. Nothing is verified here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from asn1crypto import parser, x509

from ingest.errors import FileRefused
from ingest.formats.ofd.geometry import box
from ingest.formats.ofd.package import Absent, Package, folder_of
from ingest.formats.ofd.xml import Node

#: Signatures that are listed; a contract has two to four, an attacker has more.
_MOST = 100
_MOST_VALUES, _MOST_INNER, _DEEPEST = 5_000, 500, 16
#: Tags of DER.
_INTEGER, _BITS, _OCTETS, _UTF8, _SEQUENCE, _IA5 = 2, 3, 4, 12, 16, 22
#: No honest signature with its seal is larger.
_LARGEST = 8 * 1024 * 1024
_LONGEST = 200
#: Identifiers of methods that have no name where they stand.
_METHODS = {
    "1.2.156.10197.1.501": "SM3withSM2",
    "1.2.156.10197.1.401": "SM3",
    "1.2.156.10197.1.301": "SM2",
    "1.2.840.113549.1.1.11": "SHA256withRSA",
    "1.2.840.113549.1.1.5": "SHA1withRSA",
}


@dataclass(frozen=True)
class Stamp:
    """A seal on a page: x, y, width and height in millimetres."""

    page_id: str
    boundary: tuple[float, float, float, float]
    #: What the picture is: png, jpg, ofd…; empty when there is none.
    kind: str
    picture: bytes


@dataclass(frozen=True)
class Signature:
    """One signature. All of it is what the file says, at most 200 characters each; empty where it says nothing."""

    #: Seal or Sign.
    kind: str
    provider: str
    method: str
    #: As written in the file.
    signed_at: str
    #: Name in the certificate of the signer.
    signer: str
    #: Name of the seal.
    seal: str
    #: Files of the package that the signature speaks of.
    covers: int
    stamps: tuple[Stamp, ...] = field(default=(), repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return what is handed on: everything but the pictures."""
        told = asdict(self)
        del told["stamps"]
        return told


def read(package: Package, head: Node, folder: str) -> list[Signature]:
    """Return the signatures of a document, in the order of the file; broken ones with what can be told of them."""
    found = []
    for place in head.all("Signatures"):
        try:
            name = package.find(place.text, "", folder)
            listed = package.xml(name)
        except (Absent, FileRefused):
            found.append(_unread(Node("Signature", {})))
            continue
        for node in list(listed.all("Signature"))[: _MOST - len(found)]:
            found.append(_one(package, node, folder_of(name)))
    return found


def _one(package: Package, node: Node, folder: str) -> Signature:
    try:
        name = package.find(node.get("BaseLoc"), folder, "")
        root = package.xml(name)
    except (Absent, FileRefused):
        return _unread(node)
    info = root.first("SignedInfo") or Node("SignedInfo", {})
    value = _bytes(package, root.word("SignedValue"), folder_of(name))
    seal = _bytes(package, info.word("Seal", "BaseLoc"), folder_of(name))
    values = list(_values(value))
    of_seal = values + list(_values(seal))
    provider = info.first("Provider") or Node("Provider", {})
    references = info.first("References")
    kind, picture = next(_pictures(of_seal), ("", b""))
    stamps = tuple(
        Stamp(stamp.get("PageRef"), place, kind, picture)
        for stamp in info.all("StampAnnot")
        if (place := box(stamp.get("Boundary")))
    )
    return Signature(
        kind=(node.get("Type") or "Seal")[:10],
        provider=_short(provider.get("ProviderName") or provider.get("Company")),
        method=_short(_METHODS.get(info.word("SignatureMethod"), info.word("SignatureMethod"))),
        signed_at=_short(info.word("SignatureDateTime")),
        signer=_short(_signer(values)),
        seal=_short(next(_seal_names(of_seal), "")),
        covers=len(list(references.all("Reference"))) if references else 0,
        stamps=stamps,
    )


def _unread(node: Node) -> Signature:
    return Signature((node.get("Type") or "Seal")[:10], "", "", "", "", "", 0)


def _bytes(package: Package, place: str, folder: str) -> bytes:
    try:
        return package.read(package.find(place, folder, ""), most=_LARGEST) if place else b""
    except (Absent, FileRefused):
        return b""


def _short(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:_LONGEST]


@dataclass(frozen=True)
class _Value:
    """A value of DER: its number when it is of the universal class, none for others; what it consists of."""

    tag: int | None
    content: bytes
    whole: bytes
    inner: tuple[_Value, ...] = ()

    @property
    def tags(self) -> tuple[int | None, ...]:
        return tuple(one.tag for one in self.inner)


def _values(data: bytes) -> Iterator[_Value]:
    """Yield the values of DER in the order of the bytes, to a depth and number that honest ones have."""
    waiting = [(value, 0) for value in _parsed(data)]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        value, depth = waiting.pop()
        yield value
        if depth < _DEEPEST:
            waiting += [(one, depth + 1) for one in reversed(value.inner)]


def _parsed(data: bytes, depth: int = 0) -> tuple[_Value, ...]:
    found: list[_Value] = []
    at = 0
    while at < len(data) and len(found) < _MOST_INNER:
        try:
            class_, method, tag, head, content, tail = parser.parse(data[at:])
        except ValueError:
            break
        inner = _parsed(content, depth + 1) if method == 1 and depth < _DEEPEST else ()
        whole = head + content + tail
        found.append(_Value(tag if class_ == 0 else None, content, whole, inner))
        at += max(1, len(whole))
    return tuple(found)


def _pictures(values: list[_Value]) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures of seals: a name of a kind of picture, bytes, width and height (GB/T 38540, GM/T 0031)."""
    for value in values:
        if value.tags == (_IA5, _OCTETS, _INTEGER, _INTEGER):
            yield value.inner[0].content.decode("ascii", "replace").lower(), value.inner[1].content


def _seal_names(values: list[_Value]) -> Iterator[str]:
    """Yield the names of seals: the text behind the kind of seal at the start of its properties."""
    for value in values:
        if value.tags[:2] == (_INTEGER, _UTF8) and len(value.inner) >= 5:
            yield value.inner[1].content.decode("utf-8", "replace")


def _signer(values: list[_Value]) -> str:
    """Return the name in the last certificate: the maker of the seal has signed before the one who used it."""
    name = ""
    for value in values:
        if value.tag == _OCTETS:
            name = _name_of(value.content) or name
        elif value.tags == (_SEQUENCE, _SEQUENCE, _BITS):
            name = _name_of(value.whole) or name
    return name


def _name_of(data: bytes) -> str:
    if data[:1] != b"\x30":
        return ""
    try:
        told = x509.Certificate.load(data, strict=True).subject.native
    except (ValueError, TypeError, KeyError):
        return ""
    return str(told.get("common_name") or told.get("organization_name") or "")
