"""Review lists, their items and tombstones, for those who may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from retention import lists as shared
from retention import lock_ends
from retention.disposal_rules import Opinion, State
from retention.disposal_tables import DisposalItem, DisposalList, Tombstone

#: What the items of a list can be asked for: without an opinion, by their opinion, or dropped out.
GROUPS = ("unsaid", *Opinion, "dropped")


@dataclass(frozen=True)
class ListView:
    """A review list in one line."""

    id: int
    number: str
    title: str
    state: str
    unit_id: int
    frozen_on: date
    #: All items of the list, those without an opinion, and those that were destroyed.
    items: int
    unsaid: int
    destroyed: int
    execute_from: date | None
    #: The day on which an execution that waits for a lock of the store goes on by itself.
    locked_until: date | None
    plan_hash: str | None
    backups_until: date | None
    done_at: datetime | None


@dataclass(frozen=True)
class ItemView:
    """An item of a list."""

    item_id: int
    code: str
    title: str
    document_type: str
    document_date: date | None
    pages: int
    content_hash: str
    due_on: date
    rule: str
    opinion: str | None
    years: int | None
    reason: str
    state: str
    dropped_why: str
    #: The first day on which the store no longer keeps its objects under a lock; none where nothing is in the way.
    free_on: date | None = None


@dataclass(frozen=True)
class Hand:
    """Somebody who had a hand in a list: in which step, their name (empty for the system), and when."""

    step: str
    name: str
    at: datetime


@dataclass(frozen=True)
class Papers:
    """What stands around a list besides its items."""

    unit_name: str
    hands: Sequence[Hand]
    note: str
    place: str
    #: sha256 of the report and of the certificate in the store; none while they are not drawn.
    report: str | None
    certificate: str | None
    #: Items that the plan destroys, and those of them that dropped out after the signatures.
    planned: int
    left: int


@dataclass(frozen=True)
class TombstoneView:
    """What is left of a destroyed item."""

    code: str
    title: str
    document_date: date | None
    pages: int
    destroyed_at: datetime
    register_no: str


@dataclass(frozen=True)
class Listing:
    """A page of lists, newest first; `next` continues it."""

    rows: Sequence[ListView]
    next: int | None


@dataclass(frozen=True)
class Detail:
    """A list with a page of its items, by item; `next` continues it."""

    summary: ListView
    items: Sequence[ItemView]
    next: int | None
    #: How many items there are of each group of `GROUPS`, whichever is shown.
    counts: Mapping[str, int]
    #: The first day on which no lock of a store is in the way of what is to go; none where none is.
    free_on: date | None


def lists(session: Session, viewer: Viewer, *, after: int | None = None, limit: int = 50) -> Listing:
    """Return the lists of the viewer's units, newest first, below the id `after`. Raises NotPermitted."""
    viewer.require(Right.DISPOSAL_READ)
    wanted = select(DisposalList).where(DisposalList.unit_id.in_(viewer.units(Right.DISPOSAL_READ)))
    if after is not None:
        wanted = wanted.where(DisposalList.id < after)
    rows = session.scalars(wanted.order_by(DisposalList.id.desc()).limit(limit + 1)).all()
    more = len(rows) > limit
    return Listing([_view(session, one) for one in rows[:limit]], rows[limit - 1].id if more else None)


def row(session: Session, viewer: Viewer, list_id: int) -> DisposalList:
    """Return the row of a list that this person may see. Raises NotFound."""
    found = session.get(DisposalList, list_id)
    if found is None or not viewer.may(Right.DISPOSAL_READ, found.unit_id):
        raise shared.not_found()
    return found


def summary(session: Session, viewer: Viewer, list_id: int) -> ListView:
    """Return a list in one line. Raises NotFound."""
    return _view(session, row(session, viewer, list_id))


def one(
    session: Session,
    viewer: Viewer,
    list_id: int,
    *,
    now: datetime,
    which: str = "",
    after: int = 0,
    limit: int = 100,
) -> Detail:
    """Return a list with its items above the item `after`, those of a group of `GROUPS` or all. Raises NotFound."""
    found = row(session, viewer, list_id)
    wanted = select(DisposalItem).where(DisposalItem.list_id == list_id, DisposalItem.item_id > after)
    if which:
        wanted = wanted.where(_group() == which)
    rows = session.scalars(wanted.order_by(DisposalItem.item_id).limit(limit + 1)).all()
    ends = _ends(session, found, now=now)
    names = [name for name in ItemView.__dataclass_fields__ if name != "free_on"]
    items = [
        ItemView(**{name: getattr(one, name) for name in names}, free_on=ends.get(one.item_id)) for one in rows[:limit]
    ]
    more = rows[limit - 1].item_id if len(rows) > limit else None
    group = _group().label("one")
    counted = select(group, func.count()).where(DisposalItem.list_id == list_id).group_by(group)
    counts = {**dict.fromkeys(GROUPS, 0), **dict(session.execute(counted).all())}
    return Detail(_view(session, found), items, more, counts, max(ends.values(), default=None))


def _group() -> ColumnElement[str]:
    """Return of which group of `GROUPS` an item is."""
    said = func.coalesce(DisposalItem.opinion, "unsaid")
    return case((DisposalItem.state == "dropped", "dropped"), else_=said)


def _ends(session: Session, found: DisposalList, *, now: datetime) -> dict[int, date]:
    """Return the first day without a lock for each item that is to go and has one in the way."""
    if found.state in (State.DONE, State.DROPPED):
        return {}
    going = [one.item_id for one in shared.listed(session, found) if one.opinion in (None, Opinion.DESTROY)]
    return {item: lock_ends.free_on(until) for item, until in lock_ends.locked_until(session, going, now=now).items()}


def papers(session: Session, viewer: Viewer, list_id: int) -> Papers:
    """Return who had a hand in a list, and which of its papers there are. Raises NotFound."""
    found = row(session, viewer, list_id)
    steps = (
        ("made", found.made_by, found.made_at),
        ("proposed", found.proposed_by, found.proposed_at),
        ("approved", found.decided_by, found.decided_at),
        ("asked", found.requested_by, found.requested_at),
        ("witness", found.first_witness, found.first_witnessed_at),
        ("witness", found.second_witness, found.second_witnessed_at),
    )
    who = session.execute(select(Person.id, Person.name).where(Person.id.in_({one for _, one, _ in steps if one})))
    names = {key: name for key, name in who}  # noqa: C416
    planned = select(func.count()).where(DisposalItem.list_id == list_id, DisposalItem.in_plan)
    return Papers(
        unit_name=session.get_one(Unit, found.unit_id).name,
        hands=[Hand(step, names.get(key or 0, ""), at) for step, key, at in steps if at is not None],
        note=found.decision_note,
        place=found.place,
        report=found.report_digest,
        certificate=found.certificate_digest,
        planned=session.scalar(planned) or 0,
        left=session.scalar(planned.where(DisposalItem.state == "dropped")) or 0,
    )


def units(session: Session, viewer: Viewer) -> list[tuple[int, str]]:
    """Return the units, by id and name, whose items this person may freeze into a list."""
    mine = select(Unit).where(Unit.id.in_(viewer.units(Right.DISPOSAL_PROPOSE))).order_by(Unit.id)
    return [(one.id, one.name) for one in session.scalars(mine)]


def tombstones(
    session: Session, viewer: Viewer, *, household_id: int, unit_id: int, limit: int = 200
) -> list[TombstoneView]:
    """Return what is left of the destroyed items of a household, latest first; nothing without the right to see it."""
    if not viewer.may(Right.DISPOSAL_READ, unit_id):
        return []
    wanted = select(Tombstone).where(Tombstone.household_id == household_id).order_by(Tombstone.id.desc()).limit(limit)
    names = TombstoneView.__dataclass_fields__
    return [TombstoneView(**{name: getattr(one, name) for name in names}) for one in session.scalars(wanted)]


def item_ids(session: Session, viewer: Viewer, list_id: int, *, unsaid: bool = False) -> list[int]:
    """Return the items that are still on a list, all or those without an opinion. Raises NotFound."""
    listed = shared.listed(session, row(session, viewer, list_id))
    return [one.item_id for one in listed if not unsaid or one.opinion is None]


def backups(session: Session, *, today: date) -> list[tuple[str, date]]:
    """Return the register numbers whose destroyed content a backup may still hold, each with the day until which."""
    asked = select(DisposalList.number, DisposalList.backups_until).where(DisposalList.backups_until >= today)
    return [(number, until) for number, until in session.execute(asked.order_by(DisposalList.id)) if until]


def _view(session: Session, found: DisposalList) -> ListView:
    items = select(func.count()).where(DisposalItem.list_id == found.id)
    return ListView(
        id=found.id,
        number=found.number,
        title=found.title,
        state=found.state,
        unit_id=found.unit_id,
        frozen_on=found.frozen_on,
        items=session.scalar(items) or 0,
        unsaid=session.scalar(items.where(DisposalItem.state == "listed", DisposalItem.opinion.is_(None))) or 0,
        destroyed=session.scalar(items.where(DisposalItem.state == "destroyed")) or 0,
        execute_from=found.execute_from,
        locked_until=found.locked_until if found.state == State.EXECUTING else None,
        plan_hash=found.plan_hash,
        backups_until=found.backups_until,
        done_at=found.done_at,
    )
