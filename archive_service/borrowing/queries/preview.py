"""What somebody is told before they ask: where the papers are, who will decide and why, what is masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.borrowing import matrix
from archive_service.borrowing.matrix import Deciders, Way
from archive_service.borrowing.queries.availability import PaperWhereabouts, queue_of, whereabouts
from archive_service.borrowing.queries.deciding import holders, verdicts
from archive_service.borrowing.wishes import Wish, find
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class Preview:
    """What a wish would meet."""

    account_no: str
    way: Way
    pages: int
    #: What is personal would be blacked out.
    masked: bool
    #: Papers that are not in the archive, and how many people wait for any of them; empty for the other ways.
    away: tuple[PaperWhereabouts, ...]
    waiting: int
    #: Nobody has to decide when the level is that of nobody.
    deciders: Deciders
    needs_letter: bool
    emergency_possible: bool


def preview(
    session: Session, viewer: Viewer, wishes: Sequence[Wish], *, purpose: str, now: datetime, on_behalf_of: str = ""
) -> list[Preview]:
    """Return what each wish of a basket would meet, were the viewer to ask for it now; raises as asking would."""
    viewer.require(Right.LOAN_ASK, viewer.unit_id)
    edition = matrix.edition_on(zone.local(now).date())
    found = [find(session, one, edition.limits) for one in wishes]
    ruled = verdicts(session, viewer, edition, found, purpose=purpose, on_behalf_of=on_behalf_of, now=now)
    told: list[Preview] = []
    for one, verdict in zip(found, ruled, strict=True):
        items = sorted({item for item, _ in one.pages}) if one.way is Way.PAPER else []
        held = holders(session, edition, one.unit_id, now)
        told.append(
            Preview(
                account_no=one.account_no,
                way=one.way,
                pages=len(one.pages),
                masked=not one.unmasked,
                away=tuple(whereabouts(session, items).values()),
                waiting=len(queue_of(session, items)),
                deciders=matrix.deciders(edition, verdict, held, asker_id=viewer.person_id or 0),
                needs_letter=verdict.rule.letter,
                emergency_possible=verdict.rule.emergency and one.way is Way.SCREEN,
            )
        )
    return told
