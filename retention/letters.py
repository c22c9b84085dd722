"""How long the letters that answer requests of people are kept: by the schedule in force, like papers of the household.

A letter is no paper of a case. A rule may name it by `schedule.LETTER`; while papers are stored only because of it, it
is not due. Nothing takes a letter out yet: its day says until when the store locks it at least, and past it the letter
is listed for who keeps the register, who is told what to do (docs/decisions/0062).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.holds.queries import households_held
from archive_service.households.tables import HouseholdFile
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.tables import Restriction
from archive_service.subjects.tables import SubjectRequest
from retention import facts, rules
from retention.reckoning import in_force
from retention.rules import Due, Paper
from retention.schedule import LETTER

#: Requests whose households are reckoned at once.
_A_TIME = 200


@dataclass(frozen=True)
class LetterKept:
    """The letter of a request: its digest, how long it is kept by which rule, and whether its household is held."""

    request_id: int
    digest: str
    due: Due
    held: bool

    def is_past(self, today: date) -> bool:
        """Say whether its day is over, and no hold keeps it."""
        return self.due.due_on is not None and self.due.due_on <= today and not self.held


@dataclass(frozen=True)
class LetterPast:
    """A letter whose day is over: its request, and the rule that gave the day."""

    request_id: int
    number: str
    account_no: str
    unit_name: str
    due: Due


def of_households(session: Session, household_ids: Collection[int], *, today: date) -> dict[int, list[LetterKept]]:
    """Return the letters of some households, oldest first, by household. Nothing is filtered by rights."""
    answered = (
        select(SubjectRequest)
        .where(SubjectRequest.household_id.in_(household_ids), SubjectRequest.letter_digest.is_not(None))
        .order_by(SubjectRequest.id)
    )
    rows = session.scalars(answered).all()
    if not rows:
        return {}
    keys = {row.household_id for row in rows}
    schedule = in_force(session, today=today)
    known = facts.known(session, keys, schedule)
    held, lasting = households_held(session, keys), _lasting(session, [row.id for row in rows])
    found: dict[int, list[LetterKept]] = {}
    for row in rows:
        # What is answered has its moment and its letter: the table and the query see to it.
        assert row.decided_at is not None
        assert row.letter_digest is not None
        paper = Paper(0, None, LETTER, latest_on=zone.local(row.decided_at).date())
        due = rules.of_paper(schedule, known[row.household_id].household, paper, today=today)
        kept = LetterKept(
            row.id, row.letter_digest, _with_restriction(due, row.id in lasting), row.household_id in held
        )
        found.setdefault(row.household_id, []).append(kept)
    return found


def kept(session: Session, household_id: int, *, today: date) -> Mapping[int, LetterKept]:
    """Return the letters of a household by their request; who asks has seen the requests."""
    found = of_households(session, [household_id], today=today).get(household_id, [])
    return {one.request_id: one for one in found}


def past(session: Session, viewer: Viewer, *, today: date, limit: int = 200) -> list[LetterPast]:
    """Return the letters of the viewer's units whose day is over, oldest answer first, at most `limit` of them.

    Raises NotPermitted for who keeps no register.
    """
    viewer.require(Right.SUBJECT_KEEP)
    answered = (
        select(
            SubjectRequest.id, SubjectRequest.household_id, SubjectRequest.number, HouseholdFile.account_no, Unit.name
        )
        .join(HouseholdFile, HouseholdFile.id == SubjectRequest.household_id)
        .join(Unit, Unit.id == SubjectRequest.unit_id)
        .where(SubjectRequest.unit_id.in_(viewer.units(Right.SUBJECT_KEEP)), SubjectRequest.letter_digest.is_not(None))
        .order_by(SubjectRequest.decided_at, SubjectRequest.id)
    )
    found: list[LetterPast] = []
    rows = session.execute(answered).all()
    for start in range(0, len(rows), _A_TIME):
        some = rows[start : start + _A_TIME]
        of = of_households(session, {row.household_id for row in some}, today=today)
        over = {one.request_id: one.due for many in of.values() for one in many if one.is_past(today)}
        found += [
            LetterPast(key, number, account, unit, over[key]) for key, _, number, account, unit in some if key in over
        ]
        if len(found) >= limit:
            break
    return found[:limit]


def _with_restriction(due: Due, lasts: bool) -> Due:
    if not lasts or due.outcome != rules.DATE:
        return due
    return replace(due, outcome=rules.WAITING, due_on=None, reason="所涉资料仍只作存储，答复书随之保管。")


def _lasting(session: Session, request_ids: Collection[int]) -> set[int]:
    wanted = select(Restriction.request_id).where(
        Restriction.request_id.in_(request_ids), Restriction.ended_at.is_(None)
    )
    return set(session.scalars(wanted))
