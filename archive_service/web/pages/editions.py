"""The catalogue desk: editions in force and drafted, side by side, what one would change, and its release."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.catalogue import load
from archive_service.catalogue.difference import difference
from archive_service.catalogue.schema import Edition
from archive_service.editions import actions, publish, queries
from archive_service.editions.queries import DraftView
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web import drafting, words
from archive_service.web.forms import Form, SentForm
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()

_SHOWN = 50
_WRITE = "catalogue/edit.html"
_EMPTY = """edition: '{code}'
based_on: '{base}'
{unit}title_zh: 请填写名称
title_en: name of the edition
effective_from: {day}
# 要改或新增的资料类型写在下面，写法与标准目录相同；没有写到的沿用 {base} 版
document_types: []
# 不再要求的资料类型
without_document_types: []
"""


@router.get("/catalogue")
def show_editions(visit: SignedIn) -> Response:
    """Show the editions in force and those on the desk."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.reading() as session:
        drafts = queries.drafts(session, visit.viewer)
    known = load.known()
    return visit.page(
        "catalogue/list.html",
        central=list(reversed(known.central)),
        local=known.local,
        in_force=known.for_case(visit.today).code,
        drafts=drafts,
        may_draft=visit.viewer.may(Right.CATALOGUE_CHANGE),
        states=words.EDITION,
    )


@router.get("/catalogue/compare")
def compare(visit: SignedIn) -> Response:
    """Show what is different between two editions, side by side."""
    visit.viewer.require(Right.RECORD_READ)
    asked = visit.request.query_params
    left, right = sides(asked.get("left"), asked.get("right"))
    return visit.page(
        "catalogue/compare.html",
        left=left,
        right=right,
        every=load.known().every,
        changes=difference(left, right),
        sections=words.EDITION_SECTION,
        kinds=words.EDITION_CHANGE,
        parts=words.EDITION_PART,
    )


@router.get("/catalogue/new")
def new_draft(visit: SignedIn) -> Response:
    """Begin an edition, for one's own unit or, at the top, for all."""
    visit.viewer.require(Right.CATALOGUE_CHANGE)
    unit_id = own_unit(visit)
    with visit.services.database.reading() as session:
        scope = actions.scope_of(session, unit_id)
    base = load.current(visit.today)
    text = _EMPTY.format(
        code=f"{visit.today.year}-{scope or 'all'}",
        base=base.code,
        unit=f"for_unit: '{scope}'\n" if scope else "",
        day=visit.today.isoformat(),
    )
    return drafting.write_page(visit, _WRITE, draft=None, text=text)


@router.post("/catalogue/drafts")
def save_new(visit: SignedIn, form: SentForm) -> Response:
    """Keep a new draft, or say everything that is wrong in it."""
    return _save(visit, form, None)


@router.get("/catalogue/drafts/{draft_id}")
def show_draft(visit: SignedIn, draft_id: Id) -> Response:
    """Show a draft: its text, its difference from what it stands on, its checks, and what can be done."""
    with visit.services.database.reading() as session:
        draft = queries.draft(session, visit.viewer, draft_id)
        checks = queries.checks(session, draft_id)
    edition, base = as_edition(draft)
    preview = next((one for one in checks if one.purpose == "preview" and one.revision == draft.revision), None)
    return visit.page(
        "catalogue/draft.html",
        draft=draft,
        base=base,
        changes=difference(base, edition) if edition and base else (),
        checks=checks,
        preview=preview,
        report=next((one for one in checks if one.purpose == "recheck"), None),
        states=words.EDITION,
        effects=words.EDITION_EFFECT,
        sections=words.EDITION_SECTION,
        kinds=words.EDITION_CHANGE,
        parts=words.EDITION_PART,
        **drafting.rights(visit, draft.unit_id, (draft.made_by, draft.changed_by, draft.submitted_by)),
    )


@router.get("/catalogue/drafts/{draft_id}/edit")
def edit_draft(visit: SignedIn, draft_id: Id) -> Response:
    """Show the text of a draft to be changed."""
    with visit.services.database.reading() as session:
        draft = queries.draft(session, visit.viewer, draft_id)
    visit.viewer.require(Right.CATALOGUE_CHANGE, draft.unit_id)
    return drafting.write_page(visit, _WRITE, draft=draft, text=draft.text)


@router.post("/catalogue/drafts/{draft_id}/edit")
def save_draft(visit: SignedIn, form: SentForm, draft_id: Id) -> Response:
    """Keep the text of a draft, or say everything that is wrong in it."""
    return _save(visit, form, draft_id)


@router.post("/catalogue/drafts/{draft_id}/preview")
def preview(visit: SignedIn, form: SentForm, draft_id: Id) -> Response:
    """Have the cases judged by a draft, changing none."""
    with visit.services.database.unit_of_work() as session:
        check = actions.preview_draft(session, draft_id=draft_id, by=visit.viewer, now=visit.now)
        address = f"/catalogue/checks/{check.id}"
    return RedirectResponse(address, status_code=303)


@router.post("/catalogue/drafts/{draft_id}/submit")
def submit(visit: SignedIn, form: SentForm, draft_id: Id) -> Response:
    """Hand a draft in for release by another person."""
    with visit.services.database.unit_of_work() as session:
        actions.submit_draft(session, draft_id=draft_id, by=visit.viewer, now=visit.now)
    return _to(draft_id)


@router.post("/catalogue/drafts/{draft_id}/release")
def release(visit: SignedIn, form: SentForm, draft_id: Id) -> Response:
    """Put an edition in force."""
    with visit.services.database.unit_of_work() as session:
        actions.release_draft(session, draft_id=draft_id, by=visit.viewer, now=visit.now)
    # First the row, then its file: whoever dies in between leaves it to the job that judges the cases again.
    with visit.services.database.reading() as session:
        publish.bring_up(session)
    return _to(draft_id)


@router.post("/catalogue/drafts/{draft_id}/return")
def send_back(visit: SignedIn, form: SentForm, draft_id: Id) -> Response:
    """Send a draft back to whoever wrote it."""
    with visit.services.database.unit_of_work() as session:
        reason = form.text("reason", limit=300)
        actions.return_draft(session, draft_id=draft_id, reason=reason, by=visit.viewer, now=visit.now)
    return _to(draft_id)


@router.post("/catalogue/drafts/{draft_id}/drop")
def drop(visit: SignedIn, form: SentForm, draft_id: Id) -> Response:
    """Give a draft up."""
    with visit.services.database.unit_of_work() as session:
        actions.drop_draft(session, draft_id=draft_id, by=visit.viewer, now=visit.now)
    return _to(draft_id)


@router.get("/catalogue/checks/{check_id}")
def show_check(visit: SignedIn, check_id: Id) -> Response:
    """Show how far a check is, and the cases that it found."""
    asked = visit.request.query_params
    effect = asked.get("effect", "")
    after = whole_number(asked.get("after"))
    with visit.services.database.reading() as session:
        check, draft = queries.check(session, visit.viewer, check_id)
        rows = queries.findings(session, visit.viewer, check_id, effect=effect, after=after or 0, limit=_SHOWN + 1)
    return visit.page(
        "catalogue/check.html",
        check=check,
        draft=draft,
        rows=rows[:_SHOWN],
        following=rows[_SHOWN - 1].id if len(rows) > _SHOWN else None,
        after=after,
        effect=effect if effect in words.EDITION_EFFECT else "",
        effects=words.EDITION_EFFECT,
    )


def _save(visit: Visit, form: Form, draft_id: int | None) -> Response:
    text = form.text("text", limit=actions.LONGEST_TEXT)
    with visit.services.database.reading() as session:
        draft = queries.draft(session, visit.viewer, draft_id) if draft_id is not None else None
    unit_id = draft.unit_id if draft else own_unit(visit)
    try:
        with visit.services.database.unit_of_work() as session:
            row = actions.save_draft(
                session, draft_id=draft_id, unit_id=unit_id, text=text, by=visit.viewer, now=visit.now
            )
            saved = row.id
    except (Invalid, Refused) as error:
        return drafting.write_page(visit, _WRITE, draft=draft, text=text, error=error)
    return _to(saved)


def own_unit(visit: Visit) -> int:
    """Return the unit for which this person drafts: their own, or the highest in which they may."""
    units = visit.viewer.units(Right.CATALOGUE_CHANGE)
    visit.viewer.require(Right.CATALOGUE_CHANGE)
    if visit.viewer.unit_id in units:
        return visit.viewer.unit_id
    with visit.services.database.reading() as session:
        return people.highest(session, units)


def as_edition(draft: DraftView) -> tuple[Edition | None, Edition | None]:
    """Return a draft ready for use and the edition it follows; none where it fits the others no longer."""
    among = load.texts(without=draft.code)
    try:
        after = load.with_text(draft.text, among=among)
    except load.BadCatalogue:
        return None, None
    made = next(each for each in after.every if each.code == draft.code)
    before = load.of_texts(among)
    stands_on = next((each for each in before.central if each.code == made.stands_on), None)
    return made, stands_on or before.for_case(made.effective_from)


def sides(left: str | None, right: str | None) -> tuple[Edition, Edition]:
    """Return two editions to compare: without `right` the last one, without `left` what that stands on or follows."""
    every = load.known().every
    after = edition_named(right or every[-1].code)
    before = [each for each in every if each.code != after.code]
    return edition_named(left or after.stands_on or (before[-1].code if before else after.code)), after


def edition_named(code: str) -> Edition:
    """Return the edition with a code. Raises NotFound."""
    found = load.edition_by_code(code)
    if found is None:
        raise NotFound("catalogue.not-found", "没有这个目录版本。请从目录列表里选择。")
    return found


def _to(draft_id: int) -> Response:
    return RedirectResponse(f"/catalogue/drafts/{draft_id}", status_code=303)
