"""A sample as a file: a workbook, or a paper to print; both carry its findings and its audit trail."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from archive_service import printing
from archive_service.inspection import queries
from archive_service.inspection.queries import FindingFilters
from archive_service.printing import Paper, Section
from archive_service.web import export, labels, render, words

if TYPE_CHECKING:
    from archive_service.web.visit import Visit

Row = Sequence[object]


@dataclass(frozen=True)
class Report:
    """What goes into a file: a head of names and values, and three tables, each with its own head."""

    title: str
    unit_id: int
    #: Whose sample it is.
    unit: str
    made_at: datetime
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
        unit=sample.unit_name,
        made_at=visit.now,
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


_WIDTHS: Mapping[str, Sequence[int]] = {
    "cases": (3, 9, 7, 8, 8, 5, 5, 9, 9, 5),
    "findings": (3, 9, 8, 4, 15, 8, 7, 6, 3),
    "trail": (3, 8, 5, 8, 5, 4, 22),
}


def pdf(report: Report) -> bytes:
    """Return the report as a paper: A4 across, the head of a table again on each of its pages."""
    sections = [
        Section(
            f"{name}（{len(rows)}）",
            head,
            widths,
            [["" if one is None else str(one) for one in row] for row in rows],
            "",
        )
        for widths, (name, head, rows) in zip(_WIDTHS.values(), report.tables(), strict=True)
    ]
    return printing.pdf(Paper(report.title, report.unit, report.head, sections, across=True, made_at=report.made_at))


KINDS: Mapping[str, tuple[Callable[[Report], bytes], str]] = {
    "xlsx": (xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": (pdf, "application/pdf"),
}
