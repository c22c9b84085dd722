"""Lists: the order and the filters in the address, the columns that somebody chose, and what leaves as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_service.audit.queries import EntryFilters
from archive_service.people import queries as people
from archive_service.web import export
from archive_service.web.pages.cases import TABLE
from tests.support import records
from tests.web.conftest import Browser, World, flat

#: What a spreadsheet works out when it opens a file.
FORMULAS = ("=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u3000=1", "＝1+1", "－1")


@pytest.fixture
def many(world: World) -> World:
    """Centre A with 120 more cases: some without a deadline, some accepted on the same day, one with a nasty name."""
    today = records.TODAY
    with world.services.database.unit_of_work() as session:
        at = records.unit(session, "A")
        for number in range(120):
            stages = {"ACCEPT": today - timedelta(days=60 - number // 7)}
            if number % 3:
                stages["ENERGISE"] = today - timedelta(days=number // 5)
            records.case(
                session, account_no=f"52{number:08d}", account_name="=HYPERLINK(1)" if number == 7 else "王五", at=at,
                stages=stages if number % 11 else {},
            )  # fmt: skip
    return world


def rows_of(browser: Browser, address: str) -> Iterator[str]:
    """Application numbers from page to page, in the order shown."""
    for _ in range(20):
        page = flat(browser.get(address).text)
        yield from re.findall(r'<td class="full"><a class="name" data-open href="[^"]+/cases/([^"]+)"', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if following is None:
            return
        address = following.group(1).replace("&amp;", "&")
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("order", TABLE.orders)
def test_every_order_shows_each_case_once_from_page_to_page(many: World, browser: Browser, order: str) -> None:
    """A key instead of a number of rows: nothing is shown twice, nothing is left out, whatever lacks a date."""
    found = list(rows_of(browser, f"/cases?order={order}"))
    assert len(found) == 121
    assert len(set(found)) == 121


def test_an_order_is_what_its_head_says(many: World, browser: Browser) -> None:
    """By account number upwards, by acceptance from the newest; the head says which it is."""
    lines = read(browser.get("/cases/export?order=account"))
    accounts = [line["户号"] for line in lines]
    assert accounts == sorted(accounts)
    accepted = [line["受理日期"] for line in read(browser.get("/cases/export?order=accepted"))]
    dated = [day for day in accepted if day]
    assert dated == sorted(dated, reverse=True)
    assert accepted[len(dated) :] == [""] * (len(accepted) - len(dated))
    assert 'aria-sort="ascending"' in browser.get("/cases?order=account").text


def test_a_place_that_is_none_is_refused(many: World, browser: Browser) -> None:
    """A cursor made up, or one of another order, is no reason to fall over."""
    for address in ("/cases?order=accepted&after=52:1", "/cases?order=account&after=;--", "/cases?after=52:1"):
        assert browser.get(address).status_code == 422, address


def test_the_columns_somebody_chose_stay_with_them(world: World, browser: Browser, staff: Browser) -> None:
    """They are kept on the server for this person; the columns without which a row says nothing stay."""
    assert "<th" in browser.get("/cases").text
    browser.submit("/lists/cases/columns", **{"column-accepted": "1", "column-centre": "1", "next": "/cases"})
    page = flat(browser.get("/cases").text)
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)
    assert [re.sub(r"<.*?>", "", head).strip() for head in heads] == [
        "选择",
        "到期",
        "户名 / 户号",
        "供电所",
        "受理",
        "下一步",
    ]
    assert "资料齐全</th>" in flat(staff.get("/cases").text).replace(" </th>", "</th>")
    browser.submit("/lists/cases/columns", usual="1", next="/cases")
    assert len(re.findall('<th scope="col"', browser.get("/cases").text)) == 8


def test_only_lists_that_exist_have_columns(browser: Browser) -> None:
    """A name in an address is no key into anything else."""
    assert browser.submit("/lists/secrets/columns", next="/").status_code == 404


def test_an_export_holds_what_the_filters_let_through(many: World, browser: Browser) -> None:
    """The file is the list, all of it, and nobody else's."""
    lines = read(browser.get("/cases/export?q=52000000"))
    assert len(lines) == 100
    assert {line["供电所"] for line in lines} == {"A供电所"}
    assert many.far.account_no not in browser.get("/cases/export").text


def test_an_export_is_on_record_without_what_was_typed(many: World, browser: Browser) -> None:
    """Who took how many rows; a name that was looked for is no business of the trail."""
    taken = read(browser.get("/cases/export?q=王五&state=collecting"))
    with many.services.database.reading() as session:
        system = records.system(session)
        (entry,) = people.audit_entries(session, system, filters=EntryFilters(did="list.exported")).entries
    assert entry.facts["rows"] > 100
    assert entry.facts["filters"] == {"state": "collecting"}
    # Who took away a list is on record with every account in it.
    assert entry.facts["accounts"] == sorted({line["户号"] for line in taken})
    assert "王五" not in str(entry.facts)


def test_no_cell_of_an_export_is_worked_out(many: World, browser: Browser) -> None:
    """A customer may be called what they like."""
    names = [line["户名"] for line in read(browser.get("/cases/export"))]
    assert "'=HYPERLINK(1)" in names
    for formula in FORMULAS:
        assert export.safe(formula).startswith("'")
    for plain in ("5101431049", "2026-11-09", "恒润", "", None, 7):
        assert export.safe(plain) == ("" if plain is None else str(plain))


@given(st.text(max_size=40))
def test_a_cell_is_read_back_as_it_was_written(text: str) -> None:
    """Quotes, commas, lines: whatever stands in a name comes back, with at most the sign that makes it text."""
    written = export.text_of(["头"], [[text]])
    (_, (cell,)) = list(csv.reader(io.StringIO(written, newline="")))
    assert cell in (text, f"'{text}")


def test_a_list_too_long_is_not_taken_away(many: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how long it may be and what to do."""
    monkeypatch.setattr(export, "MOST", 100)
    answer = browser.get("/cases/export")
    assert answer.status_code == 409
    assert "用筛选缩小范围" in answer.text


def test_papers_of_a_file_can_be_ordered_and_taken_away(world: World, browser: Browser) -> None:
    """In the order of the catalogue the application comes before the identity card that was filed with it."""
    address = f"/households/{world.near.account_no}/items"
    codes = [line["资料代码"] for line in read(browser.get(f"{address}/export?order=catalogue"))]
    assert codes == ["A02R", "A05"]
    assert browser.get(f"{address}?order=date").status_code == 200
    assert browser.get(f"/households/{world.far.account_no}/items/export").status_code == 404


def test_filters_by_day_month_and_completeness_hold(many: World, browser: Browser) -> None:
    """Each narrows the list to what it says; what means nothing is left out."""
    month = f"{records.TODAY:%Y-%m}"
    energised = [line["送电日期"] for line in read(browser.get(f"/cases/export?month={month}"))]
    assert energised
    assert all(day.startswith(month) for day in energised)
    due = {line["归档期限"] for line in read(browser.get(f"/cases/export?due={date(2026, 11, 19)}"))}
    assert due == {"2026-11-19"}
    assert read(browser.get("/cases/export?complete=yes")) == []
    assert len(read(browser.get("/cases/export?month=2026-13&due=never&order=x"))) == 121


def read(answer: object) -> list[dict[str, str]]:
    """Return the lines of an export by their heads."""
    content: bytes = answer.content  # type: ignore[attr-defined]
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
