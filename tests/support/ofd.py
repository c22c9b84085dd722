"""OFD files as offices and portals make them, and broken ones: real packages, written on the spot."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from xml.sax.saxutils import escape

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from PIL import Image, ImageOps

from archive_service import fonts
from archive_service.samples import raster
from archive_service.samples.fonts import MM_PER_POINT, width_mm
from archive_service.samples.sheet import Block, Curve, Portrait, Rule, Seal, Sheet, Text

_XMLNS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_FACES = {"song": ("1", "宋体"), "kai": ("2", "楷体"), "hei": ("3", "黑体")}
_SEAL_DPI = 200
SIGNED_AT = "20260312093000Z"


@dataclass
class Ofd:
    """The files of a package by name, to be spoilt before they are packed."""

    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, text: str) -> None:
        self.files[name] = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()

    def change(self, name: str, old: str, new: str) -> Ofd:
        text = self.files[name].decode()
        assert old in text
        self.files[name] = text.replace(old, new).encode()
        return self

    def pack(self) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
            for name, data in self.files.items():
                package.writestr(zipfile.ZipInfo(name, (2026, 3, 12, 9, 30, 0)), data, zipfile.ZIP_DEFLATED)
        return out.getvalue()


def of_sheets(sheets: Sequence[Sheet], *, embedded: bool = True, seal_as: str = "annotation") -> Ofd:
    """Return sheets as a program prints them: real text, lines as paths, pictures as resources.

    `seal_as` says how seals come: as "annotation", or as "signature" with a seal in the signed value.
    """
    book = Ofd()
    media: list[str] = []
    pages, stamps = [], []
    for number, sheet in enumerate(sheets):
        objects = "\n".join(_object(book, media, mark) for mark in sheet.marks if not isinstance(mark, Seal))
        pages.append(objects)
        stamps += [(number, mark) for mark in sheet.marks if isinstance(mark, Seal)]
    size = (sheets[0].width, sheets[0].height)
    annotated = ""
    if stamps and seal_as == "annotation":
        annotated = _annotate(book, media, stamps)
    faces = {mark.face for sheet in sheets for mark in sheet.marks if isinstance(mark, Text)}
    _frame(book, pages, media, size, faces=faces, embedded=embedded, annotated=annotated)
    if stamps and seal_as == "signature":
        sign(book, [(number, _boundary(mark), _png(mark)) for number, mark in stamps])
    return book


def of_content(*pages: str, resources: str = "", files: dict[str, bytes] | None = None, common: str = "") -> Ofd:
    """Return a document whose pages hold these objects; `resources` goes to DocumentRes.xml."""
    book = Ofd()
    _frame(book, list(pages), [], (210.0, 297.0), faces={"song"}, embedded=False, common=common, more=resources)
    book.files |= files or {}
    return book


def text(x: float, y: float, words: str, *, size: float = 5.0, font: str = "1", more: str = "", inner: str = "") -> str:
    """Return a text object whose signs stand a size apart."""
    deltas = f"g {len(words) - 1} {size}" if len(words) > 1 else ""
    return (
        f'<ofd:TextObject ID="90" Boundary="{x} {y - size} {size * len(words)} {size * 1.2}" Font="{font}" '
        f'Size="{size}" {more}>{inner}<ofd:TextCode X="0" Y="{size}" DeltaX="{deltas}">{escape(words)}</ofd:TextCode>'
        "</ofd:TextObject>"
    )


def _frame(
    book: Ofd, pages: Sequence[str], media: Sequence[str], size: tuple[float, float], *, faces: set[str],
    embedded: bool, annotated: str = "", common: str = "", more: str = "",
) -> None:  # fmt: skip
    book.put(
        "OFD.xml",
        f'<ofd:OFD {_XMLNS} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID>'
        "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
    )
    listed = "".join(
        f'<ofd:Page ID="{100 + n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages))
    )  # fmt: skip
    book.put(
        "Doc_0/Document.xml",
        f"<ofd:Document {_XMLNS}><ofd:CommonData><ofd:MaxUnitID>999</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>"
        f"0 0 {size[0]} {size[1]}</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
        f"<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>{common}</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages>"
        f"{annotated}</ofd:Document>",
    )
    rows = []
    for face in sorted(faces):
        number, name = _FACES[face]
        file = f"<ofd:FontFile>{face}.ttf</ofd:FontFile>" if embedded else ""
        rows.append(f'<ofd:Font ID="{number}" FontName="{name}" FamilyName="{name}">{file}</ofd:Font>')
        if embedded:
            book.files[f"Doc_0/Res/{face}.ttf"] = fonts.path(face).read_bytes()
    book.put("Doc_0/PublicRes.xml", f'<ofd:Res {_XMLNS} BaseLoc="Res"><ofd:Fonts>{"".join(rows)}</ofd:Fonts></ofd:Res>')
    shelf = f"<ofd:MultiMedias>{''.join(media)}</ofd:MultiMedias>"
    book.put("Doc_0/DocumentRes.xml", f'<ofd:Res {_XMLNS} BaseLoc="Res">{shelf}{more}</ofd:Res>')
    for number, objects in enumerate(pages):
        book.put(
            f"Doc_0/Pages/Page_{number}/Content.xml",
            f'<ofd:Page {_XMLNS}><ofd:Content><ofd:Layer ID="50" Type="Body">{objects}</ofd:Layer></ofd:Content>'
            "</ofd:Page>",
        )


def _object(book: Ofd, media: list[str], mark: object) -> str:
    match mark:
        case Text():
            return _text(mark)
        case Rule():
            data = f"M {mark.x0} {mark.y0} L {mark.x1} {mark.y1}"
            return _path(data, f'LineWidth="{mark.width}"', _colour("StrokeColor", mark.ink))
        case Block():
            x, y, right, low = mark.x, mark.y, mark.x + mark.width, mark.y + mark.height
            data = f"M {x} {y} L {right} {y} L {right} {low} L {x} {low} C"
            fill = _colour("FillColor", mark.fill) if mark.fill else ""
            line = _colour("StrokeColor", mark.outline) if mark.outline else ""
            said = f'LineWidth="{mark.line}" Fill="{str(bool(fill)).lower()}" Stroke="{str(bool(line)).lower()}"'
            return _path(data, said, fill + line)
        case Curve():
            first, *rest = mark.points
            data = f"M {first[0]} {first[1]} " + " ".join(f"L {x} {y}" for x, y in rest)
            return _path(data, f'LineWidth="{mark.width}"', _colour("StrokeColor", mark.ink))
        case Portrait():
            out = io.BytesIO()
            raster.portrait(240, 320).convert("L").save(out, "JPEG")
            number = _keep(book, media, "jpg", out.getvalue())
            return _image(number, (mark.x, mark.y, mark.width, mark.height))
    raise AssertionError(mark)


def _text(mark: Text) -> str:
    size = mark.size_pt * MM_PER_POINT
    steps = " ".join(f"{width_mm(sign, mark.face, mark.size_pt):.4f}" for sign in mark.text[:-1])
    more = ' Weight="700"' if mark.bold else ""
    return (
        f'<ofd:TextObject ID="9" Boundary="{mark.x} {mark.y - size} {width_mm(mark.text, mark.face, mark.size_pt)} '
        f'{size * 1.3}" Font="{_FACES[mark.face][0]}" Size="{size}"{more}>{_colour("FillColor", mark.ink)}'
        f'<ofd:TextCode X="0" Y="{size}" DeltaX="{steps}">{escape(mark.text)}</ofd:TextCode></ofd:TextObject>'
    )


def _path(data: str, said: str, colours: str) -> str:
    return (
        f'<ofd:PathObject ID="8" Boundary="0 0 210 297" {said}>{colours}'
        f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _colour(tag: str, ink: Sequence[int]) -> str:
    return f'<ofd:{tag} Value="{" ".join(map(str, ink))}"/>'


def _image(number: str, place: tuple[float, float, float, float]) -> str:
    x, y, width, height = place
    return (
        f'<ofd:ImageObject ID="7" Boundary="{x} {y} {width} {height}" CTM="{width} 0 0 {height} 0 0" '
        f'ResourceID="{number}"/>'
    )


def _keep(book: Ofd, media: list[str], suffix: str, data: bytes) -> str:
    number, name = str(300 + len(media)), f"image_{len(media)}.{suffix}"
    book.files[f"Doc_0/Res/{name}"] = data
    media.append(
        f'<ofd:MultiMedia ID="{number}" Type="Image" Format="{suffix.upper()}"><ofd:MediaFile>{name}</ofd:MediaFile>'
        "</ofd:MultiMedia>"
    )
    return number


def _boundary(mark: Seal) -> tuple[float, float, float, float]:
    half = mark.diameter / 2
    return mark.x - half, mark.y - half, mark.diameter, mark.diameter


def _png(mark: Seal) -> bytes:
    out = io.BytesIO()
    raster.seal(mark, _SEAL_DPI / 25.4).save(out, "PNG")
    return out.getvalue()


def _annotate(book: Ofd, media: list[str], stamps: Sequence[tuple[int, Seal]]) -> str:
    places: dict[int, list[str]] = {}
    for number, mark in stamps:
        x, y, width, height = _boundary(mark)
        picture = _image(_keep(book, media, "png", _png(mark)), (0, 0, width, height))
        places.setdefault(number, []).append(
            f'<ofd:Annot ID="6" Type="Stamp"><ofd:Appearance Boundary="{x} {y} {width} {height}">{picture}'
            "</ofd:Appearance></ofd:Annot>"
        )
    rows = []
    for number, seals in places.items():
        rows.append(f'<ofd:Page PageID="{100 + number}"><ofd:FileLoc>Page_{number}.xml</ofd:FileLoc></ofd:Page>')
        body = "".join(seals)
        book.put(f"Doc_0/Annots/Page_{number}.xml", f"<ofd:PageAnnot {_XMLNS}>{body}</ofd:PageAnnot>")
    book.put("Doc_0/Annots/Annotations.xml", f"<ofd:Annotations {_XMLNS}>{''.join(rows)}</ofd:Annotations>")
    return "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>"


def sign(
    book: Ofd, stamps: Sequence[tuple[int, tuple[float, float, float, float], bytes]], *, picture_kind: str = "png"
) -> Ofd:
    """Add one signature with the seal of a supplier for each stamp: page from 0, place in millimetres, picture."""
    book.change(
        "OFD.xml", "</ofd:DocBody>", "<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody>"
    )
    rows = []
    for n, (page, place, picture) in enumerate(stamps):
        rows.append(f'<ofd:Signature ID="{n}" Type="Seal" BaseLoc="Sign_{n}/Signature.xml"/>')
        book.put(
            f"Doc_0/Signs/Sign_{n}/Signature.xml",
            f'<ofd:Signature {_XMLNS}><ofd:SignedInfo><ofd:Provider ProviderName="青屿签章系统"/>'
            "<ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>"
            f"<ofd:SignatureDateTime>{SIGNED_AT}</ofd:SignatureDateTime>"
            '<ofd:References CheckMethod="1.2.156.10197.1.401"><ofd:Reference FileRef="/Doc_0/Document.xml">'
            "<ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference></ofd:References>"
            f'<ofd:StampAnnot ID="s{n}" PageRef="{100 + page}" Boundary="{" ".join(map(str, place))}"/>'
            "</ofd:SignedInfo><ofd:SignedValue>SignedValue.dat</ofd:SignedValue></ofd:Signature>",
        )
        book.files[f"Doc_0/Signs/Sign_{n}/SignedValue.dat"] = signed_value(picture, kind=picture_kind)
    book.put("Doc_0/Signs/Signatures.xml", f"<ofd:Signatures {_XMLNS}>{''.join(rows)}</ofd:Signatures>")
    return book


def signed_value(picture: bytes, *, kind: str) -> bytes:
    """Return a signature with its seal as GB/T 38540 lays them out; the signatures themselves are no real ones."""
    moment = core.GeneralizedTime(datetime(2026, 3, 12, 9, 30, tzinfo=UTC))
    seal_properties = _sequence(
        core.Integer(1), core.UTF8String("青屿县供电公司业务专用章"), core.Integer(1),
        _sequence(core.OctetString(certificate("青屿县供电公司"))), moment, moment, moment,
    )  # fmt: skip
    shown = _sequence(core.IA5String(kind), core.OctetString(picture), core.Integer(40), core.Integer(40))
    seal_info = _sequence(
        _sequence(core.IA5String("ES"), core.Integer(4), core.IA5String("QY")), core.IA5String("seal-1"),
        seal_properties, shown,
    )  # fmt: skip
    method = core.ObjectIdentifier("1.2.156.10197.1.501")
    seal = _sequence(seal_info, core.OctetString(certificate("制章单位")), method, core.BitString((1, 0, 1)))
    signed = _sequence(
        core.Integer(4), seal, moment, core.BitString((0, 1)), core.IA5String("/Doc_0/Signs/Sign_0/Signature.xml")
    )
    whole = _sequence(signed, core.OctetString(certificate("青屿县供电公司")), method, core.BitString((1, 1)))
    return bytes(whole.dump())


def signed_value_of_2012(signer: str) -> bytes:
    """Return a signature as GM/T 0031 lays it out: certificates in a list, the signer's within what is signed."""
    moment = core.UTCTime(datetime(2026, 3, 12, 9, 30, tzinfo=UTC))
    listed = _sequence(core.OctetString(certificate("名单上的人")))
    properties = _sequence(core.Integer(1), core.UTF8String("青屿县业务章"), listed, moment, moment, moment)
    shown = _sequence(core.IA5String("png"), core.OctetString(b""), core.Integer(40), core.Integer(40))
    head = _sequence(core.IA5String("ES"), core.Integer(1), core.IA5String("QY"))
    method = core.ObjectIdentifier("1.2.156.10197.1.501")
    made = _sequence(core.OctetString(certificate("制章单位")), method, core.BitString((1, 0)))
    seal = _sequence(_sequence(head, core.IA5String("seal-1"), properties, shown), made)
    signed = _sequence(
        core.Integer(1), seal, core.BitString((0, 1)), core.BitString((0, 1)), core.IA5String("/Doc_0"),
        core.OctetString(certificate(signer)), method,
    )  # fmt: skip
    return bytes(_sequence(signed, core.BitString((1, 1))).dump())


def _sequence(*values: core.Asn1Value) -> core.Asn1Value:
    return core.Sequence(contents=b"".join(value.dump() for value in values))


@lru_cache(maxsize=4)
def certificate(name: str) -> bytes:
    """Return a certificate that names its owner."""
    key = ec.derive_private_key(20260312, ec.SECP256R1())
    owner = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = x509.CertificateBuilder(
        issuer_name=owner, subject_name=owner, public_key=key.public_key(), serial_number=1,
        not_valid_before=datetime(2026, 1, 1, tzinfo=UTC), not_valid_after=datetime(2036, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def jbig2(image: Image.Image) -> bytes:
    """Return a bilevel picture as a JBIG2 file: one page with one region, coded as a fax is (MMR)."""
    out = io.BytesIO()
    # Pillow writes 1 for white, JBIG2 means black by it.
    ImageOps.invert(image).convert("1").save(out, "TIFF", compression="group4")
    with Image.open(io.BytesIO(out.getvalue())) as fax:
        assert fax.tag_v2[262] == 1
        (start,), (length,) = fax.tag_v2[273], fax.tag_v2[279]
    coded = out.getvalue()[start : start + length]
    page = struct.pack(">IIIIBH", image.width, image.height, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", image.width, image.height, 0, 0, 0, 1) + coded
    segments = [(0, 48, page), (1, 38, region), (2, 49, b""), (3, 51, b"")]
    rows = [struct.pack(">IBBBI", n, kind, 0, 0 if kind == 51 else 1, len(body)) + body for n, kind, body in segments]
    return b"\x97JB2\r\n\x1a\n" + b"\x01" + struct.pack(">I", 1) + b"".join(rows)
