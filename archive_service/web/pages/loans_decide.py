"""Deciding what others ask for: what waits, a request line by line, and the matrix of who decides."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.borrowing import actions, matrix, queries
from archive_service.borrowing.lines import Line
from archive_service.borrowing.matrix import Way
from archive_service.borrowing.rules import PageKey
from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.web import keeping, metrics, pictures
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()


@router.get("/loans/waiting")
def list_waiting(visit: SignedIn) -> Response:
    """List what waits for this person's decision, those first that are read already."""
    visit.viewer.require(Right.LOAN_DECIDE)
    with visit.services.database.reading() as session:
        rows = queries.waiting_rows(session, visit.viewer, visit.now)
    return visit.page("loans/waiting.html", rows=rows)


@router.get("/loans/requests/{request_id}")
def show_request(visit: SignedIn, request_id: Id) -> Response:
    """Show a request, each line with what can be done about it."""
    return _show(visit, request_id)


def _show(visit: Visit, request_id: int, error: ArchiveError | None = None, wish_id: int = 0) -> Response:
    with visit.services.database.reading() as session:
        found = queries.request_view(session, visit.viewer, request_id, visit.now)
    return visit.page(
        "loans/request.html",
        refusal=error,
        request=found,
        wrong=wish_id,
        kept=keeping.kept(visit, [paper.item_id for line in found.lines for paper in line.papers]),
    )


@router.get("/loans/requests/{request_id}/letter")
def download_letter(visit: SignedIn, request_id: Id) -> Response:
    """Hand over the letter of a request to who sees the request."""
    return letter_file(visit, request_id)


def letter_file(visit: Visit, request_id: int) -> Response:
    """Return the letter of a request as a file to keep: what it holds came from outside. Raises NotFound."""
    with visit.services.database.reading() as session:
        found = queries.request_view(session, visit.viewer, request_id, visit.now)
    if found.letter_digest is None:
        raise NotFound("loan.no-letter", "这项申请没有附公函。请与申请人联系。")
    name = visit.say(N_("公函"))
    return pictures.original(visit.services.store, found.letter_digest, f"{name}-{request_id}")


@router.post("/loans/wishes/{wish_id}/decide")
def decide(visit: SignedIn, wish_id: Id, form: SentForm) -> Response:
    """Approve a line, or only some of its pages, or refuse it with a reason."""
    with visit.services.database.reading() as session:
        request_id = queries.wish_in(session, visit.viewer, wish_id)[1].id
    try:
        with visit.services.database.unit_of_work() as session:
            actions.decide(
                session,
                visit.viewer,
                wish_id,
                approve=form.text("act", limit=10) == "approve",
                now=visit.now,
                words=form.text("words", limit=600),
                pages=_pages(form),
            )
    except (Invalid, Refused) as error:
        visit.request.scope[metrics.CODE] = error.code
        return _show(visit, request_id, error, wish_id)
    return RedirectResponse(f"/loans/requests/{request_id}?done=decided", status_code=303)


def _pages(form: Form) -> list[PageKey] | None:
    """Return the pages that are ticked, none where the form does not name pages."""
    if not form.flag("by_page"):
        return None
    ticked = form.group("page-", limit=1)
    return [(int(item), int(page)) for item, _, page in (key.partition("-") for key in ticked) if _is_page(item, page)]


def _is_page(item: str, page: str) -> bool:
    return whole_number(item) is not None and whole_number(page) is not None


@router.get("/loans/matrix")
def show_matrix(visit: SignedIn) -> Response:
    """Show the matrix of approval, and who would decide about a file that the address names."""
    visit.viewer.require(Right.LOAN_ASK)
    edition = matrix.edition_on(visit.today)
    asked = visit.request.query_params
    account = asked.get("account_no", "").strip()[:40]
    given = {
        "account_no": account,
        "purpose": asked.get("purpose", ""),
        "way": asked.get("way", Way.SCREEN.value),
        "unmasked": asked.get("unmasked", ""),
        "on_behalf_of": asked.get("on_behalf_of", "")[:120],
    }
    error, met = "", []
    if account:
        try:
            met = list(_would_meet(visit, edition, given))
        except (Invalid, NotFound, Refused) as refused:
            visit.request.scope[metrics.CODE] = refused.code
            error = visit.told(refused)
    return visit.page("loans/matrix.html", edition=edition, given=given, met=met, error=error)


def _would_meet(visit: Visit, edition: matrix.Edition, given: dict[str, str]) -> Sequence[queries.Preview]:
    prints = 1 if given["way"] == Way.PRINT else 0
    wish = Line(given["account_no"]).wish(way=given["way"], days=1, prints=prints, unmasked=bool(given["unmasked"]))
    purpose = given["purpose"] if given["purpose"] in edition.purposes else next(iter(edition.purposes))
    with visit.services.database.reading() as session:
        return queries.preview(
            session, visit.viewer, [wish], purpose=purpose, now=visit.now, on_behalf_of=given["on_behalf_of"]
        )
