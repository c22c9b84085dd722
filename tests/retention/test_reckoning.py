"""Dues are kept: at once when an account closes, by the upkeep otherwise, and by a new schedule only once released."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.errors import Refused
from archive_service.holds import actions as holds
from archive_service.holds.actions import On
from archive_service.holds.rules import Terms
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.lifecycle import actions as lifecycle
from archive_service.lifecycle.tables import ClosedFile
from archive_service.people.roles import Role
from archive_service.people.tables import Person
from retention import actions, candidates, drafts, queries, reckoning, run, schedule
from retention.tables import RetentionDue, RetentionRun
from tests.support import records
from tests.support.records import NOW, TODAY

SHORTER = re.sub(r"years: (5|10)\b", "years: 2", schedule.standard_text()).replace("R2026", "R2027")


def closed(session: Session) -> tuple[HouseholdFile, Item]:
    case = records.case(session, business="CANCEL")
    records.everything_due(session, case)
    records.filed(session, case)
    head = session.get_one(HouseholdFile, case.household_id)
    lifecycle.close_household(session, head.account_no, by=records.system(session), now=NOW)
    reckoning.reckon_account(session, head.account_no, today=TODAY)
    return head, session.scalars(select(Item).where(Item.household_id == head.id)).first()  # type: ignore[return-value]


def due(session: Session, item: Item) -> RetentionDue:
    return session.scalars(
        select(RetentionDue).where(RetentionDue.item_id == item.id).execution_options(populate_existing=True)
    ).one()


def test_closing_an_account_starts_the_clocks_and_reopening_stops_them(database: Database) -> None:
    """The file has a number in the closed series, never given again."""
    with database.unit_of_work() as session:
        head, item = closed(session)
        assert (due(session, item).outcome, due(session, item).starts_on) == ("date", TODAY)
        first = session.scalars(select(ClosedFile)).one()
        assert first.number == "ROOT-XHD-2026-00001"
        archivist = records.viewer(session)
        lifecycle.reopen_household(session, head.account_no, reason="销户登记有误", by=archivist, now=NOW)
        reckoning.reckon_account(session, head.account_no, today=TODAY)
        assert due(session, item).outcome == "waiting"
        assert head.state == "open"
        assert session.scalars(select(CaseFile.state)).all() == ["filed"]
        lifecycle.close_household(session, head.account_no, by=archivist, now=NOW)
        assert [one.number[-5:] for one in session.scalars(select(ClosedFile).order_by(ClosedFile.id))] == [
            "00001", "00002",
        ]  # fmt: skip


def test_the_sweep_reckons_what_changed_and_then_rests(database: Database) -> None:
    """A household that was never reckoned, and one whose file changed."""
    with database.unit_of_work() as session:
        case = records.case(session)
        records.item(session, case)
        assert reckoning.sweep(session, today=TODAY) == 1
        assert reckoning.sweep(session, today=TODAY) == 0
        later = records.item(session, case, "A10")
        assert reckoning.sweep(session, today=TODAY) == 1
        assert due(session, later).outcome == "waiting"


def test_a_hold_never_brings_a_day_nearer(database: Database) -> None:
    """A dispute keeps its household longer; the due list says that it is held, and by which rule it is kept."""
    with database.unit_of_work() as session:
        head, item = closed(session)
        before = due(session, item).due_on
        terms = Terms("dispute", "电费争议", "用户来函", date(2027, 5, 20))
        by = records.system(session)
        made = holds.place(session, by, On(accounts=[head.account_no]), terms, now=NOW, today=TODAY)
        reckoning.sweep(session, today=TODAY)
        row = due(session, item)
        assert (row.rule, before is not None, row.due_on is not None) == ("DISPUTED", True, True)
        assert row.due_on >= before  # type: ignore[operator]
        shown = queries.dues_of(session, by, [item.id])[item.id]
        assert shown.held
        holds.release(session, by, made.id, reason="已经和解", now=NOW)
        reckoning.sweep(session, today=TODAY)
        assert due(session, item).due_on == row.due_on


def test_thirty_years_forward_and_back_change_no_kept_day(database: Database) -> None:
    """What is due is asked of the day that is said; the kept day stays."""
    with database.unit_of_work() as session:
        _, item = closed(session)
        kept = due(session, item).due_on
        assert kept is not None
        for years in (30, -30):
            reckoning.sweep(session, today=TODAY.replace(year=TODAY.year + years))
            assert due(session, item).due_on == kept
        unit_id = records.unit(session).id
        assert candidates.due(session, unit_id, today=kept - timedelta(days=1)) == []
        assert item.id in [one.item_id for one in candidates.due(session, unit_id, today=kept)]


def test_a_schedule_is_previewed_and_released_by_another_person_and_then_reckoned(database: Database) -> None:
    """Until then nothing moves; a change of the text asks for a new preview."""
    with database.unit_of_work() as session:
        case = records.case(session, business="CANCEL")
        records.everything_due(session, case)
        item = session.scalars(select(Item).order_by(Item.id)).first()
        assert item is not None
        records.filed(session, case)
        head = session.get_one(HouseholdFile, case.household_id)
        lifecycle.close_household(session, head.account_no, by=records.system(session), now=NOW)
        reckoning.reckon_account(session, head.account_no, today=TODAY)
        kept = due(session, item).due_on
        writer, other = records.viewer(session, Role.UNIT_HEAD), records.viewer(session, Role.UNIT_HEAD)
        draft = actions.save_draft(session, writer, SHORTER, draft_id=None, now=NOW)
        with pytest.raises(Refused, match="先预览"):
            actions.release(session, other, draft.id, now=NOW, today=TODAY.replace(year=2027))
        looked = done(session, actions.preview(session, writer, draft.id, now=NOW))
        assert (looked.items, looked.earlier, looked.later) == (looked.items, looked.items, 0)
        assert due(session, item).due_on == kept
        assert looked.items > 1
        found = drafts.changes(session, writer, looked.id, effect="earlier")
        change = next(one for one in found if one.item_id == item.id)
        assert kept is not None
        assert change.was.startswith(kept.isoformat())
        assert change.becomes.startswith("2028-11-20")
        with pytest.raises(Refused, match="不能自己发布"):
            actions.release(session, writer, draft.id, now=NOW, today=TODAY)
        applied = done(session, actions.release(session, other, draft.id, now=NOW, today=TODAY))
        assert (applied.purpose, applied.earlier) == ("apply", looked.items)
        assert (due(session, item).due_on, due(session, item).edition) == (date(2028, 11, 20), "R2027")


def test_a_preview_tells_what_a_shorter_period_does_to_papers_that_wait(database: Database) -> None:
    """An open account has no day yet: its papers will go eight years sooner, and the preview says so."""
    with database.unit_of_work() as session:
        records.item(session, records.case(session), "K01R")
        reckoning.sweep(session, today=TODAY)
        writer = records.viewer(session, Role.UNIT_HEAD)
        draft = actions.save_draft(session, writer, SHORTER, draft_id=None, now=NOW)
        looked = done(session, actions.preview(session, writer, draft.id, now=NOW))
        assert (looked.items, looked.earlier, looked.later) == (1, 1, 0)
        [change] = drafts.changes(session, writer, looked.id, effect="earlier")
        assert (change.was, change.becomes) == ("未起算（10 年） CONTRACTS", "未起算（2 年） OTHER_PAPERS")


def test_a_text_that_contradicts_itself_is_not_kept(database: Database) -> None:
    """The refusal names line and reason."""
    with database.unit_of_work() as session:
        records.unit(session)
        bad = SHORTER.replace("code: SURVEY_PHOTOS", "code: OTHER_PAPERS")
        with pytest.raises(Refused, match=r"第 \d+ 行：.*用了两次"):
            actions.save_draft(session, records.system(session), bad, draft_id=None, now=NOW)
        assert drafts.drafts(session, records.system(session)) == []


def done(session: Session, made: RetentionRun) -> RetentionRun:
    """Do the work of a run to its end."""
    made_by = run._schedule_of(session, made.id)
    while not run.advance(session, made, made_by, today=TODAY):
        continue
    run.finish(session, made, now=NOW)
    return made


@pytest.mark.parametrize("known_by", ["the trail", "the mail address"])
def test_whoever_wrote_a_part_of_a_schedule_does_not_release_it(database: Database, known_by: str) -> None:
    """Also who wrote between the first and the last writer, and a second account of a writer."""
    with database.unit_of_work() as session:
        first, between, last, other = (records.viewer(session, Role.UNIT_HEAD) for _ in range(4))
        refused = between if known_by == "the trail" else other
        draft = actions.save_draft(session, first, SHORTER, draft_id=None, now=NOW)
        for writer in (between, last):
            actions.save_draft(session, writer, SHORTER, draft_id=draft.id, now=NOW)
        done(session, actions.preview(session, first, draft.id, now=NOW))
        if known_by != "the trail":
            for viewer in (between, other):
                session.get_one(Person, viewer.person_id).email = "zhang.san@grid.test"
            session.flush()
        with pytest.raises(Refused, match="不能自己发布"):
            actions.release(session, refused, draft.id, now=NOW, today=TODAY)
        stranger = records.viewer(session, Role.UNIT_HEAD)
        assert actions.release(session, stranger, draft.id, now=NOW, today=TODAY).purpose == "apply"
