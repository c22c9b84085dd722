"""Where a stranger checks the code of a certified copy: valid, withdrawn or unknown, and the digest; nothing else."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from archive_service import clock
from archive_service.copies import queries
from archive_service.copies.queries import Answer
from archive_service.errors import ArchiveError
from archive_service.web import i18n, render
from archive_service.web.door import ComeAgain, Door
from archive_service.web.pages.people import anonymous_form
from archive_service.web.visit import language_of, place_of, services_of

router = APIRouter()

_LONGEST = 60


@router.get("/verify-copy")
def show_form(request: Request) -> Response:
    """Show the field for a code."""
    return _page(request)


@router.post("/verify-copy")
async def verify(request: Request, form: Annotated[FormData, Depends(anonymous_form)]) -> Response:
    """Say how a code stands. Who asks for unknown codes again and again has to wait, as at the sign-in."""
    door: Door = request.app.state.copy_door
    address, now, typed = place_of(request).address, clock.now(), str(form.get("code", ""))[:_LONGEST]
    try:
        door.check(address, now)
    except ComeAgain as refused:
        return _page(request, typed=typed, refused=refused)
    found = await run_in_threadpool(_answer, request, typed)
    if found.state == "unknown":
        door.count_failure(address, now)
    return _page(request, typed=typed, answer=found)


def _answer(request: Request, typed: str) -> Answer:
    with services_of(request).database.reading() as session:
        return queries.answer(session, typed)


def _page(
    request: Request, *, typed: str = "", answer: Answer | None = None, refused: ArchiveError | None = None
) -> HTMLResponse:
    spoken = i18n.known(request.query_params.get("language")) or language_of(request, None)
    facts: dict[str, Any] = {
        "typed": typed,
        "answer": answer,
        "message": i18n.sentence(refused.code, refused.message, spoken) if refused else "",
        "preferences": {},
    }
    again = refused.facts.get("retry_after") if refused else None
    return HTMLResponse(
        render.html("copies/verify.html", spoken, facts),
        status_code=refused.http_status if refused else 200,
        headers={"Retry-After": str(again)} if again else None,
    )
