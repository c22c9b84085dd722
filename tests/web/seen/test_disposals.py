"""A review list from freezing to its certificate, on the pages, by four people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from archive_service import clock
from archive_service.households.tables import CaseFile, Item
from archive_service.jobs import queue
from archive_service.people.roles import Role
from archive_service.people.tables import Unit
from indexing.erasing import IndexRoad
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
    pytest.mark.timeout(300),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
LISTS = "/retention/disposals"


def begin(world: World) -> str:
    """Let a paper of centre A that nobody has, and one that is lent, be due, and a second witness be there.

    Returns the title of the first.
    """
    due_on = clock.today() - timedelta(days=3)
    with world.services.database.unit_of_work() as session:
        at = session.scalars(select(Unit).where(Unit.id == world.near.unit)).one()
        records.person(session, "witness", roles=[Role.ARCHIVIST], at=at)
        case = session.scalars(select(CaseFile).where(CaseFile.application_no == world.near.application_no)).one()
        free = records.item(session, case, "K01R", pages=[stored_page(world.services.store, "合同", 77)])  # type: ignore[arg-type]
        wanted = (free.id, world.near.personal_item)
        session.execute(delete(RetentionDue).where(RetentionDue.item_id.in_(wanted)))
        for item in session.scalars(select(Item).where(Item.id.in_(wanted))):
            session.add(
                RetentionDue(
                    item_id=item.id, household_id=item.household_id, outcome="date", due_on=due_on, starts_on=due_on,
                    rule="R-TEST", edition="2026", reason="销户后 5 年",
                )
            )  # fmt: skip
        return free.title


def wait_is_over(world: World) -> None:
    """Let the waiting period of the one list have ended today."""
    with world.services.database.unit_of_work() as session:
        session.scalars(select(DisposalList)).one().execute_from = clock.today()


def execute(world: World) -> None:
    """Do the job that the second signature queued."""
    here = world.services
    found = queue.claim(here.database, worker="w", queues=("upkeep",), now=clock.now(), lease_s=600)
    assert found is not None
    roads = (FileRoad(), ScanRoad(), IndexRoad(lambda: here.index))
    ExecuteHandler(here.database, here.store, roads, 600, 90, clock.now).run(found)


def sound(page: Page) -> None:
    """See that axe finds nothing, and nothing scrolls sideways."""
    assert faults(page) == []
    assert sideways(page) <= 0


def decide(page: Page, address: str, word: str, note: str = "") -> None:
    """Decide on a list as its approver."""
    page.goto(address)
    page.get_by_role("radio", name=word).check()
    page.locator("#note").fill(note)
    page.locator("#password-decide").fill(records.PASSWORD)
    page.get_by_role("button", name="作出决定").click()


def sign(page: Page, address: str, password: str = records.PASSWORD) -> None:
    """Sign for the plan as a witness."""
    page.goto(address)
    page.locator("#password-witness").fill(password)
    page.get_by_role("button", name="为这份计划签字").click()


def test_a_list_goes_from_freezing_to_its_certificate(world: World, windows: Windows) -> None:
    """The maker judges and proposes, the head sends back and approves, two witnesses sign, the paper is gone."""
    title = begin(world)
    with windows(1440, 900) as page:
        sign_in(page, "archivist").goto(LISTS)
        sound(page)
        page.locator("#unit").select_option(str(world.near.unit))
        page.locator("#title").fill("十一月到期")
        page.locator("#title").press("Enter")
        page.wait_for_url(f"**{LISTS}/*")
        address = page.url
        sound(page)
        # The paper that somebody holds has left the list, and says why.
        expect(page.get_by_text("退出清单")).to_have_count(1)
        page.get_by_role("button", name="提交审批").click()
        expect(page.get_by_role("alert")).to_contain_text("没有鉴定意见")
        page.goto(address)
        page.get_by_label(f"选择“{title}”").press("Space")
        page.get_by_role("radio", name="销毁").press("Space")
        page.locator("#opinion-reason").press("Enter")
        expect(page.locator("tbody")).to_contain_text("销毁")
        page.get_by_role("button", name="提交审批").click()
        expect(page.locator(".head")).to_contain_text("待审批")
        with page.expect_download() as report:
            page.get_by_role("link", name="鉴定报告").click()
        assert report.value.path().read_bytes().startswith(b"%PDF")
    with windows(390, 844) as page:
        sign_in(page, "unit_head")
        page.goto(address)
        sound(page)
        decide(page, address, "退回重新鉴定")
        expect(page.get_by_role("alert")).to_contain_text("写明理由")
        decide(page, address, "批准清单")
        expect(page.locator(".head")).to_contain_text("等待期")
    with windows(1440, 900) as page:
        sign_in(page, "archivist").goto(address)
        page.locator("#place").fill("档案室")
        page.get_by_role("button", name="申请执行").click()
        expect(page.get_by_role("alert")).to_contain_text("等待期未满")
        wait_is_over(world)
        page.locator("#place").fill("档案室")
        page.get_by_role("button", name="申请执行").click()
        expect(page.locator(".head")).to_contain_text("待监销签字")
        sound(page)
        with page.expect_download() as plan:
            page.get_by_role("link", name="执行计划").click()
        assert plan.value.path().read_bytes().startswith(b"%PDF")
        sign(page, address)
        expect(page.get_by_role("alert")).to_contain_text("不能监销")
    with windows(1440, 900) as page:
        sign_in(page, "auditor")
        sign(page, address, "not the password")
        expect(page.get_by_role("alert")).to_contain_text("密码不对")
        sign(page, address)
        expect(page.locator("dl.facts dt", has_text="监销签字")).to_have_count(1)
    with windows(1440, 900) as page:
        sign_in(page, "witness")
        sign(page, address)
        expect(page.locator(".head").first).to_contain_text("执行中")
        sound(page)
        execute(world)
        expect(page.locator(".head").first).to_contain_text("已销毁", timeout=60_000)
        sound(page)
        with page.expect_download() as paper:
            page.get_by_role("link", name="销毁证明").click()
        assert paper.value.path().read_bytes().startswith(b"%PDF")
        page.goto(f"/households/{world.near.account_no}/history")
        expect(page.get_by_role("heading", name="已销毁的资料")).to_be_visible()
        sound(page)
