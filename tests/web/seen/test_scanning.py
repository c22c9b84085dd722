"""Scanning in a real browser: as fast as a hand scanner types, while the network is away, and with a camera."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from archive_service.households.tables import HouseholdFile, Item
from archive_service.rooms.tables import PaperPlace, Place
from tests.support import records
from tests.web.conftest import World
from tests.web.seen.conftest import Windows, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

#: A browser that reads codes by itself: it sees one label, for as long as its camera looks at it.
CAMERA = """
window.BarcodeDetector = class {
  static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
  detect() { return Promise.resolve([{ rawValue: "A-H00001" }]); }
};
navigator.mediaDevices.getUserMedia = function () {
  return Promise.resolve(document.createElement("canvas").captureStream());
};
"""


def papers(world: World, many: int) -> list[str]:
    """File so many papers in centre A and return their numbers."""
    with world.services.database.unit_of_work() as session:
        case = records.case(session, at=records.unit(session, "A"))
        account = session.get_one(HouseholdFile, case.household_id).account_no
        return [f"{account}-{records.item(session, case).item_no:03d}" for _ in range(many)]


def put_away(world: World, account_no: str) -> dict[int, str | None]:
    """In which box each paper of an account is, by its number in the file."""
    with world.services.database.reading() as session:
        rows = session.execute(
            select(Item.item_no, Place.code)
            .join(HouseholdFile, HouseholdFile.id == Item.household_id)
            .join(PaperPlace, PaperPlace.item_id == Item.id)
            .outerjoin(Place, Place.id == PaperPlace.box_id)
            .where(HouseholdFile.account_no == account_no)
        )
        return dict(rows.all())


def typed(page: Page, *codes: str) -> None:
    """Type codes as a hand scanner does: each with Enter, and nothing awaited between them."""
    for code in codes:
        page.keyboard.type(f"{code}\n")


def test_a_hand_scanner_types_faster_than_pages_come_and_nothing_is_lost(world: World, windows: Windows) -> None:
    """A box, four papers and a foreign code in one go; the last sentence is about the last code."""
    codes = papers(world, 4)
    with windows(1440, 900) as page:
        sign_in(page, "archivist").goto("/rooms/scan")
        typed(page, "A-H00001", *codes, "SF123")
        expect(page.locator(".scan-said.bad")).to_contain_text("SF123")
        expect(page.locator(".scan-last li")).to_have_count(4)
        expect(page.locator("#scan-code")).to_be_focused()
        expect(page.locator("[data-camera]")).to_be_hidden()
    assert put_away(world, codes[0][:-4]) == dict.fromkeys(range(1, 5), "A-H00001")


def test_what_is_scanned_without_a_network_is_sent_when_it_is_back(
    world: World, chromium: Browser, server: str
) -> None:
    """On a phone between the shelves: the codes stay on the device, also when the page is opened anew."""
    codes = papers(world, 2)
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=server)
    page = sign_in(context.new_page(), "archivist")
    page.goto("/rooms/scan")
    typed(page, "A-H00001")
    expect(page.locator(".scan-said.info")).to_contain_text("A-H00001")
    context.set_offline(True)
    typed(page, *codes)
    expect(page.locator("[data-queue]")).to_contain_text("2")
    context.set_offline(False)
    page.goto("/rooms/scan")
    expect(page.locator(".scan-last li")).to_have_count(2)
    context.close()
    assert put_away(world, codes[0][:-4]) == {1: "A-H00001", 2: "A-H00001"}


def test_the_camera_is_offered_where_the_browser_reads_codes_and_a_label_is_one_scan(
    world: World, windows: Windows
) -> None:
    """A label that stays before the camera is not scanned again and again."""
    del world
    with windows(390, 844) as page:
        sign_in(page, "archivist")
        page.add_init_script(CAMERA)
        page.goto("/rooms/scan")
        expect(page.locator("[data-no-camera]")).to_be_hidden()
        sent: list[str] = []
        page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
        page.locator("[data-camera]").click()
        expect(page.locator(".scan-at")).to_contain_text("A-H00001")
        page.wait_for_timeout(1500)
        assert len(sent) == 1
        page.locator("[data-camera]").click()
        expect(page.locator("[data-video]")).to_be_hidden()


def test_a_stocktake_goes_on_while_codes_are_scanned(world: World, windows: Windows) -> None:
    """Progress and words change with each scan, on a phone."""
    near = world.near
    with windows(390, 844) as page:
        sign_in(page, "archivist").goto(f"/rooms/stocktakes/{near.stocktake}")
        expect(page.locator(".tally")).to_contain_text("未点到 1")
        typed(page, "A-H00001", f"{near.account_no}-001")
        expect(page.locator(".scan-said.ok")).to_contain_text(f"{near.account_no}-001")
        expect(page.locator(".tally")).to_contain_text("在位 1")
        assert page.locator(".scan-progress").get_attribute("value") == "1"
