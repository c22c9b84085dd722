"""Ticked rows of a list: each is looked at by itself, and what was not done is said with the reason."""

from __future__ import annotations

from typing import Any

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.households.tables import CaseFile
from archive_service.jobs.tables import Job
from archive_service.people.roles import Role
from archive_service.people.tables import Person
from ingest.claims.tables import ReviewClaim
from ingest.receive import STEP_JOB
from tests.support import records
from tests.web.conftest import FAR_NAME, HOSTILE, Browser, World, flat


def post(browser: Browser, address: str, chosen: list[int], **fields: str) -> Any:
    return browser.post(address, data={"token": browser.token, "chosen": [str(one) for one in chosen], **fields})


def entries(world: World, did: str) -> list[dict[str, Any]]:
    with world.services.database.reading() as session:
        return [dict(one.facts) for one in session.query(AuditEntry).filter_by(did=did)]


def waiting_job(world: World) -> int:
    """A job of its own, which waits."""
    with world.services.database.unit_of_work() as session:
        job = Job(
            kind=STEP_JOB, subject=str(world.near.scan), queue="light", state="queued", attempt=0,
            not_before=clock.now(), created_at=clock.now(),
        )  # fmt: skip
        session.add(job)
        session.flush()
        return job.id


def test_what_cannot_be_done_keeps_nothing_else_back(world: World, browser: Browser) -> None:
    """One of three jobs can be cancelled: it is, and the others are named with the reason."""
    queued = waiting_job(world)
    chosen = [world.near.job, queued, world.far.job]
    answer = post(browser, "/jobs/chosen/cancel", chosen, reason_code="重复扫描")
    page = flat(answer.text)
    assert answer.status_code == 200
    assert "已办理 1 项，2 项没有办理" in page
    assert f'href="/jobs/{world.near.job}"' in page
    assert f'href="/jobs/{queued}"' not in page
    assert [one["reason"] for one in entries(world, "job.cancelled")] == ["重复扫描"]
    assert FAR_NAME not in page


def test_a_reason_is_asked_for_before_jobs_are_cancelled(world: World, browser: Browser) -> None:
    """The ticks are carried along; nothing is done yet."""
    queued = waiting_job(world)
    page = flat(post(browser, "/jobs/chosen/cancel", [queued]).text)
    assert "取消 1 个任务？" in page
    assert f'name="chosen" value="{queued}"' in page
    assert entries(world, "job.cancelled") == []


def test_nothing_ticked_is_no_act(browser: Browser) -> None:
    """Nor is more than a list can show."""
    assert post(browser, "/jobs/chosen/retry", []).status_code == 422
    assert post(browser, "/jobs/chosen/retry", list(range(1, 300))).status_code == 422


def test_all_done_leads_back_to_the_list_and_says_how_many(world: World, browser: Browser) -> None:
    """With the filters that were in force."""
    answer = post(browser, "/review/queue/take", [world.near.scan], next="/review/queue?part=mine")
    assert answer.headers["location"] == "/review/queue?part=mine&done=chosen&count=1"
    assert "已办理 1 项。" in flat(browser.get("/review/queue?done=chosen&count=1").text)
    with world.services.database.reading() as session:
        claim = session.query(ReviewClaim).filter_by(scan_id=world.near.scan).one()
        assert claim.person_id == session.query(Person).filter_by(login="archivist").one().id


def test_scans_are_handed_over_to_somebody_who_may_review_there(world: World, browser: Browser) -> None:
    """Who that is is asked first; of another centre's scan nothing is told."""
    with world.services.database.unit_of_work() as session:
        colleague = records.person(session, "zhao", roles=[Role.ARCHIVIST], at=records.unit(session, "A")).id
    asked = flat(post(browser, "/review/queue/hand-over", [world.near.scan]).text)
    assert f'<option value="{colleague}">' in asked
    chosen = [world.near.scan, world.far.scan]
    page = flat(post(browser, "/review/queue/hand-over", chosen, person=str(colleague), note="请接着办").text)
    assert "已办理 1 项，1 项没有办理" in page
    assert [one["to"] for one in entries(world, "scan.handed-over")] == [colleague]


def test_ticked_cases_are_taken_away_and_no_others(world: World, browser: Browser) -> None:
    """On record with their number; a case of another centre among them takes nothing away."""
    with world.services.database.reading() as session:
        cases = {one.application_no: one.id for one in session.query(CaseFile)}
    near, far = cases[world.near.application_no], cases[world.far.application_no]
    answer = post(browser, "/cases/export", [near])
    assert "attachment" in answer.headers["content-disposition"]
    assert world.near.application_no in answer.text
    assert HOSTILE in answer.text
    assert [one["chosen"] for one in entries(world, "list.exported")] == [1]
    refused = post(browser, "/cases/export", [near, far])
    assert (refused.status_code, len(entries(world, "list.exported"))) == (404, 1)
