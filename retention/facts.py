"""What the rules ask of the records: when accounts were closed, what took the place of a paper, what was replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.holds.rules import Kind
from archive_service.holds.tables import Hold, HoldSubject
from archive_service.households import states
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.lifecycle.rules import CLOSE
from archive_service.lifecycle.tables import CaseStep, ClosedFile
from retention.rules import Household, Paper
from retention.schedule import Schedule
from retention.tables import RetentionFact

#: Business types that make a distributed generator of a customer.
_GENERATORS = ("DG",)
#: The document type by which a contract is ended.
ENDING = "K01T"
#: What people say of papers: kinds of RetentionFact.
SUPERSEDED, CONTRACT_ENDED = "superseded", "contract_ended"


@dataclass(frozen=True)
class Known:
    """A household with its papers, as the rules take them, and its revision when it was read."""

    household: Household
    revision: int
    papers: Sequence[Paper]


def known(session: Session, household_ids: Collection[int], schedule: Schedule) -> dict[int, Known]:
    """Return what the rules ask of some households, by their ids; withdrawn papers are kept like the others."""
    heads = session.scalars(select(HouseholdFile).where(HouseholdFile.id.in_(household_ids))).all()
    cases: dict[int, list[CaseFile]] = defaultdict(list)
    of_heads = select(CaseFile).where(CaseFile.household_id.in_(household_ids))
    for case in session.scalars(of_heads.order_by(CaseFile.id)):
        cases[case.household_id].append(case)
    items: dict[int, list[Item]] = defaultdict(list)
    of_heads_too = select(Item).where(Item.household_id.in_(household_ids))
    for item in session.scalars(of_heads_too.order_by(Item.id)):
        items[item.household_id].append(item)
    closed, disputed = _closed(session, household_ids), _disputed(session, household_ids)
    said = _said(session, household_ids)
    return {
        head.id: Known(
            Household(
                category=head.customer_category,
                statuses=_statuses(cases[head.id], disputed=head.id in disputed),
                closed=head.state == "closed",
                closed_on=closed.get(head.id) if head.state == "closed" else None,
            ),
            head.revision,
            _papers(items[head.id], cases[head.id], schedule, said),
        )
        for head in heads
    }


def _closed(session: Session, household_ids: Collection[int]) -> Mapping[int, date]:
    """Return when households were closed: as the series says, or as the steps of their cases of before it say."""
    steps = (
        select(CaseFile.household_id, func.max(CaseStep.at))
        .join(CaseFile, CaseFile.id == CaseStep.case_id)
        .where(CaseFile.household_id.in_(household_ids), CaseStep.verb == CLOSE)
        .group_by(CaseFile.household_id)
    )
    found = {key: zone.local(at).date() for key, at in session.execute(steps)}
    series = select(ClosedFile.household_id, ClosedFile.closed_on).where(
        ClosedFile.household_id.in_(household_ids), ClosedFile.reopened_at.is_(None)
    )
    for key, day in session.execute(series):
        found[key] = day
    return found


def _disputed(session: Session, household_ids: Collection[int]) -> set[int]:
    kinds = (Kind.DISPUTE.value, Kind.LITIGATION.value)
    ever = (
        select(HoldSubject.household_id)
        .join(Hold, Hold.id == HoldSubject.hold_id)
        .where(HoldSubject.household_id.in_(household_ids), Hold.kind.in_(kinds))
    )
    return set(session.scalars(ever))


def _statuses(cases: Sequence[CaseFile], *, disputed: bool) -> frozenset[str]:
    said = {"critical"} if any("critical" in (case.conditions or ()) for case in cases) else set()
    if any(case.business_type in _GENERATORS for case in cases):
        said.add("dg")
    return frozenset(said | ({"dispute"} if disputed else set()))


def _said(session: Session, household_ids: Collection[int]) -> Mapping[tuple[int, str], date]:
    """Return what people said of papers and still say, by item and kind."""
    wanted = (
        select(RetentionFact.item_id, RetentionFact.kind, RetentionFact.happened_on)
        # Of the papers that lie there now: what was said goes along with a paper that is moved.
        .join(Item, Item.id == RetentionFact.item_id)
        .where(Item.household_id.in_(household_ids), RetentionFact.taken_back_at.is_(None))
    )
    return {(item_id, kind): day for item_id, kind, day in session.execute(wanted)}


def _papers(
    items: Sequence[Item], cases: Sequence[CaseFile], schedule: Schedule, said: Mapping[tuple[int, str], date]
) -> list[Paper]:
    by_id = {case.id: case for case in cases}
    filed: dict[str, list[tuple[Any, int]]] = defaultdict(list)
    for item in items:
        case = by_id.get(item.case_id or 0)
        if item.state == "filed" and case is not None and case.state in states.KEPT and case.filed_at is not None:
            filed[item.document_type].append((case.filed_at, case.id))
    replaced = [
        (case.accepted_on, case.energised_on)
        for case in cases
        if case.business_type in schedule.replaced_by and case.energised_on and case.accepted_on
    ]
    # An agreement that ends the contract says when; of several the last.
    ended = [one.document_date for one in items if one.document_type == ENDING and one.document_date is not None]
    endings = [max(ended)] if ended else []
    return [
        _paper(item, by_id.get(item.case_id or 0), filed[item.document_type], replaced, said, endings) for item in items
    ]


def _paper(
    item: Item,
    case: CaseFile | None,
    filed: Sequence[tuple[Any, int]],
    replaced: Sequence[tuple[date, date]],
    said: Mapping[tuple[int, str], date],
    endings: Sequence[date],
) -> Paper:
    filed_on = zone.local(item.filed_at).date()
    # A later case of the household brought another paper of this type: perhaps in the place of this one.
    later = any(case is not None and case.filed_at is not None and at > case.filed_at for at, _ in filed)
    superseded, ended = said.get((item.id, SUPERSEDED)), said.get((item.id, CONTRACT_ENDED))
    if ended is None and endings and (item.document_date or filed_on) <= endings[0]:
        ended = endings[0]
    own = case.accepted_on if case is not None else None
    works = [done for accepted, done in replaced if own is not None and accepted > own]
    return Paper(
        id=item.id,
        case_id=item.case_id,
        document_type=item.document_type,
        latest_on=max(filed_on, item.document_date) if item.document_date else filed_on,
        superseded_on=superseded,
        contract_ended_on=ended or superseded,
        replaced_on=min(works) if works else None,
        unsure=later,
    )
