"""Small born-digital papers with real text, for tests that are not about reading."""

from __future__ import annotations

from pathlib import Path

from fpdf import FPDF

FONT = Path(__file__).parents[2] / "archive_service" / "fonts" / "song.ttf"


def paper(title: str, rows: list[tuple[str, str]], *, pages: int = 1) -> bytes:
    """Return a PDF: a title, then label and value row by row; further pages continue it by number."""
    pdf = FPDF(format="A4")
    pdf.add_font("song", fname=str(FONT))
    for number in range(1, pages + 1):
        pdf.add_page()
        pdf.set_font("song", size=20)
        if number == 1:
            pdf.cell(w=0, h=20, text=title, align="C", new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("song", size=12)
        for label, value in rows:
            pdf.cell(w=0, h=10, text=f"{label}：{value}", new_x="LMARGIN", new_y="NEXT")
        if pages > 1:
            pdf.cell(w=0, h=10, text=f"第 {number} 页 共 {pages} 页", align="C", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def supply_reply(account_no: str, application_no: str, name: str = "汪雪梅", note: str = "") -> bytes:
    """Return a low-voltage supply scheme reply of a household."""
    rows = [
        ("户号", account_no),
        ("申请编号", application_no),
        ("户名", name),
        ("用电地址", "青屿县东门街道阳光新城17幢1单元401室"),
        ("供电电压", "交流220伏"),
        ("合同容量", "12千瓦"),
        ("答复日期", "2026年3月12日"),
    ]
    return paper("低压供电方案答复单", [*rows, ("备注", note)] if note else rows)
