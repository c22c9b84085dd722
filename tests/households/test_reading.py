"""What a viewer sees of household files: their units only, personal data masked, lists in pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound
from archive_service.households import actions, queries
from archive_service.households.queries import CaseFilters
from archive_service.people import queries as people
from archive_service.people.roles import Right, Role
from archive_service.people.viewer import Viewer
from tests.support import records
from tests.support.records import NOW, TODAY

ID_NUMBER = "110101199003077758"

#: Every read of records that takes a viewer: what it finds of a household, as a count.
READS: dict[str, Callable[[Session, Viewer, Any], int]] = {
    "household": lambda s, v, c: len(queries.household(s, v, c["account_no"]).items),
    "case": lambda s, v, c: len(queries.case(s, v, c["application_no"]).verdicts),
    "item": lambda s, v, c: queries.item(s, v, c["item_id"]).item_no,
    "item_page": lambda s, v, c: queries.item_page(s, v, c["item_id"], 1).page_no,
    "papers_of_case": lambda s, v, c: len(queries.papers_of_case(s, v, queries.item(s, v, c["item_id"]))),
    "cases by account": lambda s, v, c: queries.cases(s, v, order="account").total,
    "cases by acceptance": lambda s, v, c: len(queries.cases(s, v, order="accepted").rows),
    "history": lambda s, v, c: queries.history(s, v, c["account_no"]).total,
    "completeness": lambda s, v, c: len(list(queries.completeness(s, v, number=c["account_no"]))),
    "completeness by case": lambda s, v, c: len(list(queries.completeness(s, v, application_no=c["application_no"]))),
    "completeness of all": lambda s, v, c: len(list(queries.completeness(s, v, all_cases=True))),
    "observations": lambda s, v, c: len(queries.observations(s, v, c["application_no"], today=records.TODAY)),
    "cases": lambda s, v, c: queries.cases(s, v).total,
    "cases by text": lambda s, v, c: queries.cases(s, v, filters=CaseFilters(text=c["account_no"])).total,
    "cases by centre": lambda s, v, c: queries.cases(s, v, filters=CaseFilters(centre="WEST")).total,
    "find_households": lambda s, v, c: len(queries.find_households(s, v, c["account_no"][:4])),
    "rates": lambda s, v, c: len(queries.rates(s, v, today=TODAY)),
    "known_by_account": lambda s, v, c: len(queries.known_by_account(s, v.units(Right.RECORD_READ), c["account_no"])),
    "known_by_application": lambda s, v, c: len(
        queries.known_by_application(s, v.units(Right.RECORD_READ), c["application_no"])
    ),
    "known_by_name": lambda s, v, c: len(queries.known_by_name(s, v.units(Right.RECORD_READ), "李四")),
}


@pytest.mark.parametrize("read", READS)
def test_no_read_shows_a_household_of_another_unit(database: Database, read: str) -> None:
    """One unit's archivist finds it, the neighbour's finds nothing or gets NotFound, the unit above finds it."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        case = records.case(session, at=west, stages={"ACCEPT": date(2026, 11, 2), "ENERGISE": date(2026, 11, 6)})
        paper = records.item(session, case)
        head = queries.household_known(session, case.household_id)
        assert head is not None
        facts = {"account_no": head.account_no, "application_no": case.application_no, "item_id": paper.id}
        own, neighbour, above = (records.viewer(session, at=unit) for unit in (west, east, root))
        assert READS[read](session, own, facts) > 0
        assert READS[read](session, above, facts) > 0
        nothing = {"account_no": "9999999999", "application_no": "NOSUCH1", "item_id": 999}
        assert _answer(session, read, neighbour, facts) == _answer(session, read, neighbour, nothing)


def _answer(session: Session, read: str, viewer: Viewer, facts: Any) -> object:
    """Return what a read says: how much it found, or code and sentence of its NotFound."""
    try:
        return READS[read](session, viewer, facts)
    except NotFound as error:
        return error.code, error.message


def test_administrators_read_no_records(database: Database) -> None:
    """Those who manage accounts or read the trail see no household."""
    with database.unit_of_work() as session:
        head = records.household(session)
        for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN):
            with pytest.raises(NotFound):
                queries.household(session, records.viewer(session, role), head.account_no)


def test_staff_see_personal_numbers_masked_and_no_picture_that_shows_them(database: Database) -> None:
    """Fields, text, pictures and originals; the archivist sees all of it."""
    with database.unit_of_work() as session:
        page = records.page(text=f"身份证号 {ID_NUMBER} 户号 3300123456")
        paper = records.item(
            session,
            records.case(session),
            "A05",
            fields={"id_number": ID_NUMBER, "phone": "13812345678"},
            pages=(page,),
        )
        seen = queries.item_page(session, records.viewer(session, Role.STAFF), paper.id, 1)
        assert {one.name: (one.value, one.masked) for one in seen.item.fields} == {
            "id_number": ("110***********7758", True),
            "phone": ("138****5678", True),
        }
        assert seen.text == "身份证号 110***********7758 户号 3300123456"
        assert (seen.image_digest, seen.thumbnail_digest, seen.original_digest) == (None, None, None)
        assert (seen.masked, seen.withheld, seen.item.pages[0].thumbnail_digest) == (True, True, None)
        full = queries.item_page(session, records.viewer(session), paper.id, 1)
        assert (full.text, full.image_digest, full.masked) == (page.text, page.image_digest, False)
        assert full.original_digest == page.original_digest


def test_a_page_without_personal_data_is_shown_to_staff_but_not_its_original(database: Database) -> None:
    """Masking hides what is personal and nothing else."""
    with database.unit_of_work() as session:
        paper = records.item(session, records.case(session), "S01", pages=(records.page(text="现场勘查单"),))
        seen = queries.item_page(session, records.viewer(session, Role.STAFF), paper.id, 1)
        assert (seen.withheld, bool(seen.image_digest), seen.original_digest) == (False, True, None)


def test_a_household_shows_its_cases_verdicts_and_items(database: Database) -> None:
    """Withdrawn items only when asked for; verdicts in catalogue order."""
    with database.unit_of_work() as session:
        by, case = records.viewer(session), records.case(session)
        kept, gone = records.item(session, case), records.item(session, case, "A05")
        actions.withdraw_item(session, item_id=gone.id, reason="错户", by=by, now=NOW, today=TODAY)
        number = queries.item(session, by, kept.id).account_no
        view = queries.household(session, by, number)
        assert [one.id for one in view.items] == [kept.id]
        assert [one.state for one in queries.household(session, by, number, withdrawn=True).items] == [
            "filed",
            "withdrawn",
        ]
        codes = [one.document_type for one in view.cases[0].verdicts]
        assert codes.index("A02R") < codes.index("S01") < codes.index("K01R") < codes.index("X01")


def test_cases_come_by_deadline_and_page_by_page_without_loss(database: Database) -> None:
    """Those without a deadline last; walking the pages gives each case once."""
    with database.unit_of_work() as session:
        for offset in range(7):
            stages = {"ACCEPT": date(2026, 11, 2)}
            if offset % 3:
                stages["ENERGISE"] = date(2026, 11, 12) - timedelta(days=offset // 3)
            records.case(session, stages=stages)
        by = records.viewer(session)
        whole = queries.cases(session, by, limit=100)
        walked, after = [], None
        while True:
            part = queries.cases(session, by, after=after, limit=2)
            walked += [row.id for row in part.rows]
            after = part.next
            if after is None:
                break
        assert walked == [row.id for row in whole.rows]
        assert (whole.total, part.total, len(set(walked))) == (7, 7, 7)
        days = [row.filing_due_on or date.max for row in whole.rows]
        assert days == sorted(days)
        with pytest.raises(Invalid):
            queries.cases(session, by, after="x' or 1=1")


def test_cases_are_filtered_by_everything_at_once(database: Database) -> None:
    """Centre with its subtree, kind, completeness, deadline and text narrow the list together."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east = records.unit(session, "EAST", below=root)
        late = {"ACCEPT": date(2026, 11, 2), "ENERGISE": date(2026, 11, 3)}
        wanted = records.case(session, at=east, stages=late, account_name="清河(杭州)物业有限公司", category="LN",
                              conditions=["entity"])  # fmt: skip
        records.case(session, at=east, stages=late)
        records.case(session, at=root)
        by = records.viewer(session)
        both = CaseFilters(
            centre="EAST", customer_category="LN", business_type="NEW", complete=False, due_before=TODAY,
            text="清河(杭州) 公司", state="collecting",
        )  # fmt: skip
        assert [row.id for row in queries.cases(session, by, filters=both).rows] == [wanted.id]
        assert queries.cases(session, by, filters=CaseFilters(centre="ROOT")).total == 3
        assert queries.cases(session, by, filters=CaseFilters(centre="NOSUCH")).total == 0
        assert queries.cases(session, by, filters=replace(both, due_before=date(2026, 11, 5))).total == 0
        assert queries.cases(session, by, filters=CaseFilters(text="%")).total == 0


def test_households_are_found_by_number_name_and_address(database: Database) -> None:
    """A prefix of the number; any words of name and address; nothing typed finds nothing."""
    with database.unit_of_work() as session:
        records.case(session, account_no="3300123456", account_name="王五", service_address="滨江区江南大道 88 号")
        by = records.viewer(session)
        for text, found in (
            ("33001", 1),
            ("王五", 1),
            ("江南大道 滨江", 1),
            ("00123", 0),
            (" ", 0),
            ("王五 西湖", 0),
            ("_", 0),
        ):
            assert len(queries.find_households(session, by, text)) == found, text


def test_the_history_of_a_household_is_newest_first_and_masked_for_staff(database: Database) -> None:
    """Registration, filing and correction of one household, in pages."""
    with database.unit_of_work() as session:
        by, case = records.viewer(session), records.case(session)
        records.case(session)
        paper = records.item(session, case)
        actions.withdraw_item(session, item_id=paper.id, reason="客户 13812345678 来电", by=by, now=NOW, today=TODAY)
        number = queries.item(session, by, paper.id).account_no
        listing = queries.history(session, records.viewer(session, Role.STAFF), number)
        assert [e.did for e in listing.entries] == [
            "item.withdrawn",
            "item.filed",
            "case.registered",
            "household.opened",
        ]
        assert "13812345678" not in str(listing)
        first = queries.history(session, by, number, limit=3)
        rest = queries.history(session, by, number, before=first.next, limit=3)
        assert [e.did for e in rest.entries] == ["household.opened"]


def test_recognition_learns_what_a_case_expects(database: Database) -> None:
    """Required, optional and conditional papers that apply; not those whose condition does not hold."""
    with database.unit_of_work() as session:
        case = records.case(session, account_name="清河 (杭州) 物业", conditions=["tenant"])
        units = people.all_unit_ids(session)
        known = queries.known_by_name(session, units, "清河\uff08杭州\uff09物业")[0]
        assert {"A02R", "A11", "V01"} <= known.cases[0].expected
        assert "A32" not in known.cases[0].expected
        assert queries.known_by_application(session, units, case.application_no.lower())[0].id == case.id
        assert queries.known_by_account(session, units, f" {known.account_no} ")[0] == known
        assert queries.known_by_account(session, frozenset(), known.account_no) == []
        blind = records.case(session, conditions=None)
        assert "A32" in queries.known_by_application(session, units, blind.application_no)[0].expected


def test_completeness_as_of_a_day_counts_what_was_filed_then(database: Database) -> None:
    """A paper filed later does not count yet, one withdrawn later still does."""
    with database.unit_of_work() as session:
        by, case = records.viewer(session), records.case(session)
        early = records.item(session, case, "A02R", now=NOW - timedelta(days=5))
        records.item(session, case, "A05", now=NOW - timedelta(days=1))
        actions.withdraw_item(session, item_id=early.id, reason="错户", by=by, now=NOW, today=TODAY)

        def there(day: date) -> set[str]:
            judged = next(iter(queries.completeness(session, by, application_no=case.application_no, as_of=day)))
            assert judged.assessment is not None
            return {one.document_type for one in judged.assessment.verdicts if one.status == "present"}

        assert there(TODAY - timedelta(days=6)) == set()
        assert there(TODAY - timedelta(days=3)) == {"A02R"}
        assert there(TODAY - timedelta(days=1)) == {"A02R", "A05"}
        assert there(TODAY) == {"A05"}


def test_completeness_is_printed_as_programs_and_people_expect_it(database: Database) -> None:
    """The agreed keys; a case that cannot be assessed is not complete and says why."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        good, blind = records.case(session), records.case(session, conditions=None)
        shown = next(iter(queries.completeness(session, by, application_no=good.application_no)))
        assert set(shown.as_json()) >= {
            "application_no", "account_no", "customer_category", "business_type", "catalogue", "complete", "items",
            "consistency",
        }  # fmt: skip
        assert "资料不齐全" in shown.as_text()[0]
        unknown = next(iter(queries.completeness(session, by, application_no=blind.application_no)))
        assert (unknown.as_json()["complete"], unknown.as_json()["items"]) == (False, [])
        assert unknown.as_json()["error"] == blind.assessment_error
        with pytest.raises(NotFound):
            queries.completeness(session, by, number="nothing")


def test_rates_tell_complete_and_timely_by_centre_and_month(database: Database) -> None:
    """Filed in time, filed late, still open past its day, not due yet."""
    with database.unit_of_work() as session:
        done = {"ACCEPT": date(2026, 9, 1), "ENERGISE": date(2026, 11, 6)}
        in_time, late, open_, fresh = (
            records.case(session, stages=done | {"ENERGISE": day})
            for day in (date(2026, 11, 18), date(2026, 11, 6), date(2026, 11, 6), date(2026, 11, 19))
        )
        for case in (in_time, late):
            records.everything_due(session, case)
            assert records.filed(session, case).complete
        assert not open_.complete
        assert not fresh.complete
        (rate,) = queries.rates(session, records.viewer(session, Role.AUDITOR), today=TODAY)
        assert (rate.month, rate.cases, rate.complete_cases, rate.judged_for_time, rate.on_time) == (
            "2026-11",
            4,
            2,
            3,
            1,
        )
        assert 0 < rate.satisfied < rate.due
        assert queries.rates(session, records.viewer(session), since=date(2026, 12, 1), today=TODAY) == []
