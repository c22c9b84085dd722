"""The registers of loans and of reading, with their use by purpose and unit; both can be taken away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service import zone
from archive_service.borrowing import queries
from archive_service.borrowing.matrix import Way
from archive_service.borrowing.rules import State
from archive_service.people.roles import Right
from archive_service.web import export, listing, words
from archive_service.web.i18n import N_
from archive_service.web.listing import Column, Table
from archive_service.web.visit import SignedIn, Visit, whole_number

router = APIRouter()

_SHOWN = 50
_USAGE_DAYS = 90

LOANS = Table(
    "loans",
    "/loans/register",
    (
        Column("state", N_("状态"), fixed=True),
        Column("account", N_("户号"), fixed=True, look="num"),
        Column("asker", N_("申请人")),
        Column("way", N_("方式")),
        Column("purpose", N_("用途和事由"), look="full"),
        Column("asked", N_("申请时间"), look="num one"),
        Column("due", N_("应还日期"), look="num one"),
        Column("closed", N_("归还时间"), usual=False, look="num one"),
    ),
)
READINGS = Table(
    "page-readings",
    "/loans/pages",
    (
        Column("at", N_("时间"), fixed=True, look="num"),
        Column("person", N_("阅览人"), fixed=True),
        Column("account", N_("户号"), look="num"),
        Column("page", N_("资料"), fixed=True, look="num"),
        Column("purpose", N_("用途")),
        Column("printed", N_("打印")),
    ),
)


@router.get("/loans/register")
def show_register(visit: SignedIn) -> Response:
    """Show the register of loans, narrowed by state and way, the newest first."""
    visit.viewer.require(Right.LOAN_READ)
    values, before = _values(visit), whole_number(visit.request.query_params.get("before"))
    since = visit.now - timedelta(days=_USAGE_DAYS)
    with visit.services.database.reading() as session:
        rows = queries.loan_register(session, visit.viewer, before=before, limit=_SHOWN + 1, **_narrowed(visit, values))
        used = queries.usage(session, visit.viewer, since=since)
        overdue = queries.loans_out(session, visit.viewer, today=visit.today, overdue_only=True)
    return visit.page(
        "loans/register.html",
        shown=listing.shown(visit, LOANS, values),
        rows=rows[:_SHOWN],
        following=rows[_SHOWN - 1].wish_id if len(rows) > _SHOWN else None,
        before=before,
        values=values,
        ways=[one.value for one in Way],
        used=used,
        usage_days=_USAGE_DAYS,
        overdue=len(overdue),
    )


@router.get("/loans/register/export")
def export_register(visit: SignedIn) -> Response:
    """Hand over the register of loans as CSV, on record."""
    visit.viewer.require(Right.LOAN_READ)
    values = _values(visit)
    with visit.services.database.reading() as session:
        rows = queries.loan_register(session, visit.viewer, limit=export.MOST + 1, **_narrowed(visit, values))
    _few(rows)
    told = (N_("编号"), N_("申请时间"), N_("申请人"), N_("单位"), N_("户号"), N_("方式"), N_("用途"), N_("事由"),
            N_("外单位名称"), N_("状态"), N_("应还日期"), N_("归还时间"))  # fmt: skip
    lines = [
        [
            row.wish_id, f"{zone.local(row.asked_at):%Y-%m-%d %H:%M}", row.asker, row.unit_name, row.account_no,
            visit.say(words.LOAN_WAY[row.way].word), _purpose(visit, row.purpose), row.words, row.on_behalf_of,
            visit.say(words.LOAN[row.state].word), row.due_on,
            f"{zone.local(row.closed_at):%Y-%m-%d %H:%M}" if row.closed_at else "",
        ]
        for row in rows
    ]  # fmt: skip
    head = [visit.say(word) for word in told]
    return export.handed_over(visit, "借阅登记", head, lines, what="loans", facts=values)


@router.get("/loans/pages")
def show_readings(visit: SignedIn) -> Response:
    """Show the register of borrowed pages that were shown or printed, the newest first."""
    visit.viewer.require(Right.LOAN_READ)
    before = whole_number(visit.request.query_params.get("before"))
    with visit.services.database.reading() as session:
        rows = queries.readings(session, visit.viewer, before=before, limit=_SHOWN + 1)
    return visit.page(
        "loans/pages.html",
        shown=listing.shown(visit, READINGS, {}),
        rows=rows[:_SHOWN],
        following=rows[_SHOWN - 1].reading_id if len(rows) > _SHOWN else None,
        before=before,
    )


@router.get("/loans/pages/export")
def export_readings(visit: SignedIn) -> Response:
    """Hand over the register of borrowed pages as CSV, on record."""
    visit.viewer.require(Right.LOAN_READ)
    with visit.services.database.reading() as session:
        rows = queries.readings(session, visit.viewer, limit=export.MOST + 1)
    _few(rows)
    told = (N_("时间"), N_("阅览人"), N_("户号"), N_("件号"), N_("页"), N_("用途"), N_("打印"))
    lines = [
        [
            f"{zone.local(row.at):%Y-%m-%d %H:%M:%S}", row.person, row.account_no, row.item_no, row.page_no,
            _purpose(visit, row.purpose), visit.say(N_("已打印")) if row.printed else "",
        ]
        for row in rows
    ]  # fmt: skip
    head = [visit.say(word) for word in told]
    return export.handed_over(visit, "阅览登记", head, lines, what="page-readings", facts={})


def _values(visit: Visit) -> dict[str, Any]:
    asked = visit.request.query_params
    state, way = asked.get("state", ""), asked.get("way", "")
    found = {"state": state if state in set(State) else "", "way": way if way in set(Way) else ""}
    found["overdue"] = "1" if asked.get("overdue") == "1" else ""
    return {name: value for name, value in found.items() if value}


def _narrowed(visit: Visit, values: dict[str, Any]) -> dict[str, Any]:
    """Return what the register is narrowed by: words of the address, and today where only overdue loans count."""
    said = {name: value for name, value in values.items() if name != "overdue"}
    return {**said, "overdue_on": visit.today} if "overdue" in values else said


def _purpose(visit: Visit, code: str) -> str:
    return visit.say(words.LOAN_PURPOSE[code]) if code in words.LOAN_PURPOSE else code


def _few(rows: Sequence[object]) -> None:
    if len(rows) > export.MOST:
        raise export.too_many()
