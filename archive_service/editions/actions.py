"""Drafting, handing in, releasing and sending back editions; asking what one would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.catalogue import check, load
from archive_service.catalogue.marked_yaml import Finding
from archive_service.catalogue.schema import EditionText, OverlayText
from archive_service.editions import life
from archive_service.editions.life import Kind, Refusal, Step
from archive_service.editions.tables import CatalogueCheck, CatalogueDraft, CatalogueSlice
from archive_service.errors import Refused
from archive_service.households.rules import check_reason
from archive_service.households.tables import CaseFile
from archive_service.jobs import queue
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer

CHECK_JOB = "catalogue.check"
LONGEST_TEXT = 1_000_000
#: Parts into which the cases of a check fall, so that several workers have something to do.
_PARTS = 8
_SMALL = 500
_DRAFT, _SUBMITTED = frozenset({"draft"}), frozenset({"submitted"})
_NOT_SUBMITTED = Refusal("edition.not-submitted", "这个版本还没有提交，或已经发布。请刷新页面查看。")
KIND = Kind(
    table=CatalogueDraft,
    trail="edition",
    told=("revision", "note", "changed_by"),
    name="目录",
    longest_chars=LONGEST_TEXT,
    steps={
        "change": Step(
            _DRAFT,
            None,
            Refusal("edition.not-draft", "这个版本已提交或发布，不能再改。请先退回，或另起草一版。"),
            Right.CATALOGUE_CHANGE,
        ),
        "preview": Step(
            _DRAFT | _SUBMITTED, None, Refusal("edition.released", "这个版本已经发布或作废，不用预览。请看复核报告。")
        ),
        "submit": Step(
            _DRAFT,
            "submitted",
            Refusal("edition.not-draft", "这个版本已提交或发布。请刷新页面查看。"),
            Right.CATALOGUE_CHANGE,
        ),
        "return": Step(_SUBMITTED, "draft", _NOT_SUBMITTED, Right.CATALOGUE_RELEASE),
        "release": Step(_SUBMITTED, "released", _NOT_SUBMITTED, Right.CATALOGUE_RELEASE),
        "drop": Step(
            _DRAFT | _SUBMITTED,
            "dropped",
            Refusal("edition.released", "已发布的版本不能作废。请起草新的版本代替它。"),
            Right.CATALOGUE_CHANGE,
        ),
    },
    not_found=Refusal("edition.not-found", "没有这个目录版本，或者您无权查看。请从目录列表里选择。"),
    own=Refusal("edition.own", "起草和提交的人不能自己发布。请由另一位有发布权的人办理。"),
    too_long="edition.too-long",
    bad="edition.bad",
    code_taken="edition.code-taken",
)


@dataclass(frozen=True)
class Written:
    """A text read: the edition it writes, or what keeps it from being one."""

    edition: EditionText | OverlayText | None
    findings: Sequence[Finding]


def read(text: str, unit_code: str | None) -> Written:
    """Read the text of an edition among those that are known.

    `unit_code` is that of the unit whose local additions it must be, none for an edition for all.
    """
    written, found = check.read(text)
    code = written.edition if written else ""
    found = found or load.check_text(text, among=load.texts(without=code))
    if written is not None and not found and (written.for_unit or None) != unit_code:
        say = (
            f"这里起草的是本单位的增补，for_unit 要写“{unit_code}”。"
            if unit_code
            else "这里起草的是全公司的版本，不能写 for_unit。"
        )
        found = [Finding(1, 1, "for_unit", say)]
    if written is not None and not found and unit_code and isinstance(written, EditionText):
        found = [Finding(1, 1, "based_on", "本单位的增补要用 based_on 写明以哪个版本为基础。")]
    return Written(written, found)


def save_draft(
    session: Session, *, draft_id: int | None, unit_id: int, text: str, by: Viewer, now: datetime
) -> CatalogueDraft:
    """Keep the text of a draft, a new one without `draft_id`.

    Raises BadText with every place where it contradicts itself, and Refused where the code is taken or it was
    handed in.
    """
    by.require(Right.CATALOGUE_CHANGE, unit_id)
    written = _sound(session, text, unit_id)
    old = life.take(session, KIND, draft_id, "change", by) if draft_id is not None else None
    if old is not None and old.unit_id != unit_id:
        raise Refused(*KIND.steps["change"].otherwise, state=old.state)
    reserved = load.edition_by_code(written.edition) is not None
    row = life.keep(session, KIND, old, written, text, unit_id=unit_id, reserved=reserved, by=by, now=now)
    life.note(session, KIND, row, did="edition.changed" if old else "edition.drafted", by=by, now=now)
    return row


def lock_draft(session: Session, draft_id: int, by: Viewer) -> None:
    """Keep others from a draft of the viewer's units until the transaction ends. Raises NotFound."""
    life.locked(session, KIND, draft_id, by)


def submit_draft(session: Session, *, draft_id: int, by: Viewer, now: datetime) -> CatalogueDraft:
    """Hand a draft in for release by another person. Raises BadText where it does not fit the others any more."""
    row = life.take(session, KIND, draft_id, "submit", by)
    _sound(session, row.text, row.unit_id)
    row.submitted_by, row.note = by.person_id, None
    life.move(session, KIND, row, "submit", by=by, now=now)
    life.note(session, KIND, row, did="edition.submitted", by=by, now=now)
    return row


def release_draft(session: Session, *, draft_id: int, by: Viewer, now: datetime) -> CatalogueDraft:
    """Put an edition in force and have the open cases that it concerns judged again.

    Raises Refused for one's own, without a preview of the very text, or if it was not handed in.
    """
    row = life.take(session, KIND, draft_id, "release", by)
    life.check_another(session, KIND, row, by, row.submitted_by)
    if not life.was_previewed(session, CatalogueCheck, row):
        raise Refused("edition.not-previewed", "发布前要先看影响：请先预览这一稿会改变哪些案件。")
    _sound(session, row.text, row.unit_id)
    life.move(session, KIND, row, "release", by=by, now=now)
    life.note(session, KIND, row, did="edition.released", by=by, now=now)
    _begin(session, row, "recheck", by=by, now=now)
    return row


def return_draft(session: Session, *, draft_id: int, reason: str, by: Viewer, now: datetime) -> CatalogueDraft:
    """Send a draft that was handed in back to whoever wrote it, saying why."""
    row = life.take(session, KIND, draft_id, "return", by)
    row.note = masking.text(check_reason(reason))[:300]
    life.move(session, KIND, row, "return", by=by, now=now)
    life.note(session, KIND, row, did="edition.returned", by=by, now=now)
    return row


def drop_draft(session: Session, *, draft_id: int, by: Viewer, now: datetime) -> CatalogueDraft:
    """Give a draft up; its code stays taken."""
    row = life.take(session, KIND, draft_id, "drop", by)
    life.move(session, KIND, row, "drop", by=by, now=now)
    life.note(session, KIND, row, did="edition.dropped", by=by, now=now)
    return row


def preview_draft(session: Session, *, draft_id: int, by: Viewer, now: datetime) -> CatalogueCheck:
    """Have all cases that a draft concerns judged by it, changing none; a preview under way is returned."""
    row = life.take(session, KIND, draft_id, "preview", by)
    there = life.under_way(session, CatalogueCheck, row)
    if there is not None:
        return there
    _sound(session, row.text, row.unit_id)
    life.note(session, KIND, row, did="edition.previewed", by=by, now=now)
    return _begin(session, row, "preview", by=by, now=now)


def _begin(session: Session, row: CatalogueDraft, purpose: str, *, by: Viewer, now: datetime) -> CatalogueCheck:
    """Begin a check: parts of the cases by their ids, and a job for each."""
    made = CatalogueCheck(
        draft_id=row.id, purpose=purpose, revision=row.revision, state="running", made_by=by.person_id, made_at=now
    )
    session.add(made)
    session.flush()
    first, last, count = session.execute(
        select(func.min(CaseFile.id), func.max(CaseFile.id), func.count(CaseFile.id))
    ).one()
    first, end = first or 1, (last or 0) + 1
    parts = _PARTS if count > _SMALL else 1
    width = max(1, -(-(end - first) // parts))
    for begin in range(first, max(end, first + 1), width):
        part = CatalogueSlice(
            check_id=made.id, first_id=begin, end_id=min(begin + width, max(end, first + 1)), next_id=begin, done=0
        )
        session.add(part)
        session.flush()
        queue.enqueue(session, kind=CHECK_JOB, subject=part.id, queue="upkeep", now=now)
    return made


def _sound(session: Session, text: str, unit_id: int) -> EditionText | OverlayText:
    life.check_length(KIND, text)
    read_ = read(text, scope_of(session, unit_id))
    if read_.findings or read_.edition is None:
        raise life.refuse(KIND, read_.findings)
    return read_.edition


def scope_of(session: Session, unit_id: int) -> str | None:
    """Return the code of the unit whose local additions its people draft; none at the top, where it is for all."""
    unit = session.get(Unit, unit_id)
    return None if unit is None or unit.parent_id is None else unit.code
