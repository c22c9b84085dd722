"""How much one person may hand in within a day: a program that runs away must not fill the store."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.errors import Refused
from archive_service.exchange.tables import HandIn
from archive_service.people.viewer import Viewer
from ingest.tables import Batch, Scan

_DAY = timedelta(days=1)


class QuotaReached(Refused):
    """The person has handed in as much as a day allows; nothing of the new file was kept."""

    http_status = 429


def check(session: Session, viewer: Viewer, *, limit_bytes: int, now: datetime) -> None:
    """Raise QuotaReached when what the viewer handed in within a day holds `limit_bytes` or more; 0: never."""
    if limit_bytes == 0 or viewer.person_id is None:
        return
    recent = (Batch.received_by == viewer.person_id, Batch.received_at > now - _DAY)
    packages = (HandIn.handed_in_by == viewer.person_id, HandIn.handed_in_at > now - _DAY)
    taken = session.scalar(select(func.sum(Scan.size_bytes)).join(Batch).where(*recent)) or 0
    taken += session.scalar(select(func.sum(HandIn.size_bytes)).where(*packages)) or 0
    if taken < limit_bytes:
        return
    firsts = (
        select(func.min(Batch.received_at)).where(*recent),
        select(func.min(HandIn.handed_in_at)).where(*packages),
    )
    oldest = min((first for one in firsts if (first := session.scalar(one)) is not None), default=now)
    again = max(1, int((oldest + _DAY - now).total_seconds()))
    raise QuotaReached(
        "intake.quota",
        "您一天内送交的文件已达到上限，这个文件没有保存。请明天再传，或请管理员调整上限。",
        retry_after=again,
        limit_bytes=limit_bytes,
    )
