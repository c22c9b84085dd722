"""Which holds there are, and THE question that everybody asks: what holds these items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from archive_service.audit.tables import AuditEntry
from archive_service.errors import NotFound
from archive_service.holds.tables import Hold, HoldSubject
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import shown_title

_A_TIME = 500
_SUBJECTS_SHOWN = 500


@dataclass(frozen=True)
class HoldView:
    """A hold with its grounds; names are none for the archive itself."""

    id: int
    unit_id: int
    unit_name: str
    kind: str
    reason: str
    authority: str
    review_on: date
    placed_by: str | None
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str
    #: How many subjects it names.
    subjects: int

    @property
    def lasts(self) -> bool:
        """Say whether it has not been released."""
        return self.released_at is None


@dataclass(frozen=True)
class SubjectView:
    """What a hold is placed on: a household, one of its cases, or one of its items."""

    account_no: str
    account_name: str
    application_no: str | None
    item_id: int | None
    item_no: int | None
    title: str | None


@dataclass(frozen=True)
class ReviewView:
    """When somebody looked at a hold and put its review day off, from which day to which, and why."""

    at: datetime
    by: str
    was: str
    review_on: str
    reason: str


@dataclass(frozen=True)
class HoldListing:
    """A page of holds, newest first; `next` continues it."""

    rows: Sequence[HoldView]
    next: int | None
    total: int


def holding(session: Session, item_ids: Collection[int]) -> dict[int, tuple[HoldView, ...]]:
    """Return the holds that last on each item, by its id, oldest first; an item that is not held is not in it.

    A hold on an item, on its case or on its household holds it, also when the item was filed after the hold was
    placed. Nothing is filtered by rights: who asks has seen the items, and must know that they are held.
    """
    asked = sorted(set(item_ids))
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for start in range(0, len(asked), _A_TIME):
        rows = session.execute(
            select(Item.id, Hold.id)
            .join(HoldSubject, _covers())
            .join(Hold, Hold.id == HoldSubject.hold_id)
            .where(Item.id.in_(asked[start : start + _A_TIME]), Hold.released_at.is_(None))
        )
        for item_id, hold_id in rows:
            found[item_id][hold_id] = hold_id
    views = _views(session, {key for holds in found.values() for key in holds})
    return {item_id: tuple(views[key] for key in sorted(holds)) for item_id, holds in found.items()}


def of_household(session: Session, household_id: int) -> list[HoldView]:
    """Return the holds that last on a household or on anything in it, oldest first."""
    keys = session.scalars(
        select(Hold.id)
        .join(HoldSubject, HoldSubject.hold_id == Hold.id)
        .where(HoldSubject.household_id == household_id, Hold.released_at.is_(None))
        .distinct()
    ).all()
    views = _views(session, set(keys))
    return [views[key] for key in sorted(views)]


def households_held(session: Session, household_ids: Collection[int]) -> set[int]:
    """Return which of some households are held as a whole."""
    whole = (
        select(HoldSubject.household_id)
        .join(Hold, Hold.id == HoldSubject.hold_id)
        .where(HoldSubject.household_id.in_(household_ids), Hold.released_at.is_(None))
        .where(HoldSubject.case_id.is_(None), HoldSubject.item_id.is_(None))
    )
    return set(session.scalars(whole))


def holds(
    session: Session,
    viewer: Viewer,
    *,
    state: str = "lasting",
    kind: str = "",
    today: date,
    after: int | None = None,
    limit: int = 50,
) -> HoldListing:
    """Return the holds of the viewer's units, newest first, below the id `after`.

    `state` is lasting, overdue (its review day has passed), released, or empty for all.
    """
    viewer.require(Right.RECORD_READ)
    wanted = _rows().where(Hold.unit_id.in_(viewer.units(Right.RECORD_READ)))
    if state:
        wanted = wanted.where(Hold.released_at.is_not(None) if state == "released" else Hold.released_at.is_(None))
    if state == "overdue":
        wanted = wanted.where(Hold.review_on < today)
    if kind:
        wanted = wanted.where(Hold.kind == kind)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if after is not None:
        wanted = wanted.where(Hold.id < after)
    rows = session.execute(wanted.order_by(Hold.id.desc()).limit(limit + 1)).all()
    shown = [_view(row) for row in rows[:limit]]
    return HoldListing(shown, shown[-1].id if len(rows) > limit else None, total)


def overdue(session: Session, viewer: Viewer, *, today: date) -> int:
    """Return how many holds the viewer keeps whose review day has passed."""
    wanted = select(func.count()).where(
        Hold.unit_id.in_(viewer.units(Right.HOLD_KEEP)), Hold.released_at.is_(None), Hold.review_on < today
    )
    return session.scalar(wanted) or 0


def hold(session: Session, viewer: Viewer, hold_id: int) -> HoldView:
    """Return a hold of the viewer's units. Raises NotFound."""
    row = session.execute(_rows().where(Hold.id == hold_id)).first()
    if row is None or not viewer.may(Right.RECORD_READ, row[0].unit_id):
        raise not_found()
    return _view(row)


def subjects(session: Session, viewer: Viewer, hold_id: int) -> list[SubjectView]:
    """Return what a hold of the viewer's units is placed on, in the order in which it was said. Raises NotFound."""
    hold(session, viewer, hold_id)
    rows = session.execute(
        select(
            HouseholdFile.account_no,
            HouseholdFile.account_name,
            CaseFile.application_no,
            Item.id,
            Item.item_no,
            shown_title(Item.id, Item.title, Item.document_type, opened=viewer.opened),
        )
        .join(HoldSubject, HoldSubject.household_id == HouseholdFile.id)
        .outerjoin(Item, Item.id == HoldSubject.item_id)
        .outerjoin(CaseFile, CaseFile.id == HoldSubject.case_id)
        .where(HoldSubject.hold_id == hold_id)
        .order_by(HoldSubject.id)
        .limit(_SUBJECTS_SHOWN)
    )
    return [SubjectView(*row) for row in rows]


def reviews(session: Session, viewer: Viewer, hold_id: int) -> list[ReviewView]:
    """Return when a hold was looked at and put off, oldest first, as the trail says. Raises NotFound."""
    hold(session, viewer, hold_id)
    rows = session.execute(
        select(AuditEntry.at, AuditEntry.person_name, AuditEntry.facts)
        .where(
            AuditEntry.object_kind == "hold", AuditEntry.object_id == str(hold_id), AuditEntry.did == "hold.reviewed"
        )
        .order_by(AuditEntry.seq)
    )
    return [ReviewView(at, who, facts["was"], facts["review_on"], facts["reason"]) for at, who, facts in rows]


def for_update(session: Session, viewer: Viewer, hold_id: int) -> Hold:
    """Return the row of a hold, locked. Raises NotFound, NotPermitted."""
    row = session.scalar(
        select(Hold).where(Hold.id == hold_id).with_for_update().execution_options(populate_existing=True)
    )
    if row is None or not viewer.may(Right.RECORD_READ, row.unit_id):
        raise not_found()
    viewer.require(Right.HOLD_KEEP, row.unit_id)
    return row


def not_found() -> NotFound:
    """Return the answer for a hold that does not exist, or that this person may not know of."""
    return NotFound("hold.not-found", "没有这项冻结，或者您无权查看。请从冻结列表里选择。")


def item_held() -> Any:
    """Return the condition on `Item` that a hold lasts on it, for lists that are made in the database."""
    lasting = select(HoldSubject.id).join(Hold, Hold.id == HoldSubject.hold_id)
    return exists(lasting.where(_covers(), Hold.released_at.is_(None)).correlate(Item))


def _covers() -> Any:
    """Return the condition that a subject covers an item."""
    whole = and_(HoldSubject.household_id == Item.household_id, HoldSubject.case_id.is_(None))
    return or_(
        HoldSubject.item_id == Item.id,
        and_(HoldSubject.case_id == Item.case_id, HoldSubject.item_id.is_(None)),
        and_(whole, HoldSubject.item_id.is_(None)),
    )


def _views(session: Session, hold_ids: Collection[int]) -> dict[int, HoldView]:
    found = {}
    asked = sorted(hold_ids)
    for start in range(0, len(asked), _A_TIME):
        for row in session.execute(_rows().where(Hold.id.in_(asked[start : start + _A_TIME]))):
            found[row[0].id] = _view(row)
    return found


def _rows() -> Select[Any]:
    placer, releaser = aliased(Person), aliased(Person)
    named = select(func.count(HoldSubject.id)).where(HoldSubject.hold_id == Hold.id).correlate(Hold).scalar_subquery()
    return (
        select(
            Hold,
            Unit.name.label("unit_name"),
            placer.name.label("placer"),
            releaser.name.label("releaser"),
            named.label("named"),
        )
        .join(Unit, Unit.id == Hold.unit_id)
        .outerjoin(placer, placer.id == Hold.placed_by)
        .outerjoin(releaser, releaser.id == Hold.released_by)
    )


def _view(found: Any) -> HoldView:
    row: Hold = found[0]
    return HoldView(
        id=row.id,
        unit_id=row.unit_id,
        unit_name=found.unit_name,
        kind=row.kind,
        reason=row.reason,
        authority=row.authority,
        review_on=row.review_on,
        placed_by=found.placer,
        placed_at=row.placed_at,
        released_by=found.releaser,
        released_at=row.released_at,
        release_reason=row.release_reason,
        subjects=found.named,
    )
