"""Rows taken for a change: read afresh and locked until the transaction ends.

Always the household before its case, and households in the order of their ids, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.households.tables import CaseFile, HouseholdFile, Item


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


def household_by_account_for_update(session: Session, account_no: str) -> HouseholdFile | None:
    """Return the household with the account number, locked, or none."""
    key = session.scalar(select(HouseholdFile.id).where(HouseholdFile.account_no == account_no))
    return None if key is None else household_for_update(session, key)


def case_for_update(session: Session, application_no: str) -> tuple[CaseFile, HouseholdFile] | None:
    """Return the case with the application number and its household, both locked, or none."""
    keys = select(CaseFile.id, CaseFile.household_id).where(CaseFile.application_no == application_no)
    found = session.execute(keys).first()
    if found is None:
        return None
    household = household_for_update(session, found.household_id)
    wanted = select(CaseFile).where(CaseFile.id == found.id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one(), household


def case_in_for_update(session: Session, household: HouseholdFile, case_id: int) -> CaseFile | None:
    """Return a case of a household that is locked already, locked too, or none."""
    wanted = select(CaseFile).where(CaseFile.id == case_id, CaseFile.household_id == household.id).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))


def item_for_update(session: Session, item_id: int) -> Item:
    """Return an item of a household that is locked already, locked too."""
    wanted = select(Item).where(Item.id == item_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()
