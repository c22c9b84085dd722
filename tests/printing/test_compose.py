"""Papers as people get them: read back from the PDF, with every word there and nothing over the edge."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pypdfium2
import pytest
from pypdf import PdfReader

from archive_service import ids
from archive_service.printing import Label, Paper, Section, Shape, Signature, label_sheets, pdf
from ingest.sheets import codes as sheet_codes
from tests.printing.pictures import ink_at_edges, pictures, qr_codes

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LONG = "成都高新技术产业开发区某某精密机械制造股份有限公司第二分公司" * 3


def paper(rows: int = 2, **said: object) -> Paper:
    """Return a paper with a table of so many rows."""
    lines = [(str(n), f"K{n:03d}", LONG if n % 7 == 1 else "用电登记表", "2026-11-02", "3") for n in range(1, rows + 1)]
    section = Section("资料", ("序号", "代码", "题名", "形成日期", "页数"), (2, 3, 12, 5, 2), lines, "没有资料。")
    facts = [("户名", LONG), ("档号", "")]
    told = {
        "title": "卷内目录",
        "unit": "城南供电服务中心",
        "facts": facts,
        "sections": [section],
        "made_at": NOW,
        **said,
    }
    return Paper(**told)  # type: ignore[arg-type]


def texts(made: bytes) -> list[str]:
    """Return the words of each page without white space."""
    return [re.sub(r"\s", "", page.extract_text()) for page in PdfReader(io.BytesIO(made)).pages]


def test_every_row_is_printed_once_and_the_head_stands_on_every_page_of_the_table() -> None:
    """A hundred rows take several pages; each says what its columns are and which page it is."""
    pages = texts(pdf(paper(100, numbering="第 {page} 页，共 {pages} 页", printed="张三打印")))
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert "序号代码题名形成日期页数" in page
        assert f"第{number}页，共{len(pages)}页" in page
        assert "张三打印" in page
    whole = "".join(pages)
    assert all(whole.count(f"K{n:03d}") == 1 for n in range(1, 100))
    assert LONG in whole


def test_a_table_without_rows_says_so() -> None:
    """Nobody has to guess whether the page is missing."""
    (page,) = texts(pdf(paper(0)))
    assert "没有资料。" in page
    assert "序号" not in page


def test_places_to_sign_stand_together_with_what_the_archive_knows() -> None:
    """Wherever the table ends, both signatures are on one page."""
    both = [Signature("移交人", "系统确认：张三"), Signature("接收人", "尚未签收")]
    for rows in range(20, 40):
        pages = texts(pdf(paper(rows, signatures=both)))
        (signed,) = [page for page in pages if "移交人" in page]
        assert "接收人" in signed
        assert signed.count("签字") == signed.count("日期") - ("形成日期" in signed) == 2


def test_the_face_is_embedded_and_cut_down() -> None:
    """Any printer has the characters; a page does not weigh as much as the face."""
    made = pdf(paper(30))
    fonts = PdfReader(io.BytesIO(made)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    (face,) = [one.get_object() for one in fonts.values()]
    descriptor = face["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
    assert "/FontFile2" in descriptor
    assert len(made) < 200_000


def test_the_same_values_give_the_same_bytes() -> None:
    """So that the archive knows a paper again that it has filed already."""
    assert pdf(paper(5)) == pdf(paper(5))
    assert pdf(paper(5)) != pdf(paper(6))


@pytest.mark.parametrize("across", [False, True])
def test_nothing_comes_near_the_edge_of_the_page(across: bool) -> None:
    """Printers leave a few millimetres white."""
    both = [Signature(LONG[:20], LONG), Signature("接收人", LONG)]
    for picture in pictures(
        pdf(paper(40, across=across, signatures=both, printed=LONG[:40], numbering="{page}/{pages}"))
    ):
        assert not ink_at_edges(picture, mm=8)


@pytest.mark.parametrize("shape", list(Shape))
def test_labels_say_their_code_in_letters_and_in_a_code_that_can_be_scanned(shape: Shape) -> None:
    """Thirteen labels take two sheets; a long name is cut and not run into the code."""
    codes = [f"510107-KH·HV-2026-{n:05d}" for n in range(1, 14)]
    names = [LONG[: 4 + 9 * n] for n in range(13)]
    labels = [
        Label(code, name, ("户号 5101431001", "高压新装", "城南供电服务中心"))
        for code, name in zip(codes, names, strict=True)
    ]
    made = label_sheets(labels, shape, title="标签")
    pages = pictures(made)
    assert len(pages) == 2
    assert sorted(code for picture in pages for code in qr_codes(picture)) == [ids.scanned_code(code) for code in codes]
    assert all(code in ids.archive_codes_meant(ids.scanned_code(code)) for code in codes)
    assert all(code in "".join(texts(made)) for code in codes)
    assert not any(ink_at_edges(picture, mm=5) for picture in pages)


def test_a_label_is_no_separator_sheet() -> None:
    """A box scanned by mistake parts no documents."""
    assert sheet_codes.parse("510107-KH·HV-2026-00001") is None


def test_a_paper_opens_without_a_word_of_complaint() -> None:
    """A second reader agrees on the number of pages."""
    made = pdf(paper(60))
    assert len(pypdfium2.PdfDocument(made)) == len(PdfReader(io.BytesIO(made)).pages)
