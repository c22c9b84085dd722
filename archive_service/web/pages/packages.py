"""Packages of a household: asking for one, how far it is, taking it along."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, NotFound
from archive_service.exchange import actions, checked, queries
from archive_service.exchange import content as contents
from archive_service.households import queries as households
from archive_service.jobs.nudge import nudge
from archive_service.properties import queries as runs
from archive_service.web import pictures, property_desk, words
from archive_service.web.forms import Form, SentForm
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()

_SHOWN = 50


@router.get("/households/{account_no}/packages")
def list_packages(visit: SignedIn, account_no: str) -> Response:
    """Show the packages of a household, and the form that asks for another."""
    return _list(visit, account_no)


@router.post("/households/{account_no}/packages")
def ask_package(visit: SignedIn, form: SentForm, account_no: str) -> Response:
    """Ask for a package of a whole household or of the items ticked."""
    try:
        with visit.services.database.unit_of_work() as session:
            made = actions.ask_package(
                session,
                visit.viewer,
                account_no,
                format=form.text("format", limit=10),
                items=_items(form) if form.raw("what") == "some" else None,
                now=visit.now,
            )
            package_id = made.id
    except Invalid as error:
        return _list(visit, account_no, error)
    nudge(visit.services.settings, ("upkeep",))
    return RedirectResponse(f"/packages/{package_id}", status_code=303)


@router.get("/packages/{package_id}")
def show_package(visit: SignedIn, package_id: Id) -> Response:
    """Show a package and how far it is."""
    package = _package(visit, package_id)
    with visit.services.database.reading() as session:
        newest = runs.newest_of_package(session, package_id)
        check = newest.id if newest is not None else None
    return visit.page("packages/package.html", package=package, formats=words.PACKAGE_FORMAT, check=check)


@router.get("/packages/{package_id}/state")
def show_state(visit: SignedIn, package_id: Id) -> Response:
    """Return how far a package is; the whole page anew once nothing works on it any more."""
    package = _package(visit, package_id)
    return visit.progress("packages/now.html", goes_on=package.moving, package=package)


@router.get("/packages/{package_id}/file")
def download_package(visit: SignedIn, package_id: Id) -> Response:
    """Hand over a package that passed the check at transfer, on record."""
    digest, name = checked.hand_over(property_desk.desk(visit.services), visit.viewer, package_id)
    return pictures.package(visit.services.store, digest, name)


def _package(visit: Visit, package_id: int) -> queries.PackageView:
    with visit.services.database.reading() as session:
        return queries.package(session, visit.viewer, package_id)


def _list(visit: Visit, account_no: str, error: ArchiveError | None = None) -> Response:
    with visit.services.database.reading() as session:
        head = contents.household(session, visit.viewer, account_no)
        file = households.household(session, visit.viewer, head.account_no, fields=False)
        found = queries.packages(
            session,
            visit.viewer,
            account_no=head.account_no,
            before=whole_number(visit.request.query_params.get("before")),
            limit=_SHOWN,
        )
        brought = queries.histories(session, head.id)
        unsigned = queries.unsigned_histories(session, head.id)
    return visit.page(
        "packages/list.html",
        refusal=error,
        file=file,
        found=found,
        brought=brought,
        unsigned=unsigned,
        formats=words.PACKAGE_FORMAT,
    )


def _items(form: Form) -> list[int]:
    """Return the numbers of the items ticked; each field is named item.NUMBER."""
    numbers = [whole_number(name) for name in form.group("item.")]
    if None in numbers:
        raise NotFound("package.item-not-found", "所选的资料不存在。请重新选择。")
    return [number for number in numbers if number is not None]
