"""Whether what is stored can be changed: what the self-tests proved, and which objects are locked until when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, or_, select, union
from sqlalchemy.orm import Session

from archive_service.fixity.proofs import GOOD, newest
from archive_service.households.tables import Item, Page
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.storage.tables import LockProof, ObjectLock

#: A proof that is older says nothing of today.
FRESH = timedelta(days=2)
_SHOWN = 100
#: What is locked of a page; the rest can be made again.
_COLUMNS = (Page.original_digest, Page.image_digest)


@dataclass(frozen=True)
class StoreState:
    """What is known of one store; `proven_at` is when its self-test last held."""

    store: str
    #: A state of `storage.lock.LockProof`, as the last test found it, and when that was.
    state: str
    let: str
    at: datetime
    proven_at: datetime | None
    #: The last test held, and is not too old.
    proven: bool
    #: Objects whose lock was read back, of them those under a legal hold; refused by the store; accepted and not kept.
    locked: int
    held: int
    refused: int
    short: int


@dataclass(frozen=True)
class Unlocked:
    """An object that its store did not lock."""

    store: str
    digest: str
    state: str
    code: str
    seen_at: datetime


@dataclass(frozen=True)
class Locks:
    """How the objects of some records are locked; `until` is the earliest end among those with one."""

    objects: int
    locked: int
    held: int
    failed: int
    until: datetime | None
    #: The last self-test of the store: when, its state, and whether it counts.
    proven: bool
    state: str
    at: datetime


def states(session: Session, *, now: datetime) -> list[StoreState]:
    """Return what is known of every store that was ever tested; nobody's rights narrow it, for figures and probes."""
    names = session.scalars(select(LockProof.store).distinct().order_by(LockProof.store)).all()
    return [_state(session, name, now=now) for name in names]


def seen_by(session: Session, viewer: Viewer, *, now: datetime) -> list[StoreState]:
    """Return what is known of every store. Raises NotPermitted for who neither keeps the system nor inspects."""
    if not viewer.may(Right.INSPECT):
        viewer.require(Right.SYSTEM_HEALTH)
    return states(session, now=now)


def unlocked(session: Session, viewer: Viewer) -> list[Unlocked]:
    """Return objects that their store did not lock, newest first, 100 at most. Raises NotPermitted."""
    if not viewer.may(Right.INSPECT):
        viewer.require(Right.SYSTEM_HEALTH)
    wanted = select(ObjectLock).where(ObjectLock.state != "kept").order_by(ObjectLock.seen_at.desc(), ObjectLock.digest)
    return [
        Unlocked(one.store, one.digest, one.state, one.code, one.seen_at)
        for one in session.scalars(wanted.limit(_SHOWN))
    ]


def of_items(session: Session, item_ids: Collection[int], *, now: datetime) -> Locks | None:
    """Return how the objects of items that the caller has seen are locked; none where the store knows no locks."""
    return _locks(session, Page.item_id.in_(item_ids), now=now)


def of_household(session: Session, household_id: int, *, now: datetime) -> Locks | None:
    """Return how the objects of a household that the caller has seen are locked; none without locks."""
    return _locks(session, Page.item_id.in_(select(Item.id).where(Item.household_id == household_id)), now=now)


def _locks(session: Session, which: Any, *, now: datetime) -> Locks | None:
    proof = newest(session, "first")
    if proof is None or proof.state == "checked":
        return None
    named = union(*(select(column.label("digest")).where(which) for column in _COLUMNS)).subquery()
    own = ObjectLock.store == "first"
    kept = ObjectLock.state == "kept"
    wanted = (
        select(
            func.count(),
            _counted(kept & or_(ObjectLock.until > now, ObjectLock.held)),
            _counted(kept & ObjectLock.held),
            _counted(ObjectLock.state != "kept"),
            func.min(ObjectLock.until),
        )
        .select_from(named)
        .outerjoin(ObjectLock, (ObjectLock.digest == named.c.digest) & own)
    )
    objects, locked, held, failed, until = session.execute(wanted).one()
    return Locks(objects, locked, held, failed, until, _counts(proof, now=now), proof.state, proof.at)


def _state(session: Session, name: str, *, now: datetime) -> StoreState:
    last = newest(session, name)
    assert last is not None
    good = select(func.max(LockProof.at)).where(LockProof.store == name, LockProof.state.in_(GOOD))
    kept = ObjectLock.state == "kept"
    sums: Select[Any] = select(
        _counted(kept & or_(ObjectLock.until > now, ObjectLock.held)),
        _counted(kept & ObjectLock.held),
        _counted(ObjectLock.state == "refused"),
        _counted(ObjectLock.state == "short"),
    ).where(ObjectLock.store == name)
    locked, held, refused, short = session.execute(sums).one()
    proven = _counts(last, now=now)
    # What a store keeps that was not seen to hold is no lock.
    enforced = proven and last.state == "enforced"
    return StoreState(
        name, last.state, last.let, last.at, session.scalar(good), proven,
        locked if enforced else 0, held if enforced else 0, refused, short,
    )  # fmt: skip


def _counts(proof: LockProof, *, now: datetime) -> bool:
    return proof.state in GOOD and abs(now - proof.at) <= FRESH


def _counted(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
