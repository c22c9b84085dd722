"""Telling people of borrowing: who has to decide, what was decided, what has to come back, whose turn it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.borrowing.queries.availability import items_of, queue_of, whereabouts
from archive_service.borrowing.queries.deciding import deciders_of, late_hearers, undecided
from archive_service.borrowing.queries.letters import Letter, letters_of
from archive_service.borrowing.tables import LoanRequest, LoanWish, PaperLoan, ReadingGrant
from archive_service.households.tables import HouseholdFile
from archive_service.notices.actions import tell, tell_all
from archive_service.people.queries import in_force
from archive_service.people.roles import Role
from archive_service.people.tables import Person, RoleGrant, Unit
from archive_service.people.viewer import Viewer


def notify_asked(session: Session, viewer: Viewer, wish: LoanWish, request: LoanRequest, *, now: datetime) -> None:
    """Tell everybody who may decide a wish that it waits for them."""
    people = [one.person_id for one in deciders_of(session, wish, request.asker_id, now).people]
    values = _of(session, wish) | {"by": viewer.name, "decide_by": wish.decide_by or "—"}
    tell_all(
        session, people, but=viewer.person_id, kind="loan-asked", address=_page(wish), values=values,
        once_key=f"loan-asked:{wish.id}", now=now,
    )  # fmt: skip


def notify_decided(session: Session, viewer: Viewer, wish: LoanWish, request: LoanRequest, *, now: datetime) -> None:
    """Tell who asked what somebody else decided."""
    kind = "loan-refused" if wish.state == "refused" else "loan-approved"
    values = _of(session, wish) | {"by": viewer.name}
    _tell_one(session, viewer, request.asker_id, kind, wish, values, f"loan-decided:{wish.id}", now)


def notify_recalled(session: Session, viewer: Viewer, wish: LoanWish, loan: PaperLoan, *, now: datetime) -> None:
    """Tell the holder of papers that they are wanted back."""
    values = _of(session, wish) | {"by": viewer.name, "due_on": loan.due_on}
    _tell_one(session, viewer, loan.holder_id, "loan-recalled", wish, values, f"loan-recalled:{loan.id}", now)


def notify_ended(session: Session, by: Viewer, wish: LoanWish, grant: ReadingGrant, *, now: datetime) -> None:
    """Tell a reader that their reading is over, unless they ended it themselves."""
    _tell_one(session, by, grant.person_id, "grant-ended", wish, _of(session, wish), f"grant-ended:{grant.id}", now)


def notify_turn(session: Session, viewer: Viewer, item_ids: Iterable[int], *, now: datetime) -> None:
    """Tell those who are first in line for papers that are back, once all of theirs are there."""
    for item in item_ids:
        for wish in queue_of(session, [item])[:1]:
            if whereabouts(session, items_of(session, wish.id)):
                continue
            request = session.get_one(LoanRequest, wish.request_id)
            # Whoever was passed over and is first again is told again.
            key = f"loan-turn:{wish.id}:{wish.queued_at:%Y%m%d%H%M%S}"
            _tell_one(session, viewer, request.asker_id, "loan-turn", wish, _of(session, wish), key, now)


def send_letters(session: Session, today: date, *, now: datetime) -> int:
    """Tell holders, and later their heads, of papers that are due tomorrow or overdue; return how many it is new to."""
    return sum(_letter(session, one, today, now) for one in letters_of(session, today))


def remind_deciders(session: Session, today: date, *, now: datetime) -> int:
    """Tell deciders, deputies among them, and the leader of wishes whose day passed; return how many it is new to."""
    return sum(_late(session, wish, request, now) for wish, request in undecided(session, today))


def _late(session: Session, wish: LoanWish, request: LoanRequest, now: datetime) -> int:
    found = late_hearers(session, wish, request.asker_id, now)
    asker = session.get_one(Person, request.asker_id)
    values = _of(session, wish) | {"by": asker.name, "decide_by": wish.decide_by or "—"}
    return tell_all(
        session, found, but=asker.id, kind="loan-decide-late", address=_page(wish), values=values,
        once_key=f"loan-decide-late:{wish.id}", now=now,
    )  # fmt: skip


def _letter(session: Session, letter: Letter, today: date, now: datetime) -> int:
    loan = session.get_one(PaperLoan, letter.loan_id)
    wish = session.get_one(LoanWish, loan.wish_id)
    values, key = _of(session, wish) | {"due_on": letter.due_on}, f"loan-letter:{letter.loan_id}:{today}"
    if letter.days < 0:
        return int(
            tell(session, to=letter.holder_id, kind="loan-due", address="/loans", values=values, once_key=key, now=now)
        )
    values |= {"days": letter.days}
    told = tell(
        session, to=letter.holder_id, kind="loan-overdue", address="/loans", values=values, once_key=key, now=now
    )
    if not letter.to_superior:
        return int(told)
    holder = session.get_one(Person, letter.holder_id)
    return int(told) + tell_all(
        session,
        _heads_of(session, holder.unit_id, now),
        but=holder.id,
        kind="loan-overdue-superior",
        address=_page(wish),
        values=values | {"by": holder.name},
        once_key=key,
        now=now,
    )


def _heads_of(session: Session, unit_id: int, now: datetime) -> list[int]:
    """Return the heads of a unit; of the next unit above that has one where it has none."""
    path = session.get_one(Unit, unit_id).path
    above = session.scalars(select(Unit.id).where(literal(path).startswith(Unit.path)).order_by(Unit.path.desc()))
    for unit in above.all():
        heads = select(RoleGrant.person_id).where(
            RoleGrant.unit_id == unit, RoleGrant.role == Role.UNIT_HEAD.value, in_force(zone.local(now).date())
        )
        if found := list(session.scalars(heads)):
            return found
    return []


def _tell_one(
    session: Session,
    by: Viewer,
    to: int,
    kind: str,
    wish: LoanWish,
    values: Mapping[str, object],
    key: str,
    now: datetime,
) -> None:
    tell_all(session, [to], but=by.person_id, kind=kind, address=_page(wish), values=values, once_key=key, now=now)


def _of(session: Session, wish: LoanWish) -> dict[str, object]:
    account = session.scalar(select(HouseholdFile.account_no).where(HouseholdFile.id == wish.household_id))
    return {"number": wish.request_id, "what": account or ""}


def _page(wish: LoanWish) -> str:
    return f"/loans/requests/{wish.request_id}"
