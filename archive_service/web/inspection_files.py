"""A sample as a file: a workbook, or a paper to print; both carry its findings and its audit trail."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fpdf import FPDF
from fpdf.fonts import FontFace, TTFFont
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

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


def xlsx(report: Report) -> bytes:
    """Return the report as a workbook: a sheet for the head and one for each table; every cell is text or a number.

    Text is written as text, so that nothing in it is worked out as a formula.
    """
    book = Workbook(write_only=True)
    for name, head, rows in [(report.title, (), report.head), *report.tables()]:
        sheet = book.create_sheet("".join(sign for sign in name if sign not in "[]:*?/\\'")[:31] or "1")
        for row in [*([head] if head else []), *rows]:
            sheet.append([_cell(sheet, value) for value in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _cell(sheet: Any, value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    # XML knows no control characters, however they are written.
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", export.safe(value)))
    cell.data_type = "s"
    return cell


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
    "xlsx": (xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": (pdf, "application/pdf"),
}
