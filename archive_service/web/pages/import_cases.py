"""Import of cases on a page: first what would become of each row, then, confirmed, what did.

The rows travel in the form from the preview to the import, so that nothing is kept of a preview that nobody confirms;
what is imported is checked again. Longer files are kept and taken by a job: `import_files`.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid
from archive_service.households import actions
from archive_service.households.actions.previews import Fate
from archive_service.households.csv_rows import CsvRow, decoded, rows_of
from archive_service.households.values import ImportReport
from archive_service.imports import actions as imports
from archive_service.imports import queries as import_queries
from archive_service.jobs.nudge import nudge
from archive_service.people.roles import Right
from archive_service.web import export, words
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import SignedIn, Visit, whole_number
from ingest import names, workbooks
from ingest.formats.limits import Limits

router = APIRouter()

MOST_ROWS, MOST_BYTES = 2000, 700 * 1024
#: A workbook is opened while the browser waits; longer ones are saved as CSV, or go to `archive-service cases import`.
_MOST_OF_WORKBOOK = 20_000
_SHOWN, _A_PART, _FILES_SHOWN = 50, 1000, 20
REFUSED_COLUMNS = (N_("行号"), N_("列"), N_("代码"), N_("说明"))


@router.get("/cases/import")
def show_import(visit: SignedIn) -> Response:
    """Ask for a file."""
    visit.viewer.require(Right.CASE_IMPORT)
    before = whole_number(visit.request.query_params.get("before"))
    with visit.services.database.reading() as session:
        files = import_queries.mine(session, visit.viewer, before=before, limit=_FILES_SHOWN + 1)
    return visit.page(
        "cases/import.html",
        fates=None,
        most=MOST_ROWS,
        outcomes=words.FATE,
        states=words.IMPORT,
        files=files[:_FILES_SHOWN],
        following=files[_FILES_SHOWN - 1].id if len(files) > _FILES_SHOWN else None,
        before=before,
    )


@router.post("/cases/import/preview")
def preview_import(visit: SignedIn, form: SentForm) -> Response:
    """Show what would become of each row, a page at a time; nothing is written."""
    visit.viewer.require(Right.CASE_IMPORT)
    text = _text(visit, form)
    if _is_long(text):
        return _kept(visit, form, text)
    fates = fates_of(visit, rows_in(text))
    chosen, _, place = form.text("go", limit=40).partition(":")
    shown = [one for one in fates if chosen in ("", one.outcome)]
    first = max(0, min(whole_number(place) or 0, len(shown) - 1))
    first -= first % _SHOWN
    return visit.page(
        "cases/import.html",
        fates=shown[first : first + _SHOWN],
        tally=Counter(one.outcome for one in fates),
        total=len(shown),
        chosen=chosen,
        first=first,
        step=_SHOWN,
        text=text,
        most=MOST_ROWS,
        outcomes=words.FATE,
    )


@router.post("/cases/import")
def import_cases(visit: SignedIn, form: SentForm) -> Response:
    """Register what a preview showed, a thousand rows a transaction; the same file again takes what is left."""
    visit.viewer.require(Right.CASE_IMPORT)
    done = take(visit, rows_in(_text(visit, form)))
    return visit.page(
        "cases/imported.html",
        tally={"created": done.created, "updated": done.updated, "unchanged": done.unchanged},
        errors=done.errors,
        outcomes=words.FATE,
    )


@router.post("/cases/import/report")
def hand_over_refused(visit: SignedIn, form: SentForm) -> Response:
    """Hand over the rows that would be refused as CSV, with column and reason."""
    visit.viewer.require(Right.CASE_IMPORT)
    fates = fates_of(visit, rows_in(_text(visit, form)))
    rows = [(e.line, e.column, e.code, e.message) for e in (one.error for one in fates) if e is not None]
    head = [visit.say(word) for word in REFUSED_COLUMNS]
    facts = {"rows": len(fates), "refused": len(rows)}
    return export.handed_over(visit, "refused", head, rows, what="import-refused", facts=facts)


def _text(visit: Visit, form: Form) -> str:
    """Return the text of the file that was chosen, or of the one that the preview showed. Raises Invalid."""
    chosen = form.files("file")
    if not chosen:
        text = form.text("rows", limit=MOST_BYTES)
        if not text:
            raise Invalid("intake.no-files", N_("没有选择文件。请先选择要入库的文件。"))
        return text
    data = chosen[0].file.read()
    if data.startswith(b"PK\x03\x04"):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "workbook"
            file.write_bytes(data)
            data = workbooks.as_csv(file, limits=Limits.of(visit.services.settings), most_rows=_MOST_OF_WORKBOOK)
    return decoded(data).strip()


def _is_long(text: str) -> bool:
    """Say whether a file is more than travels in a form."""
    return len(text.encode()) > MOST_BYTES or any(True for _ in islice(rows_of(text), MOST_ROWS, None))


def _kept(visit: Visit, form: Form, text: str) -> Response:
    """Keep a long file for the job that previews it, and lead to where that is seen."""
    chosen = form.files("file")
    name = names.display_name(chosen[0].filename or "") if chosen else visit.say(N_("未命名文件"))
    with visit.services.database.unit_of_work() as session:
        made = imports.hand_in(session, lambda: rows_of(text), name=name, by=visit.viewer, now=visit.now)
        address = f"/cases/imports/{made.id}"
    nudge(visit.services.settings, ("upkeep",))
    return RedirectResponse(address, status_code=303)


def take(visit: Visit, rows: Sequence[CsvRow]) -> ImportReport:
    """Register rows, a thousand a transaction, and return what became of all of them."""
    parts = [_import(visit, rows[first : first + _A_PART]) for first in range(0, len(rows), _A_PART)]
    return ImportReport(
        created=sum(one.created for one in parts),
        updated=sum(one.updated for one in parts),
        unchanged=sum(one.unchanged for one in parts),
        errors=tuple(error for one in parts for error in one.errors),
    )


def rows_in(text: str) -> list[CsvRow]:
    """Return the rows of a table. Raises Invalid for more than a page takes."""
    rows = list(rows_of(text))
    if len(rows) > MOST_ROWS:
        raise _too_long()
    return rows


def _too_long() -> Invalid:
    return Invalid(
        "cases.page-too-long",
        f"页面一次最多 {MOST_ROWS} 行、{MOST_BYTES // 1024} KB，没有导入。请拆成几个文件，或请管理员用命令行导入。",
    )


def fates_of(visit: Visit, rows: Sequence[CsvRow]) -> list[Fate]:
    """Return what would become of each row, by line; nothing is written."""
    settings, found = visit.services.settings, []
    for part in actions.in_parts(lambda: rows, _A_PART):
        with visit.services.database.unit_of_work() as session:
            found += actions.preview_cases(
                session,
                part,
                by=visit.viewer,
                now=visit.now,
                today=visit.today,
                account_no_pattern=settings.account_no_pattern,
                application_no_pattern=settings.application_no_pattern,
                filing_due_workdays=settings.filing_due_workdays,
            )
    return sorted(found, key=lambda one: one.line)


def _import(visit: Visit, rows: Sequence[CsvRow]) -> ImportReport:
    settings = visit.services.settings
    with visit.services.database.unit_of_work() as session:
        return actions.import_cases(
            session,
            rows,
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
            account_no_pattern=settings.account_no_pattern,
            application_no_pattern=settings.application_no_pattern,
            filing_due_workdays=settings.filing_due_workdays,
        )
