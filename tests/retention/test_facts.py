"""From what clocks count: what is said or written, never what could only be guessed; row by row."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.holds.moving import move_item
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.lifecycle import actions as lifecycle
from archive_service.people.roles import Role
from retention import facts, rules, said, schedule
from retention.rules import Due
from tests.support import records
from tests.support.records import NOW, TODAY

BOTH, _ = schedule.read(
    "edition: T1\ntitle_zh: 试\nsource: 试\neffective_from: 2026-01-01\nrules:\n"
    "  - {code: ALL, title_zh: 全部, source: 试, trigger: fixed_date, starts_on: 2000-01-01, years: 1}\n"
    "  - {code: OLD, title_zh: 旧件, source: 试, document_types: [A10], trigger: superseded, years: 2}\n"
    "  - {code: CON, title_zh: 合同, source: 试, document_types: [K01R], trigger: contract_ended, years: 3}\n"
)
EARLIER = date(2026, 10, 1)


def due(session: Session, item: Item) -> Due:
    """How long an item is kept, by a schedule with both clocks."""
    assert BOTH is not None
    one = facts.known(session, [item.household_id], BOTH)[item.household_id]
    return rules.reckon(BOTH, one.household, one.papers, today=TODAY)[item.id]


def of_day(session: Session, case: CaseFile, document_type: str, day: date) -> Item:
    """A paper with a date of its own."""
    made = records.item(session, case, document_type)
    made.document_date = day
    return made


def two_cases(session: Session, document_type: str) -> tuple[HouseholdFile, Item, Item]:
    """A household whose later case brought a paper of the same type as the first."""
    first = records.case(session)
    head = session.get_one(HouseholdFile, first.household_id)
    second = records.case(session, account_no=head.account_no, business="INC")
    old, new = (of_day(session, case, document_type, EARLIER) for case in (first, second))
    for at, case in enumerate((first, second)):
        case.state, case.filed_at = "filed", NOW + timedelta(minutes=at)
    session.flush()
    return head, old, new


def say(session: Session, item: Item, kind: str, day: date = TODAY, by: int | None = None, **more: object) -> int:
    who = more.get("who") or records.viewer(session)
    return said.say(
        session, who, item.id, kind=kind, happened_on=day, by_item_no=by, reason="新合同 2026-7 号", now=NOW,  # type: ignore[arg-type]
        today=TODAY,
    ).id  # fmt: skip


@pytest.mark.parametrize(
    ("document_type", "kind", "years"),
    [("A10", "superseded", 2), ("K01R", "contract_ended", 3), ("K01R", "superseded", 3)],
)
def test_a_later_paper_of_the_type_is_asked_about_and_only_what_is_said_starts_the_clock(
    database: Database, document_type: str, kind: str, years: int
) -> None:
    """Until then nothing comes due; taken back, it is asked about again."""
    with database.unit_of_work() as session:
        _, old, new = two_cases(session, document_type)
        asked = due(session, old)
        assert (asked.outcome, asked.due_on, "请登记" in asked.reason) == ("unknown", None, True)
        assert due(session, new).outcome == "waiting"
        key = say(session, old, kind, by=new.item_no)
        found = due(session, old)
        assert (found.outcome, found.starts_on, found.due_on) == ("date", TODAY, rules.plus_years(TODAY, years))
        said.take_back(session, records.viewer(session), old.id, key, now=NOW, today=TODAY)
        assert due(session, old) == asked
        assert said.facts_of(session, old.id) == []
        did = session.scalars(select(AuditEntry.did).where(AuditEntry.did.like("retention.%")).order_by(AuditEntry.seq))
        assert did.all() == ["retention.fact-said", "retention.fact-taken-back"]


def test_an_agreement_that_ends_a_contract_says_when_and_a_later_contract_lasts(database: Database) -> None:
    """The one before it counts from its date; the one after it waits."""
    with database.unit_of_work() as session:
        case = records.case(session)
        old = of_day(session, case, "K01R", EARLIER)
        assert due(session, old).outcome == "waiting"
        other = records.case(session, account_no=session.get_one(HouseholdFile, case.household_id).account_no)
        of_day(session, other, "K01T", TODAY)
        later = of_day(session, other, "K01R", TODAY + timedelta(days=1))
        assert (due(session, old).outcome, due(session, old).starts_on) == ("date", TODAY)
        assert due(session, later).outcome == "waiting"


def test_a_closed_account_ends_what_nobody_was_asked_about(database: Database) -> None:
    """What could not be told while it was open counts from its closing."""
    with database.unit_of_work() as session:
        case = records.case(session, business="CANCEL")
        records.everything_due(session, case)
        old = records.item(session, case, "K01R")
        records.filed(session, case)
        head = session.get_one(HouseholdFile, case.household_id)
        lifecycle.close_household(session, head.account_no, by=records.system(session), now=NOW)
        assert (due(session, old).outcome, due(session, old).starts_on) == ("date", TODAY)


def test_what_cannot_be_is_not_said(database: Database) -> None:
    """A day ahead or before the paper, twice, of a paper elsewhere, in a circle, or by who may not."""
    with database.unit_of_work() as session:
        _, old, new = two_cases(session, "A10")
        for day, code in ((TODAY + timedelta(days=1), "fact.ahead"), (EARLIER - timedelta(days=1), "fact.before")):
            with pytest.raises(Invalid) as wrong:
                say(session, old, "superseded", day)
            assert wrong.value.code == code
        for number in (old.item_no, 999):
            with pytest.raises(NotFound):
                say(session, old, "superseded", by=number)
        say(session, old, "superseded", by=new.item_no)
        with pytest.raises(Refused) as twice:
            say(session, old, "superseded")
        assert twice.value.code == "fact.said"
        with pytest.raises(Refused) as circle:
            say(session, new, "superseded", by=old.item_no)
        assert circle.value.code == "fact.circle"
        staff = records.viewer(session, Role.STAFF, login="staff")
        with pytest.raises(NotPermitted):
            say(session, new, "superseded", who=staff)


def test_what_was_said_of_a_paper_goes_along_when_it_is_moved(database: Database) -> None:
    """It comes due by the same rule in the household where it lies now, and there it can be taken back."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        left, right = records.case(session), records.case(session)
        item = of_day(session, left, "K01R", EARLIER)
        fact = say(session, item, "contract_ended", who=by)
        before = due(session, item)
        assert (before.rule, before.outcome) == ("CON", "date")
        move_item(session, item_id=item.id, household_id=right.household_id, case_id=None, by=by, now=NOW, today=TODAY)
        assert due(session, item) == before
        said.take_back(session, by, item.id, fact, now=NOW, today=TODAY)
        assert due(session, item).outcome == "waiting"
