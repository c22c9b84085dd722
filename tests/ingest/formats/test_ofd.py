"""Pages of OFD files: drawn as they are meant to look, with the text of the file where it stands."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from archive_service.samples.document import Document
from archive_service.samples.sets import case_for, one_document
from archive_service.settings import Settings
from ingest import opening
from ingest.formats.ofd.geometry import outline, steps
from ingest.ocr.reader import Reader
from ingest.opening import Limits, Probe, RenderedPage
from tests.support import ofd
from tests.support.ofd import Ofd

_RES = '<ofd:DrawParams><ofd:DrawParam ID="70" LineWidth="4"><ofd:StrokeColor Value="0 0 255"/></ofd:DrawParam>{more}'


@pytest.fixture
def limits(settings: Settings) -> Limits:
    return replace(Limits.of(settings), render_dpi=100, page_s=240, file_s=280)


def shown(tmp_path: Path, book: Ofd, limits: Limits) -> tuple[Probe, list[RenderedPage]]:
    path, out = tmp_path / "original", tmp_path / "out"
    path.write_bytes(book.pack())
    out.mkdir(exist_ok=True)
    found = opening.probe(path, file_name="a.ofd", limits=limits)
    return found, opening.render(path, format="ofd", first=1, last=found.page_count, out_dir=out, limits=limits)


def pixels(page: RenderedPage) -> npt.NDArray[np.uint8]:
    assert page.image is not None
    with Image.open(page.image) as image:
        return np.asarray(image.convert("RGB"))


def at(page: RenderedPage, x: float, y: float) -> tuple[int, ...]:
    """Return the colour at a place in millimetres, rounded so that JPEG does not matter."""
    picture = pixels(page)
    row, column = round(y / 297 * picture.shape[0]), round(x / 210 * picture.shape[1])
    return tuple(round(int(part) / 51) * 51 for part in picture[row, column])


def words(page: RenderedPage) -> list[str]:
    return [line.text for line in page.layer or ()]


def paper(code: str) -> Document:
    rng = Random(code)
    return one_document(code, case_for(code, rng), rng)


def same(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize("code", ["P03H", "P06", "K01L"])
def test_a_paper_of_the_archive_says_what_was_printed(
    tmp_path: Path, limits: Limits, code: str, embedded: bool
) -> None:
    """Every printed line is found in the text of its page, in the font of the file and in ours."""
    document = paper(code)
    found, pages = shown(tmp_path, ofd.of_sheets(document.sheets, embedded=embedded), limits)
    assert (found.format, found.page_count) == ("ofd", len(document.sheets))
    for sheet, page in zip(document.sheets, pages, strict=True):
        printed = [same(str(line["text"])) for line in sheet.lines() if line["kind"] != "seal"]
        told = same("".join(words(page)))
        assert printed
        assert [line for line in printed if line not in told] == []
        assert ("font-replaced" in page.flags) is not embedded


@pytest.mark.ocr
def test_the_picture_shows_what_the_text_says(tmp_path: Path, settings: Settings) -> None:
    """The engine, which sees only the picture, reads the words that the file gives as text."""
    document = paper("P03H")
    _, (page,) = shown(
        tmp_path,
        ofd.of_sheets(document.sheets[:1], embedded=False),
        replace(Limits.of(settings), page_s=240, file_s=280),
    )
    assert page.image is not None
    read = same("".join(line.text for line in Reader().read(page.image.read_bytes(), dpi=page.dpi).lines))
    values = [same(line) for line in words(page) if len(same(line)) > 3]
    found = [value for value in values if value in read]
    assert len(found) > 0.8 * len(values), sorted({*values} - {*found})


def test_seals_are_drawn_whether_annotation_or_signature(tmp_path: Path, limits: Limits) -> None:
    """A seal shows red where it was put, out of an annotation as out of the signed value."""
    document = paper("P03H")
    for seal_as in ("annotation", "signature"):
        found, pages = shown(tmp_path, ofd.of_sheets(document.sheets, seal_as=seal_as), limits)
        picture = pixels(pages[-1]).astype(int)
        assert np.count_nonzero((picture[..., 0] - picture[..., 1]) > 80) > 500
        assert "partly-drawn" not in pages[-1].flags
        assert bool(found.signatures) is (seal_as == "signature")


def test_a_seal_may_be_an_ofd_of_its_own(tmp_path: Path, limits: Limits) -> None:
    seal = ofd.of_content(
        '<ofd:PathObject ID="1" Boundary="0 0 210 297" Fill="true" Stroke="false"><ofd:FillColor Value="255 0 0"/>'
        "<ofd:AbbreviatedData>M 0 0 L 210 0 L 210 297 L 0 297 C</ofd:AbbreviatedData></ofd:PathObject>"
    ).pack()
    book = ofd.of_content(ofd.text(20, 40, "供电方案答复单已经盖章"))
    ofd.sign(book, [(0, (100.0, 200.0, 40.0, 40.0), seal)], picture_kind="ofd")
    _, (page,) = shown(tmp_path, book, limits)
    assert (at(page, 120, 220), at(page, 120, 250)) == ((255, 0, 0), (255, 255, 255))


def test_signatures_are_listed_as_the_file_tells_them(tmp_path: Path, limits: Limits) -> None:
    """Provider, method, time, signer and seal come from the file; a broken one is listed all the same."""
    book = ofd.sign(ofd.of_content(ofd.text(20, 40, "供用电合同")), [(0, (10.0, 10.0, 40.0, 40.0), b"x")] * 2)
    book.files["Doc_0/Signs/Sign_1/Signature.xml"] = b"<broken"
    found, (page,) = shown(tmp_path, book, limits)
    first, second = found.signatures
    assert (first.signer, first.seal, first.provider) == ("青屿县供电公司", "青屿县供电公司业务专用章", "青屿签章系统")
    assert (first.method, first.signed_at, first.covers) == ("SM3withSM2", ofd.SIGNED_AT, 1)
    assert (second.kind, second.signer) == ("Seal", "")
    assert "has-signature" in found.flags
    assert "partly-drawn" in page.flags


def test_paths_matrices_and_parameters_are_drawn_where_they_belong(tmp_path: Path, limits: Limits) -> None:
    """Filled, turned, clipped and inherited: the ink lies where the file puts it."""
    square = "<ofd:AbbreviatedData>M 0 0 L 20 0 L 20 20 L 0 20 C</ofd:AbbreviatedData>"
    half = "<ofd:AbbreviatedData>M 0 0 L 10 0 L 10 20 L 0 20 C</ofd:AbbreviatedData>"
    clip = f"<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path>{half}</ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>"
    objects = (
        '<ofd:PathObject ID="1" Boundary="20 20 20 20" Fill="true" Stroke="false"><ofd:FillColor Value="255 0 0"/>'
        f"{square}</ofd:PathObject>"
        '<ofd:PathObject ID="2" Boundary="100 20 40 40" CTM="2 0 0 2 0 0" Fill="true" Stroke="false">'
        f'<ofd:FillColor Value="#00 #FF #00"/>{clip}{square}</ofd:PathObject>'
        '<ofd:PathObject ID="3" Boundary="20 100 100 0" DrawParam="71">'
        "<ofd:AbbreviatedData>M 0 0 L 100 0</ofd:AbbreviatedData></ofd:PathObject>"
        '<ofd:PathObject ID="4" Boundary="20 150 40 40" Fill="true" Stroke="false"><ofd:FillColor Value="0 0 0"/>'
        "<ofd:AbbreviatedData>M 0 20 A 20 20 0 0 1 40 20 C</ofd:AbbreviatedData></ofd:PathObject>"
        '<ofd:PathObject ID="5" Boundary="100 150 40 40" Fill="true" Stroke="false"><ofd:FillColor>'
        '<ofd:AxialShd StartPoint="0 0" EndPoint="40 0"><ofd:Segment><ofd:Color Value="255 0 0"/></ofd:Segment>'
        '<ofd:Segment><ofd:Color Value="0 0 255"/></ofd:Segment></ofd:AxialShd></ofd:FillColor>'
        "<ofd:AbbreviatedData>M 0 0 L 40 0 L 40 40 L 0 40 C</ofd:AbbreviatedData></ofd:PathObject>"
    )
    more = '<ofd:DrawParam ID="71" Relative="70"/></ofd:DrawParams>'
    _, (page,) = shown(tmp_path, ofd.of_content(objects, resources=_RES.format(more=more)), limits)
    white = (255, 255, 255)
    assert [at(page, 30, 30), at(page, 45, 30)] == [(255, 0, 0), white]
    assert [at(page, 110, 50), at(page, 130, 50)] == [(0, 255, 0), white]
    assert [at(page, 60, 101), at(page, 60, 104)] == [(0, 0, 255), white]
    assert [at(page, 40, 155), at(page, 40, 180)] == [(0, 0, 0), white]
    assert at(page, 102, 170)[0] > 200 > at(page, 138, 170)[0]
    assert "partly-drawn" not in page.flags


def test_templates_composites_and_invisible_things(tmp_path: Path, limits: Limits) -> None:
    """A template lies under its page, a composite is drawn in its place, what is not visible is not drawn."""
    template = ofd.of_content(ofd.text(20, 30, "国网青屿县供电公司用笺")).files["Doc_0/Pages/Page_0/Content.xml"]
    body = '<ofd:CompositeObject ID="5" Boundary="20 100 100 20" ResourceID="80"/>' + ofd.text(
        20, 200, "不该看见的字句", more='Visible="false"'
    )
    inner = ofd.text(0, 5, "合成图元里的地址栏")
    book = ofd.of_content(
        body,
        resources=f'<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="80" Width="100" Height="20"><ofd:Content>'
        f"{inner}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>",
        common='<ofd:TemplatePage ID="60" BaseLoc="Tpls/T.xml"/>',
        files={"Doc_0/Tpls/T.xml": template},
    )
    book.change("Doc_0/Pages/Page_0/Content.xml", "<ofd:Content>", '<ofd:Template TemplateID="60"/><ofd:Content>')
    _, (page,) = shown(tmp_path, book, limits)
    assert words(page) == ["国网青屿县供电公司用笺", "合成图元里的地址栏"]


def test_a_glyph_that_the_file_names_is_shown_and_its_character_is_read(tmp_path: Path, limits: Limits) -> None:
    """CGTransform says which glyph; TextCode says what it means, even when the two differ."""
    named = (
        '<ofd:CGTransform CodePosition="0" CodeCount="1" GlyphCount="1"><ofd:Glyphs>{}</ofd:Glyphs></ofd:CGTransform>'
    )
    sheets = paper("P03H").sheets[:1]
    pictures = []
    for glyph in (50, 900):
        book = ofd.of_sheets(sheets)
        line = ofd.text(20, 60, "用电地址青屿县东门街道", inner=named.format(glyph))
        name = "Doc_0/Pages/Page_0/Content.xml"
        book.files[name] = ofd.of_content(line).files[name]
        _, (page,) = shown(tmp_path, book, limits)
        assert words(page) == ["用电地址青屿县东门街道"]
        pictures.append(pixels(page))
    assert not np.array_equal(*pictures)


def down(x: float, words: str, *, more: str = 'ReadDirection="90"', deltas: str = "g 99 6") -> str:
    """A text object that is written downwards from 20 mm."""
    return (
        f'<ofd:TextObject ID="9" Boundary="{x} 20 10 200" Font="1" Size="5" {more}>'
        f'<ofd:TextCode X="0" Y="5" DeltaY="{deltas}">{words}</ofd:TextCode></ofd:TextObject>'
    )


@pytest.mark.parametrize("deltas", ["g 99 6", ""])
def test_text_that_is_written_downwards_is_read_column_by_column_from_the_right(
    tmp_path: Path, limits: Limits, deltas: str
) -> None:
    """Beside a row that is written across; two characters below each other are no column yet."""
    first, second = "青屿县供电公司供电方案答复单", "客户名称张三用电地址人民路"
    page = (
        ofd.text(20, 15, "用电地址青屿县东门街道") + down(100, first, deltas=deltas) + down(88, second, deltas=deltas)
    )
    _, (read,) = shown(tmp_path, ofd.of_content(page + down(30, "是否")), limits)
    assert words(read) == ["用电地址青屿县东门街道", "是", "否", first, second]


@pytest.mark.parametrize("kind", ["jb2", "jpg", "png", "bmp", "tif"])
def test_pictures_of_every_kind_are_drawn_upright(tmp_path: Path, limits: Limits, kind: str) -> None:
    """The black corner of a picture is at its top left, whatever it is coded in."""
    picture = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(picture).rectangle((0, 0, 99, 99), fill=0)
    out = io.BytesIO()
    if kind == "jb2":
        out.write(ofd.jbig2(picture))
    else:
        picture.save(out, {"jpg": "JPEG", "png": "PNG", "bmp": "BMP", "tif": "TIFF"}[kind])
    book = ofd.of_content(
        '<ofd:ImageObject ID="1" Boundary="50 50 100 100" CTM="100 0 0 100 0 0" ResourceID="81"/>',
        resources=f'<ofd:MultiMedias><ofd:MultiMedia ID="81" Type="Image"><ofd:MediaFile>p.{kind}</ofd:MediaFile>'
        "</ofd:MultiMedia></ofd:MultiMedias>",
        files={f"Doc_0/Res/p.{kind}": out.getvalue()},
    )
    _, (page,) = shown(tmp_path, book, limits)
    assert [at(page, 70, 70), at(page, 130, 70), at(page, 70, 130)] == [(0, 0, 0), (255,) * 3, (255,) * 3]


@given(text=st.text(alphabet="SMLQBAC g0123456789.-#", max_size=60), count=st.integers(0, 50))
@hypothesis_settings(derandomize=True, database=None, max_examples=25, deadline=None)
def test_outlines_and_distances_of_any_text_end(text: str, count: int) -> None:
    """Whatever stands there, distances are none or one for each character, and outlines hold points only."""
    assert len(steps(text, count)) in (0, count)
    assert all(len(points) in (0, 1, 3) for _, points in outline(text))
