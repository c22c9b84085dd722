"""Rows taken for a change: read afresh and locked until the transaction ends.

Always the household before its case, and households in the order of their ids, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.households.tables import CaseFile, CaseStage, HouseholdFile, Item, StageCorrection


def household_for_update(session: Session, household_id: int) -> HouseholdFile:
    """Return a household, locked, so that item numbers and revisions are given one at a time. Raises NotFound."""
    return households_for_update(session, [household_id])[household_id]


def households_for_update(session: Session, ids: Collection[int]) -> dict[int, HouseholdFile]:
    """Return households by id, locked. Raises NotFound unless all of them exist."""
    session.flush()
    wanted = select(HouseholdFile).where(HouseholdFile.id.in_(ids)).order_by(HouseholdFile.id).with_for_update()
    rows = {row.id: row for row in session.scalars(wanted.execution_options(populate_existing=True))}
    if len(rows) < len(set(ids)):
        raise NotFound("household.not-found", "没有这个户档案，或者您无权查看。请核对户号后再试。")
    return rows


@dataclass(frozen=True)
class Files:
    """Households, all of their cases, and the recorded stage days of those cases by case and stage."""

    households: Sequence[HouseholdFile]
    cases: Sequence[CaseFile]
    #: The days that hold: as recorded, or as corrected since.
    days: Mapping[int, dict[str, date]]
    #: Days that held before they were corrected, by case: the business system may go on sending them.
    earlier: Mapping[int, set[tuple[str, date]]]


def files_for_update(session: Session, *, accounts: Collection[str], applications: Collection[str]) -> Files:
    """Return the households with these account numbers or with cases of these application numbers, all locked."""
    by_account = select(HouseholdFile.id).where(HouseholdFile.account_no.in_(accounts))
    by_application = select(CaseFile.household_id).where(CaseFile.application_no.in_(applications))
    keys = {*session.scalars(by_account), *session.scalars(by_application)}
    if not keys:
        return Files((), (), {}, {})
    households = list(households_for_update(session, keys).values())
    wanted = select(CaseFile).where(CaseFile.household_id.in_(keys)).order_by(CaseFile.id).with_for_update()
    cases = session.scalars(wanted.execution_options(populate_existing=True)).all()
    days: dict[int, dict[str, date]] = defaultdict(dict)
    stages = select(CaseStage.case_id, CaseStage.stage, CaseStage.done_on)
    for row in session.execute(stages.where(CaseStage.case_id.in_([case.id for case in cases])).order_by(CaseStage.id)):
        days[row.case_id][row.stage] = row.done_on
    earlier: dict[int, set[tuple[str, date]]] = defaultdict(set)
    corrected = select(StageCorrection).where(StageCorrection.case_id.in_([case.id for case in cases]))
    for one in session.scalars(corrected.where(StageCorrection.approved.is_(True)).order_by(StageCorrection.id)):
        earlier[one.case_id].add((one.stage, one.was))
        days[one.case_id][one.stage] = one.wanted
    return Files(households, cases, days, earlier)


def case_in_for_update(session: Session, household: HouseholdFile, case_id: int) -> CaseFile | None:
    """Return a case of a household that is locked already, locked too, or none."""
    wanted = select(CaseFile).where(CaseFile.id == case_id, CaseFile.household_id == household.id).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))


def item_for_update(session: Session, item_id: int) -> Item:
    """Return an item of a household that is locked already, locked too."""
    wanted = select(Item).where(Item.id == item_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()
