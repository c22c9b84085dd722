"""The figures: what is counted, under which words, and who may read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from archive_service import clock
from archive_service.audit.record import SYSTEM, record
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.web.app import create_app
from archive_service.web.metrics import kind_of
from archive_service.web.services import Services
from indexing.sync import follow
from tests.support import records
from tests.support.faulty import Faults, FaultyDatabase, cut_off
from tests.web.conftest import PHRASE, Browser, World

ROOT = Path(__file__).parents[2]
HERE = ("127.0.0.1", 40000)


def watcher(world: World, **settings: Any) -> Browser:
    """A program on this machine that asks an app of its own, so that it never gets a kept answer of another."""
    services = world.services
    changed = services.settings.model_copy(update=settings)
    return Browser(
        create_app(Services(changed, services.database, services.store, services.index)),
        client=HERE,
        follow_redirects=False,
    )


def figures(browser: Browser) -> dict[tuple[str, ...], float]:
    """Every figure by its name and the values of its labels."""
    answer = browser.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *[value for _, value in sorted(sample.labels.items())]): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.fixture
def watching(world: World) -> Iterator[Browser]:
    with watcher(world) as browser:
        yield browser


def test_only_programs_of_this_machine_see_the_figures(world: World, anonymous: Browser) -> None:
    """For others there is no such page, also for those whom a proxy of this machine lets in."""
    assert anonymous.get("/metrics").status_code == 404
    assert anonymous.sign_in("sysadmin").get("/metrics").status_code == 404
    with watcher(world) as here:
        assert here.get("/metrics").status_code == 200
        for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert here.get("/metrics", headers={header: "10.0.0.9"}).status_code == 404, header


def test_a_token_lets_a_program_on_another_machine_in_and_nobody_else(world: World) -> None:
    """With a token set, being on the same machine is not enough: a proxy is, too."""
    token = SecretStr("Kv7-long-and-secret")
    with watcher(world, metrics_token=token) as browser:
        assert browser.get("/metrics").status_code == 404
        for wrong in ("Bearer", "Bearer ", "Bearer Kv7", "Basic Kv7-long-and-secret", "Bearer ü"):
            assert browser.get("/metrics", headers={"Authorization": wrong.encode()}).status_code == 404, wrong
        shown = {"Authorization": "Bearer Kv7-long-and-secret", "X-Forwarded-For": "10.0.0.9"}
        assert browser.get("/metrics", headers=shown).status_code == 200


def test_a_job_left_waiting_raises_the_age_of_its_queue(world: World) -> None:
    """From the moment when it could have been done; the age goes with the job."""
    with world.services.database.unit_of_work() as session:
        queue.enqueue(session, kind="scan", subject=1, queue="read", now=clock.now() - timedelta(minutes=10))
        queue.enqueue(session, kind="scan", subject=2, queue="light", now=clock.now() + timedelta(minutes=10))
    with watcher(world) as browser:
        found = figures(browser)
    assert found["archive_jobs_waiting", "read"] == found["archive_jobs_waiting", "light"] == 1
    assert found["archive_queue_age_seconds", "read"] >= 600
    assert found["archive_queue_age_seconds", "light"] == 0
    claim(world, "read")
    with watcher(world) as browser:
        found = figures(browser)
    assert (found["archive_queue_age_seconds", "read"], found["archive_jobs_running", "read"]) == (0, 1)


def claim(world: World, name: str, *, lease_s: float = 60) -> Claimed:
    claimed = queue.claim(world.services.database, worker="w", queues=(name,), now=clock.now(), lease_s=lease_s)
    assert claimed is not None
    return claimed


def test_a_job_of_a_dead_worker_waits_from_the_end_of_its_lease(world: World) -> None:
    """Nobody has it any more, whatever its state says."""
    with world.services.database.unit_of_work() as session:
        queue.enqueue(session, kind="scan", subject=1, queue="read", now=clock.now())
    claim(world, "read", lease_s=-300)
    with watcher(world) as browser:
        found = figures(browser)
    assert (found["archive_jobs_abandoned", "read"], found["archive_jobs_running", "read"]) == (1, 0)
    assert found["archive_queue_age_seconds", "read"] >= 300


def test_failed_jobs_and_those_to_be_tried_again_appear_under_their_codes(world: World) -> None:
    """The code, never the trace."""
    for subject in (1, 2):
        with world.services.database.unit_of_work() as session:
            queue.enqueue(session, kind="scan", subject=subject, queue="read", now=clock.now())
        claimed = claim(world, "read")
        end, code = (queue.fail, "job.too-long") if subject == 1 else (queue.retry, "store.full")
        with world.services.database.unit_of_work() as session:
            end(session, claimed, code=code, detail="secret trace", now=clock.now())
    with watcher(world) as browser:
        found = figures(browser)
        assert "secret" not in browser.get("/metrics").text
    assert found["archive_jobs_failed", "job.too-long"] == 1
    assert found["archive_jobs_retrying", "store.full"] == 1


def test_files_pages_and_papers_on_their_way_are_counted(world: World) -> None:
    """Both centres have one doubtful file of one page; what was read of late is averaged over minutes."""
    with world.services.database.unit_of_work() as session:
        for step, pages, minutes in (("read", 40, 1), ("read", 10, 2), ("read", 500, 9), ("render", 7, 1)):
            record(
                session, by=SYSTEM, did="scan.advanced", object_kind="scan", object_id=1, unit_id=None,
                facts={"step": step, "pages": pages}, now=clock.now() - timedelta(minutes=minutes),
            )  # fmt: skip
    with watcher(world) as browser:
        found = figures(browser)
    assert found["archive_scans", "needs_review"] == found["archive_review_documents",] == 2
    assert found["archive_scans", "received"] == 0
    assert found["archive_pages",] == 2
    assert found["archive_pages_read_per_minute",] == (40 + 10) / 5


def test_refused_files_appear_under_their_codes(world: World) -> None:
    """So that a scanner that makes bad files is seen."""
    from ingest.tables import Scan

    with world.services.database.unit_of_work() as session:
        session.get_one(Scan, world.near.scan).state = "refused"
        session.get_one(Scan, world.near.scan).error_code = "file.damaged"
    with watcher(world) as browser:
        assert figures(browser)["archive_scans_refused", "file.damaged"] == 1


def test_the_index_lags_by_what_was_filed_since_and_for_as_long(world: World) -> None:
    """Households and seconds; none when it has followed."""
    services = world.services
    with watcher(world) as browser:
        found = figures(browser)
        assert (found["archive_index_lag_households",], found["archive_index_lag_seconds",]) == (0, 0)
        papers = found["archive_index_documents",]
    with services.database.unit_of_work() as session:
        # In the builders it is another year: what they file was filed long ago.
        records.item(session, records.case(session), "A02R")
    with watcher(world) as browser:
        found = figures(browser)
    assert found["archive_index_lag_households",] == 1
    assert found["archive_index_lag_seconds",] >= (clock.now() - records.NOW).total_seconds() - 60
    follow(services.database, services.index, now=clock.now())
    with watcher(world) as browser:
        found = figures(browser)
    assert (found["archive_index_lag_households",], found["archive_index_documents",]) == (0, papers + 1)


def test_requests_are_counted_by_route_and_refusals_by_code(world: World, watching: Browser) -> None:
    """Also what the outermost guard refuses; no address, which would hold an account number."""
    watching.sign_in("archivist")
    watching.get(f"/households/{world.near.account_no}")
    watching.get("/households/5199999999")
    watching.post("/me/preferences", headers={"Origin": "https://evil.test"})
    found = figures(watching)
    assert found["archive_http_requests_total", "GET", "/households/{account_no}", "200"] == 1
    assert found["archive_http_requests_total", "GET", "/households/{account_no}", "404"] == 1
    assert found["archive_http_request_seconds_count", "/households/{account_no}"] == 2
    assert found["archive_http_errors_total", "household.not-found"] == 1
    assert found["archive_http_errors_total", "request.foreign"] == 1
    assert world.near.account_no not in watching.get("/metrics").text


def test_searches_are_timed_by_engine_and_kind_on_pages_and_interface(watching: Browser) -> None:
    """What was looked for is not told."""
    watching.sign_in("archivist")
    watching.get("/search", params={"q": f"“{PHRASE}”"})
    watching.get("/api/v1/search", params={"q": PHRASE})
    watching.get("/api/v1/search", params={"q": f"“{PHRASE}”"})
    found = figures(watching)
    assert found["archive_search_seconds_count", "tantivy", "phrase"] == 2
    assert found["archive_search_seconds_count", "tantivy", "words"] == 1
    assert PHRASE not in watching.get("/metrics").text


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("", "everything"), ("  ", "everything"), ("“供电容量” 630", "phrase"), ('"x', "phrase"), ("「户」", "phrase"),
        ("5101431049", "number"), ("QY-2026", "number"), ("供电 630", "words"), ("abc", "words"),
    ],
)  # fmt: skip
def test_what_is_typed_is_told_in_one_of_four_words(typed: str, kind: str) -> None:
    """More words would be more figures, and the text itself somebody's name."""
    assert kind_of(typed) == kind


def test_a_wrong_password_is_counted_and_a_right_one_is_not(watching: Browser) -> None:
    """Without the login."""
    watching.post("/sign-in", data={"login": "archivist", "password": "wrong"})
    watching.sign_in("archivist")
    assert figures(watching)["archive_sign_in_failures_total",] == 1


def test_without_the_database_the_figures_of_the_server_are_still_told(world: World) -> None:
    """They are wanted most when something is down; which are missing is a figure itself."""
    services, faults = world.services, Faults()
    away = FaultyDatabase(services.settings.url(), faults)
    faults.arm("reading", cut_off, times=1000)
    with Browser(create_app(Services(services.settings, away, services.store, services.index)), client=HERE) as browser:
        browser.get("/healthz")
        found = figures(browser)
    away.close()
    assert found["archive_http_requests_total", "GET", "/healthz", "200"] == 1
    assert found["archive_figures_up", "jobs"] == found["archive_figures_up", "index"] == 0
    assert not [name for name in found if name[0] == "archive_jobs_waiting"]


def names(world: World) -> set[str]:
    """The names of all figures."""
    with watcher(world) as browser:
        text = browser.get("/metrics").text
    return set(re.findall(r"^# HELP (archive_\w+)", text, re.MULTILINE))


def test_every_figure_is_described_and_no_other(world: World) -> None:
    """In docs/operations.md, in the table of what to watch."""
    told = re.findall(r"^\| `(archive_\w+)`", (ROOT / "docs/operations.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(names(world))


def test_the_alarms_are_made_of_figures_that_there_are(world: World) -> None:
    """docs/prometheus-alerts.yml is YAML as Prometheus reads it: groups of rules with a sentence each."""
    (group,) = yaml.safe_load((ROOT / "docs/prometheus-alerts.yml").read_text("utf-8"))["groups"]
    assert group["name"] == "archive"
    known = names(world)
    told = [rule["alert"] for rule in group["rules"]]
    assert len(told) == len(set(told)) >= 8
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith((".", "。"))
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0m"))
        used = set(re.findall(r"archive_\w+", rule["expr"]))
        assert {re.sub(r"_(bucket|count|sum)$", "", one) for one in used} <= known, rule["alert"]
        assert used or "up{" in rule["expr"]
