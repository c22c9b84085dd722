"""What is proven of the stores, the locks of a household and an item, and the errors by unit, in a real browser."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from archive_service import clock
from archive_service.fixity.tables import FixityEvent
from archive_service.households.tables import Page as PageRow
from archive_service.storage.tables import LockProof, ObjectLock
from tests.support.browser import faults, sideways
from tests.web.conftest import World
from tests.web.seen.conftest import Windows, sign_in

pytestmark = [
    pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]  # fmt: skip


def looks_good(page: Page, name: str) -> None:
    """Nothing that axe finds, nothing that sticks out; a picture is kept when a folder is named for it."""
    assert faults(page) == []
    assert sideways(page) <= 0
    if folder := os.environ.get("ARCHIVE_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def locked(world: World) -> None:
    """A store proven to lock, that locked the form of the near household and refused another object; one error."""
    now = clock.now()
    with world.services.database.unit_of_work() as session:
        row = session.scalars(select(PageRow).where(PageRow.item_id == world.near.internal_item)).one()
        session.add(LockProof(store="first", at=now, state="enforced", let=""))
        session.add(LockProof(store="second", at=now, state="broken", let="deleted"))
        lock = {"store": "first", "version": "v1", "seen_at": now}
        for digest in {row.original_digest, row.image_digest}:
            until = now + timedelta(days=900)
            session.add(ObjectLock(digest=digest, name=digest, until=until, held=True, state="kept", code="", **lock))
        session.add(
            ObjectLock(digest="f" * 64, name="f" * 64, held=False, state="refused", code="AccessDenied", **lock)
        )
        session.add(FixityEvent(digest=row.original_digest, at=now, outcome="damaged", store="second", agent="upkeep"))


@pytest.mark.parametrize("width", [1440, 390])
def test_who_looks_sees_what_is_proven_and_what_is_not(world: World, windows: Windows, width: int) -> None:
    """Nothing of the store that deletes counts; papers say how they are locked; an error leads to its paper."""
    locked(world)
    with windows(width, 900) as page:
        sign_in(page, "auditor")
        page.goto("/fixity")
        first = page.get_by_role("row").filter(has_text="对象锁已验证")
        expect(first).to_contain_text("2")
        expect(page.get_by_role("row").filter(has_text="锁定后仍可删除")).to_be_visible()
        expect(page.get_by_role("row").filter(has_text="AccessDenied")).to_be_visible()
        looks_good(page, f"locks-fixity-{width}")
        page.goto(f"/households/{world.near.account_no}")
        expect(page.locator("main")).to_contain_text("冻结锁定 2 个")
        looks_good(page, f"locks-household-{width}")
        page.goto("/inspection/storage")
        page.locator("td a[href*='month=']").first.click()
        expect(page.get_by_role("heading", name="涉及的资料")).to_be_visible()
        looks_good(page, f"locks-errors-{width}")
        page.locator("table a[href^='/items/']").first.click()
        expect(page.locator("main")).to_contain_text("冻结锁定")
        looks_good(page, f"locks-item-{width}")
