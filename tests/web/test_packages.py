"""A household leaves as a package from its page: asked for, made, downloaded; by the right people only."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from sqlalchemy import select, update

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.exchange.actions import PACK_JOB
from archive_service.exchange.bags.check import check
from archive_service.exchange.work import PackHandler
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from ingest.renditions import carried
from tests.properties.world import record_pages
from tests.web.conftest import Browser, World


def run_jobs(world: World) -> None:
    services = world.services
    with services.database.unit_of_work() as session:
        session.execute(update(Job).where(Job.kind != PACK_JOB, Job.state == "queued").values(state="cancelled"))
    handler = PackHandler(services.settings, services.database, services.store, carried.renditions_of, clock.now)
    runner = Runner(services.database, {PACK_JOB: handler}, "w", ("upkeep",), services.settings.lease_s, clock.now)
    while runner.run_one():
        pass


def test_a_package_is_asked_for_made_and_downloaded(world: World, browser: Browser, tmp_path: Path) -> None:
    near = world.near
    page = f"/households/{near.account_no}/packages"
    assert f'href="{page}"' in browser.get(f"/households/{near.account_no}/items").text
    answer = browser.submit(page, format="bagit", what="all")
    assert answer.status_code == 303
    made = answer.headers["location"]
    waiting = browser.get(made)
    assert "hx-get" in waiting.text
    assert "/file" not in waiting.text
    assert browser.get(f"{made}/file").status_code == 409
    run_jobs(world)
    # Its pages are not on record yet: the check at transfer finds it, and the package stays.
    refused = browser.get(f"{made}/file")
    assert refused.status_code == 409
    assert "YJ-1-11" in refused.text
    with world.services.database.unit_of_work() as session:
        record_pages(session, world.services.store)
    assert browser.get(f"{made}/state").headers["HX-Refresh"] == "true"
    taken = browser.get(f"{made}/file")
    assert taken.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        archive.extractall(tmp_path)
    assert check(tmp_path / near.account_no).valid
    with world.services.database.reading() as session:
        did = select(AuditEntry.did).where(AuditEntry.object_kind == "package").order_by(AuditEntry.seq)
        assert list(session.scalars(did)) == ["package.asked", "package.made", "package.downloaded"]


def test_a_selection_without_items_is_told(world: World, browser: Browser) -> None:
    answer = browser.submit(f"/households/{world.near.account_no}/packages", format="bagit", what="some")
    assert answer.status_code == 422
    assert "没有选择资料" in answer.text
