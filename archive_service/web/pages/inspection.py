"""The auditor's desk: indicators by unit, category, business and month, what drags them down, and the anomalies."""

from __future__ import annotations

import re
from typing import cast, get_args

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.fixity import errors
from archive_service.households.queries import figures
from archive_service.households.queries.figures import Dimension, FigureFilters
from archive_service.inspection import queries
from archive_service.inspection.indicators import BY_CODE, INDICATORS, Value
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web import labels, words
from archive_service.web.visit import SignedIn, Visit, whole_number

router = APIRouter()

_HITS_SHOWN = 50


def asked(visit: Visit) -> dict[str, str]:
    """Return the filters in the address that mean something, by name."""
    given = visit.request.query_params
    known = {
        "centre": given.get("centre", "")[:40],
        "category": given.get("category", "") if given.get("category") in words.CATEGORY else "",
        "business": given.get("business", "") if given.get("business") in labels.businesses() else "",
        "since": _month(given.get("since", "")),
        "until": _month(given.get("until", "")),
    }
    return {name: value for name, value in known.items() if value}


def filters_of(values: dict[str, str]) -> FigureFilters:
    """Return the filters that `asked` found, as the queries take them."""
    return FigureFilters(**values)


@router.get("/inspection")
def show_board(visit: SignedIn) -> Response:
    """Show every indicator, the months as a trend, and one dimension as a league table."""
    visit.viewer.require(Right.INSPECTION_READ)
    values = asked(visit)
    given = visit.request.query_params
    by = cast(Dimension, given.get("by") if given.get("by") in get_args(Dimension) else "unit")
    shown = BY_CODE.get(given.get("indicator", ""), INDICATORS[0])
    with visit.services.database.reading() as session:
        league = queries.board(session, visit.viewer, by=by, filters=filters_of(values), today=visit.today)
        months = queries.board(session, visit.viewer, by="month", filters=filters_of(values), today=visit.today)
        centres = people.unit_tree(session, visit.viewer, Right.RECORD_READ)
        counting = figures.waiting_to_be_counted(session)
    worst = sorted(league.rows, key=lambda row: _worst_first(row.value(shown.code)))
    return visit.page(
        "inspection/board.html",
        by=by,
        shown=shown,
        league=league,
        rows=worst,
        months=[row for row in months.rows if row.key][-24:],
        values=values,
        centres=centres,
        businesses=labels.businesses(),
        counting=counting,
    )


def _worst_first(value: Value) -> tuple[bool, float]:
    number = value.number
    return number is None, (number or 0) * (-1 if value.indicator.mean else 1)


@router.get("/inspection/anomalies")
def show_anomalies(visit: SignedIn) -> Response:
    """Show how many cases break each rule, and the cases of one rule with the evidence."""
    visit.viewer.require(Right.INSPECTION_READ)
    values = asked(visit)
    rule = visit.request.query_params.get("rule", "")
    after = whole_number(visit.request.query_params.get("after")) or 0
    with visit.services.database.reading() as session:
        counts = figures.hit_counts(session, visit.viewer, filters_of(values))
        rule = rule if rule in words.RULE else max(counts, key=lambda name: counts[name], default="")
        rows, following = figures.hits(
            session, visit.viewer, rule, filters=filters_of(values), after=after, limit=_HITS_SHOWN
        )
        centres = people.unit_tree(session, visit.viewer, Right.RECORD_READ)
    return visit.page(
        "inspection/anomalies.html",
        by_rule=counts,
        rule=rule,
        rows=rows,
        following=following,
        after=after,
        values=values,
        centres=centres,
        businesses=labels.businesses(),
    )


@router.get("/inspection/storage")
def show_storage(visit: SignedIn) -> Response:
    """Show the errors of stored objects by unit and month, and the papers of one of these."""
    given = visit.request.query_params
    unit, month = given.get("unit", "")[:40], _month(given.get("month", ""))
    with visit.services.database.reading() as session:
        found = errors.errors(session, visit.viewer, unit=unit, month=month)
    return visit.page("inspection/storage.html", found=found, unit=unit, month=month)


def _month(text: str) -> str:
    return text if re.fullmatch(r"(19|20)\d{2}-(0[1-9]|1[0-2])", text) else ""
