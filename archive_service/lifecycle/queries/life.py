"""The life of one case: steps, hand-overs with their lists, returns with their marks, places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.errors import NotFound
from archive_service.households.handed import HandOver
from archive_service.households.tables import CaseFile, CasePlace, HouseholdFile, Item
from archive_service.lifecycle import rules
from archive_service.lifecycle.tables import CaseReturn, CaseStep, HandOverPaper, ReturnMark
from archive_service.lifecycle.views import (
    CaseLife,
    HandOverView,
    ListedPaper,
    MarkView,
    PlacedPaper,
    ReturnView,
    StepView,
)
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer


def case_life(session: Session, viewer: Viewer, application_no: str) -> CaseLife:
    """Return how a case came to where it is. Raises NotFound."""
    found = session.execute(
        select(CaseFile, HouseholdFile.unit_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.application_no == application_no, HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
    ).first()
    if found is None:
        raise NotFound("case.not-found", "没有这个业务，或者您无权查看。请核对申请编号后再试。")
    case, unit_id = found
    steps = session.scalars(select(CaseStep).where(CaseStep.case_id == case.id).order_by(CaseStep.seq)).all()
    given = session.scalars(select(HandOver).where(HandOver.case_id == case.id).order_by(HandOver.round.desc())).all()
    returns = session.scalars(select(CaseReturn).where(CaseReturn.case_id == case.id)).all()
    people = [
        *(one.by for one in steps),
        *(one.giver_id for one in given),
        *(one.receiver_id for one in given),
        *(one.by for one in returns),
    ]
    told = _Told(_names(session, people), viewer.reads_personal(unit_id, case.household_id))
    papers = _papers(session, [one.id for one in given])
    marks = _marks(session, [one.id for one in returns])
    returned = {one.hand_over_id: _return(told, one, marks[one.id]) for one in returns}
    return CaseLife(
        application_no=case.application_no,
        state=case.state,
        seq=steps[-1].seq if steps else 0,
        may=tuple(
            one.verb
            for one in rules.open_to(case.state)
            if one.verb not in rules.WITH_ACCOUNT and viewer.may(one.right, unit_id)
        ),
        steps=tuple(_step(told, one) for one in steps),
        hand_overs=tuple(_hand_over(told, one, papers[one.id], returned.get(one.id)) for one in given),
        places=_places(session, case.id),
        unplaced=_unplaced(session, case.id),
        own_hand_over=bool(given) and given[0].giver_id is not None and given[0].giver_id == viewer.person_id,
    )


@dataclass(frozen=True)
class _Told:
    """What of people the viewer is told: names by id, and notes masked unless they read personal data."""

    names: Mapping[int, str]
    personal: bool

    def name(self, person_id: int | None) -> str | None:
        return self.names.get(person_id or 0)

    def note(self, note: str) -> str:
        return note if self.personal else masking.text(note)


def _step(told: _Told, one: CaseStep) -> StepView:
    return StepView(one.seq, one.verb, one.from_state, one.to_state, told.name(one.by), one.at, told.note(one.note))


def _hand_over(told: _Told, one: HandOver, papers: Sequence[ListedPaper], returned: ReturnView | None) -> HandOverView:
    return HandOverView(
        id=one.id,
        round=one.round,
        giver=told.name(one.giver_id),
        given_at=one.given_at,
        due_on=one.due_on,
        note=told.note(one.note),
        receiver=told.name(one.receiver_id),
        answered_at=one.answered_at,
        outcome=one.outcome,
        papers=tuple(papers),
        returned=returned,
    )


def _return(told: _Told, one: CaseReturn, marks: Sequence[MarkView]) -> ReturnView:
    return ReturnView(
        id=one.id,
        stage=one.stage,
        reasons=tuple(one.reasons),
        note=told.note(one.note),
        due_on=one.due_on,
        by=told.name(one.by),
        at=one.at,
        mended_at=one.mended_at,
        marks=tuple(marks),
    )


def _unplaced(session: Session, case_id: int) -> int:
    placed = select(CasePlace.id).where(CasePlace.item_id == Item.id).exists()
    wanted = select(func.count()).where(Item.case_id == case_id, Item.state == "filed", ~placed)
    return session.scalar(wanted) or 0


def _papers(session: Session, keys: Collection[int]) -> Mapping[int, list[ListedPaper]]:
    found: dict[int, list[ListedPaper]] = defaultdict(list)
    wanted = select(HandOverPaper).where(HandOverPaper.hand_over_id.in_(keys))
    for one in session.scalars(wanted.order_by(HandOverPaper.hand_over_id, HandOverPaper.place)):
        found[one.hand_over_id].append(
            ListedPaper(one.place, one.item_id, one.item_no, one.document_type, one.page_count)
        )
    return found


def _marks(session: Session, keys: Collection[int]) -> Mapping[int, list[MarkView]]:
    found: dict[int, list[MarkView]] = defaultdict(list)
    wanted = (
        select(ReturnMark, Item.item_no, Item.document_type)
        .join(Item, Item.id == ReturnMark.item_id)
        .where(ReturnMark.return_id.in_(keys))
        .order_by(ReturnMark.id)
    )
    for mark, item_no, document_type in session.execute(wanted):
        found[mark.return_id].append(MarkView(mark.item_id, item_no, document_type, mark.page_no))
    return found


def _places(session: Session, case_id: int) -> tuple[PlacedPaper, ...]:
    wanted = (
        select(CasePlace, Item.document_type, Item.state)
        .join(Item, Item.id == CasePlace.item_id)
        .where(CasePlace.case_id == case_id)
        .order_by(CasePlace.place)
    )
    return tuple(
        PlacedPaper(place.place, place.item_id, document_type, place.filing_no, withdrawn=state == "withdrawn")
        for place, document_type, state in session.execute(wanted)
    )


def _names(session: Session, keys: Collection[int | None]) -> Mapping[int, str]:
    wanted = {key for key in keys if key is not None}
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted))).all())
