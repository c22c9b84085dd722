"""The desk for several people by plain forms: who has a scan, looking, taking over, handing over; crops."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image

from archive_service.people.roles import Role
from archive_service.people.tables import Person
from ingest.claims.tables import ReviewClaim
from ingest.tables import Scan, ScanDocument
from tests.support import records
from tests.web.conftest import Browser, World, flat


@pytest.fixture
def colleague(world: World) -> Iterator[Browser]:
    """The other archivist of centre A, called 赵敏."""
    with world.services.database.unit_of_work() as session:
        records.person(session, "zhao", roles=[Role.ARCHIVIST], at=records.unit(session, "A")).name = "赵敏"
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser.sign_in("zhao")


def claim(world: World) -> ReviewClaim | None:
    with world.services.database.reading() as session:
        return session.query(ReviewClaim).filter_by(scan_id=world.near.scan).one_or_none()


def held_by(world: World) -> str:
    row = claim(world)
    with world.services.database.reading() as session:
        return session.get_one(Person, row.person_id).login if row else ""


def form_of(world: World) -> dict[str, str]:
    return {"document_type": "K01R", "account_no": world.near.account_no, "application_no": world.near.application_no}


def test_who_opens_a_scan_has_it_and_others_look(world: World, browser: Browser, colleague: Browser) -> None:
    """The colleague is told who and since when, sees the fields, and has a button instead of the decision."""
    address = f"/review/{world.near.document}"
    assert "data-confirm-button" in browser.get(address).text
    page = colleague.get(address).text
    assert re.search(r"张三自 \d\d:\d\d 起正在校核这份扫描件", page)
    assert "data-confirm-button" not in page
    assert 'form="take">接手' in flat(page)
    assert world.near.account_no in page
    assert held_by(world) == "archivist"


def test_next_is_nothing_that_a_colleague_has(world: World, browser: Browser, colleague: Browser) -> None:
    browser.get("/review")
    nothing = colleague.get("/review")
    assert nothing.status_code == 200
    assert "余下的 1 份都在同事手里" in nothing.text
    queue = flat(colleague.get("/review/queue").text)
    assert re.search(r"张三<span class=\"sub\">自 \d\d:\d\d 起", queue)


def test_a_decision_in_other_hands_is_refused_and_keeps_what_was_typed(
    world: World, browser: Browser, colleague: Browser
) -> None:
    address = f"/review/{world.near.document}"
    browser.get(address)
    answer = colleague.submit(f"{address}/confirm", **form_of(world), **{"field.id_number": "11010519491231002X"})
    assert answer.status_code == 409
    assert "由张三校核，您的更改没有保存" in answer.text
    assert 'value="11010519491231002X"' in answer.text
    assert colleague.submit(f"{address}/reject", reason_code="expired").status_code == 409
    assert browser.submit(f"{address}/confirm", **form_of(world)).status_code == 303
    late = colleague.submit(f"{address}/confirm", **form_of(world))
    assert "已由他人处理" in late.text
    assert claim(world) is None


def test_taking_over_is_told_to_who_had_it(world: World, browser: Browser, colleague: Browser) -> None:
    """The open page of the first hears of it at its next sign of life."""
    address = f"/review/{world.near.document}"
    turn = turn_in(browser.get(address).text)
    taken = colleague.submit(f"{address}/take")
    assert taken.headers["location"] == f"{address}?done=taken"
    assert "已接手" in colleague.get(taken.headers["location"]).text
    told = browser.submit(f"{address}/keep", turn=turn).text
    assert re.search(r"赵敏于 \d\d:\d\d 接手了这份扫描件", told)
    assert "data-lost" in told
    assert 'role="alert"' in told
    assert browser.submit(f"{address}/confirm", **form_of(world)).status_code == 409
    assert colleague.submit(f"{address}/confirm", **form_of(world)).status_code == 303


def turn_in(page: str) -> str:
    found = re.search(r'data-turn="(\d+)"', page)
    assert found is not None
    return found.group(1)


def test_leaving_lets_go_and_a_page_that_only_looks_hears_of_it(
    world: World, browser: Browser, colleague: Browser
) -> None:
    address = f"/review/{world.near.document}"
    turn = turn_in(browser.get(address).text)
    assert "正在校核" in colleague.submit(f"{address}/keep", turn="").text
    newer = turn_in(browser.get(address).text)
    browser.submit(f"{address}/leave", turn=turn)
    assert held_by(world) == "archivist"
    assert browser.submit(f"{address}/leave", turn=newer).status_code == 204
    assert held_by(world) == ""
    assert "现在没有人在校核" in colleague.submit(f"{address}/keep", turn="").text
    assert held_by(world) == ""


def test_later_lets_go_of_the_scan(world: World, browser: Browser, colleague: Browser) -> None:
    """Another scan waits behind it; whoever comes then gets the first one."""
    second = another_scan(world)
    assert browser.get("/review").headers["location"] == f"/review/{world.near.document}"
    assert colleague.get("/review").headers["location"] == f"/review/{second}"
    colleague.submit(f"/review/{second}/leave")
    assert browser.get(f"/review?after={world.near.document}").headers["location"] == f"/review/{second}"
    assert held_by(world) == ""
    assert colleague.get("/review").headers["location"] == f"/review/{world.near.document}"


def another_scan(world: World) -> int:
    with world.services.database.unit_of_work() as session:
        first = session.get_one(ScanDocument, world.near.document)
        scan = Scan(
            batch_id=first.scan.batch_id, unit_id=first.scan.unit_id, file_name="二.pdf", digest="d" * 64, size_bytes=9,
            format="pdf", state="needs_review", page_count=1, pages_done=1, received_at=first.scan.received_at,
        )  # fmt: skip
        session.add(scan)
        session.flush()
        made = ScanDocument(
            scan_id=scan.id, seq=1, pages=[1], document_type="K01R", confidence=0.5, candidates=[], fields={},
            reasons=[], doubts=["请核对"],
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


def test_a_scan_handed_over_comes_first_to_the_colleague(world: World, browser: Browser, colleague: Browser) -> None:
    second = another_scan(world)
    page = browser.get(f"/review/{second}").text
    choice = re.search(r'name="person" value="(\d+)" required><span>赵敏', flat(page))
    assert choice is not None
    done = browser.submit(f"/review/{second}/hand-over", person=choice.group(1), note="请看容量")
    assert done.headers["location"] == f"/review?after={second}&done=handed&last={second}"
    onward = browser.get(done.headers["location"]).headers["location"]
    assert onward.startswith(f"/review/{world.near.document}?done=handed")
    assert "已转交同事" in browser.get(onward).text
    mine = colleague.get("/review").headers["location"]
    assert mine == f"/review/{second}"
    assert "张三转交给您办理。 请看容量" in colleague.get(mine).text
    assert "转交给我的 1" in flat(colleague.get("/review/queue?part=mine").text)


def test_a_part_of_the_page_fetched_again_takes_nothing(world: World, browser: Browser) -> None:
    """Turning a page must not make the page around it look like an older one."""
    address = f"/review/{world.near.document}"
    browser.get(address, headers={"HX-Request": "true"})
    assert claim(world) is None
    turn = turn_in(browser.get(address).text)
    browser.get(address, headers={"HX-Request": "true"})
    assert str(claim(world).turn) == turn  # type: ignore[union-attr]


def test_nobody_outside_the_desk_gets_near_it(world: World, browser: Browser, staff: Browser) -> None:
    """Readers are refused; scans of another centre are not there, nor are the pictures of their fields."""
    crop = "fields/account_no/crop"
    for address in ("/review", "/review/queue"):
        assert staff.get(address).status_code == 403
    for one, document in ((staff, world.near.document), (browser, world.far.document)):
        assert one.get(f"/review/{document}").status_code == 404
        assert one.get(f"/review/{document}/{crop}").status_code == 404
        for verb in ("keep", "leave", "take", "hand-over"):
            answer = one.submit(f"/review/{document}/{verb}", turn="1", person="1")
            assert answer.status_code == 404, verb
    assert claim(world) is None


def test_an_auditor_reads_files_but_not_the_desk(world: World, anonymous: Browser) -> None:
    anonymous.sign_in("auditor")
    assert anonymous.get("/review").status_code == 403
    assert anonymous.get(f"/review/{world.near.document}/fields/account_no/crop").status_code == 404


def test_a_doubtful_field_stands_beside_its_piece_of_the_page(world: World, browser: Browser) -> None:
    """It is cut at the stored place, not at one in the address; only under its version may a browser keep it."""
    with world.services.database.unit_of_work() as session:
        document = session.get_one(ScanDocument, world.near.document)
        read = {"value": "90001", "confidence": 0.99, "page": 1, "box": [5, 45, 55, 60], "checked": None}
        document.fields = {**document.fields, "application_no": read}
    page = flat(browser.get(f"/review/{world.near.document}").text)
    shown = re.search(r'<img class="crop" src="(/review/\d+/fields/application_no/crop\?v=[0-9a-f]{16})"', page)
    assert shown is not None
    assert 'data-crop="/review' in page.split('id="f-account_no"')[1][:400]
    answer = browser.get(shown.group(1))
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"].startswith("private, max-age=")
    assert answer.headers["vary"] == "Cookie"
    width, height = Image.open(io.BytesIO(answer.content)).size
    assert width <= 60
    assert 15 <= height < 80
    for version in ("", "?v=0123456789abcdef"):
        plain = browser.get(shown.group(1).partition("?")[0] + version)
        assert plain.headers["cache-control"] == "no-store"
    for nothing in ("id_number", "no_such_field"):
        assert browser.get(f"/review/{world.near.document}/fields/{nothing}/crop").status_code == 404


def test_a_box_beyond_the_page_is_no_fault(world: World, browser: Browser) -> None:
    for box in ([50, 70, 900, 900], [-20, -5, -3, -1], [59, 79, 60, 80], [100, 100, 90, 90]):
        with world.services.database.unit_of_work() as session:
            document = session.get_one(ScanDocument, world.near.document)
            read = {"value": "1", "confidence": 0.5, "page": 1, "box": box, "checked": None}
            document.fields = {**document.fields, "meter_no": read}
        answer = browser.get(f"/review/{world.near.document}/fields/meter_no/crop")
        assert answer.headers["content-type"] == "image/jpeg", box


def test_the_picture_of_the_next_document_is_fetched_ahead(world: World, browser: Browser) -> None:
    """Its address is the one that the next page will ask for, and the browser may keep it."""
    with world.services.database.unit_of_work() as session:
        scan = session.get_one(Scan, world.near.scan)
        session.add(
            ScanDocument(
                scan_id=scan.id, seq=2, pages=[1], document_type="K01R", confidence=0.5, candidates=[], fields={},
                reasons=[], doubts=["请核对"],
            )
        )  # fmt: skip
    ahead = re.search(r'rel="prefetch" as="image" href="([^"]+)"', browser.get(f"/review/{world.near.document}").text)
    assert ahead is not None
    assert f'<image href="{ahead.group(1)}"' in browser.get(f"/review/{world.near.document}").text
    assert browser.get(ahead.group(1)).headers["cache-control"].startswith("private")
    assert browser.get(ahead.group(1).partition("?")[0]).headers["cache-control"] == "no-store"


def test_progress_and_lists_of_a_batch(world: World, browser: Browser) -> None:
    second = another_scan(world)
    assert "本批 0 / 2" in browser.get(f"/review/{second}").text
    browser.submit(f"/review/{second}/reject", reason_code="blurred")
    assert "本批 1 / 2" in browser.get(f"/review/{world.near.document}").text
    waiting = flat(browser.get(f"/review/queue?batch={world.near.batch}").text)
    assert f'href="/review/{second}' not in waiting
    assert "待重扫 1" in waiting
    everything = flat(browser.get(f"/review/queue?batch={world.near.batch}&part=all").text)
    assert f'href="/review/{second}?batch={world.near.batch}"' in everything
    assert "已退回" in everything
    again = flat(browser.get("/review/queue?part=rescan").text)
    assert "/pages/1/rescan" in again
    assert "退回重扫：影像不清" in again


def test_an_own_decision_can_be_undone_from_its_page(world: World, browser: Browser, colleague: Browser) -> None:
    address = f"/review/{world.near.document}"
    browser.submit(f"{address}/confirm", **form_of(world))
    assert f'action="{address}/undo"' in browser.get(address).text
    assert f'action="{address}/undo"' not in colleague.get(address).text
    refused = colleague.submit(f"{address}/undo")
    assert (refused.status_code, "只能撤销本人的决定" in refused.text) == (409, True)
