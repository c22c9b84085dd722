"""THE question of every door to a paper: is it restricted, and has this person opened it for a while."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, select
from sqlalchemy.orm import Session

from archive_service.errors import NotPermitted
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.restricted.tables import RestrictedReading, Restriction

_A_TIME = 500
#: Stands, with the code of the type of document, for the title of a paper that is stored only.
STORED_ONLY = "仅存储"


def lasting(item_id: Any) -> ColumnElement[bool]:
    """Return the condition that a restriction lasts on the item with this id, for lists made in the database."""
    return select(Restriction.id).where(Restriction.item_id == item_id, Restriction.ended_at.is_(None)).exists()


def restricted(session: Session, item_ids: Collection[int]) -> frozenset[int]:
    """Return which of some items are restricted. Nothing is filtered by rights: who asks is about to show them."""
    asked = sorted(set(item_ids))
    found: set[int] = set()
    for at in range(0, len(asked), _A_TIME):
        some = Restriction.item_id.in_(asked[at : at + _A_TIME])
        found |= set(session.scalars(select(Restriction.item_id).where(some, Restriction.ended_at.is_(None))))
    return frozenset(found)


def closed(session: Session, viewer: Viewer, item_ids: Collection[int]) -> frozenset[int]:
    """Return which of some items this person may not read now, because they are restricted and not opened."""
    return restricted(session, item_ids) - viewer.opened


def shown_title(item_id: Any, title: Any, document_type: Any, *, opened: Collection[int]) -> ColumnElement[str]:
    """Return the title of a paper as a list shows it to who has `opened` some, from the columns of the paper's row."""
    shut = and_(lasting(item_id), item_id.not_in(opened))
    return case((shut, literal(f"{STORED_ONLY} ") + document_type), else_=title)


def closed_title(document_type: str) -> str:
    """Return what stands for the title of a paper that this person may not read now."""
    return f"{STORED_ONLY} {document_type}"


def opened(session: Session, viewer: Viewer, *, now: datetime) -> frozenset[int]:
    """Return the restricted items that a person has opened for now, where they still keep them."""
    if viewer.person_id is None or not viewer.may(Right.SUBJECT_KEEP):
        return frozenset()
    mine = select(RestrictedReading.item_id).where(
        RestrictedReading.person_id == viewer.person_id, RestrictedReading.until > now
    )
    return frozenset(session.scalars(mine))


def check_open(session: Session, viewer: Viewer, item_ids: Collection[int]) -> None:
    """Raise NotPermitted when any of some items is restricted and this person has not opened it."""
    if closed(session, viewer, item_ids):
        raise refusal()


def refusal() -> NotPermitted:
    """Return the answer for what may only be stored."""
    return NotPermitted(
        "item.restricted", "这份资料应当事人要求只作存储，不能查阅、借阅或导出。确有需要时请保管人说明原因后打开。"
    )
