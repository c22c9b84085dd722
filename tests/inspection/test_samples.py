"""From the sample to the closed finding: who may do what, what is frozen, what the trail tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Invalid, NotFound, NotPermitted, Refused
from archive_service.households.queries.figures import FigureFilters
from archive_service.inspection import actions, queries
from archive_service.inspection.drawing import Method, draw
from archive_service.inspection.samples import frame_of
from archive_service.inspection.tables import Finding, Sample
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from tests.support import records
from tests.support.records import NOW, TODAY

DUE = TODAY + timedelta(days=10)


def drawn(session: Session, auditor: Viewer, **changes: Any) -> Sample:
    said: dict[str, Any] = {"method": "random", "size": 3, "seed": "2026-11", "name": "十一月抽查"}
    return actions.draw_sample(session, auditor, filters=FigureFilters(centre="ROOT"), now=NOW, **{**said, **changes})


def raised(session: Session, auditor: Viewer, application_no: str, **changes: Any) -> Finding:
    said: dict[str, Any] = {"rule": "XC08", "severity": "major", "description": "合同晚于送电", "due_on": DUE}
    return actions.raise_finding(
        session, auditor, application_no=application_no, now=NOW, today=TODAY, **{**said, **changes}
    )


def step(session: Session, by: Viewer, finding: Finding, name: str, **said: Any) -> Finding:
    return actions.take_step(
        session, by, finding_id=finding.id, step=name, words="已核对原件", now=NOW, today=TODAY, **said
    )


def test_a_sample_is_the_draw_of_its_seed_and_stays_as_it_was_drawn(database: Database) -> None:
    with database.unit_of_work() as session:
        cases = [records.case(session) for _ in range(9)]
        auditor = records.viewer(session, Role.AUDITOR)
        frame = frame_of(session, auditor, FigureFilters(centre="ROOT"))
        sample = drawn(session, auditor)
        ids = [one.case_id for one in queries.sample_cases(session, auditor, sample.id)]
        assert ids == draw(frame, 3, method=Method.RANDOM, seed="2026-11")
        # What comes later changes neither the list nor how the cases stood.
        before = [one.drawn_as for one in queries.sample_cases(session, auditor, sample.id)]
        records.item(session, next(case for case in cases if case.id == ids[0]))
        records.case(session)
        after = queries.sample_cases(session, auditor, sample.id)
        assert [one.case_id for one in after] == ids
        assert [one.drawn_as for one in after] == before
        assert [one.changed for one in after] == [True, False, False]


def test_without_a_size_the_three_shares_make_it(database: Database) -> None:
    with database.unit_of_work() as session:
        for _ in range(12):
            records.case(session)
        auditor = records.viewer(session, Role.AUDITOR)
        sample = drawn(session, auditor, size=None, confidence=80, error_rate=50, margin=25)
        # 1.281552² × 0.25 / 0.25² = 6.569; / (1 + 5.569 / 12) = 4.49.
        assert (sample.size, sample.frame_size) == (5, 12)


def test_a_sheet_and_its_verdict_must_agree_and_a_closed_sample_stays(database: Database) -> None:
    with database.unit_of_work() as session:
        for _ in range(3):
            records.case(session)
        auditor = records.viewer(session, Role.AUDITOR)
        sample = drawn(session, auditor)

        def sheet(place: int, verdict: str, points: Mapping[str, str]) -> None:
            actions.inspect_case(
                session, auditor, sample_id=sample.id, place=place, verdict=verdict, sheet=points, remark="", now=NOW
            )

        with pytest.raises(Invalid):
            sheet(1, "passed", {"dates": "fault"})
        with pytest.raises(Refused, match="3 件"):
            actions.close_sample(session, auditor, sample_id=sample.id, now=NOW)
        for place in (1, 2, 3):
            sheet(place, "passed", {"complete": "ok"})
        actions.close_sample(session, auditor, sample_id=sample.id, now=NOW)
        with pytest.raises(Refused):
            sheet(1, "faulty", {})


def test_a_finding_goes_from_raised_to_closed_and_every_step_is_in_the_trail(database: Database) -> None:
    with database.unit_of_work() as session:
        case = records.case(session)
        auditor, unit = records.viewer(session, Role.AUDITOR), records.viewer(session, Role.ARCHIVIST)
        sample = drawn(session, auditor, size=1)
        finding = raised(session, auditor, case.application_no, sample_id=sample.id)
        proof = records.item(session, case)
        step(session, unit, finding, "answered", proof_item_no=proof.item_no)
        step(session, auditor, finding, "refused", due_on=DUE + timedelta(days=5))
        assert (finding.state, finding.rounds, finding.due_on) == ("open", 1, DUE + timedelta(days=5))
        step(session, auditor, finding, "escalated")
        step(session, unit, finding, "answered")
        step(session, auditor, finding, "closed")
        view = queries.finding(session, auditor, finding.id)
        names = ["raised", "answered", "refused", "escalated", "answered", "closed"]
        assert [one.step for one in view.steps] == names
        told = [entry.did for entry in queries.trail(session, auditor, sample.id)]
        assert told == ["sample.drawn", *(f"finding.{name}" for name in names)]


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("open", {"answered", "escalated", "extended"}),
        ("mended", {"refused", "closed", "escalated"}),
        ("escalated", {"answered", "extended"}),
        ("closed", set()),
    ],
)
def test_a_step_is_taken_only_from_where_it_leads_on(database: Database, state: str, allowed: set[str]) -> None:
    later: date = DUE + timedelta(days=1)
    for name in ("answered", "refused", "closed", "escalated", "extended"):
        with database.unit_of_work() as session:
            case = records.case(session)
            by = records.system(session)
            finding = raised(session, by, case.application_no)
            finding.state = state
            try:
                step(session, by, finding, name, due_on=later)
            except Refused:
                assert name not in allowed
            else:
                assert name in allowed


def test_auditors_change_nothing_but_findings_and_units_do_not_close_their_own(database: Database) -> None:
    with database.unit_of_work() as session:
        root = records.unit(session)
        near, far = (records.unit(session, code, below=root) for code in ("NEAR", "FAR"))
        case = records.case(session, at=near)
        auditor = records.viewer(session, Role.AUDITOR, at=near)
        archivist = records.viewer(session, Role.ARCHIVIST, at=near)
        strangers = [records.viewer(session, role, at=far) for role in (Role.AUDITOR, Role.ARCHIVIST)]
        with pytest.raises(NotPermitted):
            raised(session, archivist, case.application_no)
        finding = raised(session, auditor, case.application_no)
        with pytest.raises(NotPermitted):
            step(session, auditor, finding, "answered")
        step(session, archivist, finding, "answered")
        with pytest.raises(NotPermitted):
            step(session, archivist, finding, "closed")
        for stranger in strangers:
            with pytest.raises(NotFound):
                raised(session, stranger, case.application_no)
            with pytest.raises(NotFound):
                step(session, stranger, finding, "closed")
            with pytest.raises(NotFound):
                queries.finding(session, stranger, finding.id)
            with pytest.raises(ArchiveError):
                drawn(session, stranger)


def test_who_answers_and_inspects_in_one_person_does_not_look_again_at_the_own_answer(database: Database) -> None:
    with database.unit_of_work() as session:
        case = records.case(session)
        both = records.viewer(session, Role.AUDITOR, Role.ARCHIVIST)
        finding = raised(session, both, case.application_no)
        step(session, both, finding, "answered")
        with pytest.raises(NotPermitted):
            step(session, both, finding, "closed")
        step(session, records.viewer(session, Role.AUDITOR), finding, "closed")
