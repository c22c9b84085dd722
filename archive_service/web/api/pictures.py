"""Small images of pages and pieces cut out of them, as pages show them: checked for rights, masked or withheld."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from fastapi.responses import Response

from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.pages import items, quality, review, scans
from archive_service.web.visit import Id

router = api_router("pictures")

_Name = Annotated[str, Path(max_length=60, pattern=r"^[a-z0-9_]+$")]


@router.get("/scans/{scan_id}/pages/{page_no}/thumbnail", response_class=Response)
def get_scan_thumbnail(visit: Caller, scan_id: Id, page_no: Id) -> Response:
    """Return the small image of a page of a file, what is personal blacked out for who may not read it."""
    return scans.page_thumbnail(visit, scan_id, page_no)


@router.get("/scans/{scan_id}/findings/{finding_id}/picture", response_class=Response)
def get_finding_picture(visit: Caller, scan_id: Id, finding_id: Id) -> Response:
    """Return a page with the place of a finding outlined, or the two pages that it compares; never masked, so for
    those only who may see the page whole.
    """
    return quality.show_picture(visit, scan_id, finding_id)


@router.get("/scans/{scan_id}/superseded/{rescan_id}/image", response_class=Response)
def get_superseded_image(visit: Caller, scan_id: Id, rescan_id: Id) -> Response:
    """Return the picture that a page showed before it was scanned again."""
    return quality.superseded_image(visit, scan_id, rescan_id)


@router.get("/review/{document_id}/fields/{name}/crop", response_class=Response)
def get_crop(visit: Caller, document_id: Id, name: _Name) -> Response:
    """Return the piece of the page on which a field of a document stands, outlined; withheld like its page."""
    return review.show_crop(visit, document_id, name)


@router.get("/review/{document_id}/marks/{number}/picture", response_class=Response)
def get_document_mark(visit: Caller, document_id: Id, number: Id) -> Response:
    """Return the part of the page around a signature or seal of a document, by its number from 1."""
    return review.show_mark(visit, document_id, number)


@router.get("/items/{item_id}/marks/{number}/picture", response_class=Response)
def get_item_mark(visit: Caller, item_id: Id, number: Id) -> Response:
    """Return the part of the page around a signature or seal of an item, by its number from 1."""
    return items.show_mark(visit, item_id, number)


@router.get("/items/{item_id}/pages/{page_no}/thumbnail", response_class=Response)
def get_item_thumbnail(visit: Caller, item_id: Id, page_no: Id) -> Response:
    """Return the small image of a page of an item, masked as the page shows it; 403 where it is withheld."""
    return items.small_image(visit, item_id, page_no)
