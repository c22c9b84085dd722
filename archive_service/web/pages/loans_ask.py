"""Asking to borrow: the basket, the form with what it would meet, and sending it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.borrowing import actions, lines, matrix, queries
from archive_service.borrowing.lines import Line
from archive_service.borrowing.matrix import Edition, Way
from archive_service.borrowing.queries import Preview
from archive_service.borrowing.tables import LoanRequest
from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.households import queries as households
from archive_service.notebook import actions as notebook
from archive_service.notebook import queries as remembered
from archive_service.notebook.rules import MOST, Kind
from archive_service.people.roles import Right
from archive_service.storage.record import record_object
from archive_service.web import metrics, render
from archive_service.web.forms import LONGEST_LIST, Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import SignedIn, Visit, whole_number

router = APIRouter()

MOST_KEPT = MOST[Kind.BASKET]
_LONGEST_LETTER = 20_000_000


@dataclass(frozen=True)
class Given:
    """What stands in the form."""

    keys: str = ""
    purpose: str = ""
    words: str = ""
    way: str = Way.SCREEN.value
    days: str = ""
    prints: str = ""
    on_behalf_of: str = ""
    unmasked: bool = False
    emergency: bool = False


@dataclass(frozen=True)
class Seen:
    """The basket, and what each line of it would meet; fewer where one of them cannot be asked for."""

    lines: Sequence[Line] = ()
    previews: Sequence[Preview] = ()
    error: str = ""


@router.get("/loans/ask")
def show_form(visit: SignedIn) -> Response:
    """Show the form for a line of the address and those in the basket."""
    visit.viewer.require(Right.LOAN_ASK)
    asked = visit.request.query_params
    with visit.services.database.reading() as session:
        kept = [one.name for one in remembered.kept(session, visit.viewer, Kind.BASKET, limit=MOST_KEPT)]
        found = [_of_item(visit, session, number) for one in asked.getlist("item") if (number := whole_number(one))]
    chosen = [lines.read(key).key for key in asked.getlist("line") if key]
    keys = dict.fromkeys([*found, *chosen, *reversed(kept)])
    return _form(visit, Given(keys="\n".join(keys), days="1"))


def _of_item(visit: Visit, session: Any, item_id: int) -> str:
    """Return the line of a paper that the person may know of, by its id as the search has it."""
    item = households.item(session, visit.viewer, item_id)
    return Line(item.account_no, item_nos=(item.item_no,)).key


@router.post("/loans/ask")
def ask(visit: SignedIn, form: SentForm) -> Response:
    """Send what the form says, or put it into the basket, take a line out of it, or say what it would meet."""
    visit.viewer.require(Right.LOAN_ASK)
    given, act = _given(form), form.text("act", limit=220)
    if act == "preview":
        return visit.page("loans/preview.html", **_facts(visit, given))
    if act == "keep":
        return _keep(visit, given)
    if act.startswith("drop:"):
        return _drop(visit, given, act.removeprefix("drop:"))
    try:
        return _send(visit, given, form)
    except (Invalid, Refused, NotFound) as error:
        visit.request.scope[metrics.CODE] = error.code
        return _form(visit, given, error)


def _given(form: Form) -> Given:
    return Given(
        keys=form.text("lines", limit=LONGEST_LIST).replace("\r", ""),
        purpose=form.text("purpose", limit=24),
        words=form.text("words", limit=2000),
        way=form.text("way", limit=10) or Way.SCREEN.value,
        days=form.text("days", limit=10),
        prints=form.text("prints", limit=10),
        on_behalf_of=form.text("on_behalf_of", limit=500),
        unmasked=form.flag("unmasked"),
        emergency=form.flag("emergency"),
    )


def _send(visit: Visit, given: Given, form: Form) -> Response:
    asked = lines.read_all(given.keys)
    wishes = [_wish(given, line) for line in asked]
    letter = letter_of(visit, form)
    with visit.services.database.unit_of_work() as session:
        request = actions.ask(
            session,
            visit.viewer,
            wishes,
            purpose=given.purpose,
            words=given.words,
            now=visit.now,
            on_behalf_of=given.on_behalf_of,
            letter_digest=letter,
            emergency=given.emergency,
        )
        for line in asked:
            notebook.forget(session, visit.viewer, Kind.BASKET, line.key)
        at = _readable_at_once(visit, session, request)
    return RedirectResponse(at or "/loans?done=asked", status_code=303)


def _readable_at_once(visit: Visit, session: Any, request: LoanRequest) -> str | None:
    """Return the address of the first page, where the only line of a request can be read already."""
    found = queries.request_view(session, visit.viewer, request.id, visit.now)
    (line, *more) = found.lines
    if more or line.grant is None or line.first is None:
        return None
    return f"/readings/{line.first[0]}?page={line.first[1]}"


def letter_of(visit: Visit, form: Form) -> str | None:
    """Keep the letter that was sent along and put it on record by itself: it stays when the request is refused."""
    files = form.files("letter")
    if not files:
        return None
    if (files[0].size or 0) > _LONGEST_LETTER:
        raise Invalid("loan.letter-size", N_("公函文件太大，请控制在 20 MB 以内，再重新上传。"))
    stored = visit.services.store.put(files[0].file)
    with visit.services.database.unit_of_work() as session:
        record_object(session, stored, role="original", media_type="application/octet-stream", now=visit.now)
    return stored.digest


def _wish(given: Given, line: Line) -> actions.Wish:
    prints = whole_number(given.prints) or 0
    return line.wish(way=given.way, days=_days(given), prints=prints, unmasked=given.unmasked)


def _days(given: Given) -> int:
    # What is no number is refused as no days at all.
    return whole_number(given.days) or 0


def keep_lines(session: Any, visit: Visit, keys: Sequence[str]) -> None:
    """Put lines into the basket. Raises Refused when it would be too full: nothing is pushed out of it unseen."""
    kept = {one.name for one in remembered.kept(session, visit.viewer, Kind.BASKET, limit=MOST_KEPT)}
    if len(kept | set(keys)) > MOST_KEPT:
        raise Refused(
            "loan.basket-full",
            f"借阅篮最多放 {MOST_KEPT} 项，这一次没有放入。请先提交申请，或移出不需要的。",
            most=MOST_KEPT,
        )
    for key in keys:
        notebook.remember(session, visit.viewer, Kind.BASKET, key, now=visit.now)


def _keep(visit: Visit, given: Given) -> Response:
    keys = [line.key for line in lines.read_all(given.keys)]
    with visit.services.database.unit_of_work() as session:
        keep_lines(session, visit, keys)
    return RedirectResponse("/search?done=basket", status_code=303)


def _drop(visit: Visit, given: Given, key: str) -> Response:
    with visit.services.database.unit_of_work() as session:
        notebook.forget(session, visit.viewer, Kind.BASKET, key)
    left = [line.key for line in lines.read_all(given.keys) if line.key != key]
    return RedirectResponse(render.query("/loans/ask", {"line": left[0] if left else None}), status_code=303)


def _form(visit: Visit, given: Given, error: ArchiveError | None = None) -> Response:
    return visit.page("loans/ask.html", refusal=error, **_facts(visit, given))


def _facts(visit: Visit, given: Given) -> dict[str, Any]:
    edition = matrix.edition_on(visit.today)
    return {
        "given": given,
        "seen": _seen(visit, given, edition),
        "purposes": edition.purposes,
        "limits": edition.limits,
        "ways": [one.value for one in (Way.SCREEN, Way.PRINT, Way.PAPER, Way.COPY)],
    }


def _seen(visit: Visit, given: Given, edition: Edition) -> Seen:
    """Return what each line would meet were it asked for as the form stands now."""
    try:
        asked = lines.read_all(given.keys)
    except Invalid as error:
        return Seen(error=visit.told(error))
    purpose = given.purpose if given.purpose in edition.purposes else next(iter(edition.purposes))
    try:
        if len(asked) > edition.limits.most_wishes:
            raise Invalid(
                "loan.too-many", f"一次最多申请 {edition.limits.most_wishes} 项，现有 {len(asked)} 项。请分几次申请。"
            )
        wishes = [_wish(given, line) for line in asked]
        with visit.services.database.reading() as session:
            found = queries.preview(
                session, visit.viewer, wishes, purpose=purpose, now=visit.now, on_behalf_of=given.on_behalf_of
            )
    except (Invalid, Refused, NotFound) as error:
        return Seen(lines=asked, error=visit.told(error))
    return Seen(lines=asked, previews=found)
