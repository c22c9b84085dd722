"""The list of cases: narrowed, ordered, with the columns that a person chose, and taken away as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.errors import NotFound
from archive_service.households import queries
from archive_service.households.views import CaseFilters, CaseRow
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web import case_filters, export, labels, listing, paper_lists, reading, words
from archive_service.web.asking import Asking
from archive_service.web.i18n import N_
from archive_service.web.listing import Column, Table
from archive_service.web.visit import SignedIn, Visit

router = APIRouter()

_SHOWN = 50
_A_TIME = 500
TABLE = Table(
    "cases",
    "/cases",
    (
        Column("due", N_("到期"), order="due", fixed=True),
        Column("name", N_("户名 / 户号"), order="account", fixed=True, look="full"),
        Column("business", N_("业务")),
        Column("centre", N_("供电所"), usual=False),
        Column("accepted", N_("受理"), order="accepted", runs="descending", usual=False, look="one num"),
        Column("energised", N_("送电"), look="one num"),
        Column("papers", N_("资料齐全"), look="one"),
        Column("problems", N_("问题"), look="one"),
        Column("next", N_("下一步"), fixed=True, look="r push"),
    ),
    orders=("due", "account", "accepted"),
)


@router.get("/cases")
def list_cases(visit: SignedIn) -> Response:
    """List cases by the filters in the address, most urgent first."""
    visit.viewer.require(Right.RECORD_READ)
    values = case_filters.asked(visit)
    shown = listing.shown(visit, TABLE, values)
    after = visit.request.query_params.get("after")
    filters = case_filters.filters(values, visit.today)
    with visit.services.database.reading() as session:
        found = queries.cases(session, visit.viewer, filters=filters, after=after, limit=_SHOWN, order=shown.order)
        centres = people.unit_tree(session, visit.viewer, Right.RECORD_READ)
    reading.shows(visit, [row.account_no for row in found.rows])
    return visit.page(
        "cases/list.html",
        found=found,
        shown=shown,
        values=values,
        chips=_chips(visit, values, {unit.code: unit.name for unit in centres}),
        centres=centres,
        after=after,
        businesses=labels.businesses(),
        print_lists=paper_lists.TITLES,
        most_printed=paper_lists.MOST,
    )


@router.get("/cases/export")
def export_cases(visit: SignedIn) -> Response:
    """Hand over the cases that the filters in the address let through, as CSV, on record."""
    visit.viewer.require(Right.RECORD_READ)
    values = case_filters.asked(visit)
    order = visit.request.query_params.get("order", "")
    rows = all_rows(visit, case_filters.filters(values, visit.today), order if order in TABLE.orders else "")
    facts = {"filters": {name: value for name, value in values.items() if name != "q"}}
    return _handed_over(visit, rows, facts)


def hand_over_chosen(visit: Visit, ids: Sequence[int]) -> Response:
    """Hand over the cases of these ids as CSV, on record. Raises NotFound when one of them is not for this person."""
    rows = all_rows(visit, CaseFilters(only=frozenset(ids)))
    if gone := len(ids) - len(rows):
        raise NotFound(
            "list.chosen-gone",
            f"勾选的 {len(ids)} 行中有 {gone} 行已不在清单里，或您无权查看，没有导出。请刷新清单后再勾选。",
            gone=gone,
        )
    return _handed_over(visit, rows, {"chosen": len(ids)})


def _handed_over(visit: Visit, rows: Sequence[CaseRow], facts: Mapping[str, object]) -> Response:
    say = labels.Labels(visit.language)
    head = [
        visit.say(word)
        for word in (
            N_("户号"), N_("户名"), N_("申请编号"), N_("供电所"), N_("客户类别"), N_("业务类型"), N_("受理日期"),
            N_("送电日期"), N_("归档期限"), N_("状态"), N_("应归"), N_("已归"), N_("缺件"), N_("存疑"),
        )
    ]  # fmt: skip
    lines = [_line(visit, say, row) for row in rows]
    return export.handed_over(visit, f"案件清单-{visit.today}", head, lines, what="cases", facts=facts)


def _line(visit: Visit, say: labels.Labels, row: CaseRow) -> list[object]:
    state = words.CASE.get(row.state, words.UNKNOWN)
    return [
        row.account_no, row.account_name, row.application_no, row.unit_name, say.category(row.customer_category),
        say.business(row.business_type), row.accepted_on, row.energised_on, row.filing_due_on,
        visit.say(state.word),
        row.due_count, row.satisfied_count, row.missing_count, row.doubtful_count,
    ]  # fmt: skip


def all_rows(visit: Asking, filters: CaseFilters, order: str = "") -> list[CaseRow]:
    """Return all cases that the filters let through. Raises Refused when they are too many to be taken away."""
    order = order or TABLE.orders[0]
    rows: list[CaseRow] = []
    after: str | None = None
    with visit.services.database.reading() as session:
        while True:
            # Counted once is enough; every further page would count again.
            counted = export.MOST if after is None else 0
            found = queries.cases(
                session, visit.viewer, filters=filters, after=after, limit=_A_TIME, counted=counted, order=order
            )
            if after is None and found.more:
                raise export.too_many()
            rows += found.rows
            after = found.next
            if after is None:
                return rows


def told(visit: Asking, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the filters in force in words, as (name, value), for the head of a paper."""
    names = {
        "due": N_("到期"), "state": N_("状态"), "business": N_("业务类型"), "category": N_("客户类别"),
        "complete": N_("资料齐全"), "month": N_("送电月份"), "centre": N_("供电所"), "q": N_("查找"),
    }  # fmt: skip
    with visit.services.database.reading() as session:
        centres = people.unit_tree(session, visit.viewer, Right.RECORD_READ)
    chips = _chips(visit, values, {unit.code: unit.name for unit in centres})
    found = [(visit.say(names[name]), said) for name, said in chips]
    return found or [(visit.say(N_("范围")), visit.say(N_("本人可查看的全部案件")))]


def _chips(visit: Asking, values: Mapping[str, str], centres: dict[str, str]) -> list[tuple[str, str]]:
    """Return the filters in force that no field of the bar shows by itself, as (name in the address, words)."""
    say = labels.Labels(visit.language)
    due = {"overdue": N_("已逾期"), "today": N_("今日到期"), "week": N_("7 日内及逾期")}
    complete = {"yes": N_("资料齐全"), "no": N_("资料不齐"), "unknown": N_("无法判断")}
    told: dict[str, Any] = {
        "due": lambda v: visit.say(due[v]) if v in due else visit.say(N_("%(day)s 到期"), day=v),
        "state": lambda v: visit.say(words.CASE[v].word),
        "business": say.business,
        "category": say.category,
        "complete": lambda v: visit.say(complete[v]),
        "month": lambda v: visit.say(N_("%(month)s 送电"), month=v),
        "centre": lambda v: centres.get(v, v),
        "q": lambda v: f"“{v}”",
    }
    return [(name, told[name](value)) for name, value in values.items()]
