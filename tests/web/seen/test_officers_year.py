"""The records officer's year in a real browser: an account closed, held, released, reviewed, destroyed, and proven.

Time is moved for this process: years for the retention, and a day after a day, each with its entry, for the wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from archive_service import clock, zone
from archive_service.audit import bundle, offline
from archive_service.audit.record import SYSTEM, record
from archive_service.errors import Unavailable
from archive_service.households.queries import trail
from archive_service.households.tables import HouseholdFile
from archive_service.jobs import queue
from archive_service.lifecycle.tables import ClosedFile
from archive_service.people.queries import viewer_for
from archive_service.people.roles import Role
from archive_service.people.tables import Person, Unit
from archive_service.storage.choose import open_stores
from indexing.erasing import IndexRoad
from indexing.sync import follow
from ingest.erasing import ScanRoad
from retention.disposal_tables import DisposalList
from retention.erase import ExecuteHandler
from retention.roads import FileRoad
from retention.tables import RetentionDue
from tests.support import records
from tests.support.browser import faults, sideways
from tests.support.stored_pages import stored_page
from tests.web.conftest import World
from tests.web.seen.conftest import Windows, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
LISTS, ACCOUNT, WORDS = "/retention/disposals", "3309990001", "销户申请专用语"


@dataclass
class Clock:
    """The clock of this process, that can be moved on."""

    ahead: timedelta = timedelta(0)

    def move(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have everybody who asks what time it is ask this one."""
        real = clock.now

        def now() -> datetime:
            return real() + self.ahead

        def today() -> date:
            return zone.local(now()).date()

        monkeypatch.setattr(clock, "now", now)
        monkeypatch.setattr(clock, "today", today)

    def days_pass(self, world: World, days: int) -> None:
        """Let days go by in an archive that is in use."""
        for _ in range(days):
            self.ahead += timedelta(days=1)
            with world.services.database.unit_of_work() as session:
                record(
                    session, by=SYSTEM, did="audit.exported", object_kind="audit", object_id="0", unit_id=None,
                    facts={}, now=clock.now(),
                )  # fmt: skip


def begin(world: World) -> int:
    """File the cancellation of an account of centre A, and let a second witness be there; return its one paper."""
    with world.services.database.unit_of_work() as session:
        at = session.scalars(select(Unit).where(Unit.id == world.near.unit)).one()
        records.person(session, "witness", roles=[Role.ARCHIVIST], at=at)
        case = records.case(session, account_no=ACCOUNT, business="CANCEL", at=at)
        pages = [stored_page(world.services.store, WORDS, 88)]  # type: ignore[arg-type]
        paper = records.item(session, case, "A10", pages=pages)
        case.state, case.filed_at = "filed", clock.now()
        return paper.id


def execute(world: World) -> None:
    """Do the job that the second signature queued."""
    here = world.services
    found = queue.claim(here.database, worker="w", queues=("upkeep",), now=clock.now(), lease_s=600)
    assert found is not None
    roads = (FileRoad(), ScanRoad(), IndexRoad(lambda: here.index))
    does = ExecuteHandler(here.database, lambda: open_stores(here.settings, here.store), roads, 600, 90, clock.now)
    # As long as the index still has it, nothing is certified.
    with pytest.raises(Unavailable):
        does.run(found)
    while follow(here.database, here.index, now=clock.now()):
        continue
    does.run(found)


def sound(page: Page) -> None:
    """See that axe finds nothing, and nothing scrolls sideways."""
    assert faults(page) == []
    assert sideways(page) <= 0


def sign(page: Page, address: str) -> None:
    """Sign for the plan as a witness."""
    page.goto(address)
    page.locator("#password-witness").fill(records.PASSWORD)
    page.get_by_role("button", name="为这份计划签字").click()


def test_the_year_of_the_records_officer(
    world: World, windows: Windows, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Close, hold, release, review, approve, wait, sign twice, destroy, look for what is left, prove it elsewhere."""
    item, hands = begin(world), Clock()
    hands.move(monkeypatch)
    file = f"/households/{ACCOUNT}"
    with windows(1440, 900) as page:
        # The account is closed: its file is in the closed series, and its clocks run.
        sign_in(page, "archivist").goto(file)
        page.get_by_role("button", name="销户封存").click()
        expect(page.locator(".head")).to_contain_text("已销户")
        expect(page.get_by_text("保管到").first).to_be_visible()
        sound(page)
        with world.services.database.reading() as session:
            head = session.scalars(select(HouseholdFile).where(HouseholdFile.account_no == ACCOUNT)).one()
            number = session.scalars(select(ClosedFile.number).where(ClosedFile.household_id == head.id)).one()
            due_on = session.scalars(select(RetentionDue.due_on).where(RetentionDue.item_id == item)).one()
        assert "-XHD-" in number
        assert due_on is not None
        # Somebody inspects: it is held.
        page.goto(f"/holds/new?account={ACCOUNT}")
        page.locator("#kind").select_option("inspection")
        page.locator("#reason").fill("用电检查未结束")
        page.locator("#authority").fill("检查通知 7 号")
        page.locator("#review_on").fill(str(clock.today() + timedelta(days=60)))
        page.get_by_role("button", name="冻结", exact=True).click()
        page.wait_for_url("**/holds/*")
        held = page.url.partition("?")[0]
        sound(page)
        page.goto(f"/items/{item}")
        expect(page.get_by_text("冻结中").first).to_be_visible()
        sound(page)

    # Years later what is held is due, and on no list; the review day has long passed.
    hands.ahead += timedelta(days=(due_on - clock.today()).days + 2)
    with windows(390, 844) as page:
        sign_in(page, "archivist")
        expect(page.get_by_text("冻结过了复查日")).to_be_visible()
        page.goto("/retention")
        expect(page.locator("tbody")).to_contain_text("冻结中")
        sound(page)
        page.goto(held)
        sound(page)
        page.locator("#reason").fill("检查已经结束")
        page.get_by_role("button", name="解除这项冻结").click()
        expect(page.locator(".head")).to_contain_text("已解除")
    with windows(1440, 900) as page:
        sign_in(page, "archivist").goto(LISTS)
        page.locator("#unit").select_option(str(world.near.unit))
        page.locator("#title").fill("年度到期")
        page.locator("#title").press("Enter")
        page.wait_for_url(f"**{LISTS}/*")
        address = page.url
        page.locator("tbody input[type=checkbox]").first.check()
        page.get_by_role("radio", name="销毁").check()
        page.locator("#opinion-reason").press("Enter")
        expect(page.locator("tbody")).to_contain_text("销毁")
        page.get_by_role("button", name="提交审批").click()
        expect(page.locator(".head")).to_contain_text("待审批")
    with windows(390, 844) as page:
        sign_in(page, "unit_head").goto(address)
        sound(page)
        page.get_by_role("radio", name="批准清单").check()
        page.locator("#password-decide").fill(records.PASSWORD)
        page.get_by_role("button", name="作出决定").click()
        expect(page.locator(".head")).to_contain_text("等待期")
    with world.services.database.reading() as session:
        from_day = session.scalars(select(DisposalList.execute_from)).one()
    assert from_day is not None
    hands.days_pass(world, (from_day - clock.today()).days)
    with windows(1440, 900) as page:
        sign_in(page, "archivist").goto(address)
        page.locator("#place").fill("档案室")
        page.get_by_role("button", name="申请执行").click()
        expect(page.locator(".head")).to_contain_text("待监销签字")
        with page.expect_download() as plan:
            page.get_by_role("link", name="执行计划").click()
        assert plan.value.path().read_bytes().startswith(b"%PDF")
    for login in ("auditor", "witness"):
        with windows(1440, 900) as page:
            sign(sign_in(page, login), address)
            expect(page.locator("dl.facts dt", has_text="监销签字").first).to_be_visible()
    execute(world)
    with windows(1440, 900) as page:
        sign_in(page, "archivist").goto(address)
        expect(page.locator(".head").first).to_contain_text("已销毁")
        with page.expect_download() as paper:
            page.get_by_role("link", name="销毁证明").click()
        assert paper.value.path().read_bytes().startswith(b"%PDF")
        sound(page)
        page.goto(f"{file}/history")
        expect(page.get_by_role("heading", name="已销毁的资料")).to_be_visible()
        # What it said is on no road any more.
        for road in (f"/items/{item}/pages/1/image", f"/items/{item}/pages/1/original", f"/items/{item}/pdf"):
            assert page.request.get(road).status >= 400, road
        page.goto(f"/search?q={WORDS}")
        expect(page.get_by_text("没有找到").first).to_be_visible()

    # The auditor gets a bundle, and checks it with the one file that needs nothing of the archive.
    out = tmp_path / "bundle.zip"
    with world.services.database.reading() as session:
        key = session.scalars(select(Person.id).where(Person.login == "auditor")).one()
        by = viewer_for(session, key, now=clock.now())
        assert by is not None
        chosen, unit = trail.selection(session, by, account_no=ACCOUNT, since=None, until=None)
    bundle.export(
        world.services.database, world.services.settings, out, chosen, by=by.actor, unit_id=unit, now=clock.now()
    )
    report = offline.verify(out)
    assert report.findings == []
    assert report.entries > 0
