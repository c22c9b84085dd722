"""Import of cases: first what would become of each row, then the rows."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from archive_service.errors import Invalid
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.pages import import_cases as pages

router = api_router("cases")


class Table(BaseModel):
    """The rows as CSV with a head, as docs/business-system.md describes the columns; up to 2,000 rows and 700 KB."""

    rows: Words = Field(min_length=1, max_length=pages.MOST_BYTES, examples=["account_no,application_no"])


class RowErrorOut(Told):
    """Why a row is not taken; `column` is null for the whole row."""

    line: int
    column: str | None
    code: str
    message: str


class FateOut(Told):
    """What would become of a row: created, updated, unchanged or refused; `changes` has what holds and what would."""

    line: int
    outcome: str
    account_no: str
    application_no: str
    changes: dict[str, Any]
    error: RowErrorOut | None


class FatesOut(BaseModel):
    """What would become of every row, by line; nothing was written."""

    rows: list[FateOut]


class ImportedOut(Told):
    """What became of the rows."""

    created: int
    updated: int
    unchanged: int
    errors: list[RowErrorOut]


@router.post("/cases/import/preview")
def preview_import(visit: Caller, said: Table) -> FatesOut:
    """Say what would become of each row; nothing is written."""
    visit.viewer.require(Right.CASE_IMPORT)
    found = pages.fates_of(visit, pages.rows_in(_text(said)))
    return FatesOut(rows=[FateOut.model_validate(one) for one in found])


@router.post("/cases/import")
def import_cases(visit: Caller, said: Table) -> ImportedOut:
    """Register the rows, a thousand a transaction; the same rows again take what is left."""
    visit.viewer.require(Right.CASE_IMPORT)
    return ImportedOut.model_validate(pages.take(visit, pages.rows_in(_text(said))))


def _text(said: Table) -> str:
    text = said.rows.strip()
    if not text:
        raise Invalid("intake.no-files", "没有选择文件。请先选择要入库的文件。")
    return text
