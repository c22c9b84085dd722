"""The scissors of the review desk: split a document, join it with the one before, drop pages and take them back."""

from __future__ import annotations

from pydantic import BaseModel, Field

from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.review import DocumentDetail, PageNo, Seen, detail
from archive_service.web.api.route import api_router
from archive_service.web.visit import Id, Visit
from ingest import review

router = api_router("review")


class Cut(BaseModel):
    """Before which page a document is cut; `pages` are those that the caller saw."""

    before_page: PageNo
    pages: Seen = None


class Join(BaseModel):
    """The pages of the document that the caller saw."""

    pages: Seen = None


class Drop(BaseModel):
    """Which page is taken out of a document, and why."""

    page: PageNo
    reason: Words = Field(max_length=200)
    pages: Seen = None


class PartsOut(BaseModel):
    """The documents that a step left, in their order: those that were touched, and the one with dropped pages last."""

    documents: list[DocumentDetail]


@router.post("/review/{document_id}/split")
def split(visit: Caller, document_id: Id, said: Cut) -> PartsOut:
    """Cut a document in two before a page."""
    with visit.services.database.reading() as session:
        ahead = review.before_split(
            session, visit.viewer, document_id, before_page=said.before_page, tools=_tools(visit), pages=said.pages
        )
    with visit.services.database.unit_of_work() as session:
        parts = [one.id for one in review.split(session, visit.viewer, ahead, now=visit.now)]
    return _parts(visit, parts)


@router.post("/review/{document_id}/join")
def join(visit: Caller, document_id: Id, said: Join) -> PartsOut:
    """Join a document with the one before it in its scan."""
    with visit.services.database.reading() as session:
        ahead = review.before_join(session, visit.viewer, document_id, tools=_tools(visit), pages=said.pages)
    with visit.services.database.unit_of_work() as session:
        there = review.join(session, visit.viewer, ahead, now=visit.now).id
    return _parts(visit, [there])


@router.post("/review/{document_id}/drop")
def drop(visit: Caller, document_id: Id, said: Drop) -> PartsOut:
    """Take a page out of a document; it is kept, and `restore` of the row that has it takes it back."""
    with visit.services.database.reading() as session:
        ahead = review.before_drop(
            session, visit.viewer, document_id, dropped=[said.page], tools=_tools(visit), pages=said.pages
        )
    with visit.services.database.unit_of_work() as session:
        held = review.drop_pages(session, visit.viewer, ahead, reason=said.reason, now=visit.now).id
    return _parts(visit, list(dict.fromkeys([document_id, held])))


@router.post("/review/{document_id}/restore")
def restore(visit: Caller, document_id: Id) -> PartsOut:
    """Take dropped pages back into a document."""
    with visit.services.database.reading() as session:
        ahead = review.before_restore(session, visit.viewer, document_id, tools=_tools(visit))
    with visit.services.database.unit_of_work() as session:
        there = review.restore_pages(session, visit.viewer, ahead, now=visit.now).id
    return _parts(visit, [there])


def _tools(visit: Visit) -> review.Tools:
    return review.Tools(visit.services.settings, visit.services.store, visit.today)


def _parts(visit: Visit, ids: list[int]) -> PartsOut:
    with visit.services.database.reading() as session:
        return PartsOut(documents=[detail(session, visit, one) for one in ids])
