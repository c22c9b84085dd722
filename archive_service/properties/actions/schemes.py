"""Drafting an edition of the items, and releasing what somebody else drafted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from archive_service.editions import life
from archive_service.editions.life import Kind, Refusal, Step
from archive_service.people.queries import top_unit
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.properties.scheme import Scheme, read, standard
from archive_service.properties.tables import PropertyScheme

LONGEST_TEXT = 200_000
_DRAFT = frozenset({"draft"})
_NOT_DRAFT = Refusal("properties.not-draft", "这一版已经发布或作废，不能再改。请另起草一版。")
KIND = Kind(
    table=PropertyScheme,
    trail="property-scheme",
    told=(),
    name="四性检测项目表",
    longest_chars=LONGEST_TEXT,
    steps={
        "change": Step(_DRAFT, None, _NOT_DRAFT, Right.CATALOGUE_CHANGE),
        "release": Step(_DRAFT, "released", _NOT_DRAFT, Right.CATALOGUE_RELEASE),
        "drop": Step(_DRAFT, "dropped", _NOT_DRAFT, Right.CATALOGUE_CHANGE),
    },
    not_found=Refusal("properties.no-scheme", "没有这一版项目表，或者您无权办理。请从列表里选择。"),
    own=Refusal("properties.own", "起草的人不能自己发布。请由另一位有发布权的人办理。"),
    too_long="properties.too-long",
    bad="properties.bad",
    code_taken="properties.code-taken",
)


def save_scheme(
    session: Session, viewer: Viewer, text: str, *, scheme_id: int | None = None, now: datetime
) -> PropertyScheme:
    """Keep the text of a draft, a new one without `scheme_id`.

    Raises BadText with every place that is wrong, Refused where the code is taken, NotFound, NotPermitted.
    """
    unit_id = top_unit(session)
    viewer.require(Right.CATALOGUE_CHANGE, unit_id)
    made = sound(text)
    row = life.take(session, KIND, scheme_id, "change", viewer) if scheme_id is not None else None
    reserved = made.edition == standard().edition
    row = life.keep(session, KIND, row, made, text, unit_id=unit_id, reserved=reserved, by=viewer, now=now)
    life.note(session, KIND, row, did="properties.drafted", by=viewer, now=now)
    return row


def release_scheme(session: Session, viewer: Viewer, scheme_id: int, *, now: datetime, today: date) -> PropertyScheme:
    """Put a draft in force from its day on. Raises Refused for one's own, and before its day."""
    row = life.take(session, KIND, scheme_id, "release", viewer)
    life.check_another(session, KIND, row, viewer)
    life.check_begun(row, "properties.too-early", today=today)
    sound(row.text)
    life.move(session, KIND, row, "release", by=viewer, now=now)
    life.note(session, KIND, row, did="properties.released", by=viewer, now=now)
    return row


def drop_scheme(session: Session, viewer: Viewer, scheme_id: int, *, now: datetime) -> None:
    """Give a draft up; its code stays taken."""
    row = life.take(session, KIND, scheme_id, "drop", viewer)
    life.move(session, KIND, row, "drop", by=viewer, now=now)
    life.note(session, KIND, row, did="properties.dropped", by=viewer, now=now)


def sound(text: str) -> Scheme:
    """Return the edition that a text writes. Raises BadText, naming the first of the findings."""
    life.check_length(KIND, text)
    made, found = read(text)
    if made is None:
        raise life.refuse(KIND, found)
    return made
