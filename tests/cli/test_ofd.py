"""An OFD goes the whole way: taken in, filed, found, looked at, handed over as PDF/A."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf

from archive_service.samples.sheet import BLACK, RED, Rule, Seal, Sheet, Text
from tests.support import ofd
from tests.support.archive import ACCOUNT, APPLICATION, Archive

_ROWS = (
    ("户号", ACCOUNT), ("申请编号", APPLICATION), ("户名", "汪雪梅"),
    ("用电地址", "青屿县东门街道阳光新城17幢1单元401室"),
    ("供电电压", "交流220伏"), ("合同容量", "12千瓦"), ("答复日期", "2026年3月12日"),
)  # fmt: skip


def reply() -> bytes:
    """A supply scheme reply as a portal hands it out: text in a font of its own, sealed electronically."""
    sheet = Sheet()
    sheet.marks.append(Text(70, 35, "低压供电方案答复单", 20, face="hei"))
    sheet.marks.append(Rule(25, 40, 185, 40, ink=BLACK))
    for number, (label, value) in enumerate(_ROWS):
        sheet.marks.append(Text(25, 55 + 10 * number, f"{label}：{value}", 12))
    sheet.marks.append(Seal(150, 150, "青屿县供电公司", "业务专用章", ink=RED))
    return ofd.of_sheets([sheet], seal_as="signature").pack()


def test_an_ofd_goes_the_whole_way(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    archive = Archive(home)
    archive.prepare()
    paper = tmp_path / "答复单.ofd"
    paper.write_bytes(reply())
    taken = archive.run("ingest", str(paper), "--json").json
    assert taken["state"] == "filed"
    (item,) = archive.run("household", ACCOUNT, "--json").json["items"]
    (hit,) = archive.run("search", "阳光新城17幢", "--json").json["hits"]
    assert (hit["item"], hit["page"], hit["marks"]) == (str(item["id"]), 1, ["阳光新城17幢"])
    out = tmp_path / "out.pdf"
    assert archive.run("item", "pdf", str(item["id"]), "--out", str(out)).code == 0
    data = out.read_bytes()
    assert b"pdfaid:part" in data
    assert "阳光新城17幢1单元401室" in pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()
    assert archive.run("verify", "--json").json["findings"] == []
