"""Signatures and seals of a filed item: they are judged with the case, and a person has the last word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.completeness.marks import MarkVerdict, Sight, to_json
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted
from archive_service.households import actions, queries
from archive_service.households.tables import CaseFile, Item, Verdict
from archive_service.people.roles import Role
from tests.support import records

UNSEALED = MarkVerdict("seal", "utility", "供电企业", Sight.NOT_SEEN, 0.9, None, None, "各页都没有红色印迹")


def filed(session: Session, case: CaseFile, *marks: MarkVerdict) -> Item:
    """File a contract with these marks."""
    new = replace(records.new_item("K01R"), marks=to_json(marks))
    who: dict[str, Any] = {"by": records.SYSTEM, "now": records.NOW, "today": records.TODAY}
    return actions.file_item(session, household_id=case.household_id, case_id=case.id, new=new, **who)


def status(session: Session, case: CaseFile) -> str | None:
    session.flush()
    return session.scalar(select(Verdict.status).where(Verdict.case_id == case.id, Verdict.document_type == "K01R"))


def test_a_paper_without_its_seal_is_doubtful_and_a_person_makes_it_good(database: Database) -> None:
    """The scan was bad; the paper is sealed."""
    with database.unit_of_work() as session:
        case = records.case(session)
        item = filed(session, case, UNSEALED)
        assert status(session, case) == "doubtful"
        by = records.viewer(session)
        actions.say_mark(
            session, item_id=item.id, key="seal:utility", word="seen", by=by, now=records.NOW, today=records.TODAY
        )
        assert status(session, case) == "present"
        entry = session.scalars(select(AuditEntry).where(AuditEntry.did == "item.mark-said")).one()
        assert entry.facts == {"mark": "seal:utility", "from": "not_seen", "to": "seen", "item_no": 1}
        (mark,) = queries.item(session, by, item.id).marks
        assert mark.said is not None
        assert (mark.said.person_id, mark.said.sight, mark.said.at) == (by.person_id, "seen", records.NOW.isoformat())


def test_a_person_may_say_that_what_was_seen_is_not_there(database: Database) -> None:
    """A child's drawing in red is no seal."""
    with database.unit_of_work() as session:
        case = records.case(session)
        item = filed(session, case, replace(UNSEALED, sight=Sight.SEEN, confidence=0.95))
        assert status(session, case) == "present"
        by = records.viewer(session)
        for _ in range(2):
            actions.say_mark(
                session, item_id=item.id, key="seal:utility", word="not_seen", by=by, now=records.NOW,
                today=records.TODAY,
            )  # fmt: skip
        assert status(session, case) == "doubtful"
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.did == "item.mark-said")).all()) == 1


def test_only_who_may_change_items_says_what_is_there(database: Database) -> None:
    """And only of marks that the paper needs, in one of three words."""
    with database.unit_of_work() as session:
        item = filed(session, records.case(session), UNSEALED)
        rest = {"item_id": item.id, "now": records.NOW, "today": records.TODAY}
        staff, archivist = records.viewer(session, Role.STAFF), records.viewer(session)
        with pytest.raises(NotPermitted):
            actions.say_mark(session, key="seal:utility", word="seen", by=staff, **rest)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            actions.say_mark(session, key="seal:customer", word="seen", by=archivist, **rest)  # type: ignore[arg-type]
        with pytest.raises(Invalid):
            actions.say_mark(session, key="seal:utility", word="maybe", by=archivist, **rest)  # type: ignore[arg-type]
