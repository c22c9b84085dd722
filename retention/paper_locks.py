"""How the archive's own papers are locked: by kind, with the rule, for those who keep the system or inspect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.storage.tables import ObjectLock
from retention.lock_papers import KINDS
from retention.paper_rules import PaperRules


@dataclass(frozen=True)
class PaperLocks:
    """Papers of one kind: how many, how many of them are locked in the first store, and the earliest end of a lock."""

    kind: str
    title: str
    #: Years, and whether for good or as long as what it belongs to; all of them empty: as long as what it shows.
    years: int | None
    permanent: bool
    follows: str
    papers: int
    locked: int
    until: datetime | None


def standing(session: Session, viewer: Viewer, rules: PaperRules, *, now: datetime) -> list[PaperLocks]:
    """Return how the papers stand that are to be locked. Raises NotPermitted for who neither keeps nor inspects."""
    if not viewer.may(Right.INSPECT):
        viewer.require(Right.SYSTEM_HEALTH)
    found = []
    for kind in KINDS:
        rule = rules.of(kind.name)
        if rule.again:
            continue
        kept = (ObjectLock.state == "kept") & or_(ObjectLock.until > now, ObjectLock.held)
        own = (ObjectLock.digest == kind.digest) & (ObjectLock.store == "first")
        asked = select(func.count(kind.digest), func.sum(case((kept, 1), else_=0)), func.min(ObjectLock.until))
        count, locked, until = session.execute(asked.outerjoin(ObjectLock, own).where(*kind.only)).one()
        found.append(
            PaperLocks(
                kind.name, rule.title_zh, rule.years, rule.permanent, rule.follows or "", count, locked or 0, until
            )
        )
    return found
