"""Papers without a registered case (体外流转): filed in a household, while no case of theirs is registered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import Invalid
from archive_service.households.tables import CaseFile, HouseholdFile, Item, ItemField
from archive_service.households.values import OTHER
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import lasting, restricted

_MOST = 200


@dataclass(frozen=True)
class OffSystemPaper:
    """A paper of no case; `application_no` is what it prints, if it prints one."""

    item_id: int
    account_no: str
    account_name: str
    unit_name: str
    document_type: str
    document_date: date | None
    filed_at: datetime
    application_no: str | None
    #: The number that it prints is registered, so that the paper only has to be moved.
    registered: bool


@dataclass(frozen=True)
class OffSystemList:
    """A page of papers, the newest first; `next` continues it."""

    rows: Sequence[OffSystemPaper]
    next: str | None


def off_system(session: Session, viewer: Viewer, *, after: str | None = None, limit: int = 50) -> OffSystemList:
    """Return the papers of no case that belong to a business of the catalogue, the newest first.

    Raises Invalid for an `after` that is no place in the list.
    """
    limit = max(1, min(limit, _MOST))
    wanted = (
        select(Item, HouseholdFile.account_no, HouseholdFile.account_name, Unit.name)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .join(Unit, Unit.id == HouseholdFile.unit_id)
        .where(Item.case_id.is_(None), Item.state == "filed", Item.document_type != OTHER)
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
        .order_by(Item.id.desc())
        .limit(limit + 1)
    )
    if after:
        if not re.fullmatch(r"\d{1,18}", after, re.ASCII):
            raise Invalid("list.cursor", "翻页位置不对。请回到第一页再翻。")
        wanted = wanted.where(Item.id < int(after))
    rows = session.execute(wanted).all()
    shown = rows[:limit]
    keys = [item.id for item, *_ in shown]
    numbers = select(ItemField.item_id, ItemField.value).where(
        ItemField.item_id.in_(keys), ItemField.name == "application_no", ~lasting(ItemField.item_id)
    )
    shut = restricted(session, keys)
    printed = dict(session.execute(numbers).all())
    known = set(
        session.scalars(select(CaseFile.application_no).where(CaseFile.application_no.in_(set(printed.values()))))
    )
    papers = [
        OffSystemPaper(
            item_id=item.id,
            account_no=account_no,
            account_name=account_name,
            unit_name=unit_name,
            document_type=item.document_type,
            document_date=None if item.id in shut else item.document_date,
            filed_at=item.filed_at,
            application_no=printed.get(item.id),
            registered=printed.get(item.id) in known,
        )
        for item, account_no, account_name, unit_name in shown
    ]
    return OffSystemList(papers, str(keys[-1]) if len(rows) > limit else None)
