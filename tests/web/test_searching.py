"""The search page: what may be meant while somebody types, errors that say where, searches kept, results taken away."""

from __future__ import annotations

import csv
import io

from tests.support import records
from tests.web.conftest import ID_NUMBER, PHONE, PHRASE, Browser, World, flat


def test_suggestions_come_by_number_name_and_address(world: World, browser: Browser) -> None:
    """The beginning of a number or a name, and any part of an address."""
    for typed in ("51000", world.near.account_no, "<script", "清河路", "12 号"):
        assert world.near.account_no in browser.get("/search/suggest", params={"q": typed}).text, typed
    assert "&lt;script&gt;" in browser.get("/search/suggest", params={"q": "<script"}).text
    assert browser.get("/search/suggest", params={"q": " "}).text.strip() == ""


def test_suggestions_name_nothing_of_another_centre(world: World, browser: Browser, anonymous: Browser) -> None:
    """Both centres lie in the same street; only one's own is suggested, and nothing to who reads no records."""
    for typed in ("51000", "远方", "清河路"):
        page = browser.get("/search/suggest", params={"q": typed}).text
        assert world.far.account_no not in page, typed
        assert "远方食品" not in page
    assert anonymous.sign_in("sysadmin").get("/search/suggest?q=51").status_code == 403


def test_a_personal_number_in_a_name_is_masked_in_suggestions(world: World, browser: Browser, staff: Browser) -> None:
    """What stands in a name by mistake is hidden like anywhere else."""
    with world.services.database.unit_of_work() as session:
        records.case(session, account_no="5500000001", account_name=f"王五 {PHONE}", at=records.unit(session, "A"))
    assert PHONE in browser.get("/search/suggest?q=王五").text
    page = staff.get("/search/suggest?q=王五").text
    assert "王五" in page
    assert PHONE not in page


def test_an_error_says_where(browser: Browser) -> None:
    """The place is marked in what was typed, and every word of it comes back as text."""
    page = flat(browser.get("/search", params={"q": "合同 日期:去年 <b>"}).text)
    assert '合同 <mark class="wrong">日期:去年</mark> &lt;b&gt;' in page
    assert "看不懂" in page
    open_quote = flat(browser.get("/search", params={"q": "合同 “没有关上"}).text)
    assert '<mark class="wrong">“没有关上</mark>' in open_quote


def test_the_examples_of_the_help_can_be_asked(world: World, browser: Browser) -> None:
    """No example is refused by the program that shows it."""
    from archive_service.web.pages.search import EXAMPLES

    for _, example in EXAMPLES:
        page = browser.get("/search", params={"q": example}).text
        assert 'class="wrong"' not in page, example


def test_days_in_the_question_bound_the_result(world: World, browser: Browser) -> None:
    """Papers without a date of their own stand on the day on which they were filed: 2026-11-20."""
    for asked, total in (
        ("日期:2026", 2),
        ("日期:2026-11..2026-12", 2),
        ("日期:..2026-10", 0),
        (f"{PHRASE} 日期:2026-11-20", 1),
    ):
        found = browser.get("/api/v1/search", params={"q": asked}).json()
        assert found["total"] == total, asked
    both = browser.get("/search", params={"q": "日期:2026", "year": "2025"}).text
    assert "没有找到" in both


def test_a_search_is_saved_under_a_name_and_forgotten(world: World, browser: Browser, staff: Browser) -> None:
    """It is the person's own, and leads to the search as it was."""
    address = "/search?q=%E6%9C%9B%E6%B1%9F%E7%BA%BF&type=A02R"
    saved = browser.submit("/search/saved", name="望江<b>", search=address)
    assert saved.headers["location"] == f"{address}&done=saved"
    page = browser.get("/search").text
    assert address.replace("&", "&amp;") in page
    assert "望江&lt;b&gt;" in page
    assert "望江" not in staff.get("/search").text
    browser.submit("/search/saved", name="望江<b>", forget="1", next="/search")
    assert "保存的检索" not in browser.get("/search").text


def test_only_searches_of_this_program_are_saved(browser: Browser) -> None:
    """A saved search leads nowhere else."""
    for address in ("https://evil.example/", "//evil.example", "/people", "javascript:alert(1)", ""):
        assert browser.submit("/search/saved", name="x", search=address).status_code == 422, address
    assert browser.submit("/search/saved", name="", search="/search?q=a").status_code == 422


def test_recent_searches_can_be_cleared(world: World, browser: Browser) -> None:
    """Whoever shares a desk may clear them."""
    browser.get(f"/search?q={PHRASE}")
    assert "最近的检索" in browser.get("/search").text
    browser.submit("/search/recent/forget")
    assert "最近的检索" not in browser.get("/search").text


def test_results_leave_as_a_file_masked_like_the_page(world: World, browser: Browser, staff: Browser) -> None:
    """What a reader may not read on the page does not leave in a cell either."""
    for one in (browser, staff):
        lines = read(one.get("/search/export", params={"q": "用电登记表"}))
        assert [line["户号"] for line in lines] == [world.near.account_no]
    lines = read(staff.get("/search/export"))
    assert ID_NUMBER not in str(lines)
    assert PHONE not in str(lines)
    assert lines[0]["户名"].startswith("<script>")


def read(answer: object) -> list[dict[str, str]]:
    content: bytes = answer.content  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
