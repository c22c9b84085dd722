"""Signatures of received files on the pages of the file and of the paper: listed, and said to be unverified."""

from __future__ import annotations

from archive_service.households.tables import Item
from ingest.signatures import from_json, masked, to_json
from ingest.tables import Scan
from tests.web.conftest import ID_NUMBER, Browser, World, flat

_UNVERIFIED = "系统没有验证签章的真伪"


def signed(world: World, *, item: int | None = None) -> None:
    """Let the scan at hand say that somebody signed it, in words that are no harmless ones."""
    said = {
        "kind": "Seal", "provider": "青屿签章系统", "method": "SM3withSM2", "signed_at": "20260312093000Z",
        "signer": f"<b>张三</b>\u202e {ID_NUMBER}", "seal": "业务专用章", "covers": 3,
    }  # fmt: skip
    with world.services.database.unit_of_work() as session:
        session.get_one(Scan, world.near.scan).signatures = to_json(from_json([said]))
        if item is not None:
            session.get_one(Item, item).scan_id = world.near.scan


def test_the_page_of_a_file_lists_who_signed_it(world: World, browser: Browser) -> None:
    """Every word of the file is shown as a word; a file without signatures says nothing of them."""
    address = f"/scans/{world.near.scan}"
    assert _UNVERIFIED not in browser.get(address).text
    signed(world)
    page = flat(browser.get(address).text)
    assert _UNVERIFIED in page
    for told in ("青屿签章系统", "SM3withSM2", "20260312093000Z", "业务专用章", "&lt;b&gt;张三&lt;/b&gt;"):
        assert told in page
    assert "\u202e" not in page


def test_the_page_of_a_paper_lists_who_signed_its_file(world: World, browser: Browser) -> None:
    signed(world, item=world.near.internal_item)
    page = flat(browser.get(f"/items/{world.near.internal_item}").text)
    assert _UNVERIFIED in page
    assert "业务专用章" in page


def test_who_may_not_read_personal_data_sees_no_number_of_the_signer(world: World, staff: Browser) -> None:
    """Certificates of persons bear their identity number beside the name; a withheld paper tells nothing."""
    signed(world, item=world.near.internal_item)
    assert "业务专用章" not in staff.get(f"/items/{world.near.internal_item}").text
    with world.services.database.reading() as session:
        (one,) = masked(from_json(session.get_one(Scan, world.near.scan).signatures))
    assert one.seal == "业务专用章"
    assert one.signer.startswith("<b>张三</b>")
    assert ID_NUMBER not in one.signer
