"""Kept figures: whatever is written, they are equal to a full recount, and reading them is adding them up."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.households import actions, adding, counting
from archive_service.households.counted import CaseCount, CaseFigure, CaseHit
from archive_service.households.queries import figures
from archive_service.households.tables import CaseFile, Item
from archive_service.people.roles import Role
from tests.support import records
from tests.support.records import NOW, TODAY

DATES = ("2026-11-01", "2026-11-09", "2026-11-18", "1901-01-01")


def pick(session: Session, table: type[CaseFile] | type[Item], number: int) -> CaseFile | Item | None:
    """Return some row: the filed items, or all cases."""
    wanted = select(table).order_by(table.id)
    if table is Item:
        wanted = wanted.where(Item.state == "filed")
    rows = session.scalars(wanted).all()
    return rows[number % len(rows)] if rows else None


def write(session: Session, act: str, number: int) -> None:
    """Do one write of a kind, to a row that the number picks."""
    by = records.system(session)
    if act == "register":
        unit = records.unit(session, f"U{number % 3}", below=records.unit(session))
        stages = {"ACCEPT": date(2026, 11, 2), "SURVEY": date(2026, 11, 5)}
        if number % 2:
            stages["ENERGISE"] = date(2026, 10 + number % 2, 10)
        records.case(session, at=unit, stages=stages, category="LN" if number % 5 == 0 else "LR")
        return
    case, item = pick(session, CaseFile, number), pick(session, Item, number // 7)
    if act == "stage" and isinstance(case, CaseFile) and case.energised_on is None:
        actions.record_stage(
            session, application_no=case.application_no, stage="ENERGISE", done_on=date(2026, 11, 12), by=by, now=NOW,
            today=TODAY, filing_due_workdays=3,
        )  # fmt: skip
    elif act == "complete" and isinstance(case, CaseFile):
        records.everything_due(session, case)
    elif act == "file" and isinstance(case, CaseFile):
        code = ("A02R", "S01", "K01R", "A05")[number % 4]
        said = {"document_date": DATES[number % 4], "account_no": "3300000000", "valid_to": DATES[number // 3 % 4]}
        digest = f"{number % 3}" * 64
        scan = (10_000 + session.scalar(select(func.count()).select_from(Item)), 1) if number % 3 else None  # type: ignore[operator]
        records.item(session, case, code, fields=said, pages=[records.page(number % 2 + 1, digest=digest)], scan=scan)
    elif act == "move" and isinstance(case, CaseFile) and isinstance(item, Item):
        target = case.id if number % 3 else None
        actions.move_item(
            session, item_id=item.id, household_id=case.household_id, case_id=target, by=by, now=NOW, today=TODAY
        )
    elif act == "retype" and isinstance(item, Item):
        actions.retype_item(session, item_id=item.id, document_type="A03", by=by, now=NOW, today=TODAY)
    elif act == "correct" and isinstance(item, Item):
        actions.correct_field(
            session, item_id=item.id, name="document_date", value=DATES[number % 4], by=by, now=NOW, today=TODAY
        )
    elif act == "withdraw" and isinstance(item, Item):
        actions.withdraw_item(session, item_id=item.id, reason="归错户", by=by, now=NOW, today=TODAY)
    elif act == "fold":
        counting.fold(session, today=TODAY, limit=1 + number % 20)


ACTS = ("register", "stage", "complete", "file", "file", "move", "retype", "correct", "withdraw", "fold")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 1000)), min_size=5, max_size=14))
def test_after_any_writes_the_kept_figures_are_those_of_a_full_recount(
    database: Database, acts: list[tuple[str, int]]
) -> None:
    """The examples go on in one archive: what one leaves behind is where the next begins."""
    for act, number in [("register", 1), *acts]:
        with database.unit_of_work() as session:
            write(session, act, number)
    with database.reading() as session:
        assert counting.differences(session, today=TODAY) == []


def test_a_figure_that_was_tampered_with_is_found_and_mended(database: Database) -> None:
    with database.unit_of_work() as session:
        for number in range(4):
            write(session, "register", number)
        records.item(session, pick(session, CaseFile, 0), fields={"account_no": "9999999999"})  # type: ignore[arg-type]
        assert session.scalar(select(func.count()).select_from(CaseHit)) == 1
    for damage in (
        update(CaseFigure).values(complete_cases=CaseFigure.complete_cases + 1),
        update(CaseCount).values(due=7),
        delete(CaseHit),
        delete(CaseCount),
    ):
        with database.unit_of_work() as session:
            session.execute(damage)
            assert counting.differences(session, today=TODAY) != []
            assert counting.mend(session, today=TODAY) > 0
            assert counting.differences(session, today=TODAY) == []


def test_folding_leaves_one_row_a_key_and_every_sum_as_it_was(database: Database) -> None:
    with database.unit_of_work() as session:
        for number in range(1, 12):
            write(session, "register", number)
        viewer = records.viewer(session, Role.AUDITOR)
        before = figures.totals(session, viewer, by="unit", today=TODAY)
        days = figures.due_days(session, viewer)
        while counting.fold(session, today=TODAY, limit=3):
            pass
        assert figures.totals(session, viewer, by="unit", today=TODAY) == before
        after = figures.due_days(session, viewer)
        assert sum(n for day, n in after.items() if day < TODAY) == sum(n for day, n in days.items() if day < TODAY)
        keys = session.execute(select(CaseFigure.unit_id, CaseFigure.month, CaseFigure.due_on)).all()
        assert len(keys) < 11


def test_a_case_is_overdue_from_the_day_after_its_deadline(database: Database) -> None:
    """Nothing is written on that day: the figure follows the calendar by itself, folded or not."""
    with database.unit_of_work() as session:
        case = records.case(session, stages={"ACCEPT": date(2026, 11, 2), "ENERGISE": date(2026, 11, 10)})
        viewer = records.viewer(session, Role.AUDITOR)
        due = case.filing_due_on
        assert due is not None
        on_the_day = figures.totals(session, viewer, by="month", today=due)
        day_after = figures.totals(session, viewer, by="month", today=due + timedelta(days=1))
        assert [one.sums[figures.OVERDUE] for one in (*on_the_day, *day_after)] == [0, 1]
        counting.fold(session, today=due + timedelta(days=1))
        assert figures.totals(session, viewer, by="month", today=due + timedelta(days=1)) == day_after


def test_cases_of_before_the_figures_are_counted_by_upkeep(database: Database) -> None:
    with database.unit_of_work() as session:
        for number in range(5):
            write(session, "register", number)
        for table in (CaseCount, CaseFigure, CaseHit):
            session.execute(delete(table))
        assert figures.waiting_to_be_counted(session)
        at = 0
        while (last := counting.count_missing(session, after=at, limit=2)) is not None:
            at = last
        assert not figures.waiting_to_be_counted(session)
        assert counting.differences(session, today=TODAY) == []


def test_who_reads_one_unit_adds_up_that_unit_alone(database: Database) -> None:
    with database.unit_of_work() as session:
        root = records.unit(session)
        near, far = (records.unit(session, code, below=root) for code in ("NEAR", "FAR"))
        for at in (near, near, far):
            records.case(session, at=at)
        viewer = records.viewer(session, Role.AUDITOR, at=near)
        found = figures.totals(session, viewer, by="unit", today=TODAY)
        assert [(one.key, one.sums["cases"]) for one in found] == [("NEAR", 2)]
        beyond = figures.FigureFilters(centre="FAR")
        assert figures.totals(session, viewer, by="unit", filters=beyond, today=TODAY) == []


def test_the_same_page_in_two_households_is_told_in_both_until_one_is_withdrawn(database: Database) -> None:
    with database.unit_of_work() as session:
        viewer = records.viewer(session, Role.AUDITOR)
        one, other = records.case(session), records.case(session)
        page = [records.page(3, digest="e" * 64)]
        kept = records.item(session, one, pages=page)
        astray = records.item(session, other, pages=page)
        rows, _ = figures.hits(session, viewer, adding.SAME_SCAN)
        assert {row.application_no for row in rows} == {one.application_no, other.application_no}
        assert {seen["item"] for row in rows for seen in row.evidence} == {kept.id, astray.id}
        by = records.system(session)
        actions.withdraw_item(session, item_id=astray.id, reason="归错户", by=by, now=NOW, today=TODAY)
        assert figures.hits(session, viewer, adding.SAME_SCAN) == ([], None)
