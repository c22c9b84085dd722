"""Files come in through the pages and the interface, and their way can be watched."""

from __future__ import annotations

from datetime import timedelta

import anyio
import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from archive_service import clock
from archive_service.web import errors, guard
from archive_service.web.pages.intake import done_share, pace, steps
from ingest.queries import BatchProgress
from ingest.tables import Scan
from tests.support.hostile import plain_pdf
from tests.web.conftest import Browser, World


def progress(pages_done: int = 0, minutes: int = 1, **by_state: int) -> BatchProgress:
    """A batch of one minute, ten pages a file."""
    files = sum(by_state.values())
    return BatchProgress(
        id=1, name="B", channel="web", received_at=clock.now() - timedelta(minutes=minutes), files=files,
        pages=files * 10, pages_done=pages_done, by_state=by_state,
    )  # fmt: skip


def test_a_form_with_several_files_makes_one_batch(world: World, browser: Browser) -> None:
    files = [("files", ("一.pdf", plain_pdf(), "application/pdf")), ("files", ("二.pdf", plain_pdf(2), "x"))]
    answer = browser.post("/intake", data={"token": browser.token}, files=files)
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"]).text
    assert "一.pdf" in page
    assert "二.pdf" in page
    with world.services.database.reading() as session:
        rows = session.query(Scan).order_by(Scan.id.desc()).limit(2).all()
    assert len({row.batch_id for row in rows}) == 1
    assert all(world.services.store.exists(row.digest) for row in rows)


def test_files_sent_one_at_a_time_join_the_batch_begun_for_them(browser: Browser) -> None:
    batch = browser.submit("/intake/batches").json()["batch"]
    form = {"token": browser.token, "batch": str(batch)}
    for pages in (1, 2):
        files = {"files": (f"{pages}.pdf", plain_pdf(pages), "application/pdf")}
        assert browser.post("/intake/files", data=form, files=files).json()["state"] == "received"
    part = browser.get(f"/intake/batches/{batch}")
    assert part.status_code == 200
    assert 'hx-trigger="every 2s"' in part.text
    assert "处理中" in part.text


def test_the_same_file_twice_is_named_not_stored_twice(browser: Browser) -> None:
    batch = browser.submit("/intake/batches").json()["batch"]
    form = {"token": browser.token, "batch": str(batch)}
    files = {"files": ("合同.pdf", plain_pdf(3), "application/pdf")}
    browser.post("/intake/files", data=form, files=files)
    again = browser.post("/intake/files", data=form, files={"files": ("副本.pdf", plain_pdf(3), "application/pdf")})
    assert (again.json()["state"], again.json()["word"]) == ("refused", "重复")
    page = browser.get(f"/scans/{again.json()['scan']}").text
    assert "查看先前那一份" in page


def test_an_empty_file_is_refused_with_a_sentence_and_kept_on_record(browser: Browser) -> None:
    batch = browser.submit("/intake/batches").json()["batch"]
    form = {"token": browser.token, "batch": str(batch)}
    answer = browser.post("/intake/files", data=form, files={"files": ("空.pdf", b"", "application/pdf")}).json()
    assert answer["state"] == "refused"
    assert "空" in answer["message"]
    assert "空.pdf" in browser.get("/scans?state=refused").text


def test_a_form_without_a_file_says_what_to_do(browser: Browser) -> None:
    answer = browser.submit("/intake")
    assert answer.status_code == 422
    assert "请先选择" in answer.text


@pytest.mark.parametrize(
    ("field", "value"), [("account_no", "12"), ("document_type", "ZZ99"), ("unit", "x"), ("batch_name", "长" * 200)]
)
def test_what_is_said_about_files_is_checked_before_any_is_taken(browser: Browser, field: str, value: str) -> None:
    assert browser.submit("/intake/batches", **{field: value}).status_code == 422


def test_what_is_said_about_a_file_goes_with_it(world: World, browser: Browser) -> None:
    batch = browser.submit("/intake/batches").json()["batch"]
    said = {"account_no": "５１００ 000001", "application_no": "2026 110900 01", "document_type": "K01R 居民供用电合同"}
    form = {"token": browser.token, "batch": str(batch), **said}
    answer = browser.post("/intake/files", data=form, files={"files": ("a.pdf", plain_pdf(), "application/pdf")})
    with world.services.database.reading() as session:
        row = session.get_one(Scan, answer.json()["scan"])
    assert (row.said_account_no, row.said_application_no) == ("5100000001", "202611090001")
    assert row.said_document_type == "K01R"


def test_polling_ends_when_nothing_moves_any_more(world: World, browser: Browser) -> None:
    part = browser.get(f"/intake/batches/{world.near.batch}")
    assert part.status_code == 286
    assert "hx-trigger" not in part.text
    state = browser.get(f"/scans/{world.near.scan}/state")
    assert state.status_code == 286
    assert state.headers["hx-refresh"] == "true"


def test_a_program_hands_a_file_in_and_follows_it(browser: Browser) -> None:
    files = {"file": ("合同.pdf", plain_pdf(), "application/pdf")}
    answer = browser.post("/api/v1/scans", files=files, headers={"X-Form-Token": browser.token})
    assert answer.status_code == 201
    scan = browser.get(answer.headers["location"]).json()
    assert (scan["file"], scan["state"], scan["error"]) == ("合同.pdf", "received", None)
    assert browser.get("/api/v1/scans?state=moving").json()["total"] == 1


def test_a_filter_that_does_not_exist_is_refused_by_the_interface(browser: Browser) -> None:
    answer = browser.get("/api/v1/scans?state=lost")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "request.malformed"


def test_the_steps_show_where_a_batch_stands() -> None:
    now = [step.word for step in steps(progress(rendered=1, sorted=1, filed=1)) if step.now]
    assert now == ["识别"]
    counts = [step.count for step in steps(progress(12, rendered=1, needs_review=1, filed=2, refused=1))]
    assert counts == [5, 4, 4, 12, 3, 2]


def test_a_batch_is_never_done_while_a_file_moves() -> None:
    assert done_share(progress(20, sorted=1, filed=1)) == 99
    assert done_share(progress(20, filed=2)) == 100
    assert done_share(progress(0, received=1)) == 0


def test_the_pace_is_told_only_when_it_can_be_known() -> None:
    assert pace(progress(1, rendered=2), clock.now()) is None
    assert pace(progress(20, filed=2), clock.now()) is None
    told = pace(progress(10, rendered=3), clock.now())
    assert told is not None
    assert (told.pages_a_minute, told.minutes_left) == (10, 2)


def test_too_many_uploads_at_once_are_asked_to_come_again_and_none_is_lost(world: World) -> None:
    """The guard counts uploads, not requests; once one has ended the next is taken."""
    told: list[tuple[int, str]] = []
    started: list[int] = []
    open_again = anyio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        started.append(1)
        await open_again.wait()
        await Response(status_code=201)(scope, receive, send)

    async def ask(address: str) -> None:
        headers = [(b"cookie", b"x=y"), (b"host", b"archive.test")]
        scope = {"type": "http", "method": "POST", "path": address, "headers": headers, "query_string": b""}
        scope["app"] = world.app

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                told.append((message["status"], dict(message["headers"]).get(b"retry-after", b"").decode()))

        await guarded(scope, nothing, send)

    async def nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def crowd() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(guard.UPLOADS_AT_ONCE):
                group.start_soon(ask, "/intake/files")
            await anyio.wait_all_tasks_blocked()
            await ask("/intake/files")
            group.start_soon(ask, "/me/preferences")
            await anyio.wait_all_tasks_blocked()
            open_again.set()
        await ask("/intake/files")

    guarded = guard.Guard(slow, answer=errors.by_code, max_upload_bytes=10, tls=False)
    anyio.run(crowd)
    assert [(status, again) for status, again in told if status != 201] == [(429, "3")]
    assert len(started) == guard.UPLOADS_AT_ONCE + 2
