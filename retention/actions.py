"""Drafting an edition of the schedule, asking what it would change, and releasing what somebody else drafted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.catalogue import load
from archive_service.editions import life
from archive_service.editions.life import Kind, Refusal, Step
from archive_service.errors import Refused
from archive_service.households.tables import HouseholdFile
from archive_service.jobs import queue
from archive_service.people.queries import top_unit
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from retention.schedule import Schedule, read, standard
from retention.tables import RetentionDraft, RetentionRun

RUN_JOB = "retention.run"
LONGEST_TEXT = 200_000
_DRAFT = frozenset({"draft"})
_NOT_DRAFT = Refusal("schedule.not-draft", "这一版已经发布或作废，不能再改。请另起草一版。")
KIND = Kind(
    table=RetentionDraft,
    trail="schedule",
    told=("revision",),
    name="保管期限表",
    longest_chars=LONGEST_TEXT,
    steps={
        "change": Step(_DRAFT, None, _NOT_DRAFT, Right.CATALOGUE_CHANGE),
        "preview": Step(_DRAFT, None, _NOT_DRAFT),
        "release": Step(_DRAFT, "released", _NOT_DRAFT, Right.CATALOGUE_RELEASE),
        "drop": Step(_DRAFT, "dropped", _NOT_DRAFT, Right.CATALOGUE_CHANGE),
    },
    not_found=Refusal("schedule.not-found", "没有这一版保管期限表，或者您无权办理。请从列表里选择。"),
    own=Refusal("schedule.own", "起草的人不能自己发布。请由另一位有发布权的人办理。"),
    too_long="schedule.too-long",
    bad="schedule.bad",
    code_taken="schedule.code-taken",
)


def save_draft(session: Session, viewer: Viewer, text: str, *, draft_id: int | None, now: datetime) -> RetentionDraft:
    """Keep the text of a draft, a new one without `draft_id`.

    Raises BadText with every place that is wrong, Refused where the code is taken, NotFound, NotPermitted.
    """
    unit_id = top_unit(session)
    viewer.require(Right.CATALOGUE_CHANGE, unit_id)
    made = sound(text)
    row = life.take(session, KIND, draft_id, "change", viewer) if draft_id is not None else None
    reserved = made.edition == standard().edition
    row = life.keep(session, KIND, row, made, text, unit_id=unit_id, reserved=reserved, by=viewer, now=now)
    life.note(session, KIND, row, did="schedule.drafted", by=viewer, now=now)
    return row


def preview(session: Session, viewer: Viewer, draft_id: int, *, now: datetime) -> RetentionRun:
    """Have everything reckoned by a draft, changing nothing; a preview of the same text under way is returned."""
    row = life.take(session, KIND, draft_id, "preview", viewer)
    there = life.under_way(session, RetentionRun, row)
    if there is not None:
        return there
    life.note(session, KIND, row, did="schedule.previewed", by=viewer, now=now)
    return _begin(session, viewer, row, "preview", now=now)


def release(session: Session, viewer: Viewer, draft_id: int, *, now: datetime, today: date) -> RetentionRun:
    """Put a draft in force and have everything reckoned by it.

    Raises Refused for one's own, before its day, or without a finished preview of this very text.
    """
    row = life.take(session, KIND, draft_id, "release", viewer)
    life.check_another(session, KIND, row, viewer)
    life.check_begun(row, "schedule.too-early", today=today)
    if not life.was_previewed(session, RetentionRun, row):
        raise Refused("schedule.not-previewed", "发布前要先看影响：请先预览这一稿会让哪些资料提前或推后到期。")
    sound(row.text)
    life.move(session, KIND, row, "release", by=viewer, now=now)
    life.note(session, KIND, row, did="schedule.released", by=viewer, now=now)
    return _begin(session, viewer, row, "apply", now=now)


def drop(session: Session, viewer: Viewer, draft_id: int, *, now: datetime) -> None:
    """Give a draft up; its code stays taken."""
    row = life.take(session, KIND, draft_id, "drop", viewer)
    life.move(session, KIND, row, "drop", by=viewer, now=now)
    life.note(session, KIND, row, did="schedule.dropped", by=viewer, now=now)


def sound(text: str) -> Schedule:
    """Return the schedule that a text writes. Raises BadText, naming the first of the findings."""
    life.check_length(KIND, text)
    editions = load.editions()
    made, found = read(
        text,
        known_types={code for one in editions for code in one.document_types},
        known_categories={code for one in editions for code in one.customer_categories},
        known_businesses={code for one in editions for code in one.business_types},
    )
    if made is None:
        raise life.refuse(KIND, found)
    return made


def _begin(session: Session, viewer: Viewer, row: RetentionDraft, purpose: str, *, now: datetime) -> RetentionRun:
    made = RetentionRun(
        draft_id=row.id,
        purpose=purpose,
        revision=row.revision,
        state="running",
        made_by=viewer.person_id,
        made_at=now,
        next_id=0,
        last_id=session.scalar(select(func.max(HouseholdFile.id))) or 0,
        items=0,
        earlier=0,
        later=0,
        other=0,
    )
    session.add(made)
    session.flush()
    queue.enqueue(session, kind=RUN_JOB, subject=made.id, queue="upkeep", now=now)
    return made
