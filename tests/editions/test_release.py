"""Drafting, previewing and releasing an edition, and judging the cases again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.catalogue import load
from archive_service.db.session import Database
from archive_service.editions import actions, life, publish, queries
from archive_service.editions.recheck import CheckHandler
from archive_service.editions.tables import CatalogueCheck, CatalogueDraft, CatalogueFinding
from archive_service.errors import NotFound, NotPermitted, Refused
from archive_service.households import counting
from archive_service.households import queries as records_of
from archive_service.households.counted import CaseCount, CaseFigure, CaseHit
from archive_service.households.tables import CaseFile
from archive_service.jobs.runner import Runner
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from tests.catalogue.test_desk_rules import CARD, text
from tests.support import records


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of released editions, used by this process while the test runs."""
    before = load.own_folder()
    load.use_folder(tmp_path / "catalogue")
    yield tmp_path / "catalogue"
    load.use_folder(before or tmp_path / "none")


def work(database: Database) -> None:
    """Do the jobs that wait."""
    handlers = {actions.CHECK_JOB: CheckHandler(database, 60, lambda: records.NOW)}
    runner = Runner(database, handlers, "test", ("upkeep",), 60, lambda: records.NOW)
    while runner.run_one():
        continue


def draft(session: Session, by: Viewer, written: str, at: str = "ROOT") -> int:
    unit_id = records.unit(session, at).id
    return actions.save_draft(session, draft_id=None, unit_id=unit_id, text=written, by=by, now=records.NOW).id


def released(database: Database, written: str, at: str = "ROOT") -> int:
    """Draft, preview and release an edition by two people; return its id."""
    with database.unit_of_work() as session:
        author = records.viewer(session, at=records.unit(session, at))
        number = draft(session, author, written, at)
        actions.preview_draft(session, draft_id=number, by=author, now=records.NOW)
    work(database)
    with database.unit_of_work() as session:
        actions.submit_draft(session, draft_id=number, by=author, now=records.NOW)
        head = records.viewer(session, Role.UNIT_HEAD, at=records.unit(session, at))
        actions.release_draft(session, draft_id=number, by=head, now=records.NOW)
    work(database)
    return number


def found(session: Session, purpose: str) -> dict[tuple[str, bool], int]:
    """How many cases the last check of a kind found, by effect and whether they are filed."""
    last = select(func.max(CatalogueCheck.id)).where(CatalogueCheck.purpose == purpose).scalar_subquery()
    counted = (
        select(CatalogueFinding.effect, CatalogueFinding.filed, func.count())
        .where(CatalogueFinding.check_id == last)
        .group_by(CatalogueFinding.effect, CatalogueFinding.filed)
    )
    return {(effect, filed): count for effect, filed, count in session.execute(counted)}


def as_judged(session: Session, by: Viewer, application_no: str) -> tuple[list[Any], list[Any]]:
    """The verdicts that are kept, and those of a fresh look."""
    kept = records_of.case(session, by, application_no).verdicts
    fresh = next(iter(records_of.completeness(session, by, application_no=application_no))).assessment
    assert fresh is not None
    return (
        [(v.document_type, v.status, v.reason, v.evidence) for v in kept],
        [(v.document_type, str(v.status), v.reason, v.evidence) for v in fresh.verdicts],
    )


def test_a_release_judges_open_cases_and_only_looks_at_filed_ones(database: Database, folder: Path) -> None:
    """The preview says beforehand what the report says afterwards; a filed case keeps its edition."""
    with database.unit_of_work() as session:
        filed, open_ = (records.case(session, conditions=("natural",)) for _ in range(2))
        other = records.case(session, conditions=("natural",), business="CANCEL")
        old = records.case(session, conditions=("natural",), stages={"ACCEPT": date(2025, 5, 5)})
        records.everything_due(session, filed)
        records.filed(session, filed)
        numbers = [case.application_no for case in (filed, open_, other, old)]
        by = records.system(session)
    released(database, text())
    with database.unit_of_work() as session:
        expected = {("filed-incomplete", True): 1, ("more", False): 1}
        assert found(session, "preview") == expected
        assert found(session, "recheck") == expected
        cases = [session.scalars(select(CaseFile).where(CaseFile.application_no == n)).one() for n in numbers]
        assert [case.edition for case in cases] == ["2018", "T1", "T1", "2018"]
        assert [case.state for case in cases] == ["filed", "collecting", "collecting", "collecting"]
        for number in numbers:
            kept, fresh = as_judged(session, by, number)
            assert kept == fresh
        # A later change of the filed case asks for nothing that it was not filed by.
        records.item(session, cases[0], "V01")
        assert (cases[0].edition, cases[0].complete) == ("2018", True)
    assert (folder / "T1.yaml").read_text("utf-8") == text()


def test_local_additions_concern_their_unit_and_those_below(database: Database, folder: Path) -> None:
    """The neighbour's cases stay as they are."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        county = records.unit(session, "COUNTY", below=root)
        hall, far = records.unit(session, "HALL", below=county), records.unit(session, "FAR", below=root)
        near, other = (records.case(session, conditions=("natural",), at=at) for at in (hall, far))
        numbers = near.id, other.id
    released(database, text(unit="COUNTY"), "COUNTY")
    with database.unit_of_work() as session:
        assert [session.get_one(CaseFile, n).edition for n in numbers] == ["T1", "2018"]
        later = records.case(session, conditions=("natural",), at=records.unit(session, "HALL"))
        assert later.edition == "T1"


def test_who_wrote_it_does_not_release_it_and_nobody_without_a_preview(database: Database, folder: Path) -> None:
    """Two people, and both have seen what changes."""
    with database.unit_of_work() as session:
        both = records.viewer(session, Role.ARCHIVIST, Role.UNIT_HEAD)
        number = draft(session, both, text())
        actions.submit_draft(session, draft_id=number, by=both, now=records.NOW)
        head = records.viewer(session, Role.UNIT_HEAD)
        for by, code in ((both, "edition.own"), (head, "edition.not-previewed")):
            with pytest.raises(Refused) as caught:
                actions.release_draft(session, draft_id=number, by=by, now=records.NOW)
            assert caught.value.code == code
        with pytest.raises(NotPermitted):
            actions.release_draft(session, draft_id=number, by=records.viewer(session), now=records.NOW)
        actions.return_draft(session, draft_id=number, reason="请补来源", by=head, now=records.NOW)
        assert session.get_one(CatalogueDraft, number).state == "draft"
        assert publish.bring_up(session) == 0
    assert not folder.exists()


def test_a_changed_text_needs_a_preview_of_its_own(database: Database, folder: Path) -> None:
    """What was weighed is what is released."""
    with database.unit_of_work() as session:
        author, head = records.viewer(session), records.viewer(session, Role.UNIT_HEAD)
        number = draft(session, author, text())
        actions.preview_draft(session, draft_id=number, by=author, now=records.NOW)
    work(database)
    with database.unit_of_work() as session:
        unit_id = records.unit(session).id
        changed = text().replace("业务联系卡", "联系卡")
        actions.save_draft(session, draft_id=number, unit_id=unit_id, text=changed, by=author, now=records.NOW)
        actions.submit_draft(session, draft_id=number, by=author, now=records.NOW)
        with pytest.raises(Refused) as caught:
            actions.release_draft(session, draft_id=number, by=head, now=records.NOW)
        assert caught.value.code == "edition.not-previewed"


def test_an_edition_that_contradicts_itself_is_refused_with_every_place(database: Database, folder: Path) -> None:
    """And nothing is kept."""
    wrong = text(rest=CARD.replace("ACCEPT", "NOWHERE").replace("LR", "XX"))
    with database.unit_of_work() as session:
        by = records.viewer(session)
        with pytest.raises(life.BadText) as caught:
            draft(session, by, wrong)
        assert len(caught.value.facts["findings"]) == 2
        assert session.scalar(select(func.count()).select_from(CatalogueDraft)) == 0
        with pytest.raises(Refused):
            draft(session, by, text("2010", day="2027-01-01"))


def test_a_unit_drafts_only_its_own_additions(database: Database, folder: Path) -> None:
    """Not an edition for all, not another unit's; another unit's drafts do not exist for it."""
    with database.unit_of_work() as session:
        a, b = (records.unit(session, code, below=records.unit(session)) for code in ("A", "B"))
        near, far = records.viewer(session, at=a), records.viewer(session, at=b)
        for wrong in (text(), text(unit="B")):
            with pytest.raises(life.BadText):
                draft(session, near, wrong, "A")
        with pytest.raises(NotPermitted):
            draft(session, near, text(unit="B"), "B")
        number = draft(session, near, text(unit="A"), "A")
        with pytest.raises(NotFound):
            queries.draft(session, far, number)
        with pytest.raises(NotPermitted):
            draft(session, records.viewer(session, Role.STAFF), text("T2"))


def test_a_check_that_ended_early_goes_on_where_it_was(database: Database, folder: Path) -> None:
    """No case is told twice."""
    with database.unit_of_work() as session:
        for _ in range(5):
            records.case(session, conditions=("natural",))
        by = records.viewer(session)
        number = draft(session, by, text())
        actions.preview_draft(session, draft_id=number, by=by, now=records.NOW)
        again = actions.preview_draft(session, draft_id=number, by=by, now=records.NOW)
        assert session.scalars(select(CatalogueCheck.id)).all() == [again.id]
    work(database)
    work(database)
    with database.reading() as session:
        assert found(session, "preview") == {("more", False): 5}
        assert session.scalars(select(CatalogueCheck.state)).all() == ["done"]
        assert queries.checks(session, number)[0].percent == 100


def test_the_trail_says_who_did_what(database: Database, folder: Path) -> None:
    """From the draft to the last case judged again."""
    released(database, text())
    with database.reading() as session:
        did = session.scalars(
            select(AuditEntry.did).where(AuditEntry.did.startswith("edition.")).order_by(AuditEntry.seq)
        ).all()
    assert did == [
        "edition.drafted", "edition.previewed", "edition.submitted", "edition.released", "edition.rechecked",
    ]  # fmt: skip


@pytest.mark.parametrize(("more", "differs"), [("", True), ("tolerances: {amount_yuan: 1}\n", False)])
def test_papers_are_compared_again_only_where_the_edition_compares_them_otherwise(
    database: Database, folder: Path, more: str, differs: bool
) -> None:
    """The kept figures are what a full count says, for cases that are judged and for those that are not."""
    with database.unit_of_work() as session:
        cases = [records.case(session, conditions=("natural",), business=one) for one in ("CANCEL", "NEW", "NEW")]
        for case in cases[:2]:
            for kind, amount in (("F01", "1200"), ("F02", "1199")):
                records.item(session, case, kind, fields={"amount": amount})
        for table in (CaseCount, CaseFigure, CaseHit):
            session.execute(delete(table))
        # The third was never counted.
        counting.count(session, [case.id for case in cases[:2]])
        assert "XC12" in session.scalars(select(CaseHit.rule)).all()
        number, by = cases[1].application_no, records.system(session)
    released(database, text(rest=more + CARD))
    with database.unit_of_work() as session:
        assert counting.differences(session, today=records.TODAY) == []
        assert ("XC12" in session.scalars(select(CaseHit.rule)).all()) is differs
        assert set(session.scalars(select(CaseFile.edition))) == {"T1"}
        kept, fresh = as_judged(session, by, number)
        assert kept == fresh
