"""What a person says of an item: its paper, its signatures and seals, notes on its pages; and its pages to look at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Request, Response
from pydantic import BaseModel, Field

from archive_service.completeness.marks import Sight
from archive_service.households import actions as households
from archive_service.households import queries
from archive_service.notebook import actions
from archive_service.notebook import queries as notebook
from archive_service.notebook.rules import LONGEST_NOTE, WHOLE
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.households import FiledItem
from archive_service.web.api.items import changed_item
from archive_service.web.api.route import api_router, changed
from archive_service.web.api.told import Told
from archive_service.web.pages import items as pages
from archive_service.web.visit import Id, Visit

router = api_router("items")

_Thousandth = Annotated[int, Field(ge=0, le=WHOLE)]


class Paper(BaseModel):
    """What a paper is and whether it can be read; empty: not known."""

    medium: Literal["", "original", "verified_copy", "copy"] = ""
    legible: Literal["", "yes", "no"] = ""


class MarkSaid(BaseModel):
    """What is to be seen of a signature or seal, by its key such as seal:customer."""

    mark: Words = Field(max_length=60)
    word: Sight


class NoteIn(BaseModel):
    """A note, at a place in thousandths of the upright page from its top left."""

    x: _Thousandth
    y: _Thousandth
    text: Words = Field(min_length=1, max_length=LONGEST_NOTE)


class NoteOut(Told):
    """A note on a page; `mine`: the caller pinned it."""

    note: str = Field(validation_alias="id")
    x: int
    y: int
    text: str
    pinned_by: str
    pinned_at: datetime
    mine: bool


class NotesOut(BaseModel):
    """The notes on a page, in the order in which they were pinned."""

    notes: list[NoteOut]


@router.post("/items/{item_id}/paper")
def say_paper(visit: Caller, request: Request, response: Response, item_id: Id, said: Paper) -> FiledItem:
    """Say whether the paper is an original or a copy, and whether it can be read; the case is judged again."""

    def change(session: Any, now: datetime, today: Any) -> None:
        households.say_paper(
            session, item_id=item_id, medium=said.medium, legible=said.legible, by=visit.viewer, now=now, today=today
        )

    return changed_item(visit, request, response, item_id, change)


@router.post("/items/{item_id}/marks")
def say_mark(visit: Caller, request: Request, response: Response, item_id: Id, said: MarkSaid) -> FiledItem:
    """Say what is to be seen of a signature or seal; it is believed over what the program saw."""

    def change(session: Any, now: datetime, today: Any) -> None:
        households.say_mark(
            session, item_id=item_id, key=said.mark, word=said.word.value, by=visit.viewer, now=now, today=today
        )

    return changed_item(visit, request, response, item_id, change)


@router.get("/items/{item_id}/pages/{page_no}/notes")
def list_notes(visit: Caller, item_id: Id, page_no: Id) -> NotesOut:
    """Return the notes on a page that the caller may see."""
    with visit.services.database.reading() as session:
        return _notes(session, visit, item_id, page_no)


@router.post("/items/{item_id}/pages/{page_no}/notes")
def pin_note(visit: Caller, response: Response, item_id: Id, page_no: Id, said: NoteIn) -> NotesOut:
    """Pin a note to a place on a page."""

    def change(session: Any) -> None:
        page = queries.item_page(session, visit.viewer, item_id, page_no)
        actions.pin_note(session, visit.viewer, page, x=said.x, y=said.y, text=said.text, now=visit.now)

    return _changed(visit, response, item_id, page_no, change)


@router.delete("/items/{item_id}/pages/{page_no}/notes/{note_id}")
def take_note_off(visit: Caller, response: Response, item_id: Id, page_no: Id, note_id: Id) -> NotesOut:
    """Take a note off its page: one's own, or any for who may change items."""

    def change(session: Any) -> None:
        page = queries.item_page(session, visit.viewer, item_id, page_no)
        actions.take_note_off(session, visit.viewer, page, note_id, now=visit.now)

    return _changed(visit, response, item_id, page_no, change)


@router.get("/items/{item_id}/pages/{page_no}/image", response_class=Response)
def get_image(visit: Caller, item_id: Id, page_no: Id) -> Response:
    """Return the upright image of a page, what is personal blacked out for who may not read it."""
    return pages.page_image(visit, item_id, page_no)


@router.get("/items/{item_id}/pages/{page_no}/original", response_class=Response)
def get_original(visit: Caller, item_id: Id, page_no: Id) -> Response:
    """Hand over the file that a page came in, on record, to who may download originals."""
    return pages.download_original(visit, item_id, page_no)


def _notes(session: Any, visit: Visit, item_id: int, page_no: int) -> NotesOut:
    page = queries.item_page(session, visit.viewer, item_id, page_no)
    return NotesOut(notes=[NoteOut.model_validate(one) for one in notebook.notes_on(session, visit.viewer, page)])


def _changed(visit: Visit, response: Response, item_id: int, page_no: int, change: Any) -> NotesOut:
    def lock(session: Any) -> None:
        households.lock_household(session, queries.item(session, visit.viewer, item_id).household_id)

    return changed(
        visit, response, lock=lock, read=lambda session: _notes(session, visit, item_id, page_no), change=change
    )
