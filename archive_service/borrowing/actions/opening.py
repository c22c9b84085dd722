"""Opening exactly these pages to a person for a while, and ending it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from archive_service.borrowing import rules
from archive_service.borrowing.actions.parts import note
from archive_service.borrowing.notify import notify_ended
from archive_service.borrowing.rules import Ending, PageKey, State
from archive_service.borrowing.tables import GrantPage, LoanRequest, LoanWish, ReadingGrant
from archive_service.people.viewer import Viewer


def open_reading(
    session: Session,
    by: Viewer,
    wish: LoanWish,
    request: LoanRequest,
    pages: Sequence[PageKey],
    *,
    hours: int,
    now: datetime,
) -> ReadingGrant:
    """Open pages to who asked for them, from now on."""
    grant = ReadingGrant(
        wish_id=wish.id,
        person_id=request.asker_id,
        reader_unit_id=request.asker_unit_id,
        begins_at=now,
        ends_at=rules.ends_at(now, hours=hours),
        unmasked=wish.unmasked,
        prints=wish.prints,
        printed=0,
    )
    session.add(grant)
    session.flush()
    rows = [{"grant_id": grant.id, "item_id": item, "page_no": page} for item, page in pages]
    session.execute(insert(GrantPage), rows)
    facts = {"grant": grant.id, "until": grant.ends_at.isoformat(), "pages": len(rows), "unmasked": grant.unmasked}
    facts["which"] = rules.pages_mark(pages)
    note(session, by, wish, did="reading.opened", now=now, **facts)
    return grant


def open_grants(session: Session, wish_id: int) -> list[ReadingGrant]:
    """Return the grants of a wish that nobody has ended yet, locked."""
    wanted = select(ReadingGrant).where(ReadingGrant.wish_id == wish_id, ReadingGrant.ended_at.is_(None))
    return list(session.scalars(wanted.order_by(ReadingGrant.id).with_for_update()))


def end(
    session: Session, by: Viewer, grant: ReadingGrant, wish: LoanWish, why: Ending, *, at: datetime, now: datetime
) -> None:
    """End a grant at a moment; with the last one the wish is done, unless it still waits for its decision."""
    grant.ended_at, grant.ended_why, grant.ended_by = at, why.value, by.person_id
    if wish.state == State.APPROVED and why is not Ending.DECIDED:
        wish.state = State.DONE.value
    session.flush()
    note(session, by, wish, did="reading.ended", now=now, grant=grant.id, why=why.value)
    if why is not Ending.DECIDED:
        notify_ended(session, by, wish, grant, now=now)
