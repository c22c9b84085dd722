"""Stage days are written once: corrections are asked for and approved, and what stood first goes on being shown."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.households import actions, queries, stage_rules
from archive_service.households.tables import CaseFile, CaseStage, StageCorrection
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from tests.support import records
from tests.support.records import NOW, TODAY

DAYS = {"ACCEPT": date(2026, 11, 2), "ENERGISE": date(2026, 11, 13)}
WANTED = date(2026, 11, 16)


def ask(session: object, case: CaseFile, by: Viewer, **said: object) -> StageCorrection:
    told = {"stage": "ENERGISE", "wanted": WANTED, "reason": "送电单日期为准", "by": by, "now": NOW, "today": TODAY}
    return actions.ask_correction(session, case.application_no, **{**told, **said})  # type: ignore[arg-type]


def decide(session: object, asked: StageCorrection, by: Viewer, *, approve: bool = True) -> None:
    actions.decide_correction(
        session,
        asked.id,
        approve=approve,
        by=by,
        now=NOW,
        today=TODAY,
        filing_due_workdays=3,  # type: ignore[arg-type]
    )


def test_an_approved_correction_holds_and_the_first_day_stays(database: Database) -> None:
    """The deadline follows, the row of the stage does not change, both entries show with their people."""
    with database.unit_of_work() as session:
        case, staff = records.case(session, stages=DAYS), records.viewer(session, Role.STAFF)
        head = records.viewer(session, Role.UNIT_HEAD)
        before = case.filing_due_on
        decide(session, ask(session, case, staff), head)
        assert (before, case.filing_due_on) == (date(2026, 11, 18), date(2026, 11, 19))
        assert case.energised_on == WANTED
        assert session.scalar(select(CaseStage.done_on).where(CaseStage.stage == "ENERGISE")) == DAYS["ENERGISE"]
        shown = next(one for one in queries.stage_times(session, staff, case.application_no) if one.stage == "ENERGISE")
        assert (shown.first_on, shown.holds) == (DAYS["ENERGISE"], WANTED)
        (entry,) = shown.corrections
        assert (entry.was, entry.approved, entry.decided_by) == (DAYS["ENERGISE"], True, head.name)
        view = queries.case(session, staff, case.application_no)
        assert [(s.done_on, s.first_on) for s in view.stages if s.stage == "ENERGISE"] == [(WANTED, DAYS["ENERGISE"])]
        did = session.scalars(select(AuditEntry.did)).all()
        assert {"case.correction-asked", "case.correction-approved"} <= set(did)


def test_nothing_holds_before_it_is_approved_and_a_refused_one_never_does(database: Database) -> None:
    """Asking changes no day."""
    with database.unit_of_work() as session:
        case, staff = records.case(session, stages=DAYS), records.viewer(session, Role.STAFF)
        asked = ask(session, case, staff)
        assert case.energised_on == DAYS["ENERGISE"]
        decide(session, asked, records.viewer(session, Role.UNIT_HEAD), approve=False)
        assert (case.energised_on, asked.approved) == (DAYS["ENERGISE"], False)
        with pytest.raises(Refused, match="已有人审批"):
            decide(session, asked, records.viewer(session, Role.UNIT_HEAD))


def test_who_asks_does_not_approve(database: Database) -> None:
    """Not even a head with both roles; staff have no right to approve at all."""
    with database.unit_of_work() as session:
        both = records.viewer(session, Role.STAFF, Role.UNIT_HEAD)
        asked = ask(session, records.case(session, stages=DAYS), both)
        with pytest.raises(NotPermitted) as refused:
            decide(session, asked, both)
        assert refused.value.code == "correction.own"
        with pytest.raises(NotPermitted):
            decide(session, asked, records.viewer(session, Role.STAFF))
        away = records.viewer(session, Role.UNIT_HEAD, at=records.unit(session, "W", below=records.unit(session)))
        with pytest.raises(NotFound):
            decide(session, asked, away)


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"stage": "METER"}, Refused),
        ({"wanted": DAYS["ENERGISE"]}, Invalid),
        ({"wanted": date(2026, 11, 21)}, Invalid),
        ({"wanted": date(2026, 11, 1)}, Refused),
        ({"reason": "错"}, Invalid),
    ],
)
def test_what_makes_no_sense_is_not_asked(database: Database, wrong: dict[str, object], kind: type[Exception]) -> None:
    """A stage without a day, the same day, a day to come, one before the acceptance, no reason."""
    with database.unit_of_work() as session:
        case = records.case(session, stages=DAYS)
        with pytest.raises(kind):
            ask(session, case, records.viewer(session), **wrong)


def test_one_correction_of_a_stage_waits_at_a_time(database: Database) -> None:
    """Two could contradict each other."""
    with database.unit_of_work() as session:
        case, by = records.case(session, stages=DAYS), records.viewer(session)
        ask(session, case, by)
        with pytest.raises(Refused) as refused:
            ask(session, case, by, wanted=date(2026, 11, 17))
        assert refused.value.code == "correction.waiting"


def test_the_business_system_may_go_on_sending_the_old_day_but_no_third_one(database: Database) -> None:
    """What was corrected is passed over, anything else is still refused."""
    with database.unit_of_work() as session:
        account = "3300987654"
        case = records.case(session, "20261102A", account_no=account, stages=DAYS)
        decide(session, ask(session, case, records.viewer(session)), records.viewer(session, Role.UNIT_HEAD))
        records.case(session, "20261102A", account_no=account, stages=DAYS)
        records.case(session, "20261102A", account_no=account, stages={**DAYS, "ENERGISE": WANTED})
        assert case.energised_on == WANTED
        with pytest.raises(Refused) as refused:
            records.case(session, "20261102A", account_no=account, stages={**DAYS, "ENERGISE": date(2026, 11, 14)})
        assert refused.value.code == "case.stage-recorded"


def test_dates_on_papers_are_compared_with_the_system(database: Database) -> None:
    """The sheet says another day, the form the same; the survey is on paper only."""
    with database.unit_of_work() as session:
        case, by = records.case(session, stages=DAYS), records.viewer(session)
        for code, day in (("E02", WANTED), ("A02R", DAYS["ACCEPT"]), ("S01", date(2026, 11, 4))):
            records.item(session, case, code).document_date = day
        session.flush()
        found = {one.stage: one for one in queries.stage_times(session, by, case.application_no)}
        assert {stage: one.agrees for stage, one in found.items()} == {
            "ACCEPT": True, "ENERGISE": False, "SURVEY": None,
        }  # fmt: skip
        assert [paper.on for paper in found["SURVEY"].printed] == [date(2026, 11, 4)]


def test_every_printing_paper_is_one_of_the_catalogue() -> None:
    """A type that is renamed there is noticed here."""
    from archive_service.catalogue.load import current

    known = current(TODAY)
    for stage, types in stage_rules.PRINTED.items():
        assert stage in known.stages
        assert types <= set(known.document_types), stage


def test_papers_of_no_case_are_listed_with_what_they_print(database: Database) -> None:
    """One prints the number of a registered case, one of none; papers of a case are not among them."""
    with database.unit_of_work() as session:
        case, by = records.case(session, "20261102B"), records.viewer(session)
        records.item(session, case, "A02R")
        for number in ("20261102B", "20269999Z"):
            actions.file_item(
                session, household_id=case.household_id, case_id=None, by=by.actor, now=NOW, today=TODAY,
                new=records.new_item("K01R", fields={"application_no": number}),
            )  # fmt: skip
        first = queries.off_system(session, by, limit=1)
        rest = queries.off_system(session, by, after=first.next, limit=1)
        assert [(one.application_no, one.registered) for one in (*first.rows, *rest.rows)] == [
            ("20269999Z", False), ("20261102B", True),
        ]  # fmt: skip
        assert rest.next is None
        away = records.viewer(session, at=records.unit(session, "W", below=records.unit(session)))
        assert queries.off_system(session, away).rows == []
