"""That somebody read: each opening of a household file, a paper or a page, and each list that is told of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.bundle import LISTS
from archive_service.audit.record import record
from archive_service.audit.tables import AuditEntry
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.people.viewer import Viewer

#: Kind of the entries about reading; no change of a household is among them.
READING = "reading"
#: Kinds of the entries about one paper, and about lists and other pages.
READING_ITEM, READING_LIST = "reading-item", LISTS
#: What may be the number of an account, and how many are looked up at once.
_WORD = re.compile(r"(?<!\w)(?=\w*\d)[0-9A-Za-z]{4,20}(?!\w)", re.ASCII)
_AT_ONCE = 500
_LONGEST_KEY = 80


def note_reading(
    session: Session,
    viewer: Viewer,
    *,
    household_id: int,
    unit_id: int,
    account_no: str,
    now: datetime,
    place: str = "",
) -> None:
    """Put on record that the viewer reads of the file of a household, unless that was done in this hour.

    It is for what is shown of a file beside its pages and papers, which have entries of their own. `place` is where
    from: the address of the computer, or the command and who is signed in on the machine.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    before = select(AuditEntry.seq).where(
        AuditEntry.object_kind == READING,
        AuditEntry.object_id == str(household_id),
        AuditEntry.person_id == viewer.person_id,
        AuditEntry.at >= hour,
    )
    if session.scalar(before.limit(1)) is not None:
        return
    _opened(session, viewer, household_id, unit_id, account_no, now=now, place=place)


def _opened(
    session: Session, viewer: Viewer, household_id: int, unit_id: int, account_no: str, *, now: datetime, place: str
) -> None:
    record(
        session,
        by=viewer.actor,
        did="household.read",
        object_kind=READING,
        object_id=household_id,
        unit_id=unit_id,
        facts={"account_no": account_no, "unmasked": viewer.reads_personal(unit_id, household_id)} | _from(place),
        now=now,
    )


def _from(place: str) -> dict[str, str]:
    return {"from": place} if place else {}


def note_file(
    session: Session, viewer: Viewer, account_no: str, application_no: str, *, now: datetime, place: str = ""
) -> bool:
    """Put on record that the viewer opens the file that an account or a case names; False where there is none."""
    wanted = select(HouseholdFile)
    if account_no:
        wanted = wanted.where(HouseholdFile.account_no == account_no)
    else:
        wanted = wanted.join(CaseFile, CaseFile.household_id == HouseholdFile.id).where(
            CaseFile.application_no == application_no
        )
    head = session.scalar(wanted)
    if head is None:
        return False
    _opened(session, viewer, head.id, head.unit_id, head.account_no, now=now, place=place)
    return True


def note_item(
    session: Session, viewer: Viewer, item_id: int, *, page_no: int | None = None, now: datetime, place: str = ""
) -> bool:
    """Put on record that the viewer opens a paper, or reads a page of it, and with it the file; False where none is."""
    wanted = select(HouseholdFile).join(Item, Item.household_id == HouseholdFile.id).where(Item.id == item_id)
    head = session.scalar(wanted)
    if head is None:
        return False
    note_reading(
        session, viewer, household_id=head.id, unit_id=head.unit_id, account_no=head.account_no, now=now, place=place
    )
    record(
        session,
        by=viewer.actor,
        did="item.read",
        object_kind=READING_ITEM,
        object_id=item_id,
        unit_id=head.unit_id,
        facts={"account_no": head.account_no} | ({} if page_no is None else {"page": page_no}) | _from(place),
        now=now,
    )
    return True


def accounts_in(session: Session, text: str) -> list[str]:
    """Return the numbers of accounts that stand in a text, which is what somebody is about to be shown."""
    found: set[str] = set()
    words = sorted(set(_WORD.findall(text)))
    for at in range(0, len(words), _AT_ONCE):
        some = HouseholdFile.account_no.in_(words[at : at + _AT_ONCE])
        found.update(session.scalars(select(HouseholdFile.account_no).where(some)))
    return sorted(found)


def note_list(
    session: Session, viewer: Viewer, address: str, accounts: Sequence[str], *, now: datetime, place: str = ""
) -> None:
    """Put on record that the viewer looks at a list or another page, and which accounts it showed.

    `address` is that of the page, or the words of the command.
    """
    record(
        session,
        by=viewer.actor,
        did="list.read",
        object_kind=READING_LIST,
        object_id=address[:_LONGEST_KEY],
        unit_id=viewer.unit_id,
        facts=({"accounts": list(accounts)} if accounts else {}) | _from(place),
        now=now,
    )
