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
