"""Drafting an edition of the items, and releasing what somebody else drafted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.properties.scheme import Scheme, read, standard
from archive_service.properties.tables import PropertyScheme

LONGEST_TEXT = 200_000


class BadScheme(Refused):
    """The text is no edition of the items or contradicts itself; the fact `findings` says each line and reason."""


def save_scheme(
    session: Session, viewer: Viewer, text: str, *, scheme_id: int | None = None, now: datetime
) -> PropertyScheme:
    """Keep the text of a draft, a new one without `scheme_id`.

    Raises BadScheme with every place that is wrong, Refused where the code is taken, NotFound, NotPermitted.
    """
    unit_id = _top(session)
    viewer.require(Right.CATALOGUE_CHANGE, unit_id)
    made = sound(text)
    row = _locked(session, viewer, scheme_id) if scheme_id is not None else None
    taken = session.scalars(select(PropertyScheme.id).where(PropertyScheme.code == made.edition)).all()
    if made.edition == standard().edition or any(row is None or one != row.id for one in taken):
        raise Refused("properties.code-taken", f"版本代码“{made.edition}”已经用过。请换一个代码。")
    if row is None:
        row = PropertyScheme(state="draft", unit_id=unit_id, made_by=viewer.person_id)
        session.add(row)
    row.code, row.title, row.text, row.effective_from = made.edition, made.title_zh, text, made.effective_from
    row.changed_by, row.changed_at = viewer.person_id, now
    session.flush()
    _note(session, viewer, row, "properties.drafted", now=now)
    return row


def release_scheme(session: Session, viewer: Viewer, scheme_id: int, *, now: datetime, today: date) -> PropertyScheme:
    """Put a draft in force from its day on. Raises Refused for one's own, and before its day."""
    row = _locked(session, viewer, scheme_id)
    viewer.require(Right.CATALOGUE_RELEASE, row.unit_id)
    if viewer.person_id is not None and viewer.person_id in (row.made_by, row.changed_by):
        raise Refused("properties.own", "起草的人不能自己发布。请由另一位有发布权的人办理。")
    if row.effective_from > today:
        raise Refused("properties.too-early", f"这一版从 {row.effective_from} 起生效。请到那天再发布。")
    sound(row.text)
    row.state, row.decided_by, row.decided_at = "released", viewer.person_id, now
    session.flush()
    _note(session, viewer, row, "properties.released", now=now)
    return row


def drop_scheme(session: Session, viewer: Viewer, scheme_id: int, *, now: datetime) -> None:
    """Give a draft up; its code stays taken."""
    row = _locked(session, viewer, scheme_id)
    viewer.require(Right.CATALOGUE_CHANGE, row.unit_id)
    row.state = "dropped"
    session.flush()
    _note(session, viewer, row, "properties.dropped", now=now)


def sound(text: str) -> Scheme:
    """Return the edition that a text writes. Raises BadScheme, naming the first of the findings."""
    if len(text) > LONGEST_TEXT:
        raise Invalid("properties.too-long", "四性检测项目表太长。请删去多余的内容。")
    made, found = read(text)
    if made is None:
        first = found[0]
        message = f"四性检测项目表有 {len(found)} 处问题，没有保存。第 {first.line} 行：{first.message}"
        raise BadScheme("properties.bad", message, findings=[asdict(one) for one in found])
    return made


def _top(session: Session) -> int:
    found = session.scalar(select(Unit.id).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1))
    if found is None:
        raise NotFound("people.unit-not-found", "还没有单位。请先建立单位。")
    return found


def _locked(session: Session, viewer: Viewer, scheme_id: int) -> PropertyScheme:
    chosen = select(PropertyScheme).where(PropertyScheme.id == scheme_id).with_for_update()
    row = session.scalar(chosen.execution_options(populate_existing=True))
    may = (Right.CATALOGUE_CHANGE, Right.CATALOGUE_RELEASE)
    if row is None or not any(viewer.may(right, row.unit_id) for right in may):
        raise NotFound("properties.no-scheme", "没有这一版项目表，或者您无权办理。请从列表里选择。")
    if row.state != "draft":
        raise Refused("properties.not-draft", "这一版已经发布或作废，不能再改。请另起草一版。", state=row.state)
    return row


def _note(session: Session, viewer: Viewer, row: PropertyScheme, did: str, *, now: datetime) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="property-scheme",
        object_id=row.id,
        unit_id=row.unit_id,
        facts={"code": row.code, "effective_from": row.effective_from.isoformat()},
        now=now,
    )
