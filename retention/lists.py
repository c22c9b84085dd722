"""Review lists locked for a change, numbered, and put on record: what review and disposal share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.audit.record import record
from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import last_seq
from archive_service.errors import NotFound, NotPermitted
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.ties import same_person
from archive_service.people.viewer import Viewer
from retention import disposal_rules as rules
from retention.disposal_rules import Opinion, Planned
from retention.disposal_tables import DisposalItem, DisposalList

OBJECT = "disposal"
#: What makes somebody a party to the proposal, and therefore no approver.
JUDGING = ("disposal.frozen", "disposal.opined", "disposal.proposed", "disposal.planned")
#: What makes somebody a party to the destruction, and therefore no witness.
ASKING = ("disposal.frozen", "disposal.proposed", "disposal.approved", "disposal.planned")


def locked(session: Session, viewer: Viewer, list_id: int, right: Right) -> DisposalList:
    """Return a list that this person may act on, locked. Raises NotFound, NotPermitted."""
    row = session.get(DisposalList, list_id, with_for_update=True, populate_existing=True)
    if row is None or not viewer.may(Right.DISPOSAL_READ, row.unit_id):
        raise not_found()
    viewer.require(right, row.unit_id)
    return row


def not_found() -> NotFound:
    """Return the answer for a list that does not exist, or that this person may not know of."""
    return NotFound("disposal.not-found", "没有这份鉴定清单，或者您无权查看。请返回“鉴定与销毁”列表。")


def listed(session: Session, row: DisposalList, *, opinion: Opinion | None = None) -> list[DisposalItem]:
    """Return the items that are still on a list, by item, with one opinion or any."""
    wanted = select(DisposalItem).where(DisposalItem.list_id == row.id, DisposalItem.state == "listed")
    if opinion is not None:
        wanted = wanted.where(DisposalItem.opinion == opinion.value)
    return list(session.scalars(wanted.order_by(DisposalItem.item_id)))


def planned(items: list[DisposalItem]) -> list[Planned]:
    """Return what a plan says of items."""
    return [Planned(one.item_id, one.code, one.content_hash) for one in items]


def drop(session: Session, row: DisposalList, one: DisposalItem, why: str, *, by: Viewer, now: datetime) -> None:
    """Take an item off a list, saying why, on record."""
    one.state, one.dropped_why = "dropped", why[:200]
    note(session, row, "disposal.item-dropped", {"item": one.item_id, "code": one.code, "why": why}, by=by, now=now)


def number(session: Session, unit_id: int, now: datetime) -> str:
    """Return the next register number of a unit and year; the database lets nobody else have it."""
    series = f"XH-{session.get_one(Unit, unit_id).code}-{zone.local(now).year}-"
    taken = select(func.count()).where(DisposalList.number.startswith(series, autoescape=True))
    return f"{series}{(session.scalar(taken) or 0) + 1:04d}"


def check_clock(session: Session, now: datetime) -> None:
    """Refuse a moment that lies before the newest entry of the trail."""
    last = session.scalar(select(AuditEntry.at).where(AuditEntry.seq == last_seq(session)))
    if last is not None:
        rules.check_moment(now, last=last)


def hands(session: Session, row: DisposalList, did: Collection[str]) -> set[int]:
    """Return who did one of some things with a list in any of its rounds, by the trail."""
    wanted = select(AuditEntry.person_id).where(
        AuditEntry.object_kind == OBJECT, AuditEntry.object_id == str(row.id), AuditEntry.did.in_(did)
    )
    return {one for one in session.scalars(wanted.distinct()) if one is not None}


def check_other_person(session: Session, viewer: Viewer, others: Collection[int | None]) -> None:
    """Refuse a second account of somebody who had a hand in the list: of the same identity or mail address.

    Raises NotPermitted.
    """
    if viewer.person_id is not None and same_person(session, viewer.person_id, others):
        raise NotPermitted(
            "disposal.same-person",
            "您的账号与经办这份清单的另一个账号登记了同一证件或同一邮箱，视为同一人。请由另一个人办理。",
        )


def note(session: Session, row: DisposalList, did: str, facts: Mapping[str, Any], *, by: Viewer, now: datetime) -> None:
    """Put on record what was done with a list."""
    record(
        session,
        by=by.actor,
        did=did,
        object_kind=OBJECT,
        object_id=row.id,
        unit_id=row.unit_id,
        facts={"number": row.number, **facts},
        now=now,
    )
