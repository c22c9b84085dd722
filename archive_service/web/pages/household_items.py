"""All papers of a household file as a list: in the order asked for, with the columns chosen, and taken away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.households import queries
from archive_service.households.views import HouseholdView, ItemView
from archive_service.rooms import queries as rooms
from archive_service.web import export, labels, listing, reading, words
from archive_service.web.i18n import N_
from archive_service.web.listing import Column, Table
from archive_service.web.visit import SignedIn, Visit

router = APIRouter()

TABLE = Table(
    "items",
    "",
    (
        Column("number", N_("件号"), order="number", fixed=True, look="r num"),
        Column("paper", N_("资料"), order="catalogue", fixed=True, look="full"),
        Column("case", N_("案件"), look="num one"),
        Column("date", N_("形成日期"), order="date", runs="descending", look="num one"),
        Column("pages", N_("页数"), look="r num"),
        Column("place", N_("架上位置"), look="one"),
        Column("sensitivity", N_("密级"), usual=False),
        Column("filed", N_("归入"), order="filed", runs="descending", look="num one"),
        Column("confidence", N_("类型把握"), usual=False, look="r num"),
        Column("read", N_("操作"), fixed=True, look="r push"),
    ),
    orders=("number", "catalogue", "date", "filed"),
)


@router.get("/households/{account_no}/items")
def show_items(visit: SignedIn, account_no: str) -> Response:
    """Show all papers of the file, by their number unless the address asks otherwise."""
    file = _file(visit, account_no)
    shown = listing.shown(visit, listing.at(TABLE, f"/households/{file.account_no}/items"), {})
    with visit.services.database.reading() as session:
        where = rooms.whereabouts(session, visit.viewer, [item.id for item in file.items])
    return visit.page(
        "households/items.html",
        file=file,
        tab="items",
        shown=shown,
        papers=ordered(file.items, shown.order),
        where=where,
    )


@router.get("/households/{account_no}/items/export")
def export_items(visit: SignedIn, account_no: str) -> Response:
    """Hand over the list of papers of the file as CSV, on record."""
    file = _file(visit, account_no)
    order = visit.request.query_params.get("order", "")
    say = labels.Labels(visit.language)
    told = (N_("件号"), N_("资料代码"), N_("资料"), N_("申请编号"), N_("形成日期"), N_("页数"), N_("密级"), N_("归入"))
    lines = [
        [
            f"{file.account_no}-{item.item_no:03d}", item.document_type, say.document_type(item.document_type),
            item.application_no, item.document_date, len(item.pages),
            visit.say(words.SENSITIVITY.get(item.sensitivity, item.sensitivity)), item.filed_at.date(),
        ]
        for item in ordered(file.items, order)
    ]  # fmt: skip
    head = [visit.say(word) for word in told]
    name = f"资料清单-{file.account_no}"
    return export.handed_over(visit, name, head, lines, what="items", facts={"account_no": file.account_no})


def ordered(items: Sequence[ItemView], order: str) -> list[ItemView]:
    """Return papers in an order of the list; what no order is known for stands by number."""
    place = {code: at for at, code in enumerate(labels.document_types())}
    keys: dict[str, Callable[[ItemView], Any]] = {
        "catalogue": lambda item: (place.get(item.document_type, len(place)), item.item_no),
        "date": lambda item: (-(item.document_date or date.min).toordinal(), item.item_no),
        "filed": lambda item: (-item.filed_at.timestamp(), item.item_no),
    }
    return sorted(items, key=keys.get(order, lambda item: item.item_no))


def _file(visit: Visit, account_no: str) -> HouseholdView:
    with visit.services.database.reading() as session:
        file = queries.household(session, visit.viewer, account_no, fields=False)
    reading.note(visit, file)
    return file
