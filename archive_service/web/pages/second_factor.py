"""The second factor: given at the sign-in, set up and taken away by the person."""

from __future__ import annotations

import base64
import io
from typing import Annotated, Any

import numpy as np
import zxingcpp
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from PIL import Image
from starlette.datastructures import FormData

from archive_service import clock
from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.people import second_factor, sign_in, totp
from archive_service.web import entry, i18n, render
from archive_service.web.forms import SentForm
from archive_service.web.pages.people import anonymous_form
from archive_service.web.visit import HALF, OwnPassword, Visit, language_of, limits_of, named, services_of

router = APIRouter()

#: What the authenticator app shows above the code.
ISSUER = "一户一档"


@router.get("/sign-in/code")
def show_code(request: Request) -> Response:
    """Ask for the code of the second factor, after the right password."""
    return _code_page(request, wanted=entry.inside(request.query_params.get("next", "/")))


@router.post("/sign-in/code")
def give_code(request: Request, form: Annotated[FormData, Depends(anonymous_form)]) -> Response:
    """Take the code of the second factor, or a recovery code, and sign in."""
    services, place = services_of(request), entry.known_again(request)
    wanted = entry.inside(str(form.get("next", "")))
    try:
        entered = sign_in.give_code(
            services.database,
            secret=request.cookies.get(named(services.settings, HALF), ""),
            code=str(form.get("code", ""))[:40],
            now=clock.now(),
            limits=limits_of(request),
            place=place,
        )
    except Refused as refused:
        return _code_page(request, wanted=wanted, refused=refused)
    return entry.let_in(request, *entered, place=place, wanted=wanted)


@router.get("/me/second-factor")
def show(visit: OwnPassword) -> Response:
    """Show whether a second factor is in use, and how to set it up or take it away."""
    return _page(visit)


@router.post("/me/second-factor")
def begin(visit: OwnPassword, form: SentForm) -> Response:
    """Make a fresh secret and show it as a picture for the person's device."""
    try:
        entry.confirm_password(visit, form.raw("password"))
        with visit.services.database.unit_of_work() as session:
            second_factor.propose(session, by=visit.viewer)
    except (Refused, Invalid) as error:
        return _page(visit, error=error)
    return RedirectResponse("/me/second-factor", status_code=303)


@router.post("/me/second-factor/confirm")
def confirm(visit: OwnPassword, form: SentForm) -> Response:
    """Put the secret into use, once a code shows that the device has it; show the recovery codes this once."""
    try:
        with visit.services.database.unit_of_work() as session:
            codes = second_factor.confirm(session, code=form.text("code", limit=40), by=visit.viewer, now=visit.now)
    except (Refused, Invalid) as error:
        return _page(visit, error=error)
    return _page(visit, codes=codes, done="set")


@router.post("/me/second-factor/codes")
def renew_codes(visit: OwnPassword, form: SentForm) -> Response:
    """Replace the recovery codes and show the new ones this once."""
    try:
        entry.confirm_password(visit, form.raw("password"))
        with visit.services.database.unit_of_work() as session:
            codes = second_factor.renew_codes(session, by=visit.viewer, now=visit.now)
    except (Refused, Invalid) as error:
        return _page(visit, error=error)
    return _page(visit, codes=codes, done="codes")


@router.post("/me/second-factor/remove")
def remove(visit: OwnPassword, form: SentForm) -> Response:
    """Take the second factor away; where a role asks for one, a new one has to be set up at once."""
    try:
        entry.confirm_password(visit, form.raw("password"))
        with visit.services.database.unit_of_work() as session:
            second_factor.remove_own(session, by=visit.viewer, now=visit.now)
    except (Refused, Invalid) as error:
        return _page(visit, error=error)
    return RedirectResponse("/me/second-factor?done=removed", status_code=303)


def _page(
    visit: Visit, *, codes: list[str] | None = None, done: str = "", error: ArchiveError | None = None
) -> HTMLResponse:
    return visit.page(
        "people/second_factor.html",
        refusal=error,
        codes=codes or [],
        done=done or visit.request.query_params.get("done", ""),
        **_facts(visit),
    )


def _facts(visit: Visit) -> dict[str, Any]:
    # Read anew, because what was just done changes it.
    with visit.services.database.reading() as session:
        state = second_factor.state(session, by=visit.viewer)
    told = totp.address(state.proposed, login=visit.viewer.login, issuer=ISSUER) if state.proposed else ""
    return {
        "state": state,
        "picture": picture(told) if told else "",
        "grouped": " ".join(state.proposed[at : at + 4] for at in range(0, len(state.proposed), 4)),
        "required": visit.viewer.must_set_second_factor and state.since is None,
    }


def picture(text: str) -> str:
    """Return a QR code that says `text`, as the address of an image that carries its own bytes."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn = io.BytesIO()
    Image.fromarray(np.asarray(code.to_image(scale=6))).save(drawn, "PNG")
    return "data:image/png;base64," + base64.b64encode(drawn.getvalue()).decode()


def _code_page(request: Request, *, wanted: str, refused: Refused | None = None) -> HTMLResponse:
    spoken = language_of(request, None)
    again = refused.facts.get("retry_after") if refused else None
    facts = {
        "message": i18n.sentence(refused.code, refused.message, spoken) if refused else "",
        "next": wanted,
        "preferences": {},
    }
    return HTMLResponse(
        render.html("people/code.html", spoken, facts),
        status_code=refused.http_status if refused else 200,
        headers={"Retry-After": str(again)} if again else None,
    )
