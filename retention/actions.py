"""Drafting an edition of the schedule, asking what it would change, and releasing what somebody else drafted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.catalogue import load
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.households.tables import HouseholdFile
from archive_service.jobs import queue
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from retention.schedule import Schedule, read, standard
from retention.tables import RetentionDraft, RetentionRun

RUN_JOB = "retention.run"
LONGEST_TEXT = 200_000


class BadSchedule(Refused):
    """The text is no schedule or contradicts itself; the fact `findings` says each line and reason."""


def save_draft(session: Session, viewer: Viewer, text: str, *, draft_id: int | None, now: datetime) -> RetentionDraft:
    """Keep the text of a draft, a new one without `draft_id`.

    Raises BadSchedule with every place that is wrong, Refused where the code is taken, NotFound, NotPermitted.
    """
    unit_id = top(session)
    viewer.require(Right.CATALOGUE_CHANGE, unit_id)
    made = sound(text)
    row = _locked(session, viewer, draft_id) if draft_id is not None else None
    if row is not None:
        _check_draft(row)
    taken = session.scalars(select(RetentionDraft.id).where(RetentionDraft.code == made.edition)).all()
    if made.edition == standard().edition or any(row is None or one != row.id for one in taken):
        raise Refused("schedule.code-taken", f"版本代码“{made.edition}”已经用过。请换一个代码。")
    if row is None:
        row = RetentionDraft(state="draft", unit_id=unit_id, made_by=viewer.person_id, revision=0)
        session.add(row)
    row.code, row.title, row.text, row.effective_from = made.edition, made.title_zh, text, made.effective_from
    row.changed_by, row.changed_at = viewer.person_id, now
    row.revision += 1
    session.flush()
    _note(session, viewer, row, "schedule.drafted", now=now)
    return row


def preview(session: Session, viewer: Viewer, draft_id: int, *, now: datetime) -> RetentionRun:
    """Have everything reckoned by a draft, changing nothing; a preview of the same text under way is returned."""
    row = _locked(session, viewer, draft_id)
    _check_draft(row)
    chosen = select(RetentionRun).where(
        RetentionRun.draft_id == row.id, RetentionRun.revision == row.revision, RetentionRun.state == "running"
    )
    there = session.scalar(chosen.limit(1))
    if there is not None:
        return there
    _note(session, viewer, row, "schedule.previewed", now=now)
    return _begin(session, viewer, row, "preview", now=now)


def release(session: Session, viewer: Viewer, draft_id: int, *, now: datetime, today: date) -> RetentionRun:
    """Put a draft in force and have everything reckoned by it.

    Raises Refused for one's own, before its day, or without a finished preview of this very text.
    """
    row = _locked(session, viewer, draft_id)
    viewer.require(Right.CATALOGUE_RELEASE, row.unit_id)
    _check_draft(row)
    if viewer.person_id is not None and viewer.person_id in (row.made_by, row.changed_by):
        raise Refused("schedule.own", "起草的人不能自己发布。请由另一位有发布权的人办理。")
    if row.effective_from > today:
        raise Refused("schedule.too-early", f"这一版从 {row.effective_from} 起生效。请到那天再发布。")
    seen = select(RetentionRun.id).where(
        RetentionRun.draft_id == row.id,
        RetentionRun.purpose == "preview",
        RetentionRun.revision == row.revision,
        RetentionRun.state == "done",
    )
    if session.scalar(seen.limit(1)) is None:
        raise Refused("schedule.not-previewed", "发布前要先看影响：请先预览这一稿会让哪些资料提前或推后到期。")
    sound(row.text)
    row.state, row.decided_by, row.decided_at = "released", viewer.person_id, now
    session.flush()
    _note(session, viewer, row, "schedule.released", now=now)
    return _begin(session, viewer, row, "apply", now=now)


def drop(session: Session, viewer: Viewer, draft_id: int, *, now: datetime) -> None:
    """Give a draft up; its code stays taken."""
    row = _locked(session, viewer, draft_id)
    viewer.require(Right.CATALOGUE_CHANGE, row.unit_id)
    _check_draft(row)
    row.state = "dropped"
    _note(session, viewer, row, "schedule.dropped", now=now)


def sound(text: str) -> Schedule:
    """Return the schedule that a text writes. Raises BadSchedule, naming the first of the findings."""
    if len(text) > LONGEST_TEXT:
        raise Invalid("schedule.too-long", "保管期限表太长。请删去多余的内容。")
    editions = load.editions()
    made, found = read(
        text,
        known_types={code for one in editions for code in one.document_types},
        known_categories={code for one in editions for code in one.customer_categories},
        known_businesses={code for one in editions for code in one.business_types},
    )
    if made is None:
        first = found[0]
        message = f"保管期限表有 {len(found)} 处问题，没有保存。第 {first.line} 行：{first.message}"
        raise BadSchedule("schedule.bad", message, findings=list(found))
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


def _check_draft(row: RetentionDraft) -> None:
    if row.state != "draft":
        raise Refused("schedule.not-draft", "这一版已经发布或作废，不能再改。请另起草一版。", state=row.state)


def top(session: Session) -> int:
    """Return the unit at the top, for which schedules are drafted: they hold for everybody. Raises NotFound."""
    found = session.scalar(select(Unit.id).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1))
    if found is None:
        raise NotFound("people.unit-not-found", "还没有单位。请先建立单位。")
    return found


def _locked(session: Session, viewer: Viewer, draft_id: int) -> RetentionDraft:
    chosen = select(RetentionDraft).where(RetentionDraft.id == draft_id).with_for_update()
    row = session.scalar(chosen.execution_options(populate_existing=True))
    may = (Right.CATALOGUE_CHANGE, Right.CATALOGUE_RELEASE)
    if row is None or not any(viewer.may(right, row.unit_id) for right in may):
        raise NotFound("schedule.not-found", "没有这一版保管期限表，或者您无权办理。请从列表里选择。")
    return row


def _note(session: Session, viewer: Viewer, row: RetentionDraft, did: str, *, now: datetime) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="schedule",
        object_id=row.id,
        unit_id=row.unit_id,
        facts={"code": row.code, "effective_from": row.effective_from.isoformat(), "revision": row.revision},
        now=now,
    )
