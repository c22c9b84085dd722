"""Holding what a search found, in bulk: how many there are, on what terms, and saying the number to confirm it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service import masking
from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.holds import actions, rules
from archive_service.holds.actions import On
from archive_service.people.roles import Right
from archive_service.web import finding
from archive_service.web.finding import Asked
from archive_service.web.forms import Form, SentForm
from archive_service.web.pages.holds import terms_of
from archive_service.web.visit import SignedIn, Visit

router = APIRouter()

_NAMES = ("q", "centre", "type", "category", "business", "year")


@dataclass(frozen=True)
class Found:
    """What a search found that this person may hold, and how many papers of other units it found besides."""

    item_ids: Sequence[int]
    accounts: Sequence[str]
    others: int

    @property
    def mark(self) -> str:
        """Return what changes when the search finds other papers."""
        said = ",".join(map(str, self.item_ids))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@router.get("/search/hold")
def show_form(visit: SignedIn) -> Response:
    """Say how much a search found that can be held, and ask for the terms."""
    visit.viewer.require(Right.HOLD_KEEP)
    return _form(visit, finding.asked_of(visit.request.query_params))


@router.post("/search/hold")
def hold_found(visit: SignedIn, form: SentForm) -> Response:
    """Hold what a search found, when it still finds what was shown and the number was said."""
    visit.viewer.require(Right.HOLD_KEEP)
    asked = finding.asked_of({name: form.text(name, limit=200) for name in _NAMES})
    try:
        terms = terms_of(form)
        found = _found(visit, asked)
        whole = form.text("scope", limit=12) == "households"
        on = On(accounts=found.accounts) if whole else On(item_ids=found.item_ids)
        _check(form, found, on)
        with visit.services.database.unit_of_work() as session:
            made = actions.place_all(
                session, visit.viewer, on, terms, found_by=masking.text(asked.text), now=visit.now, today=visit.today
            )
            keys = [one.id for one in made]
    except (Invalid, NotFound, Refused) as error:
        return _form(visit, asked, typed=form, error=error)
    address = f"/holds/{keys[0]}" if len(keys) == 1 else "/holds"
    return RedirectResponse(f"{address}?done=hold-placed", status_code=303)


def _check(form: Form, found: Found, on: On) -> None:
    if form.text("mark", limit=16) != found.mark:
        raise Refused("hold.search-changed", "检索结果已经变化，没有冻结任何资料。请核对新的件数后再确认。")
    if form.text("count", limit=10) != str(on.count):
        raise Invalid("hold.count", f"请输入要冻结的数量 {on.count} 来确认。没有冻结任何资料。")


def _found(visit: Visit, asked: Asked) -> Found:
    hits = finding.every_hit(visit, asked) if asked.values() else []
    may = visit.viewer.units(Right.HOLD_KEEP)
    own = [hit for hit in hits if hit.unit_id in may]
    return Found(
        item_ids=sorted({hit.item_id for hit in own}),
        accounts=sorted({hit.account_no for hit in own}),
        others=len({hit.item_id for hit in hits}) - len({hit.item_id for hit in own}),
    )


def _form(visit: Visit, asked: Asked, *, typed: Form | None = None, error: ArchiveError | None = None) -> Response:
    found = Found((), (), 0)
    try:
        found = _found(visit, asked)
    except ArchiveError as wrong:
        error = error or wrong
    names = ("scope", "kind", "reason", "authority", "review_on")
    return visit.page(
        "holds/found.html",
        refusal=error,
        asked=asked,
        found=found,
        most=rules.MOST_SUBJECTS,
        most_at_once=rules.MOST_AT_ONCE,
        said={name: typed.raw(name) if typed else "" for name in names},
    )
