"""What bears on cases besides their own papers: stage days, decisions of people, papers of earlier cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.catalogue.load import known
from archive_service.completeness.held import HeldItem
from archive_service.completeness.rulings import Background, Kind, Ruling
from archive_service.households.rules import ACCEPT, ENERGISE
from archive_service.households.tables import CaseFile, CaseRuling, CaseStage, HouseholdFile, Item

#: Reads items as the rules see them, by their case.
Held = Callable[[Sequence[int]], Mapping[int, list[HeldItem]]]
Pairs = Sequence[tuple[CaseFile, HouseholdFile]]


def backgrounds(session: Session, cases: Pairs, *, held: Held, before: datetime | None = None) -> dict[int, Background]:
    """Return the background of cases by their id; with `before`, as decisions stood then."""
    ids = [case.id for case, _ in cases]
    days = _days(session, ids)
    rulings = _rulings(session, ids, before)
    earlier = _earlier(session, cases, held, before)
    return {
        case.id: Background(
            days=_with_ends(case, days.get(case.id, {})),
            rulings=rulings.get(case.id, {}),
            earlier=tuple(earlier.get(case.id, ())),
            account_name=household.account_name,
        )
        for case, household in cases
    }


def inheritable_types() -> frozenset[str]:
    """Return the document types of which an earlier paper may serve a later case, in any edition."""
    return frozenset(
        code for edition in known().every for code, kind in edition.document_types.items() if kind.inheritable_for
    )


def later_cases(session: Session, household: HouseholdFile, document_type: str) -> Sequence[CaseFile]:
    """Return the cases of a household that a paper of this type may serve besides its own; none for most types."""
    if document_type not in inheritable_types():
        return ()
    chosen = select(CaseFile).where(CaseFile.household_id == household.id).order_by(CaseFile.id)
    return session.scalars(chosen.execution_options(populate_existing=True)).all()


def _with_ends(case: CaseFile, days: Mapping[str, date]) -> dict[str, date]:
    ends = {ACCEPT: case.accepted_on, ENERGISE: case.energised_on}
    return {**{stage: day for stage, day in ends.items() if day is not None}, **days}


def _days(session: Session, ids: Collection[int]) -> Mapping[int, dict[str, date]]:
    found: dict[int, dict[str, date]] = defaultdict(dict)
    rows = select(CaseStage.case_id, CaseStage.stage, CaseStage.done_on).where(CaseStage.case_id.in_(ids))
    for row in session.execute(rows):
        found[row.case_id][row.stage] = row.done_on
    return found


def _rulings(session: Session, ids: Collection[int], before: datetime | None) -> Mapping[int, dict[str, Ruling]]:
    found: dict[int, dict[str, Ruling]] = defaultdict(dict)
    chosen = select(CaseRuling).where(CaseRuling.case_id.in_(ids), CaseRuling.state == "approved")
    if before is not None:
        chosen = chosen.where(CaseRuling.decided_at < before)
    for row in session.scalars(chosen):
        found[row.case_id][row.document_type] = Ruling(Kind(row.kind), row.reason, row.decider or "", row.until_on)
    return found


def _earlier(session: Session, cases: Pairs, held: Held, before: datetime | None) -> Mapping[int, list[HeldItem]]:
    """Return the papers of earlier cases that may serve each case, oldest case first."""
    households = {case.household_id for case, _ in cases}
    papers = (
        select(Item.id, Item.household_id, Item.case_id, CaseFile.accepted_on)
        .join(CaseFile, CaseFile.id == Item.case_id)
        .where(Item.household_id.in_(households), Item.state == "filed")
        .where(Item.document_type.in_(inheritable_types()))
    )
    if before is not None:
        papers = papers.where(Item.filed_at < before)
    of_household: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(papers):
        of_household[row.household_id].append(row)
    wanted = {
        case.id: [row for row in of_household[case.household_id] if _precedes(row, case)]
        for case, _ in cases
        if case.household_id in of_household
    }
    ids = sorted({row.id for some in wanted.values() for row in some})
    if not ids:
        return {}
    items = {item.id: item for some in held(ids).values() for item in some}
    return {
        case_id: [items[row.id] for row in sorted(some, key=_order) if row.id in items]
        for case_id, some in wanted.items()
    }


def _order(row: Any) -> tuple[date, int, int]:
    return row.accepted_on or date.min, row.case_id, row.id


def _precedes(row: Any, case: CaseFile) -> bool:
    """Say whether a paper of the household of a case belongs to an earlier one."""
    return row.case_id != case.id and (row.accepted_on or date.min, row.case_id) < (
        case.accepted_on or date.min,
        case.id,
    )
