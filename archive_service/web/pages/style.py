"""The style page: every state and component once, for whoever changes a template."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.web.i18n import N_
from archive_service.web.listing import Column, Shown, Table
from archive_service.web.visit import SignedIn

router = APIRouter()

#: A list to look at; its columns cannot be chosen, for there is nothing to be kept.
_TABLE = Table(
    "style",
    "/style",
    (
        Column("state", N_("状态"), fixed=True, look="one fit"),
        Column("name", N_("户名 / 户号"), order="name", fixed=True, look="full"),
        Column("date", N_("受理"), order="date", runs="descending", look="one num"),
        Column("next", N_("下一步"), fixed=True, look="r push"),
    ),
    orders=("name", "date"),
)
_ROWS = (("present", "青屿县恒润食品有限公司", "5101431049"), ("missing", "汪雪梅", "5115271447"))
_TOKENS = (
    ("--ink", "--ink-2", "--ink-3"),
    ("--bg", "--surface", "--sunken", "--desk"),
    ("--brand", "--brand-2", "--brand-soft"),
    ("--ok", "--bad", "--warn", "--info", "--defer", "--mute"),
)


@router.get("/style")
def show_style(visit: SignedIn) -> Response:
    """Show all states and components."""
    order = visit.request.query_params.get("order", "")
    shown = Shown(_TABLE, frozenset(column.key for column in _TABLE.columns), order if order == "date" else "name", {})
    return visit.page("style/page.html", shown=shown, rows=_ROWS, tokens=_TOKENS)
