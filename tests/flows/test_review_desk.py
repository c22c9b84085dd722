"""The review desk by keyboard alone, by two people at once, and on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from archive_service.db.session import Database
from archive_service.households.tables import Item
from archive_service.people.roles import Role
from archive_service.storage.store import ObjectStore
from ingest.claims.tables import ReviewClaim
from ingest.tables import ScanDocument
from tests.flows.conftest import COUNTY_ONLY
from tests.support import desk_pile, records
from tests.support.browser import PATIENCE_S, faults, window
from tests.support.desk_pile import Read

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ACCOUNT, APPLICATION, NAME = "3271834724798", "202611020417", "汪雪梅"
#: As it is and as it was read, one digit wrong: its check digit tells.
ID_NUMBER, MISREAD = "11010519491231002X", "110105194912310021"
#: The strip of the desk has heads of the third level below the first; that is no rule of WCAG 2.2 AA.
BUT = ("heading-order",)
ACCOUNT_LINE, ID_LINE = f"户号：{ACCOUNT}", f"证件号码：{ID_NUMBER}"


@dataclass(frozen=True)
class Papers:
    """The documents that wait: a sure one, a doubtful one of two pages, and two papers taken for one."""

    sure: int
    doubtful: int
    two: int


@pytest.fixture
def papers(database: Database, store: ObjectStore) -> Papers:
    """A pile on the desk of one centre, and its two archivists."""
    with database.unit_of_work() as session:
        at = records.unit(session, "QY02", below=records.unit(session), name="望江供电所")
        case = records.case(session, APPLICATION, account_no=ACCOUNT, account_name=NAME, at=at)
        for login, name in (("shen", "沈知微"), ("zhao", "赵敏")):
            records.person(session, login, roles=[Role.ARCHIVIST], at=at).name = name
        pile = desk_pile.batch(session, at.id)
        account = Read(ACCOUNT, ACCOUNT_LINE)
        return Papers(
            sure=desk_pile.lay(
                session, store, case, pile, [("居民供用电合同", ACCOUNT_LINE)], "K01R", account_no=account
            ),
            doubtful=desk_pile.lay(
                session, store, case, pile,
                [("低压居民用电登记表", ACCOUNT_LINE, "申请编号：202611020471"), (ID_LINE, "以上内容属实。")], "A02R",
                account_no=account, application_no=Read("202611020471", "申请编号：202611020471"),
                id_number=Read(MISREAD, ID_LINE, 0.7, checked=False),
            ),
            two=desk_pile.lay(
                session, store, case, pile, [("低压供电方案答复单", ACCOUNT_LINE), ("装拆表工作单", "第二份")], "P03L"
            ),
        )  # fmt: skip


@pytest.fixture
def other(chromium: Browser, server: str) -> Iterator[Page]:
    """The window of a colleague, on another machine."""
    with window(chromium, server, 1440, 900) as page:
        yield page


def sign_in(page: Page, login: str = "shen") -> None:
    page.goto("/")
    page.get_by_label("登录名").focus()
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.insert_text(records.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("归档待办")


def begin(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", level=1)).to_have_text("校核台")


def at(page: Page, document: int) -> None:
    """The desk shows this document."""
    page.wait_for_url(re.compile(rf"/review/{document}(\?|$)"))


def wait_until_freed(database: Database, page: Page) -> None:
    """Wait until nobody has a scan: what a page sends when it is left may come behind what the next one asks."""
    for _ in range(PATIENCE_S * 10):
        with database.reading() as session:
            if session.query(ReviewClaim).count() == 0:
                return
        page.wait_for_timeout(100)
    raise AssertionError("the scan was not let go")


def told(page: Page, words: str) -> None:
    expect(page.locator(".toast-bar")).to_contain_text(words)


def state(database: Database, document: int) -> str:
    with database.reading() as session:
        return session.get_one(ScanDocument, document).state


def focused(page: Page) -> str:
    """The field, or the button, that has the focus."""
    found: str = page.evaluate(
        "(e => e.dataset.row || e.dataset.field || ('confirmButton' in e.dataset ? 'confirm' : e.tagName))"
        "(document.activeElement)"
    )
    return found


def test_a_pile_is_worked_off_by_keyboard_alone(page: Page, papers: Papers, database: Database) -> None:
    """File, correct, split, join, send back for a rescan, later, undo: no mouse anywhere."""
    sign_in(page)
    begin(page)
    at(page, papers.sure)
    page.keyboard.press("Control+Enter")
    told(page, "已归入")
    at(page, papers.doubtful)
    correct_both_fields(page)
    page.keyboard.press("Control+Enter")
    at(page, papers.two)
    with database.reading() as session:
        item = session.get_one(Item, session.get_one(ScanDocument, papers.doubtful).item_id)
        values = {field.name: field.value for field in item.fields}
    assert (values["application_no"], values["id_number"]) == (APPLICATION, ID_NUMBER)
    split_and_join(page)
    send_back(page, database, papers.two)
    undo_everything(page, database, papers)


def correct_both_fields(page: Page) -> None:
    """One takes what the business system has, the other is typed; the page comes to each of them."""
    page.keyboard.press("Enter")
    assert focused(page) == "application_no"
    row = page.locator("[data-row=application_no]")
    expect(row).to_contain_text(f"业务系统登记为 {APPLICATION}")
    assert row.locator("img.crop").evaluate("e => e.complete && e.naturalWidth") > 200
    expect(page.locator(".marks rect.at")).to_have_attribute("data-field", "application_no")
    assert page.locator(".marks rect.at").evaluate("e => e.getBoundingClientRect().height") >= 25
    page.keyboard.press("y")
    expect(page.locator("#f-application_no")).to_have_value(APPLICATION)
    assert focused(page) == "id_number"
    expect(page.locator("[data-stage]")).to_have_attribute("data-stage", "2")
    expect(page.locator(".marks rect.at")).to_have_attribute("data-field", "id_number")
    page.keyboard.type(ID_NUMBER)
    page.keyboard.press("Enter")
    assert focused(page) == "confirm"


def split_and_join(page: Page) -> None:
    page.keyboard.press("PageDown")
    expect(page.locator("[data-stage]")).to_have_attribute("data-stage", "2")
    page.keyboard.press("b")
    told(page, "已分件")
    expect(page.locator(".strip h3")).to_have_count(2)
    first = page.url.partition("?")[0]
    page.keyboard.press("s")
    page.wait_for_url(lambda url: url.partition("?")[0] != first)
    expect(page.locator("[data-stage]")).to_have_attribute("data-stage", "2")
    page.keyboard.press("m")
    told(page, "已并件")
    expect(page.locator(".strip h3")).to_have_count(1)


def send_back(page: Page, database: Database, document: int) -> None:
    """Ctrl+Enter belongs to what is asked, not to the document behind it."""
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("退回重扫")
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_label("歪斜或缺边")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("没有待校核的文件")).to_be_visible()
    told(page, "已退回")
    with database.reading() as session:
        row = session.get_one(ScanDocument, document)
        assert (row.state, row.rescan_pages) == ("rejected", [2])


def undo_everything(page: Page, database: Database, papers: Papers) -> None:
    """Step by step, also when the note that offered it is long gone; a filed paper is withdrawn."""
    page.keyboard.press("z")
    at(page, papers.two)
    assert state(database, papers.two) == "proposed"
    page.keyboard.press("z")
    expect(page.locator(".strip h3")).to_have_count(2)
    page.keyboard.press("z")
    expect(page.locator(".strip h3")).to_have_count(1)
    expect(page.locator(".toast-bar")).to_have_count(0)
    for document in (papers.doubtful, papers.sure):
        page.keyboard.press("z")
        at(page, document)
        assert state(database, document) == "proposed"
    with database.reading() as session:
        assert {item.state for item in session.query(Item)} == {"withdrawn"}


@COUNTY_ONLY
def test_what_was_typed_and_not_confirmed_is_there_again(page: Page, papers: Papers, database: Database) -> None:
    """Later, by a link and after a refusal; gone when it is thrown away, when it is confirmed, and for others."""
    sign_in(page)
    page.goto(f"/review/{papers.doubtful}")
    page.locator("#f-id_number").fill(ID_NUMBER)
    page.locator("[name=other_type]").fill("K01R")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    at(page, papers.two)
    expect(page.locator("[data-draft]")).to_be_hidden()
    page.goto(f"/review/{papers.doubtful}")
    note = page.locator("[data-draft]")
    expect(note).to_contain_text("还没有确认")
    expect(page.locator("#f-id_number")).to_have_value(ID_NUMBER)
    expect(page.locator("[name=other_type]")).to_have_value("K01R")
    expect(page.locator("[name=document_type][value=other]")).to_be_checked()
    expect(page.locator("#f-account_no")).to_have_value(ACCOUNT)
    assert state(database, papers.doubtful) == "proposed"
    note.get_by_role("button").click()
    expect(note).to_be_hidden()
    expect(page.locator("#f-id_number")).to_have_value(MISREAD)
    page.goto(f"/review/{papers.doubtful}")
    expect(page.locator("#f-id_number")).to_have_value(MISREAD)
    refused_and_left(page, papers)
    page.keyboard.press("Control+Enter")
    told(page, "已归入")
    assert page.evaluate("Object.keys(sessionStorage).filter(k => k.startsWith('draft ')).length") == 0


def refused_and_left(page: Page, papers: Papers) -> None:
    """A decision that is refused comes back as typed, and stays a draft of what was proposed."""
    page.locator("#f-id_number").fill(ID_NUMBER)
    page.locator("#account_no").fill("9999999999999")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-refused]")).to_be_visible()
    expect(page.locator("#f-id_number")).to_have_value(ID_NUMBER)
    page.goto(f"/review/{papers.two}")
    page.goto(f"/review/{papers.doubtful}")
    expect(page.locator("#f-id_number")).to_have_value(ID_NUMBER)
    expect(page.locator("#account_no")).to_have_value("9999999999999")
    page.locator("#account_no").fill(ACCOUNT)
    page.locator("#f-application_no").fill(APPLICATION)
    page.keyboard.press("Tab")


@COUNTY_ONLY
def test_letters_typed_into_a_field_are_letters(page: Page, papers: Papers, database: Database) -> None:
    """Nor do keys act while a word is being composed, nor for those who switched them off."""
    sign_in(page)
    page.goto(f"/review/{papers.doubtful}")
    page.keyboard.press("a")
    page.keyboard.type("yrsz123")
    expect(page.locator("#account_no")).to_have_value("yrsz123")
    page.keyboard.press("Escape")
    page.evaluate(
        """document.body.dispatchEvent(
            new KeyboardEvent("keydown", {code: "KeyS", key: "s", bubbles: true, isComposing: true}))"""
    )
    at(page, papers.doubtful)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    assert focused(page) == "application_no"
    page.keyboard.press("9")
    expect(page.locator("#f-application_no")).to_have_value("9")
    token = page.locator("input[name=token]").first.get_attribute("value")
    form = {"token": str(token), "name": "single_keys", "value": "off", "next": "/me"}
    page.request.post("/me/preferences", form=form)
    page.goto(f"/review/{papers.doubtful}")
    page.keyboard.press("s")
    page.keyboard.press("r")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert state(database, papers.doubtful) == "proposed"


def test_two_people_never_do_the_same_scan(page: Page, other: Page, papers: Papers, database: Database) -> None:
    """Each gets another scan; whoever looks into a colleague's is told; taking over is heard on the other side."""
    sign_in(page)
    sign_in(other, "zhao")
    begin(page)
    begin(other)
    at(page, papers.sure)
    at(other, papers.doubtful)
    other.goto(f"/review/{papers.sure}")
    expect(other.locator("#claim")).to_contain_text("沈知微自")
    other.keyboard.press("Control+Enter")
    other.keyboard.press("r")
    expect(other.get_by_role("dialog")).to_have_count(0)
    assert state(database, papers.sure) == "proposed"
    other.get_by_role("button", name="接手").press("Enter")
    told(other, "已接手")
    page.keyboard.press("a")
    page.keyboard.insert_text("我正在填写")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").first).to_contain_text("由赵敏校核，您的更改没有保存")
    other.keyboard.press("Control+Enter")
    told(other, "已归入")
    assert state(database, papers.sure) == "filed"


def test_leaving_frees_a_scan_and_handing_over_gives_it(
    page: Page, other: Page, papers: Papers, database: Database
) -> None:
    sign_in(page)
    sign_in(other, "zhao")
    begin(page)
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", level=1)).to_have_text("归档待办")
    wait_until_freed(database, page)
    begin(other)
    at(other, papers.sure)
    other.keyboard.press("h")
    expect(other.get_by_role("dialog")).to_contain_text("转交给")
    other.keyboard.press("Space")
    other.keyboard.press("Control+Enter")
    told(other, "已转交同事")
    begin(page)
    at(page, papers.sure)
    expect(page.locator("#claim")).to_contain_text("赵敏转交给您办理")


def test_an_open_page_hears_that_its_scan_was_taken_over(page: Page, other: Page, papers: Papers) -> None:
    """At its next sign of life, without a decision being tried; what was typed stays to be read."""
    page.clock.install()
    sign_in(page)
    sign_in(other, "zhao")
    begin(page)
    page.keyboard.press("a")
    expect(page.locator("#account_no")).to_be_focused()
    page.keyboard.insert_text("我正在填写")
    other.goto(f"/review/{papers.sure}")
    other.get_by_role("button", name="接手").press("Enter")
    told(other, "已接手")
    page.clock.fast_forward("01:05")
    expect(page.locator("#claim")).to_contain_text("赵敏于")
    expect(page.get_by_role("button", name="确认归入")).to_be_disabled()
    expect(page.locator("#account_no")).to_have_value("我正在填写")


@COUNTY_ONLY
def test_what_is_pressed_before_the_scripts_are_there_is_not_lost(page: Page, papers: Papers) -> None:
    """On a slow line the page is read before its scripts come: text goes where its key leads, other keys wait."""
    held: list[Route] = []
    sign_in(page)
    page.route("**/js/app.js", lambda route: held.append(route))
    page.goto(f"/review/{papers.doubtful}", wait_until="commit")
    expect(page.get_by_role("button", name="确认归入")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.insert_text("望江")
    expect(page.locator("#account_no")).to_have_value("望江")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("Control+Enter")
    page.keyboard.press("r")
    held[0].continue_()
    expect(page.get_by_role("dialog")).to_contain_text("退回重扫")
    expect(page.locator("#account_no")).to_have_value("望江")


@COUNTY_ONLY
def test_a_key_waits_until_every_script_is_there(page: Page, papers: Papers, database: Database) -> None:
    """Were it heard by the first of them, the desk would be left before the one that lets go of the scan is there."""
    held: list[Route] = []
    sign_in(page)
    page.route("**/js/claim.js", lambda route: held.append(route))
    page.goto(f"/review/{papers.sure}", wait_until="commit")
    page.wait_for_function("() => window.archive && document.readyState === 'interactive'")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", level=1)).to_have_text("校核台")
    held[0].continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("归档待办")
    wait_until_freed(database, page)


@COUNTY_ONLY
def test_the_next_picture_is_there_before_it_is_asked_for(page: Page, papers: Papers) -> None:
    sign_in(page)
    begin(page)
    ahead = page.locator("link[rel=prefetch]").get_attribute("href")
    page.wait_for_function(
        "name => performance.getEntriesByName(name).length", arg=page.url.partition("/review")[0] + str(ahead)
    )
    page.keyboard.press("Control+Enter")
    at(page, papers.doubtful)
    shown = page.locator("[data-sheet] image")
    expect(shown).to_have_attribute("href", str(ahead))
    taken = page.evaluate("href => performance.getEntriesByName(new URL(href, location).href)[0].transferSize", ahead)
    assert taken == 0


@COUNTY_ONLY
def test_on_a_phone_there_is_room_for_a_look_and_a_decision(phone: Page, papers: Papers) -> None:
    """Nothing runs off the side, whatever is pressed is as large as a finger, and the decision is always there."""
    sign_in(phone)
    phone.goto(f"/review/{papers.doubtful}")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    small = phone.evaluate(
        """() => [...document.querySelectorAll(
            ".bar a, .bar button, .side-form .btn, .side-form input:not([type=radio]), .guess")]
        .filter(one => one.offsetParent && !one.closest("h1, p, .long") && one.getBoundingClientRect().height < 43.5)
        .map(one => one.outerHTML.slice(0, 120))"""
    )
    assert small == []
    phone.get_by_role("button", name=re.compile("改用")).click()
    phone.get_by_role("button", name="确认归入").click()
    told(phone, "已归入")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


@COUNTY_ONLY
def test_the_desk_keeps_to_wcag(page: Page, other: Page, papers: Papers) -> None:
    """With doubts, with its dialogs, in other hands, in the list, in the dark, and on a phone."""
    sign_in(page)
    page.goto(f"/review/{papers.doubtful}")
    assert faults(page, but=BUT) == []
    for key in ("r", "h", "?"):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_have_count(1)
        assert faults(page, but=BUT) == [], key
        page.keyboard.press("Escape")
    sign_in(other, "zhao")
    other.goto(f"/review/{papers.doubtful}")
    assert faults(other, but=BUT) == []
    other.goto("/review/queue")
    assert faults(other, but=BUT) == []
    page.get_by_role("button", name="深色显示").press("Enter")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert faults(page, but=BUT) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert faults(page, but=BUT) == []
