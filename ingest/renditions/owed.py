"""The job that makes a rendition, and asking for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from archive_service.jobs import queue

#: Kind of the job; its subject is the id of the item.
RENDITION_JOB = "item.rendition"
_QUEUE = "light"


def owe(session: Session, item_id: int, *, now: datetime) -> None:
    """Note in the caller's transaction that the rendition of an item is to be made; for whatever changes its pages."""
    queue.enqueue(session, kind=RENDITION_JOB, subject=item_id, queue=_QUEUE, now=now)
