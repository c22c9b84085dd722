"""How complete and how timely: by centre and month, with the cases behind every figure."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.errors import NotFound
from archive_service.households import queries
from archive_service.households.views import CaseFilters, CaseRow, Rate
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web.visit import SignedIn, Visit

router = APIRouter()

_MONTHS_SHOWN = 12
_A_TIME = 500
#: Cases looked through for one cell; a centre has some hundreds a month.
_AT_MOST = 20_000


@dataclass(frozen=True)
class Cell:
    """The cases of a centre energised in a month, or their sum."""

    cases: int
    complete: int
    due: int
    satisfied: int
    judged: int
    on_time: int

    @property
    def share(self) -> float | None:
        """Share of complete cases in percent."""
        return None if not self.cases else 100 * self.complete / self.cases

    @property
    def in_time(self) -> float | None:
        """Share of cases filed in time in percent."""
        return None if not self.judged else 100 * self.on_time / self.judged

    @property
    def look(self) -> str:
        """Return the class of the cell; the number stands in it as well."""
        share = self.share
        return "" if share is None else "q5" if share >= 98 else "q3" if share >= 90 else "q1"


@dataclass(frozen=True)
class Row:
    """A centre with its months, newest first, and their sum."""

    code: str
    name: str
    cells: Sequence[Cell]
    whole: Cell


@router.get("/completeness")
def show_completeness(visit: SignedIn) -> Response:
    """Show the table of centres by months."""
    visit.viewer.require(Right.AUDIT_READ)
    visit.viewer.require(Right.RECORD_READ)
    return show(visit, template="completeness/page.html")


@router.get("/completeness/{centre}/{month}")
def show_cases(visit: SignedIn, centre: str, month: str) -> Response:
    """Show the cases behind a cell of the table."""
    visit.viewer.require(Right.AUDIT_READ)
    visit.viewer.require(Right.RECORD_READ)
    if not re.fullmatch(r"\d{4}-\d{2}|none", month):
        raise NotFound("page.not-found", "没有这个月份。请从齐全情况表里选择。")
    only = visit.request.query_params.get("complete", "")
    complete = {"yes": True, "no": False}.get(only)
    with visit.services.database.reading() as session:
        unit = people.unit_by_code(session, centre)
    if unit is None or not visit.viewer.may(Right.RECORD_READ, unit.id):
        raise NotFound("page.not-found", "没有这个单位，或您无权查看。请从齐全情况表里选择。")
    found = _all_cases(visit, _filters(centre, month, complete))
    return visit.page(
        "completeness/cases.html",
        centre=centre,
        name=unit.name,
        month=month,
        found=found,
        only=only,
    )


def show(visit: Visit, *, template: str) -> Response:
    """Answer with `template` and the table of centres by months."""
    with visit.services.database.reading() as session:
        rates = queries.rates(session, visit.viewer, today=visit.today)
        worst = queries.cases(session, visit.viewer, filters=CaseFilters(state="collecting", complete=False), limit=10)
        unknown = queries.cases(
            session, visit.viewer, filters=CaseFilters(not_assessable=True), limit=1, counted=None
        ).total
    months = sorted({rate.month for rate in rates if rate.month}, reverse=True)[:_MONTHS_SHOWN]
    rows = [
        _row(code, [rate for rate in rates if rate.unit_code == code], months)
        for code in dict.fromkeys(r.unit_code for r in rates)
    ]
    return visit.page(template, months=months, rows=rows, whole=_sum(rates), worst=worst, unknown=unknown)


def _row(code: str, rates: Sequence[Rate], months: Sequence[str]) -> Row:
    cells = [_sum([rate for rate in rates if rate.month == month]) for month in months]
    return Row(code, rates[0].unit_name, cells, _sum(rates))


def _sum(rates: Sequence[Rate]) -> Cell:
    return Cell(
        cases=sum(rate.cases for rate in rates),
        complete=sum(rate.complete_cases for rate in rates),
        due=sum(rate.due for rate in rates),
        satisfied=sum(rate.satisfied for rate in rates),
        judged=sum(rate.judged_for_time for rate in rates),
        on_time=sum(rate.on_time for rate in rates),
    )


def _filters(centre: str, month: str, complete: bool | None) -> CaseFilters:
    if month == "none":
        return CaseFilters(centre=centre, complete=complete, not_energised=True)
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise NotFound("page.not-found", "没有这个月份。请从齐全情况表里选择。") from None
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return CaseFilters(centre=centre, complete=complete, energised=(first, last))


def _all_cases(visit: Visit, filters: CaseFilters) -> list[CaseRow]:
    rows: list[CaseRow] = []
    after: str | None = None
    with visit.services.database.reading() as session:
        while len(rows) < _AT_MOST:
            listing = queries.cases(session, visit.viewer, filters=filters, after=after, limit=_A_TIME)
            rows += listing.rows
            after = listing.next
            if after is None:
                break
    # A unit above several counts each of them; a row of the table is one.
    return [row for row in rows if row.unit_code == filters.centre]
