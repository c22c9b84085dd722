"""A sample as a file: a workbook, or a paper to print; both carry its findings and its audit trail."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from fpdf import FPDF
from fpdf.fonts import FontFace, TTFFont

from archive_service import fonts
from archive_service.inspection import queries
from archive_service.inspection.queries import FindingFilters
from archive_service.web import export, labels, render, words

if TYPE_CHECKING:
    from archive_service.web.visit import Visit

Row = Sequence[object]


@dataclass(frozen=True)
class Report:
    """What goes into a file: a head of names and values, and three tables, each with its own head."""

    title: str
    unit_id: int
    head: Sequence[tuple[str, str]]
    cases: Sequence[Row]
    findings: Sequence[Row]
    trail: Sequence[Row]
    names: Mapping[str, str]
    heads: Mapping[str, Sequence[str]]

    def tables(self) -> list[tuple[str, Sequence[str], Sequence[Row]]]:
        """Return the tables with their names and heads, in order."""
        rows = {"cases": self.cases, "findings": self.findings, "trail": self.trail}
        return [(self.names[key], self.heads[key], rows[key]) for key in rows]


def report_of(session: Any, visit: Visit, sample_id: int) -> Report:
    """Return a sample as a report in the language of the visit. Raises NotFound."""
    say, named = visit.say, labels.Labels(visit.language)
    sample = queries.sample(session, visit.viewer, sample_id)
    cases = queries.sample_cases(session, visit.viewer, sample_id)
    findings = queries.findings(session, visit.viewer, FindingFilters(sample_id=sample_id), limit=5000)
    trail = queries.trail(session, visit.viewer, sample_id)
    told = {key: say(word) for key, word in words.REPORT.items()}
    words_of = {
        "verdict": lambda word: say(words.VERDICT[word].word if word else words.NOT_INSPECTED.word),
        "rule": lambda word: say(words.RULE.get(word, words.RULE["other"])),
    }
    return Report(
        title=told["title"] % {"name": sample.name},
        unit_id=next((row.unit_id for row in cases), visit.viewer.unit_id),
        head=[
            (told["unit"], f"{sample.unit_name}（{sample.unit_code}）"),
            (told["method"], say(words.METHOD[sample.method])),
            (told["size"], f"{sample.size} / {sample.frame_size}"),
            (told["seed"], sample.seed),
            (told["digest"], sample.frame_digest),
            (told["drawn"], f"{render.moment(sample.drawn_at)} {sample.drawn_by}"),
            (told["closed"], render.moment(sample.closed_at) or "–"),
        ],
        cases=[
            (row.place, row.application_no, row.account_no, row.account_name, row.unit_name,
             named.business(row.business_type), words_of["verdict"](row.verdict),
             "、".join(say(words.SHEET[point]) for point, seen in row.sheet.items() if seen == "fault"), row.remark,
             row.inspected_by)
            for row in cases
        ],
        findings=[
            (row.id, row.application_no, words_of["rule"](row.rule), say(words.SEVERITY[row.severity].word),
             row.description, row.unit_name, row.due_on, say(words.FINDING_STATE[row.state].word), row.rounds)
            for row in findings
        ],
        trail=[
            (entry.seq, render.moment(entry.at), entry.person_name, say(words.EVENT.get(entry.did, entry.did)),
             entry.object_kind, entry.object_id, entry.hash)
            for entry in trail
        ],
        names={key: say(words.REPORT_TABLE[key]) for key in words.REPORT_TABLE},
        heads={key: [say(word) for word in heads] for key, heads in words.REPORT_HEADS.items()},
    )  # fmt: skip


_SHEET_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL_NS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def xlsx(report: Report) -> bytes:
    """Return the report as a workbook: a sheet for the head and one for each table; every cell is text or a number.

    Text is written as text, so that nothing in it is worked out as a formula.
    """
    sheets = [(report.title, [], report.head), *report.tables()]
    pages = [_worksheet([list(head), *rows] if head else rows) for _, head, rows in sheets]
    numbers = range(1, len(pages) + 1)
    names = ["".join(sign for sign in name if sign not in "[]:*?/\\'")[:31] or "1" for name, _, _ in sheets]
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_REL_NS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_SHEET_NS} xmlns:r="{_REL_NS}"><sheets>'
        + "".join(f'<sheet name="{_plain(names[n - 1])}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_REL_NS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        + "</Relationships>",
        **{f"xl/worksheets/sheet{n}.xml": page for n, page in zip(numbers, pages, strict=True)},
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, _XML + content)
    return written.getvalue()


def _worksheet(rows: Sequence[Row]) -> str:
    lines = "".join(
        f'<row r="{at}">'
        + "".join(_cell(f"{_column(column)}{at}", value) for column, value in enumerate(row))
        + "</row>"
        for at, row in enumerate(rows, start=1)
    )
    return f"<worksheet {_SHEET_NS}><sheetData>{lines}</sheetData></worksheet>"


def _cell(place: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{_plain(export.safe(value))}</t></is></c>'


def _plain(value: str) -> str:
    # XML knows no control characters, however they are written.
    return escape("".join(sign for sign in value if sign >= " " or sign in "\n\t"), {'"': "&quot;"})


def _column(number: int) -> str:
    return chr(ord("A") + number)


_FACE = "hei"
#: The face comes in one weight.
_HEADS = FontFace(emphasis="", fill_color=230)
_WIDTHS: Mapping[str, Sequence[int]] = {
    "cases": (3, 9, 7, 8, 8, 5, 5, 9, 9, 5),
    "findings": (3, 9, 8, 4, 15, 8, 7, 6, 3),
    "trail": (3, 8, 5, 8, 5, 4, 22),
}


def pdf(report: Report) -> bytes:
    """Return the report as a paper: A4 across, the face embedded, the head of a table again on each of its pages."""
    book = _Paper(orientation="landscape", unit="mm", format="A4")
    book.add_font(_FACE, fname=fonts.path(_FACE))
    book.alias_nb_pages()
    book.set_title(fonts.printable(report.title, _FACE))
    book.set_auto_page_break(True, margin=14)
    book.set_margin(12)
    book.add_page()
    _line(book, report.title, 16, 10)
    for name, value in report.head:
        _line(book, f"{name}：{value}", 9, 5)
    for key, (name, head, rows) in zip(_WIDTHS, report.tables(), strict=True):
        book.ln(4)
        _line(book, f"{name}（{len(rows)}）", 12, 8)
        if not rows:
            continue
        book.set_font(_FACE, size=7.5)
        with book.table(
            col_widths=_WIDTHS[key], line_height=4.2, padding=0.8, repeat_headings=1, headings_style=_HEADS
        ) as table:
            for row in (head, *rows):
                cells = table.row()
                for cell in row:
                    cells.cell(fonts.printable("" if cell is None else str(cell), _FACE))
    made = bytes(book.output())
    # The library leaves the file of the face open.
    for face in book.fonts.values():
        if isinstance(face, TTFFont):
            face.ttfont.close()
    return made


def _line(book: FPDF, text: str, size: float, height: float) -> None:
    book.set_font(_FACE, size=size)
    book.multi_cell(0, height, fonts.printable(text, _FACE), new_x="LMARGIN", new_y="NEXT")


class _Paper(FPDF):
    """A paper whose pages are numbered."""

    def footer(self) -> None:
        """Write the number of the page."""
        self.set_y(-10)
        self.set_font(_FACE, size=8)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="C")


KINDS: Mapping[str, tuple[Callable[[Report], bytes], str]] = {
    "xlsx": (xlsx, f"{_TYPE}.sheet"),
    "pdf": (pdf, "application/pdf"),
}
