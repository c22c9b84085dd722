"""OFD files that careless or hostile hands may send: each class under its code, and one bad page costs one page."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive_service.settings import Settings
from ingest import opening
from ingest.errors import FileRefused
from ingest.opening import Limits, RenderedPage
from tests.support import hostile, ofd
from tests.support.ofd import Ofd

MIB = 1024 * 1024
PAGE, DOCUMENT = "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Document.xml"
_LINE = ofd.text(20, 40, "青屿县供电公司供电方案答复单")


@pytest.fixture
def limits(settings: Settings) -> Limits:
    return replace(
        Limits.of(settings), memory_bytes=512 * MIB, page_s=240, file_s=280, max_unpacked_bytes=64 * MIB, render_dpi=50
    )


def take(tmp_path: Path, data: bytes, limits: Limits) -> list[RenderedPage]:
    path, out = tmp_path / "original", tmp_path / "out"
    path.write_bytes(data)
    out.mkdir(exist_ok=True)
    found = opening.probe(path, file_name="a.ofd", limits=limits)
    return opening.render(path, format=found.format, first=1, last=found.page_count, out_dir=out, limits=limits)


def plain(*pages: str, **more: str) -> Ofd:
    return ofd.of_content(*(pages or (_LINE,)), **more)  # type: ignore[arg-type]


def picture(data: bytes) -> Ofd:
    return ofd.of_content(
        '<ofd:ImageObject ID="1" Boundary="50 50 100 100" ResourceID="81"/>',
        resources='<ofd:MultiMedias><ofd:MultiMedia ID="81" Type="Image"><ofd:MediaFile>p.png</ofd:MediaFile>'
        "</ofd:MultiMedia></ofd:MultiMedias>",
        files={"Doc_0/Res/p.png": data},
    )


def entity_bomb() -> Ofd:
    book = plain()
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = book.files["OFD.xml"].decode().replace("<ofd:OFD", f'<!DOCTYPE x [<!ENTITY l0 "lol">{levels}]><ofd:OFD', 1)
    book.files["OFD.xml"] = text.replace("<ofd:DocID>1", "<ofd:DocID>&l9;").encode()
    return book


def with_password() -> bytes:
    """Mark each file of the package as encrypted, in its head and in the directory."""
    data = bytearray(plain().pack())
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(magic)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(magic, start + 4)
    return bytes(data)


def page_twice(name: str) -> bytes:
    """A second page under the name of the first: which of them is shown is up to the reader."""
    out = io.BytesIO(plain().pack())
    with zipfile.ZipFile(out, "a") as package, warnings.catch_warnings(action="ignore"):
        package.writestr(name, plain().files[PAGE].replace(b"Layer", b"Other"))
    return out.getvalue()


def outside_name() -> bytes:
    out = io.BytesIO(plain().pack())
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("../../etc/cron.d/x", b"x")
    return out.getvalue()


def self_referring() -> Ofd:
    again = '<ofd:CompositeObject ID="5" Boundary="0 0 9 9" ResourceID="80"/>'
    unit = f'<ofd:CompositeGraphicUnit ID="80"><ofd:Content>{again}</ofd:Content></ofd:CompositeGraphicUnit>'
    return plain(again, resources=f"<ofd:CompositeGraphicUnits>{unit}</ofd:CompositeGraphicUnits>")


def parameters_in_a_ring() -> Ofd:
    ring = '<ofd:DrawParam ID="1" Relative="2"/><ofd:DrawParam ID="2" Relative="1"/>'
    return plain(ofd.text(9, 9, "字", more='DrawParam="1"'), resources=f"<ofd:DrawParams>{ring}</ofd:DrawParams>")


def fanned_out() -> Ofd:
    """Eleven levels of composites, each of ten of the next: a tree without loops that no page has."""
    units = []
    for n in range(11):
        inner = f'<ofd:CompositeObject ID="5" Boundary="0 0 9 9" ResourceID="{n + 1}"/>' * 10
        units.append(
            f'<ofd:CompositeGraphicUnit ID="{n}" Width="1" Height="1"><ofd:Content>{inner}</ofd:Content>'
            "</ofd:CompositeGraphicUnit>"
        )
    first = '<ofd:CompositeObject ID="5" Boundary="0 0 9 9" ResourceID="0"/>'
    return plain(first, resources=f"<ofd:CompositeGraphicUnits>{''.join(units)}</ofd:CompositeGraphicUnits>")


def many_pages() -> Ofd:
    row = f'<ofd:Page ID="1" BaseLoc="{PAGE.removeprefix("Doc_0/")}"/>'
    return plain().change(DOCUMENT, "<ofd:Pages>", f"<ofd:Pages>{row * 20_000}")


def bomb() -> Ofd:
    book = plain()
    book.files[PAGE] = b"<a>" + b" " * (24 * MIB) + b"</a>"
    return book


def without(name: str, book: Ofd | None = None) -> Ofd:
    book = book or plain()
    del book.files[name]
    return book


def two_documents(*gone: str) -> Ofd:
    second = plain(ofd.text(20, 40, "第二份文件的内容在这里"))
    book = Ofd(plain().files | {name.replace("Doc_0", "Doc_1"): data for name, data in second.files.items()})
    book.files["OFD.xml"] = plain().files["OFD.xml"]
    for name in gone:
        del book.files[name]
    return book.change(
        "OFD.xml", "</ofd:OFD>", "<ofd:DocBody><ofd:DocRoot>/Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    )


def annotated(place: str, **files: bytes) -> Ofd:
    named = f"<ofd:Annotations>{place}</ofd:Annotations></ofd:Document>"
    book = plain().change(DOCUMENT, "</ofd:Document>", named)
    return Ofd(book.files | {f"Doc_0/{name}.xml": data for name, data in files.items()})


def templated(place: str, **files: bytes) -> Ofd:
    named = f'<ofd:TemplatePage ID="7" BaseLoc="{place}"/><ofd:PublicRes>'
    book = plain().change(DOCUMENT, "<ofd:PublicRes>", named)
    book.change(PAGE, "<ofd:Content>", '<ofd:Template TemplateID="7"/><ofd:Content>')
    return Ofd(book.files | {f"Doc_0/{name}.xml": data for name, data in files.items()})


def with_font(place: str) -> Ofd:
    font = f"<ofd:FontFile>{place}</ofd:FontFile></ofd:Font>"
    return plain().change("Doc_0/PublicRes.xml", "</ofd:Font>", font)


def lines_of(count: int, data: str, more: str = "") -> Ofd:
    row = (
        f'<ofd:PathObject Boundary="0 0 9 9" {more}><ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>'
    )
    return plain(_LINE + "".join(row.replace("#", str(n % 250)) for n in range(count)))


#: name -> the file, and whether its page says that it shows less than the file holds.
STILL_READ: dict[str, tuple[Callable[[], Ofd], bool]] = {
    "names with a dot before them": (lambda: Ofd({f"./{n}": d for n, d in plain().files.items()}), False),
    "names of Windows": (lambda: Ofd({n.replace("/", "\\"): d for n, d in plain().files.items()}), False),
    "no prefixes": (
        lambda: Ofd({n: d.replace(b"xmlns:ofd", b"xmlns").replace(b"ofd:", b"") for n, d in plain().files.items()}),
        False,
    ),
    "UTF-16": (
        lambda: Ofd(plain().files | {PAGE: plain().files[PAGE].decode().replace("UTF-8", "UTF-16").encode("utf-16")}),
        False,
    ),
    "resources gone": (lambda: without("Doc_0/DocumentRes.xml"), True),
    "resources broken": (lambda: Ofd(plain().files | {"Doc_0/DocumentRes.xml": b"<a"}), True),
    "annotations gone": (lambda: annotated("A.xml"), True),
    "annotations broken": (lambda: annotated("A.xml", A=b"<a"), True),
    "annotations of the page gone": (
        lambda: annotated("A.xml", A=b'<a><Page PageID="100"><FileLoc>B.xml</FileLoc></Page></a>'), True,
    ),
    "template gone": (lambda: templated("T.xml"), True),
    "template broken": (lambda: templated("T.xml", T=b"<a"), True),
    "template in itself": (
        lambda: templated("T.xml", T=b'<Page><Template TemplateID="7"/><Content/></Page>'), False,
    ),
    "attachments gone": (
        lambda: plain().change(DOCUMENT, "</ofd:Pages>", "</ofd:Pages><ofd:Attachments>A.xml</ofd:Attachments>"), False,
    ),
    "font gone": (lambda: with_font("f.ttf"), False),
    "font that no list has": (lambda: plain(_LINE.replace('Font="1"', 'Font="77"')), False),
    "sheet of a hair": (lambda: plain().change(DOCUMENT, "0 0 210.0 297.0", "0 0 0.001 9999"), False),
    "sheet of no numbers": (lambda: plain().change(DOCUMENT, "0 0 210.0 297.0", "nan inf - x"), False),
    "outlines of no numbers": (
        lambda: lines_of(1, "M 0 0 A nan inf 1e9 1 1 9 9 A 1e-300 1e-300 0 0 0 1 1 A 1e-6 1e-6 0 0 0 9 9 Q 1 1 B"),
        False,
    ),
    "glyphs beyond the text": (
        lambda: plain(ofd.text(
            20, 40, "青屿县供电公司供电方案答复单",
            inner='<ofd:CGTransform CodePosition="-7" CodeCount="9e9"><ofd:Glyphs>5 6</ofd:Glyphs></ofd:CGTransform>',
        )),
        False,
    ),
    "forty thousand lines, each as faint as another": (lambda: lines_of(40_000, "M 0 0 L 9 9", 'Alpha="#"'), False),
}  # fmt: skip


@pytest.mark.parametrize("name", STILL_READ)
def test_what_is_odd_or_lost_costs_no_more_than_itself(tmp_path: Path, limits: Limits, name: str) -> None:
    """The words of the page are read; where something of it is missing, it says so."""
    make, less = STILL_READ[name]
    (page,) = take(tmp_path, make().pack(), replace(limits, render_dpi=100, page_s=40))
    assert (page.error_code, "partly-drawn" in page.flags) == (None, less)
    assert "青屿县供电公司供电方案答复单" in [line.text for line in page.layer or ()]


def test_the_pages_of_all_documents_are_read_in_their_order(tmp_path: Path, limits: Limits) -> None:
    pages = take(tmp_path, two_documents().pack(), replace(limits, render_dpi=100))
    assert [[line.text for line in page.layer or ()] for page in pages] == [
        ["青屿县供电公司供电方案答复单"], ["第二份文件的内容在这里"],
    ]  # fmt: skip


_SIGNATURE, _VALUE = "Doc_0/Signs/Sign_0/Signature.xml", "Doc_0/Signs/Sign_0/SignedValue.dat"


def signed(**files: bytes | None) -> Ofd:
    book = ofd.sign(plain(), [(0, (150, 200, 40, 40), hostile.png_claiming(8, 8))])
    names = {"signature": _SIGNATURE, "value": _VALUE, "list": "Doc_0/Signs/Signatures.xml"}
    for key, data in files.items():
        book.files = {name: old for name, old in book.files.items() if name != names[key]}
        book.files |= {names[key]: data} if data is not None else {}
    return book


#: name -> the file, and the providers and signers that are listed.
SIGNED: dict[str, tuple[Callable[[], Ofd], tuple[str, str]]] = {
    "whole": (signed, ("青屿签章系统", "青屿县供电公司")),
    "no value": (lambda: signed(value=None), ("青屿签章系统", "")),
    "value cut off": (lambda: signed(value=signed().files[_VALUE][:200]), ("青屿签章系统", "")),
    "value that lies about its length": (lambda: signed(value=b"\x30\x84\xff\xff\xff\xffx"), ("青屿签章系统", "")),
    "value without an end": (lambda: signed(value=b"\x30\x80" * 200_000), ("青屿签章系统", "")),
    "no signature": (lambda: signed(signature=None), ("", "")),
    "signature broken": (lambda: signed(signature=b"<a"), ("", "")),
    "list broken": (lambda: signed(list=b"<a"), ("", "")),
    "list gone": (lambda: signed(list=None), ("", "")),
    "signature outside": (
        lambda: signed().change("Doc_0/Signs/Signatures.xml", "Sign_0/Signature.xml", "../../../etc/passwd"), ("", ""),
    ),
    "kind of 2012": (lambda: signed(value=ofd.signed_value_of_2012("经办人甲")), ("青屿签章系统", "经办人甲")),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNED)
def test_a_signature_is_listed_whatever_is_left_of_it(tmp_path: Path, limits: Limits, name: str) -> None:
    """That there is one is never hidden; what cannot be told of it stays empty, and the page is read."""
    make, told = SIGNED[name]
    path = tmp_path / "original"
    path.write_bytes(make().pack())
    found = opening.probe(path, file_name="a.ofd", limits=limits)
    assert [(one.provider, one.signer) for one in found.signatures] == [told]
    assert "has-signature" in found.flags
    (page,) = take(tmp_path, make().pack(), limits)
    assert page.error_code is None


#: name -> the file, its code, and whether the file is refused or only its page.
CASES: dict[str, tuple[Callable[[], Ofd | bytes], str, bool]] = {
    "zip bomb": (bomb, "file.unpack-limit", False),
    "name outside": (outside_name, "file.unreadable", True),
    "page twice": (lambda: page_twice(PAGE), "file.damaged", True),
    "page twice but for capitals": (lambda: page_twice(PAGE.upper()), "file.damaged", True),
    "location outside": (lambda: plain().change(DOCUMENT, "Pages/Page_0", "../../../etc"), "file.unreadable", True),
    "location of the machine": (
        lambda: plain().change("OFD.xml", "Doc_0/Document.xml", "file:///etc/passwd"), "file.unreadable", True,
    ),
    "entity bomb": (entity_bomb, "file.unreadable", True),
    "composite in itself": (self_referring, "file.damaged", False),
    "parameters in a ring": (parameters_in_a_ring, "file.damaged", False),
    "fanned out": (fanned_out, "file.unpack-limit", False),
    "20,000 pages": (many_pages, "file.too-many-pages", True),
    "broken document": (lambda: plain().change(DOCUMENT, "</ofd:Pages>", "</ofd:Page>"), "file.damaged", True),
    "no document": (lambda: plain().change("OFD.xml", "Doc_0/", "Doc_7/"), "file.damaged", True),
    "no page": (lambda: plain().change(DOCUMENT, "Page_0/Content", "Page_9/Content"), "file.damaged", True),
    "broken page": (lambda: plain().change(PAGE, "</ofd:Layer>", ""), "file.damaged", False),
    "deep nesting": (
        lambda: plain("<ofd:PageBlock>" * 200 + "</ofd:PageBlock>" * 200), "file.unpack-limit", False,
    ),
    "password": (with_password, "file.password", True),
    "encrypted": (
        lambda: Ofd(plain().files | {"Encryptions.xml": b"<Encryptions/>"}), "file.password", True,
    ),
    "picture bomb": (lambda: picture(hostile.png_claiming(60_000, 60_000)), "file.pixel-limit", False),
    "sheet of kilometres": (
        lambda: plain().change(DOCUMENT, "0 0 210.0 297.0", "0 0 900000 900000"), "file.pixel-limit", False,
    ),
    "no OFD.xml": (lambda: without("OFD.xml"), "file.damaged", True),
    "in a folder": (
        lambda: Ofd({f"x/{name}": data for name, data in plain().files.items()}), "file.damaged", True,
    ),
    "one document of two is gone": (lambda: two_documents("Doc_1/Document.xml"), "file.damaged", True),
    "no pages": (lambda: plain().change(DOCUMENT, "<ofd:Page ID", "<ofd:Leaf ID"), "file.damaged", True),
    "resources with a document type": (
        lambda: Ofd(plain().files | {"Doc_0/DocumentRes.xml": b"<!DOCTYPE a><a/>"}), "file.unreadable", True,
    ),
    "annotations outside": (lambda: annotated("../../../etc/passwd"), "file.unreadable", True),
    "template outside": (lambda: templated("../../../etc/passwd"), "file.unreadable", False),
    "font outside": (lambda: with_font("../../../../etc/passwd"), "file.unreadable", False),
    "font elsewhere": (lambda: with_font("http://example.invalid/f.ttf"), "file.unreadable", False),
    "cut off": (lambda: plain().pack()[:-40], "file.damaged", True),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_class_of_bad_ofd_has_its_code(tmp_path: Path, limits: Limits, name: str) -> None:
    """A file that is no good as a whole is refused with a sentence; a page that is no good costs itself."""
    make, code, refused = CASES[name]
    made = make()
    data = made if isinstance(made, bytes) else made.pack()
    if refused:
        with pytest.raises(FileRefused) as caught:
            take(tmp_path, data, limits)
        assert caught.value.code == code
        assert caught.value.message.endswith("。")
    else:
        (page,) = take(tmp_path, data, limits)
        assert (page.error_code, page.image) == (code, None)
    assert not list((tmp_path / "out").glob("*.pdf"))


def test_one_missing_page_costs_one_page(tmp_path: Path, limits: Limits) -> None:
    book = plain(_LINE, _LINE, _LINE)
    del book.files["Doc_0/Pages/Page_1/Content.xml"]
    pages = take(tmp_path, book.pack(), limits)
    assert [page.error_code for page in pages] == [None, "file.damaged", None]
    assert [page.page_no for page in pages] == [1, 2, 3]


@pytest.mark.parametrize("data", [b"", b"\0\1\0\0" + b"\xff" * 400, b"OTTO" + b"\0" * 64, b"\1\0\4\1" + b"\xff" * 99])
def test_a_broken_font_is_replaced_and_the_page_is_read(tmp_path: Path, limits: Limits, data: bytes) -> None:
    """The text is known without the font; the page says that its letters are others."""
    book = plain().change("Doc_0/PublicRes.xml", "</ofd:Font>", "<ofd:FontFile>f.ttf</ofd:FontFile></ofd:Font>")
    book.files["Doc_0/Res/f.ttf"] = data
    (page,) = take(tmp_path, book.pack(), replace(limits, render_dpi=150))
    assert [line.text for line in page.layer or ()] == ["青屿县供电公司供电方案答复单"]
    assert "font-replaced" in page.flags


def test_a_broken_picture_leaves_the_rest_of_the_page(tmp_path: Path, limits: Limits) -> None:
    (page,) = take(tmp_path, picture(b"\x97JB2\r\n\x1a\n\x01\0\0\0\1rubbish").pack(), limits)
    assert page.error_code is None
    assert "partly-drawn" in page.flags


def test_text_that_is_not_drawn_is_not_believed(tmp_path: Path, limits: Limits) -> None:
    """Words without ink are no part of the paper: the page counts as blank, as a PDF's would."""
    unseen = ofd.text(20, 40, "青屿县供电公司供电方案答复单", more='Fill="false"')
    (page,) = take(tmp_path, plain(unseen).pack(), limits)
    assert page.layer is None
    assert "hidden-text" in page.flags
