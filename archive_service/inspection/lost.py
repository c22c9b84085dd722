"""A finding for every case with a paper of which no good copy is left: the unit has to bring one back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from archive_service.households.tables import CaseFile, Item, Page
from archive_service.inspection.actions import raise_finding
from archive_service.inspection.tables import Finding
from archive_service.people.viewer import Viewer
from archive_service.storage.tables import StoredObject

RULE = "object-lost"
#: Days that a unit has to bring back what was lost, from a backup or from the paper.
DAYS = 7
_COLUMNS = (Page.original_digest, Page.image_digest, Page.thumbnail_digest, Page.lines_digest)


def raise_for_lost(session: Session, viewer: Viewer, *, now: datetime, today: date) -> int:
    """Raise a finding for each paper that holds a lost object and has none that is open; return how many."""
    lost = select(StoredObject.digest).where(StoredObject.lost_at.is_not(None))
    there = select(Finding.id).where(Finding.item_id == Item.id, Finding.rule == RULE, Finding.state != "closed")
    wanted = (
        select(Item.item_no, Item.title, CaseFile.application_no, Page.page_no)
        .join(Page, Page.item_id == Item.id)
        .join(CaseFile, CaseFile.id == Item.case_id)
        .where(or_(*(column.in_(lost) for column in _COLUMNS)), Item.state == "filed", ~there.exists())
        .order_by(Item.id, Page.page_no)
    )
    told: dict[tuple[str, int], tuple[str, list[int]]] = {}
    for item_no, title, application_no, page_no in session.execute(wanted):
        told.setdefault((application_no, item_no), (title, []))[1].append(page_no)
    for (application_no, item_no), (title, pages) in told.items():
        named = "、".join(str(page) for page in pages[:20])
        raise_finding(
            session,
            viewer,
            application_no=application_no,
            rule=RULE,
            severity="serious",
            description=f"《{title}》第 {named} 页的存储内容没有完好的副本。请从备份恢复，或用纸质件重新扫描。",
            due_on=today + timedelta(days=DAYS),
            now=now,
            today=today,
            item_no=item_no,
            page_no=pages[0],
        )
    return len(told)
