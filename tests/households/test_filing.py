"""Filing, moving, correcting and withdrawing items, and what each does to the completeness of a case."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.households import actions, queries
from archive_service.households.tables import CaseFile, HouseholdFile, Item, Verdict
from archive_service.households.values import FieldValue
from archive_service.people.roles import Role
from tests.support import records
from tests.support.records import NOW, TODAY


def test_a_case_becomes_complete_in_the_transaction_that_files_its_last_paper(database: Database) -> None:
    """Counts, verdicts and revision change together with the item; filing is for people to do."""
    with database.unit_of_work() as session:
        case = records.case(session)
        records.everything_due(session, case, but=["K01R"])
        assert (case.complete, case.missing_count) == (False, 1)
    with database.unit_of_work() as session:
        case = session.get_one(CaseFile, case.id)
        before = session.get_one(HouseholdFile, case.household_id).revision
        records.item(session, case, "K01R")
    with database.reading() as session:
        after = session.get_one(CaseFile, case.id)
        assert (after.complete, after.missing_count, after.state) == (True, 0, "collecting")
        assert after.satisfied_count == after.due_count > 5
        assert session.get_one(HouseholdFile, case.household_id).revision == before + 1


def test_a_filing_that_fails_later_leaves_nothing_behind(database: Database) -> None:
    """Item, verdicts, revision and audit entry roll back together."""
    with database.unit_of_work() as session:
        case = records.case(session)

    def file_and_die() -> None:
        with database.unit_of_work() as session:
            records.item(session, session.get_one(CaseFile, case.id))
            raise RuntimeError("the step that filed it died")

    with pytest.raises(RuntimeError):
        file_and_die()
    with database.reading() as session:
        assert session.scalars(select(Item)).all() == []
        assert session.get_one(HouseholdFile, case.household_id).revision == 1
        assert session.scalars(select(AuditEntry).where(AuditEntry.did == "item.filed")).all() == []
        verdict = session.scalar(select(Verdict).where(Verdict.case_id == case.id, Verdict.document_type == "A02R"))
        assert verdict is not None
        assert verdict.status == "missing"


def test_filing_the_same_document_of_a_scan_twice_gives_one_item(database: Database) -> None:
    """A pipeline step that is repeated after a crash finds the item and changes nothing."""
    with database.unit_of_work() as session:
        case = records.case(session)
        first = records.item(session, case, scan=(7, 1))
        revision = session.get_one(HouseholdFile, case.household_id).revision
        again = records.item(session, case, scan=(7, 1))
        assert again.id == first.id
        assert session.get_one(HouseholdFile, case.household_id).revision == revision
        assert len(session.scalars(select(Item)).all()) == 1


def test_a_withdrawn_document_brings_its_gap_back_and_may_be_filed_again(database: Database) -> None:
    """Withdrawing keeps the item and its number; the same scan document then gets the next number."""
    with database.unit_of_work() as session:
        case = records.case(session)
        by = records.viewer(session)
        records.everything_due(session, case, but=["A02R"])
        form = records.item(session, case, "A02R", scan=(7, 1))
        assert case.complete
        actions.withdraw_item(session, item_id=form.id, reason="扫描不清", by=by, now=NOW, today=TODAY)
        assert (case.complete, case.missing_count, case.state, case.filed_at) == (False, 1, "collecting", None)
        again = records.item(session, case, "A02R", scan=(7, 1))
        assert again.item_no == form.item_no + 1
        assert case.complete


def test_a_withdrawal_without_a_reason_is_invalid(database: Database) -> None:
    """The reason is what an auditor will read."""
    with database.unit_of_work() as session:
        by, form = records.viewer(session), records.item(session, records.case(session))
        with pytest.raises(Invalid) as refused:
            actions.withdraw_item(session, item_id=form.id, reason="  ", by=by, now=NOW, today=TODAY)
        assert refused.value.code == "item.reason-missing"
        assert form.state == "filed"


def test_a_withdrawn_item_is_not_changed_any_more(database: Database) -> None:
    """Nothing may be hung on what is no longer in the file."""
    with database.unit_of_work() as session:
        by, form = records.viewer(session), records.item(session, records.case(session))
        actions.withdraw_item(session, item_id=form.id, reason="重复", by=by, now=NOW, today=TODAY)
        with pytest.raises(Refused) as refused:
            actions.retype_item(session, item_id=form.id, document_type="A05", by=by, now=NOW, today=TODAY)
        assert refused.value.code == "item.withdrawn"


def test_moving_an_item_to_another_household_judges_both_cases(database: Database) -> None:
    """The item gets a number there, both files a new revision, and the old number is not given again."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        here, there = records.case(session), records.case(session)
        records.item(session, there, "A05")
        form = records.item(session, here, "A02R")
        before = {key: session.get_one(HouseholdFile, key).revision for key in (here.household_id, there.household_id)}
        actions.move_item(
            session, item_id=form.id, household_id=there.household_id, case_id=there.id, by=by, now=NOW, today=TODAY
        )
        assert (form.household_id, form.item_no) == (there.household_id, 2)
        assert _status(session, here, "A02R") == "missing"
        assert _status(session, there, "A02R") == "present"
        for key, revision in before.items():
            assert session.get_one(HouseholdFile, key).revision == revision + 1


def test_an_item_does_not_go_into_a_case_of_another_household(database: Database) -> None:
    """A case and its items stand in one file."""
    with database.unit_of_work() as session:
        here, there = records.case(session), records.case(session)
        with pytest.raises(Refused) as refused:
            actions.file_item(
                session,
                household_id=here.household_id,
                case_id=there.id,
                new=records.new_item(),
                by=records.system(session).actor,
                now=NOW,
                today=TODAY,
            )
        assert refused.value.code == "item.case-elsewhere"


def test_an_item_is_not_moved_into_a_unit_where_the_person_has_no_rights(database: Database) -> None:
    """The other unit's household is not even admitted to exist."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        by = records.viewer(session, at=east)
        mine, other = records.case(session, at=east), records.case(session, at=west)
        form = records.item(session, mine)
        with pytest.raises(NotFound):
            actions.move_item(
                session, item_id=form.id, household_id=other.household_id, case_id=None, by=by, now=NOW, today=TODAY
            )
        with pytest.raises(NotFound):
            actions.withdraw_item(
                session, item_id=records.item(session, other).id, reason="不该", by=by, now=NOW, today=TODAY
            )


def test_staff_may_read_an_item_but_not_change_it(database: Database) -> None:
    """Reading and changing are different rights."""
    with database.unit_of_work() as session:
        staff = records.viewer(session, Role.STAFF)
        form = records.item(session, records.case(session))
        with pytest.raises(NotPermitted):
            actions.correct_field(session, item_id=form.id, name="phone", value="1", by=staff, now=NOW, today=TODAY)


def test_retyping_counts_as_certain_and_fills_the_right_gap(database: Database) -> None:
    """What a person decided is not doubted again."""
    with database.unit_of_work() as session:
        by, case = records.viewer(session), records.case(session)
        paper = records.item(session, case, "A05")
        actions.retype_item(session, item_id=paper.id, document_type="A10", by=by, now=NOW, today=TODAY)
        assert (paper.document_type, paper.confidence) == ("A10", 1.0)
        assert (_status(session, case, "A05"), _status(session, case, "A10")) == ("missing", "present")
        with pytest.raises(Invalid) as refused:
            actions.retype_item(session, item_id=paper.id, document_type="Z99", by=by, now=NOW, today=TODAY)
        assert refused.value.code == "item.document-type"


def test_a_wrong_check_digit_makes_a_paper_doubtful_until_a_person_corrects_it(database: Database) -> None:
    """The corrected value is checked in its turn, and the trail holds both values masked."""
    with database.unit_of_work() as session:
        by, case = records.viewer(session), records.case(session)
        wrong = FieldValue("110101199003077759", confidence=0.9, page=1, box=[1, 2, 3, 4], checked=False)
        paper = records.item(session, case, "A05", fields={"id_number": wrong})
        assert _status(session, case, "A05") == "doubtful"
        actions.correct_field(
            session, item_id=paper.id, name="id_number", value="110101199003077758", by=by, now=NOW, today=TODAY
        )
        assert _status(session, case, "A05") == "present"
        entry = session.scalar(select(AuditEntry).where(AuditEntry.did == "item.corrected"))
        assert entry is not None
        assert entry.facts["from"] == "110***********7759"
        assert "19900307" not in str(entry.facts)


def test_an_emptied_field_is_removed_and_a_date_must_be_a_date(database: Database) -> None:
    """Fields given by a person are checked like any other input."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        paper = records.item(session, records.case(session), fields={"phone": "13812345678"})
        actions.correct_field(session, item_id=paper.id, name="phone", value="", by=by, now=NOW, today=TODAY)
        assert [one.name for one in paper.fields] == []
        actions.correct_field(
            session, item_id=paper.id, name="document_date", value="2026-11-03", by=by, now=NOW, today=TODAY
        )
        assert paper.document_date == date(2026, 11, 3)
        for name, value in (("document_date", "2026-02-30"), ("Phone; drop", "1"), ("note", "字" * 401)):
            with pytest.raises(Invalid):
                actions.correct_field(session, item_id=paper.id, name=name, value=value, by=by, now=NOW, today=TODAY)


def test_text_that_a_database_cannot_hold_is_cleaned_not_refused(database: Database) -> None:
    """A text layer with NUL or lone surrogates, or an overlong title, must not lose the document."""
    with database.unit_of_work() as session:
        page = records.page(text="供\x00电\ud800合同")
        paper = records.item(session, records.case(session), pages=(page,), title="标题" * 300)
        assert paper.pages[0].text == "供电?合同"
        assert len(paper.title) == 200


def test_item_numbers_are_never_given_twice(database: Database) -> None:
    """A withdrawn item keeps its number."""
    with database.unit_of_work() as session:
        by, case = records.viewer(session), records.case(session)
        last = [records.item(session, case, code) for code in ("A02R", "A05", "A10")][-1]
        actions.withdraw_item(session, item_id=last.id, reason="重扫", by=by, now=NOW, today=TODAY)
        assert records.item(session, case, "A10").item_no == 4


def test_a_case_with_an_unknown_fact_is_not_complete_and_says_why(database: Database) -> None:
    """Missing data never reads as "not required"."""
    with database.unit_of_work() as session:
        case = records.case(session, conditions=None)
        assert case.assessment_error
        assert (case.complete, case.state) == (False, "collecting")
        for code in ("A02R", "A05", "A10", "S01", "P03L", "K01R", "T01", "X01", "X02"):
            records.item(session, case, code)
        assert not case.complete
        assert session.scalars(select(Verdict).where(Verdict.case_id == case.id)).all() == []


def test_a_case_that_can_no_longer_be_judged_keeps_no_old_verdicts(database: Database) -> None:
    """A new name that does not tell a person from an organisation leaves the facts unknown."""
    with database.unit_of_work() as session:
        case = records.case(session, account_name="清河物业有限公司", category="LN", account_no="3300123456")
        assert (case.assessment_error, case.due_count > 0) == (None, True)
        records.case(
            session,
            account_name="QH-7",
            category="LN",
            business="RENAME",
            account_no="3300123456",
            stages={"ACCEPT": TODAY},
        )
        assert case.assessment_error
        assert (case.due_count, case.missing_count, case.complete) == (0, 0, False)
        assert session.scalars(select(Verdict).where(Verdict.case_id == case.id)).all() == []


def test_a_value_that_a_person_confirms_is_no_longer_doubted(database: Database) -> None:
    """Some old papers carry a wrong check digit; the person who looked decides."""
    with database.unit_of_work() as session:
        by, case = records.viewer(session), records.case(session)
        read = FieldValue("110101199003077759", confidence=1.0, checked=False)
        paper = records.item(session, case, "A05", fields={"id_number": read})
        actions.correct_field(
            session, item_id=paper.id, name="id_number", value="110101199003077759", by=by, now=NOW, today=TODAY
        )
        assert _status(session, case, "A05") == "present"


def test_what_is_kept_on_a_case_equals_a_fresh_judgement(database: Database) -> None:
    """Verdict rows and counts are those of assess, whatever was filed, moved and withdrawn before."""
    with database.unit_of_work() as session:
        by, case = records.viewer(session), records.case(session, conditions=["tenant"])
        papers = [records.item(session, case, code) for code in ("A02R", "A05", "A11", "K01R", "OTHER")]
        actions.withdraw_item(session, item_id=papers[1].id, reason="错户", by=by, now=NOW, today=TODAY)
        actions.retype_item(session, item_id=papers[0].id, document_type="S01", by=by, now=NOW, today=TODAY)
        fresh = next(iter(queries.completeness(session, by, application_no=case.application_no))).assessment
        assert fresh is not None
        kept = queries.case(session, by, case.application_no)
        assert [(v.document_type, v.status, v.evidence, v.reason, v.due) for v in kept.verdicts] == [
            (v.document_type, v.status.value, v.evidence, v.reason, v.due) for v in fresh.verdicts
        ]
        assert (case.due_count, case.satisfied_count, case.missing_count, case.complete) == (
            fresh.due_count, fresh.satisfied_count, fresh.missing_count, fresh.complete
        )  # fmt: skip


def _status(session: object, case: CaseFile, code: str) -> str:
    view = queries.case(session, records.system(session), case.application_no)  # type: ignore[arg-type]
    return next(one.status for one in view.verdicts if one.document_type == code)
