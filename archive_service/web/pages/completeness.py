"""How complete and how timely: by centre and month, with the cases behind every figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.errors import NotFound
from archive_service.households import queries
from archive_service.households.views import CaseFilters, Listing, Rate
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web import case_filters
from archive_service.web.visit import SignedIn, Visit

router = APIRouter()

_MONTHS_SHOWN = 12
_SHOWN = 50


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
    """Show the cases behind a cell of the table, a page at a time."""
    only = visit.request.query_params.get("complete", "")
    after = visit.request.query_params.get("after")
    complete = {"yes": True, "no": False}.get(only)
    name, found = cases_behind(visit, centre, month, complete=complete, after=after, limit=_SHOWN)
    return visit.page(
        "completeness/cases.html",
        centre=centre,
        name=name,
        month=month,
        found=found,
        after=after,
        only=only if only in ("yes", "no") else "",
    )


def cases_behind(
    visit: Visit, centre: str, month: str, *, complete: bool | None, after: str | None, limit: int
) -> tuple[str, Listing]:
    """Return the name of a centre and its cases energised in a month, as 2026-11, or "none". Raises NotFound."""
    visit.viewer.require(Right.AUDIT_READ)
    visit.viewer.require(Right.RECORD_READ)
    filters = _filters(centre, month, complete)
    with visit.services.database.reading() as session:
        unit = people.unit_by_code(session, centre)
        if unit is None or not visit.viewer.may(Right.RECORD_READ, unit.id):
            raise NotFound("page.not-found", "没有这个单位，或您无权查看。请从齐全情况表里选择。")
        return unit.name, queries.cases(session, visit.viewer, filters=filters, after=after, limit=limit)


def show(visit: Visit, *, template: str) -> Response:
    """Answer with `template` and the table of centres by months."""
    with visit.services.database.reading() as session:
        rates = queries.rates(session, visit.viewer, today=visit.today)
        worst = queries.cases(session, visit.viewer, filters=CaseFilters(state="open", complete=False), limit=10)
    months = sorted({rate.month for rate in rates if rate.month}, reverse=True)[:_MONTHS_SHOWN]
    return visit.page(
        template,
        months=months,
        rows=rows(rates, months),
        whole=_sum(rates),
        worst=worst,
        unknown=sum(rate.not_assessable for rate in rates),
    )


def rows(rates: Sequence[Rate], months: Sequence[str]) -> list[Row]:
    """Return a row for each centre, with a cell for each of `months`."""
    by_code: dict[str, list[Rate]] = {}
    for rate in rates:
        by_code.setdefault(rate.unit_code, []).append(rate)
    return [_row(code, of_code, months) for code, of_code in by_code.items()]


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
    """Return the filters of a cell; a row of the table is one unit, without those below it."""
    if month == "none":
        return CaseFilters(centre=centre, centre_alone=True, complete=complete, not_energised=True)
    days = case_filters.month_of(month)
    if days is None:
        raise NotFound("page.not-found", "没有这个月份。请从齐全情况表里选择。")
    return CaseFilters(centre=centre, centre_alone=True, complete=complete, energised=days)
