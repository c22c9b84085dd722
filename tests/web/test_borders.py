"""What might slip over the border between two centres, or past the right to personal data, by a side door."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.engine import Engine

from archive_service.db.session import Database
from archive_service.households.tables import CaseFile, Item, Page
from archive_service.households.values import FieldValue
from archive_service.people import queries as people
from archive_service.people.roles import Role
from archive_service.storage.files import FileStore
from indexing.sync import follow
from ingest.tables import Scan
from tests.support import records
from tests.support.hostile import plain_pdf
from tests.support.stored_pages import stored_page
from tests.web.conftest import ID_NUMBER, PHONE, PHRASE, Browser, World


def add_item(world: World, kind: str, text: str, **given: object) -> int:
    """File one more paper of centre A and let the index follow."""
    with world.services.database.unit_of_work() as session:
        case = session.query(CaseFile).filter_by(application_no=world.near.application_no).one()
        made = records.item(session, case, kind, pages=[stored_page(store_of(world), text, 77)], **given)  # type: ignore[arg-type]
        key = made.id
    while follow(world.services.database, world.services.index, now=records.NOW):
        continue
    return key


def store_of(world: World) -> FileStore:
    store = world.services.store
    assert isinstance(store, FileStore)
    return store


def test_a_personal_number_in_a_title_is_masked_for_readers(world: World, browser: Browser, staff: Browser) -> None:
    with world.services.database.unit_of_work() as session:
        session.get_one(Item, world.near.internal_item).title = f"登记表 {ID_NUMBER}"
        session.get_one(Item, world.near.internal_item).case_id = None
    asked = {"q": PHRASE}
    assert staff.get("/api/v1/search", params=asked).json()["total"] == 1
    assert ID_NUMBER not in staff.get("/api/v1/search", params=asked).text
    assert ID_NUMBER not in staff.get("/search", params=asked).text
    assert ID_NUMBER in browser.get("/api/v1/search", params=asked).text


def test_a_page_is_not_shown_to_readers_when_one_of_its_fields_is_personal(world: World, staff: Browser) -> None:
    """A number that was read wrongly or corrected by hand need not stand in the text for all to see in the picture."""
    plain = add_item(world, "S01", "现场勘查单")
    assert staff.get(f"/items/{plain}/pages/1/image").status_code == 200
    told = add_item(world, "S01", "现场勘查单", fields={"id_number": FieldValue(ID_NUMBER, page=None)})
    assert staff.get(f"/items/{told}/pages/1/image").status_code == 403
    assert staff.get(f"/items/{told}/pages/1/thumbnail").headers["content-type"] == "image/svg+xml"
    assert staff.get(f"/api/v1/items/{told}/pages/1").json()["text"] == ""
    assert "<image" not in staff.get(f"/items/{told}").text


def test_looking_for_a_word_inside_a_withheld_paper_tells_nothing(
    world: World, browser: Browser, staff: Browser
) -> None:
    address = f"/items/{world.near.personal_item}"
    assert "本件中没有" in staff.get(f"{address}?q=居民身份证").text
    assert "本件中没有" not in browser.get(f"{address}?q=居民身份证").text
    plain = add_item(world, "S01", "现场勘查单")
    assert "本件中没有" not in staff.get(f"/items/{plain}?q=勘查").text


def test_looking_for_a_word_in_a_long_paper_asks_the_database_once(world: World, browser: Browser) -> None:
    def asked(address: str) -> int:
        count = 0

        def note(*_: object) -> None:
            nonlocal count
            count += 1

        event.listen(Engine, "before_cursor_execute", note)
        try:
            assert browser.get(address).status_code == 200
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return count

    address = f"/items/{world.near.internal_item}?q=登记表"
    browser.get(address)
    before = asked(address)
    with world.services.database.unit_of_work() as session:
        first = session.query(Page).filter_by(item_id=world.near.internal_item).one()
        facts = {c.key: getattr(first, c.key) for c in Page.__table__.columns if c.key not in ("id", "page_no")}
        session.add_all([Page(page_no=number, **facts) for number in range(2, 40)])
    assert asked(address) == before


def test_a_duplicate_of_another_centres_file_does_not_name_it(
    world: World, database: Database, browser: Browser
) -> None:
    with database.unit_of_work() as session:
        far = people.unit_by_code(session, "B")
        records.person(session, "other", roles=[Role.ARCHIVIST], at=far)
    files = {"file": ("一.pdf", plain_pdf(), "application/pdf")}
    headers = {"X-Form-Token": browser.token}
    first = browser.post("/api/v1/scans", files=files, headers=headers).json()
    again = browser.post("/api/v1/scans", files=files, headers=headers).json()
    assert again["duplicate_of"] == first["scan"]
    assert f"扫描件 {first['scan']}" in again["error"]["message"]
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as other:
        other.sign_in("other")
        told = other.post("/api/v1/scans", files=files, headers={"X-Form-Token": other.token}).json()
        assert told["duplicate_of"] is None
        assert first["scan"] not in told["error"]["message"]
        assert other.get(f"/api/v1/scans/{told['scan']}").json()["duplicate_of"] is None
        assert [s["duplicate_of"] for s in other.get("/api/v1/scans").json()["scans"]] == [None, None]
        assert other.get(f"/scans/{told['scan']}").status_code == 200
    with database.reading() as session:
        assert session.get_one(Scan, int(told["scan"])).duplicate_of == int(first["scan"])


def test_a_duplicate_within_a_unit_below_is_named_to_the_unit_above(
    world: World, database: Database, browser: Browser
) -> None:
    with database.unit_of_work() as session:
        records.person(session, "above", roles=[Role.ARCHIVIST], at=people.unit_by_code(session, "ROOT"))
    files = {"file": ("一.pdf", plain_pdf(), "application/pdf")}
    first = browser.post("/api/v1/scans", files=files, headers={"X-Form-Token": browser.token}).json()
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as above:
        above.sign_in("above")
        told = above.post("/api/v1/scans", files=files, headers={"X-Form-Token": above.token}).json()
    assert told["duplicate_of"] == first["scan"]
    assert f"扫描件 {first['scan']}" in told["error"]["message"]


def test_the_cases_behind_a_month_are_those_of_the_month(world: World, anonymous: Browser) -> None:
    anonymous.sign_in("auditor")
    near = world.near.account_no
    assert near in anonymous.get("/completeness/A/2026-11").text
    assert near not in anonymous.get("/completeness/A/2026-10").text
    assert near not in anonymous.get("/completeness/A/none").text
    assert near not in anonymous.get("/completeness/ROOT/2026-11").text
    for month in ("2026-13", "0000-01", "2026-00"):
        assert anonymous.get(f"/completeness/A/{month}").status_code == 404


def test_the_phone_of_a_field_hides_the_page_it_stands_on(world: World, staff: Browser) -> None:
    shown = add_item(world, "S01", "现场勘查单", fields={"phone": FieldValue(PHONE, page=2)})
    told = add_item(world, "S01", "现场勘查单", fields={"phone": FieldValue(PHONE, page=1)})
    assert staff.get(f"/items/{shown}/pages/1/image").status_code == 200
    assert staff.get(f"/items/{told}/pages/1/image").status_code == 403
    assert PHONE not in staff.get(f"/items/{told}").text
