"""Background jobs on the pages and in the interface: who sees them, progress, cancel and retry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.jobs import queue
from archive_service.jobs.tables import Job
from archive_service.people import queries as people
from archive_service.people.roles import Role
from ingest.receive import STEP_JOB
from ingest.tables import Scan
from tests.support import records
from tests.web.conftest import HOSTILE_FILE, Browser, World, flat

TRACE = "Traceback: secret path"


def owe(world: World, scan_id: int, state: str = "queued", **columns: object) -> int:
    """Give a scan a job in the state, and the scan the state that goes with it."""
    with world.services.database.unit_of_work() as session:
        job = queue.enqueue(session, kind=STEP_JOB, subject=scan_id, queue="read", now=clock.now())
        job.state = state
        for name, value in columns.items():
            setattr(job, name, value)
        if state in ("failed", "cancelled"):
            job.finished_at = clock.now()
        scan = session.get_one(Scan, scan_id)
        scan.state = "rendered" if state in ("queued", "running") else "set_aside"
        return job.id


def job_of(world: World, job_id: int) -> Job:
    with world.services.database.reading() as session:
        return session.get_one(Job, job_id)


@contextmanager
def signed_in(world: World, login: str) -> Iterator[Browser]:
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as other:
        yield other.sign_in(login)


def test_the_list_says_what_a_job_does_for_which_file_and_how_far_it_is(world: World, browser: Browser) -> None:
    job_id = owe(world, world.near.scan, "running", done_units=3, total_units=8, attempt=2)
    page = flat(browser.get("/jobs").text)
    for said in ("识读各页文字", f'href="/scans/{world.near.scan}"', "执行中", 'value="3" max="8"', "2/3", "执行，自"):
        assert said in page, said
    assert f'href="/jobs/{job_id}"' in page
    assert f'hx-get="/jobs/moving?ids={job_id}' in page
    assert "&lt;img" in page
    assert HOSTILE_FILE not in page


def test_a_job_without_pages_to_count_has_no_line_of_progress(world: World, browser: Browser) -> None:
    assert "<dt>进度</dt>" not in browser.get(f"/jobs/{world.near.job}").text
    job_id = owe(world, world.near.scan, "running", done_units=3, total_units=8)
    assert "<dt>进度</dt>" in browser.get(f"/jobs/{job_id}").text


def test_without_a_state_the_list_leaves_out_what_is_done(world: World, browser: Browser) -> None:
    with world.services.database.unit_of_work() as session:
        job = queue.enqueue(session, kind=STEP_JOB, subject=world.near.scan, queue="read", now=clock.now())
        job.state, job.finished_at = "done", clock.now()
        job_id = job.id
    assert "没有未完成的后台任务" in browser.get("/jobs").text
    assert f'href="/jobs/{job_id}"' in browser.get("/jobs?state=done").text
    assert f'href="/jobs/{job_id}"' in browser.get("/jobs?state=all&queue=read&kind=ingest.step").text
    assert "没有符合筛选条件的任务" in browser.get("/jobs?queue=index").text
    assert browser.get("/jobs?state=lost").status_code == 422


def test_progress_is_refreshed_cell_by_cell_and_ends_when_nothing_moves(world: World, browser: Browser) -> None:
    """Nothing but the changing cells comes, so a focus on the row stays where it is."""
    job_id = owe(world, world.near.scan, "running", done_units=1, total_units=8)
    part = browser.get(f"/jobs/moving?ids={job_id}")
    assert part.status_code == 200
    assert "<table" not in part.text
    assert f'id="job-{job_id}-bar"' in part.text
    assert f'id="job-{job_id}-acts"' not in part.text
    browser.submit(f"/jobs/{job_id}/cancel", reason_code="传错了文件")
    part = browser.get(f"/jobs/moving?ids={job_id}")
    assert part.status_code == 286
    assert f'id="job-{job_id}-acts"' in part.text
    assert browser.get(f"/jobs/moving?ids={job_id}&alone=1").headers["hx-refresh"] == "true"
    assert browser.get("/jobs/moving?ids=0,x,99999").status_code == 286


def test_a_job_is_cancelled_with_a_reason_and_tried_again(world: World, browser: Browser) -> None:
    job_id = owe(world, world.near.scan)
    assert "必选" in browser.get(f"/jobs/{job_id}/cancel").text
    assert browser.submit(f"/jobs/{job_id}/cancel").status_code == 422
    done = browser.submit(f"/jobs/{job_id}/cancel", reason_code="传错了文件", reason="放到了别的户", next="/jobs")
    assert done.headers["location"] == "/jobs?done=cancelled"
    page = browser.get(f"/jobs/{job_id}").text
    assert "已取消" in page
    assert "传错了文件：放到了别的户" in page
    again = browser.submit(f"/jobs/{job_id}/cancel", reason_code="传错了文件")
    assert again.status_code == 409
    assert "已被取消" in again.text
    assert browser.submit(f"/jobs/{job_id}/retry").headers["location"] == f"/jobs/{job_id}?done=retried"
    assert job_of(world, job_id).state == "queued"
    refused = browser.submit(f"/jobs/{job_id}/retry")
    assert refused.status_code == 409
    assert "正在排队或执行" in refused.text


def test_the_files_own_page_shows_its_job_with_both_buttons(world: World, browser: Browser) -> None:
    job_id = owe(world, world.near.scan, "running", done_units=2, total_units=9)
    address = f"/scans/{world.near.scan}"
    page = flat(browser.get(address).text)
    assert f'href="{address}/cancel"' in page
    assert 'value="2" max="9"' in page
    assert 'id="job-now"' in browser.get(f"{address}/state").text
    done = browser.submit(f"{address}/cancel", reason_code="重复扫描")
    assert done.headers["location"] == f"{address}?done=cancelled"
    page = browser.get(address).text
    assert "已取消" in page
    assert f'action="/jobs/{job_id}/retry"' in page
    assert browser.get(f"{address}/cancel").status_code == 409
    assert "已取消" in browser.get("/scans").text


def test_all_failed_jobs_are_tried_again_after_their_number_was_said(world: World, browser: Browser) -> None:
    job_id = owe(world, world.near.scan, "failed", error_code="store.full", attempt=3)
    page = browser.get("/jobs").text
    assert "存储空间已满" in page
    assert 'href="/jobs/retry-failed"' in page
    assert "重试 1 个失败任务" in browser.get("/jobs/retry-failed").text
    done = browser.submit("/jobs/retry-failed", queue="", kind="")
    assert done.headers["location"] == "/jobs?done=all-retried&retried=1"
    assert "1 个任务重新排队" in browser.get(done.headers["location"]).text
    assert (job_of(world, job_id).state, job_of(world, job_id).max_attempts) == ("queued", 6)
    assert "没有失败的任务" in browser.get("/jobs/retry-failed").text


ADDRESSES = ("/jobs/{job}", "/jobs/{job}/cancel", "/scans/{scan}/cancel", "/api/v1/jobs/{job}")
VERBS = (
    "/jobs/{job}/cancel", "/jobs/{job}/retry", "/scans/{scan}/cancel", "/api/v1/jobs/{job}/cancel",
    "/api/v1/jobs/{job}/retry",
)  # fmt: skip


@pytest.mark.parametrize("login", ["archivist", "staff", "auditor"])
def test_a_job_of_a_unit_one_does_not_work_in_does_not_exist(world: World, login: str) -> None:
    job_id = owe(world, world.far.scan, "failed", error_detail=TRACE)
    with signed_in(world, login) as person:
        token = person.token
        for address in ADDRESSES:
            assert person.get(address.format(job=job_id, scan=world.far.scan)).status_code == 404, address
        for address in VERBS:
            where = address.format(job=job_id, scan=world.far.scan)
            if address.startswith("/api/"):
                answer = person.post(where, json={"reason": "不该"}, headers={"X-Form-Token": token})
            else:
                answer = person.post(where, data={"token": token, "reason_code": "不该"})
            assert answer.status_code == 404, address
        assert f"job-{job_id}-" not in person.get(f"/jobs/moving?ids={job_id}").text
    assert job_of(world, job_id).state == "failed"


@pytest.mark.parametrize("login", ["staff", "auditor"])
def test_who_neither_takes_scans_in_nor_looks_after_the_system_has_no_list(world: World, login: str) -> None:
    with signed_in(world, login) as person:
        assert person.get("/jobs").status_code == 403
        assert person.get("/jobs/retry-failed").status_code == 403
        assert person.submit("/jobs/retry-failed").status_code == 403
        assert person.get("/api/v1/jobs").status_code == 403
        assert 'href="/jobs"' not in person.get("/").text


def test_retrying_everything_leaves_other_units_alone(world: World, browser: Browser) -> None:
    far = owe(world, world.far.scan, "failed")
    assert browser.submit("/jobs/retry-failed").headers["location"] == "/jobs?done=all-retried"
    assert job_of(world, far).state == "failed"


def test_the_system_administrator_sees_every_job_with_its_trace_but_not_whose_it_is(world: World) -> None:
    near = owe(world, world.near.scan, "failed", error_code="internal.fault", error_detail=TRACE)
    far = owe(world, world.far.scan)
    with signed_in(world, "sysadmin") as operator:
        page = operator.get("/jobs").text
        assert f'href="/jobs/{near}"' in page
        assert f'href="/jobs/{far}"' in page
        assert "onerror" not in page
        assert f"扫描件 {world.near.scan}" in page
        assert TRACE in operator.get(f"/jobs/{near}").text
        assert operator.get(f"/api/v1/jobs/{near}").json()["error_detail"] == TRACE
        assert 'href="/jobs"' in operator.get("/").text
        assert operator.submit(f"/jobs/{near}/retry").status_code == 303
        assert operator.submit(f"/jobs/{far}/cancel", reason_code="重复扫描").status_code == 303


def test_the_trace_of_an_error_is_shown_to_nobody_else(world: World, browser: Browser) -> None:
    job_id = owe(world, world.near.scan, "failed", error_code="internal.fault", error_detail=TRACE)
    for address in ("/jobs", f"/jobs/{job_id}", f"/scans/{world.near.scan}", "/api/v1/jobs", f"/api/v1/jobs/{job_id}"):
        assert TRACE not in browser.get(address).text, address
    assert "程序在这一步出了意外" in browser.get(f"/jobs/{job_id}").text


def test_an_administrator_of_one_unit_has_nothing_to_do_with_the_jobs_of_another(world: World) -> None:
    job_id = owe(world, world.far.scan, "failed")
    with world.services.database.unit_of_work() as session:
        at = people.unit_by_code(session, "A")
        records.person(session, "near.admin", roles=[Role.SYSTEM_ADMIN], at=at)
    with signed_in(world, "near.admin") as operator:
        assert f'href="/jobs/{job_id}"' not in operator.get("/jobs").text
        assert operator.get(f"/jobs/{job_id}").status_code == 404


def test_programs_follow_cancel_and_retry_jobs(world: World, browser: Browser) -> None:
    job_id = owe(world, world.near.scan, "running", done_units=4, total_units=5)
    header = {"X-Form-Token": browser.token}
    (row,) = browser.get("/api/v1/jobs?state=running").json()["jobs"]
    assert (row["job"], row["step"], row["done_units"], row["total_units"]) == (str(job_id), "read", 4, 5)
    address = f"/api/v1/jobs/{job_id}"
    assert browser.post(f"{address}/cancel", json={}, headers=header).status_code == 422
    assert browser.post(f"{address}/cancel", json={"reason": " "}, headers=header).json()["code"] == "job.reason"
    cancelled = browser.post(f"{address}/cancel", json={"reason": "重复"}, headers=header).json()
    assert (cancelled["state"], cancelled["error"]["code"], cancelled["may_retry"]) == (
        "cancelled",
        "job.cancelled",
        True,
    )
    assert [event["reason"] for event in cancelled["history"] if event["did"] == "job.cancelled"] == ["重复"]
    again = browser.post(f"{address}/cancel", json={"reason": "重复"}, headers=header)
    assert (again.status_code, again.json()["code"]) == (409, "job.ended")
    assert again.headers["content-type"] == "application/problem+json"
    assert browser.post(f"{address}/retry", headers=header).json()["state"] == "queued"
    assert browser.post("/api/v1/jobs/retry-failed", headers=header).json() == {
        "retried": [], "refused": {}, "next": None,
    }  # fmt: skip
    assert browser.get("/api/v1/jobs?state=lost").status_code == 422
    with world.services.database.reading() as session:
        did = {entry.did for entry in session.query(AuditEntry).filter_by(object_kind="job")}
    assert did == {"job.cancelled", "job.retried"}
