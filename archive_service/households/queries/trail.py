"""What of the audit trail somebody may take away: all of it, a stretch, or what concerns one account."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.bundle import SCANS, Selection
from archive_service.errors import NotFound, NotPermitted
from archive_service.households.actions.reading import READING, READING_ITEM
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.people.queries import all_unit_ids
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def require_whole(session: Session, viewer: Viewer) -> None:
    """Raise NotPermitted unless the viewer may read the trail of every unit."""
    viewer.require(Right.AUDIT_READ)
    if not viewer.units(Right.AUDIT_READ) >= all_unit_ids(session):
        raise NotPermitted(
            "audit.not-all-units", "导出整条审计链需要所有单位的审计权限。请改为按户号导出，或请审计管理员导出。"
        )


def selection(
    session: Session, viewer: Viewer, *, account_no: str | None, since: datetime | None, until: datetime | None
) -> tuple[Selection, int | None]:
    """Return what is taken away, and the unit that it concerns. Raises NotPermitted and NotFound."""
    if account_no is None:
        require_whole(session, viewer)
        return Selection(since=since, until=until), None
    viewer.require(Right.AUDIT_READ)
    units = viewer.units(Right.AUDIT_READ)
    head = session.scalar(
        select(HouseholdFile).where(HouseholdFile.account_no == account_no, HouseholdFile.unit_id.in_(units))
    )
    if head is None:
        raise NotFound("household.not-found", "没有这个户档案，或者您无权查看。请核对户号后再试。")
    items = list(session.scalars(select(Item.id).where(Item.household_id == head.id)))
    scans = session.scalars(select(Item.scan_id).where(Item.household_id == head.id).distinct())
    objects: dict[str, Collection[int]] = {
        "household": [head.id],
        READING: [head.id],
        "case": list(session.scalars(select(CaseFile.id).where(CaseFile.household_id == head.id))),
        "item": items,
        READING_ITEM: items,
        # Whoever looked at the scan saw the papers, also before they were filed from it.
        SCANS: [one for one in scans if one is not None],
    }
    return Selection(account_no=account_no, objects=objects, units=units), head.unit_id
