"""Who decides a wish now and why, what waits for a person's decision, and what a request would meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.borrowing import matrix
from archive_service.borrowing.matrix import Deciders, Edition, Facts, Holder, Level
from archive_service.borrowing.rules import State
from archive_service.borrowing.tables import LoanRequest, LoanWish
from archive_service.errors import NotFound
from archive_service.people.queries import in_force
from archive_service.people.roles import Right
from archive_service.people.tables import Person, RoleGrant, Unit
from archive_service.people.viewer import Viewer


def holders(session: Session, edition: Edition, unit_id: int, now: datetime) -> Mapping[str, Sequence[Holder]]:
    """Return who holds the role of each level for files of a unit today, by the level's code; deputies among them."""
    chain = _chain(session, unit_id)
    return {one.code: _holding(session, one, chain, now) for one in edition.levels if one.role is not None}


def _chain(session: Session, unit_id: int) -> list[Unit]:
    """Return the units from the top down to one."""
    path = session.get_one(Unit, unit_id).path
    return list(session.scalars(select(Unit).where(literal(path).startswith(Unit.path)).order_by(Unit.path)))


def _holding(session: Session, level: Level, chain: Sequence[Unit], now: datetime) -> list[Holder]:
    places = {"file": chain, "above": chain[:-1] or chain, "top": chain[:1]}[level.place]
    wanted = (
        select(Person.id, Person.name, RoleGrant.deputy_for)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            RoleGrant.role == str(level.role),
            RoleGrant.unit_id.in_([one.id for one in places]),
            in_force(zone.local(now).date()),
            Person.active,
        )
        .order_by(Person.id, RoleGrant.id)
    )
    return [Holder(*row) for row in session.execute(wanted)]


def who_decides(session: Session, *, unit_id: int, facts: Facts, asker_id: int, now: datetime) -> Deciders:
    """Return who would decide a wish with these facts about a file of the unit, and why; nothing has to be asked for."""
    edition = matrix.edition_on(zone.local(now).date())
    found = matrix.verdict(edition, facts)
    return matrix.deciders(edition, found, holders(session, edition, unit_id, now), asker_id=asker_id)


def deciders_of(session: Session, wish: LoanWish, asker_id: int, now: datetime) -> Deciders:
    """Return who may decide a wish now: the rule that it fell under, and who holds the role today."""
    edition = matrix.edition(wish.edition)
    rule = next((one for one in edition.rules if one.id == wish.rule), edition.rules[-1])
    found = matrix.Verdict(edition.level(rule.level), rule, edition.code)
    return matrix.deciders(edition, found, holders(session, edition, wish.unit_id, now), asker_id=asker_id)


def to_decide(session: Session, viewer: Viewer, now: datetime) -> list[LoanWish]:
    """Return the wishes that wait for the viewer's decision, those first that were read before, then by deadline."""
    waiting = session.execute(
        select(LoanWish, LoanRequest)
        .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        .where(LoanWish.state == State.ASKED, LoanWish.unit_id.in_(viewer.units(Right.LOAN_DECIDE)))
        .order_by(LoanRequest.emergency.desc(), LoanWish.decide_by, LoanWish.id)
    ).all()
    known: dict[tuple[int, str], Mapping[str, Sequence[Holder]]] = {}
    mine: list[LoanWish] = []
    for wish, asked in waiting:
        at = (wish.unit_id, wish.edition)
        if at not in known:
            known[at] = holders(session, matrix.edition(wish.edition), wish.unit_id, now)
        edition = matrix.edition(wish.edition)
        rule = next((one for one in edition.rules if one.id == wish.rule), edition.rules[-1])
        found = matrix.Verdict(edition.level(rule.level), rule, edition.code)
        if matrix.deciders(edition, found, known[at], asker_id=asked.asker_id).holder(viewer.person_id):
            mine.append(wish)
    return mine


def wish_in(session: Session, viewer: Viewer, wish_id: int, *, lock: bool = False) -> tuple[LoanWish, LoanRequest]:
    """Return a wish with its request, for who asked and for who decides, hands out or sees the register. Raises NotFound.

    With `lock`, nobody else changes the wish until the transaction ends.
    """
    wanted = select(LoanWish).where(LoanWish.id == wish_id)
    wish = session.scalar(wanted.with_for_update().execution_options(populate_existing=True) if lock else wanted)
    asked = None if wish is None else session.get(LoanRequest, wish.request_id)
    if wish is None or asked is None:
        raise _unknown()
    seeing = (Right.LOAN_DECIDE, Right.LOAN_HANDLE, Right.LOAN_READ)
    if asked.asker_id != viewer.person_id and not any(viewer.may(right, wish.unit_id) for right in seeing):
        raise _unknown()
    return wish, asked


def _unknown() -> NotFound:
    return NotFound("loan.not-found", "没有这项借阅申请，或者您无权查看。请从借阅清单里选择。")


def unit_codes(session: Session, unit_ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """Return for each unit its code and those of the units above it."""
    found: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for unit_id in set(unit_ids):
        found[unit_id] = tuple(one.code for one in _chain(session, unit_id))
    return found
