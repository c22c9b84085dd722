"""Packages of a household: asking for one, how far it is, fetching it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.exchange import actions, queries
from archive_service.exchange import content as contents
from archive_service.jobs.nudge import nudge
from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.pages import packages as pages
from archive_service.web.visit import LARGEST_ID, Id, Visit

router = api_router("packages")


class PackageOut(Told):
    """A package: `making` with `done` of `total` objects, `ready` to be fetched, `stopped`, or `taken` in."""

    package: str = Field(validation_alias="id")
    account_no: str
    account_name: str
    unit_name: str
    direction: str = Field(examples=["out"])
    format: str = Field(examples=["bagit"])
    state: str = Field(examples=["ready"])
    #: Numbers of the items chosen; null: the whole household.
    items: list[int] | None
    asked_by: str | None
    asked_at: datetime
    finished_at: datetime | None
    sha256: str | None = Field(validation_alias="digest")
    size_bytes: int
    file_count: int
    manifest_sha256: str
    done: int
    total: int
    #: Its job ended before it was whole: ask for it again.
    stuck: bool


class PackageList(BaseModel):
    """A page of packages, newest first; `next` goes into `after`."""

    packages: list[PackageOut]
    total: int
    next: int | None


class Asking(BaseModel):
    """In which format, and which items by their numbers in the file; without `items` the whole household."""

    format: Literal["bagit", "eep"]
    items: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] | None = Field(None, max_length=10_000, examples=[[1, 2]])


@router.get("/households/{account_no}/packages")
def list_packages(
    visit: Caller,
    account_no: str,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PackageList:
    """List the packages of a household, newest first, those that it came in with among them."""
    with visit.services.database.reading() as session:
        head = contents.household(session, visit.viewer, account_no)
        found = queries.packages(session, visit.viewer, account_no=head.account_no, before=after, limit=limit)
    return PackageList(
        packages=[PackageOut.model_validate(one) for one in found.rows], total=found.total, next=found.next
    )


@router.post("/households/{account_no}/packages", status_code=201)
def ask_package(visit: Caller, account_no: str, wanted: Asking, response: Response) -> PackageOut:
    """Ask for a package; while the same one is being made, the answer is that one."""
    with visit.services.database.unit_of_work() as session:
        made = actions.ask_package(
            session, visit.viewer, account_no, format=wanted.format, items=wanted.items, now=visit.now
        )
        package_id = made.id
    nudge(visit.services.settings, ("upkeep",))
    response.headers["Location"] = f"/api/v1/packages/{package_id}"
    return _package(visit, package_id)


@router.get("/packages/{package_id}")
def get_package(visit: Caller, package_id: Id) -> PackageOut:
    """Return a package and how far it is."""
    return _package(visit, package_id)


@router.get("/packages/{package_id}/file", response_class=Response)
def fetch_package(visit: Caller, package_id: Id) -> Response:
    """Hand over a package that is ready as one ZIP file, on record."""
    return pages.download_package(visit, package_id)


def _package(visit: Visit, package_id: int) -> PackageOut:
    with visit.services.database.reading() as session:
        return PackageOut.model_validate(queries.package(session, visit.viewer, package_id))
