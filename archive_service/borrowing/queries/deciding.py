"""Who decides a wish now and why, what waits for a person's decision, and what a request would meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.borrowing import matrix
from archive_service.borrowing.matrix import Deciders, Edition, Facts, Holder, Level, Verdict
from archive_service.borrowing.rules import State
from archive_service.borrowing.tables import LoanRequest, LoanWish, WishPage
from archive_service.borrowing.wishes import Found
from archive_service.errors import NotFound
from archive_service.people.queries import in_force
from archive_service.people.roles import Right
from archive_service.people.tables import Person, RoleGrant, Unit
from archive_service.people.viewer import Viewer

_A_DAY = timedelta(days=1)


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


def deciders_of(session: Session, wish: LoanWish, asker_id: int, now: datetime) -> Deciders:
    """Return who may decide a wish now: the rule that it fell under, and who holds the role today."""
    edition = matrix.edition(wish.edition)
    held = holders(session, edition, wish.unit_id, now)
    return matrix.deciders(edition, matrix.verdict_of(edition, wish.rule), held, asker_id=asker_id)


def undecided(session: Session, today: date) -> Sequence[tuple[LoanWish, LoanRequest]]:
    """Return the wishes that should have been decided before a day and are not, the oldest first."""
    wanted = (
        select(LoanWish, LoanRequest)
        .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        .where(LoanWish.state == State.ASKED, LoanWish.decide_by < today)
        .order_by(LoanWish.decide_by, LoanWish.id)
    )
    return [(wish, request) for wish, request in session.execute(wanted)]


def late_hearers(session: Session, wish: LoanWish, asker_id: int, now: datetime) -> list[int]:
    """Return who has to hear that a wish is late: who may decide it now, and who stands at the highest level."""
    edition = matrix.edition(wish.edition)
    highest = holders(session, edition, wish.unit_id, now)[edition.levels[-1].code]
    return [one.person_id for one in (*deciders_of(session, wish, asker_id, now).people, *highest)]


def to_decide(session: Session, viewer: Viewer, now: datetime) -> list[LoanWish]:
    """Return the wishes that wait for the viewer's decision, those first that were read before, then by deadline."""
    waiting = session.execute(
        select(LoanWish, LoanRequest)
        .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        .where(LoanWish.state == State.ASKED, LoanWish.unit_id.in_(viewer.units(Right.LOAN_DECIDE)))
        .order_by(LoanRequest.emergency.desc(), LoanWish.decide_by, LoanWish.id)
    ).all()
    held: dict[tuple[int, str], Mapping[str, Sequence[Holder]]] = {}
    mine: list[LoanWish] = []
    for wish, asked in waiting:
        edition, at = matrix.edition(wish.edition), (wish.unit_id, wish.edition)
        if at not in held:
            held[at] = holders(session, edition, wish.unit_id, now)
        found = matrix.verdict_of(edition, wish.rule)
        if matrix.deciders(edition, found, held[at], asker_id=asked.asker_id).holder(viewer.person_id):
            mine.append(wish)
    return mine


def count_to_decide(session: Session, viewer: Viewer, now: datetime) -> int:
    """Return how many wishes wait for the viewer's decision."""
    return len(to_decide(session, viewer, now)) if viewer.may(Right.LOAN_DECIDE) else 0


def wish_in(session: Session, viewer: Viewer, wish_id: int, *, lock: bool = False) -> tuple[LoanWish, LoanRequest]:
    """Return a wish with its request, for who asked and for who decides, hands out or sees the register.

    Raises NotFound. With `lock`, nobody else changes the wish until the transaction ends.
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


def verdicts(
    session: Session,
    viewer: Viewer,
    edition: Edition,
    found: Sequence[Found],
    *,
    purpose: str,
    on_behalf_of: str,
    now: datetime,
) -> list[Verdict]:
    """Return under which rule each wish of a basket falls, were the viewer to ask for it now."""
    chains = {unit_id: _chain(session, unit_id) for unit_id in {one.unit_id for one in found}}
    asker_path = session.get_one(Unit, viewer.unit_id).path
    pages = sum(len(one.pages) for one in found)
    files_lately, pages_lately = _lately(session, viewer.person_id, {one.household_id for one in found}, now)
    return [
        matrix.verdict(
            edition,
            Facts(
                relation=matrix.relation(
                    asker_path=asker_path, file_path=chains[one.unit_id][-1].path, on_behalf_of=on_behalf_of
                ),
                roles=viewer.roles,
                units=[unit.code for unit in chains[one.unit_id]],
                sensitivity=one.sensitivity,
                purpose=purpose,
                way=one.way,
                pages=pages,
                files_lately=files_lately,
                pages_lately=pages_lately + pages,
                unmasked=one.unmasked,
            ),
        )
        for one in found
    ]


def _lately(session: Session, person_id: int | None, wanted: set[int], now: datetime) -> tuple[int, int]:
    """Return files and pages of a person's wishes of a day that were not refused or withdrawn, files with `wanted`."""
    mine = (
        select(LoanWish.id, LoanWish.household_id)
        .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        .where(
            LoanRequest.asker_id == person_id,
            LoanRequest.asked_at > now - _A_DAY,
            LoanWish.state.not_in((State.REFUSED, State.WITHDRAWN)),
        )
    ).subquery()
    files = set(session.scalars(select(mine.c.household_id)))
    pages = select(func.count()).select_from(WishPage).join(mine, mine.c.id == WishPage.wish_id)
    return len(files | wanted), session.scalar(pages) or 0
