"""The catalogue desk for programs: editions in force and on the desk, side by side, what one would change, release."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.catalogue import load
from archive_service.catalogue.difference import difference
from archive_service.editions import actions, publish, queries
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router, changed
from archive_service.web.api.told import Told
from archive_service.web.pages.editions import as_edition, own_unit, sides
from archive_service.web.visit import Id, Visit

router = api_router("catalogue")

Text = Annotated[Words, Field(max_length=actions.LONGEST_TEXT, examples=["edition: '2026-CG'\nbased_on: '2018'"])]
Code = Annotated[Words | None, Query(max_length=60)]


class EditionOut(Told):
    """An edition; `for_unit` and `stands_on` are null for one that is for all units."""

    code: str = Field(examples=["2018"])
    title_zh: str
    title_en: str
    effective_from: date
    effective_until: date | None
    for_unit: str | None
    stands_on: str | None


class EditionList(BaseModel):
    """The editions for all, newest first, the additions of units, and which one holds for a case of today."""

    central: list[EditionOut]
    local: list[EditionOut]
    in_force: str


class ChangeOut(Told):
    """One part of an edition as it was and as it is: added, gone or changed; an empty text stands for nothing."""

    kind: str = Field(examples=["changed"])
    section: str = Field(examples=["document_type"])
    code: str = Field(examples=["K01R"])
    name: str = Field(examples=["居民供用电合同"])
    part: str
    left: str
    right: str


class ComparedOut(BaseModel):
    """What is different between two editions."""

    left: str
    right: str
    changes: list[ChangeOut]


class DraftOut(Told):
    """An edition on the desk: draft, submitted, released or dropped; `note` says why it was sent back."""

    draft: str = Field(validation_alias="id")
    code: str = Field(examples=["2026-CG"])
    title: str = Field(examples=["城关增补"])
    unit_name: str
    for_all: bool
    effective_from: date
    state: str
    revision: int
    changed_by: str = Field(validation_alias="changer")
    changed_at: datetime
    submitted_by: str = Field(validation_alias="submitter")
    decided_by: str = Field(validation_alias="decider")
    decided_at: datetime | None
    note: str


class DraftDetail(DraftOut):
    """An edition on the desk with its text, and its difference from the one that it follows."""

    text: str
    changes: list[ChangeOut] = Field(default_factory=list)


class DraftList(BaseModel):
    """All editions on the desks of the caller's units, what waits for release first, then the newest."""

    drafts: list[DraftOut]


class TextIn(BaseModel):
    """The text of an edition, in YAML."""

    text: Text


class Because(BaseModel):
    """Why."""

    reason: Words = Field(max_length=300)


@router.get("/catalogue")
def list_editions(visit: Caller) -> EditionList:
    """List the editions that are known."""
    visit.viewer.require(Right.RECORD_READ)
    known = load.known()
    return EditionList(
        central=[EditionOut.model_validate(one) for one in reversed(known.central)],
        local=[EditionOut.model_validate(one) for one in known.local],
        in_force=known.for_case(visit.today).code,
    )


@router.get("/catalogue/compare")
def compare(visit: Caller, left: Code = None, right: Code = None) -> ComparedOut:
    """Return what is different between two editions; without `left`, from the one that `right` stands on."""
    visit.viewer.require(Right.RECORD_READ)
    before, after = sides(left, right)
    changes = [ChangeOut.model_validate(one) for one in difference(before, after)]
    return ComparedOut(left=before.code, right=after.code, changes=changes)


@router.get("/catalogue/drafts")
def list_drafts(visit: Caller) -> DraftList:
    """List the editions on the desk."""
    if not visit.viewer.may(Right.CATALOGUE_RELEASE):
        visit.viewer.require(Right.CATALOGUE_CHANGE)
    with visit.services.database.reading() as session:
        found = queries.drafts(session, visit.viewer)
    return DraftList(drafts=[DraftOut.model_validate(one) for one in found])


@router.post("/catalogue/drafts", status_code=201)
def save_new(visit: Caller, said: TextIn, response: Response) -> DraftDetail:
    """Keep a new draft of the caller's unit; everything that is wrong in it is in `facts.findings`."""
    unit_id = own_unit(visit)
    with visit.services.database.unit_of_work() as session:
        told = _detail(session, visit, _save(session, visit, None, unit_id, said.text))
    response.headers["Location"] = f"/api/v1/catalogue/drafts/{told.draft}"
    return told


@router.get("/catalogue/drafts/{draft_id}")
def get_draft(visit: Caller, draft_id: Id) -> DraftDetail:
    """Return a draft with its text and its difference from what it follows."""
    with visit.services.database.reading() as session:
        return _detail(session, visit, draft_id)


@router.put("/catalogue/drafts/{draft_id}")
def save_draft(visit: Caller, response: Response, draft_id: Id, said: TextIn) -> DraftDetail:
    """Keep the text of a draft; with If-Match only if it is as the caller saw it."""

    def change(session: Any) -> None:
        _save(session, visit, draft_id, queries.draft(session, visit.viewer, draft_id).unit_id, said.text)

    return _changed(visit, response, draft_id, change)


@router.post("/catalogue/drafts/{draft_id}/submit")
def submit(visit: Caller, response: Response, draft_id: Id) -> DraftDetail:
    """Hand a draft in for release by another person."""
    who: dict[str, Any] = {"draft_id": draft_id, "by": visit.viewer, "now": visit.now}
    return _changed(visit, response, draft_id, lambda session: actions.submit_draft(session, **who))


@router.post("/catalogue/drafts/{draft_id}/release")
def release(visit: Caller, response: Response, draft_id: Id) -> DraftDetail:
    """Put an edition in force that somebody else drafted, once a preview of the very text is there."""
    who: dict[str, Any] = {"draft_id": draft_id, "by": visit.viewer, "now": visit.now}
    told = _changed(visit, response, draft_id, lambda session: actions.release_draft(session, **who))
    # First the row, then its file: whoever dies in between leaves it to the job that judges the cases again.
    with visit.services.database.reading() as session:
        publish.bring_up(session)
    return told


@router.post("/catalogue/drafts/{draft_id}/return")
def send_back(visit: Caller, response: Response, draft_id: Id, said: Because) -> DraftDetail:
    """Send a draft back to whoever wrote it."""
    who: dict[str, Any] = {"draft_id": draft_id, "reason": said.reason, "by": visit.viewer, "now": visit.now}
    return _changed(visit, response, draft_id, lambda session: actions.return_draft(session, **who))


@router.post("/catalogue/drafts/{draft_id}/drop")
def drop(visit: Caller, response: Response, draft_id: Id) -> DraftDetail:
    """Give a draft up; its code stays taken."""
    who: dict[str, Any] = {"draft_id": draft_id, "by": visit.viewer, "now": visit.now}
    return _changed(visit, response, draft_id, lambda session: actions.drop_draft(session, **who))


def _save(session: Any, visit: Visit, draft_id: int | None, unit_id: int, text: str) -> int:
    row = actions.save_draft(session, draft_id=draft_id, unit_id=unit_id, text=text, by=visit.viewer, now=visit.now)
    return row.id


def _detail(session: Any, visit: Visit, draft_id: int) -> DraftDetail:
    draft = queries.draft(session, visit.viewer, draft_id)
    edition, base = as_edition(draft)
    changes = difference(base, edition) if edition and base else ()
    told = DraftDetail.model_validate(draft)
    return told.model_copy(update={"changes": [ChangeOut.model_validate(one) for one in changes]})


def _changed(visit: Visit, response: Response, draft_id: int, change: Any) -> DraftDetail:
    return changed(
        visit,
        response,
        lock=lambda session: actions.lock_draft(session, draft_id, visit.viewer),
        read=lambda session: _detail(session, visit, draft_id),
        change=change,
    )
