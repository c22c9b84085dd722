"""The due list: what may be appraised from when, and by which rule."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.web import export, words
from archive_service.web.i18n import N_
from archive_service.web.visit import SignedIn, Visit
from retention import queries

router = APIRouter()

_SHOWN = 50


@router.get("/retention")
def list_dues(visit: SignedIn) -> Response:
    """List what comes due, earliest first."""
    which, text = _asked(visit)
    after = visit.request.query_params.get("after", "")[:40]
    with visit.services.database.reading() as session:
        found = queries.dues(
            session, visit.viewer, which=which, text=text, today=visit.today, after=after, limit=_SHOWN
        )
    return visit.page("retention/dues.html", found=found, which=which, text=text, after=after)


@router.get("/retention/export")
def export_dues(visit: SignedIn) -> Response:
    """Hand over the due list as CSV, on record."""
    which, text = _asked(visit)
    with visit.services.database.reading() as session:
        found = queries.dues(session, visit.viewer, which=which, text=text, today=visit.today, limit=export.MOST)
    if found.next is not None:
        raise export.too_many()
    told = (
        N_("到期日"), N_("户号"), N_("件号"), N_("资料"), N_("申请编号"), N_("单位"), N_("规则"), N_("版本"),
        N_("说明"), N_("冻结"),
    )  # fmt: skip
    lines = [
        [
            one.due_on or visit.say(words.DUE_LIST[one.outcome]), one.account_no, one.item_no, one.title,
            one.application_no, one.unit_name, one.rule, one.edition, one.reason,
            visit.say(N_("是") if one.held else N_("否")),
        ]
        for one in found.rows
    ]  # fmt: skip
    name = visit.say(N_("到期清单"))
    return export.handed_over(visit, name, [visit.say(one) for one in told], lines, what="dues", facts={"list": which})


def _asked(visit: Visit) -> tuple[str, str]:
    asked = visit.request.query_params
    which = asked.get("list", "now")
    return which if which in words.DUE_LIST else "now", asked.get("q", "").strip()[:40]
