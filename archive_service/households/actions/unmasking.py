"""Seeing the personal data of one household unmasked for a while, and going back before the time is up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import NotPermitted
from archive_service.households import rules
from archive_service.households.queries.files import readable_household
from archive_service.households.tables import HouseholdFile, Unmasking
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def unmask(
    session: Session, viewer: Viewer, account_no: str, *, purpose: str, reason: str, minutes: float, now: datetime
) -> Unmasking:
    """Show the viewer the personal data of a household for so many minutes; asked again, the time begins anew.

    Raises NotFound, NotPermitted, and Invalid without a purpose of the list and a reason in words.
    """
    head = readable_household(session, viewer, account_no)
    viewer.require(Right.RECORD_UNMASK, head.unit_id)
    if viewer.person_id is None:
        raise NotPermitted("unmask.person-only", "解除遮蔽只能由本人办理。请用 --as 指明人员，或在网页上办理。")
    said = rules.check_unmasking(purpose, reason)
    _end(session, viewer.person_id, head.id, now=now)
    begun = Unmasking(
        person_id=viewer.person_id,
        household_id=head.id,
        purpose=purpose,
        reason=said,
        begun_at=now,
        until=now + timedelta(minutes=minutes),
    )
    session.add(begun)
    session.flush()
    facts = {"purpose": purpose, "reason": said, "until": begun.until.isoformat(), "account_no": head.account_no}
    _note(session, viewer, head, "household.unmasked", facts, now=now)
    return begun


def mask_again(session: Session, viewer: Viewer, account_no: str, *, now: datetime) -> None:
    """End the viewer's own unmasking of a household; nothing happens when there is none. Raises NotFound."""
    head = readable_household(session, viewer, account_no)
    if viewer.person_id is not None and _end(session, viewer.person_id, head.id, now=now):
        _note(session, viewer, head, "household.masked-again", {"account_no": head.account_no}, now=now)


def _end(session: Session, person_id: int, household_id: int, *, now: datetime) -> bool:
    mine = select(Unmasking).where(Unmasking.person_id == person_id, Unmasking.until > now)
    open_ones = session.scalars(mine.where(Unmasking.household_id == household_id, Unmasking.ended_at.is_(None))).all()
    for one in open_ones:
        one.ended_at = now
    return bool(open_ones)


def _note(
    session: Session, viewer: Viewer, head: HouseholdFile, did: str, facts: Mapping[str, object], *, now: datetime
) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="household",
        object_id=head.id,
        unit_id=head.unit_id,
        facts=facts,
        now=now,
    )
