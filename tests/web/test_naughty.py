"""Whatever somebody is called or writes is shown as text, goes out as text, and is found again."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import quote, unquote

import pytest

from archive_service.households.tables import HouseholdFile
from archive_service.web.export import safe
from archive_service.web.pictures import attachment
from ingest.tables import Scan
from tests.support import records
from tests.support.naughty import HALVES, NAUGHTY
from tests.web.conftest import Browser, World
from tests.web.naughty_names import give_names

#: A day that tokens may last until.
UNTIL = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()


class Seen(HTMLParser):
    """What a browser makes of a page: its text, the values of its fields, and whatever could run."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.values: list[str] = []
        self.live: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.values += [value for value in given.values() if value]
        self.live += [f"{tag} {name}" for name in given if name.startswith("on")]
        if tag == "script" and "src" not in given:
            self.live.append("script")
        if (given.get("href") or "").strip().lower().startswith("javascript:"):
            self.live.append(f"{tag} href")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def plain(text: str) -> str:
    """As white space and ends of lines come out of HTML."""
    return " ".join(text.split())


def shows(html: str, text: str) -> bool:
    seen = Seen(html)
    assert seen.live == [], text
    return plain(text) in plain("".join(seen.text)) or any(plain(text) in plain(one) for one in seen.values)


@pytest.fixture
def named(world: World) -> dict[str, str]:
    return give_names(world)


def test_names_are_shown_as_text_on_every_page_that_shows_them(browser: Browser, named: dict[str, str]) -> None:
    """File, history, contents and the list of cases: the very characters, and nothing that runs."""
    wrong = []
    for what, account in named.items():
        for address in (f"/households/{account}", f"/households/{account}/history", f"/cases?q={account}"):
            page = browser.get(address)
            assert page.status_code == 200, (what, address)
            if not shows(page.text, NAUGHTY[what]):
                wrong.append((what, address))
    assert wrong == []


def test_names_are_found_again(browser: Browser, named: dict[str, str]) -> None:
    """By the list of cases, letter by letter; the search page answers whatever is asked."""
    lost = []
    for what, account in named.items():
        asked = quote(NAUGHTY[what][:100])
        if account not in browser.get(f"/cases?q={asked}").text:
            lost.append(what)
        for address in ("/search?q=", "/search/suggest?q=", "/scans?q=", "/api/v1/search?q="):
            assert browser.get(address + asked).status_code in (200, 303, 422), (what, address)
    assert lost == []


def test_names_of_files_are_shown_as_text(browser: Browser, named: dict[str, str], world: World) -> None:
    """In the list and on the page of the file."""
    with world.services.database.reading() as session:
        files = {one.id: one.file_name for one in session.query(Scan) if one.state == "refused"}
    whole = browser.get("/scans?state=refused").text
    for number, name in files.items():
        assert shows(browser.get(f"/scans/{number}").text, name), name
        assert shows(whole, name), name


def test_what_programs_get_is_the_very_text(browser: Browser, named: dict[str, str]) -> None:
    """JSON carries it unchanged; CSV carries it in one cell that no spreadsheet works out."""
    for what, account in named.items():
        assert browser.get(f"/api/v1/households/{account}").json()["account_name"] == NAUGHTY[what]
    sent = browser.get("/cases/export").content.decode("utf-8-sig")
    names = {row[0]: row[1] for row in csv.reader(io.StringIO(sent, newline=""))}
    for what, account in named.items():
        assert names[account] == safe(NAUGHTY[what]), what
        assert not names[account].lstrip(" \u3000").startswith(("=", "+", "-", "@", "＝")), what


@pytest.mark.parametrize("what", NAUGHTY)
def test_a_file_is_handed_out_under_its_name_and_no_other_header(what: str) -> None:
    """One line, and the name back again, but for what no name of a file may hold."""
    header = attachment(NAUGHTY[what])
    assert header.isascii()
    assert header.isprintable()
    name = unquote(header.rpartition("UTF-8''")[2])
    assert not set(name) & set("/\\\r\n\0")


def test_what_people_write_is_kept_and_shown_as_text(browser: Browser, world: World) -> None:
    """A note on a page, a saved search: kept as written, or refused with a reason."""
    item, kept = world.near.internal_item, 0
    for what, text in NAUGHTY.items():
        note = browser.submit(f"/items/{item}/pages/1/notes", x="5", y="5", text=text)
        saved = browser.submit("/search/saved", name=text, search="/search?q=A")
        assert {note.status_code, saved.status_code} <= {303, 409, 422}, what
        if note.status_code == 303:
            assert shows(browser.get(f"/items/{item}").text, text)
        if saved.status_code == 303:
            assert shows(browser.get("/search").text, text)
        kept += (note.status_code == 303) + (saved.status_code == 303)
    assert kept > len(NAUGHTY)


def test_names_of_tokens_come_out_as_text(browser: Browser) -> None:
    """On the page that lists them."""
    for what, text in NAUGHTY.items():
        made = browser.submit("/me/tokens", label=text, until=UNTIL, password=records.PASSWORD, **{"scope.read": "1"})
        assert made.status_code == (422 if what == "long" else 200), what
        assert shows(browser.get("/me/tokens").text, text) is (what != "long"), what


@pytest.mark.parametrize("what", ["html", "script end", "attribute", "jinja", "header lines", "control", "rare Han"])
def test_reasons_come_out_as_text(anonymous: Browser, world: World, what: str) -> None:
    """On the page of the file, and in the trail as whoever reads it sees it."""
    archivist = anonymous.sign_in("archivist")
    sent_back = archivist.submit(f"/review/{world.near.document}/reject", reason_code="other", reason=NAUGHTY[what])
    assert sent_back.status_code == 303
    assert shows(archivist.get(f"/scans/{world.near.scan}").text, NAUGHTY[what])
    assert Seen(anonymous.sign_in("audit_admin").get("/").text).live == []


@pytest.mark.parametrize("half", HALVES)
def test_half_of_a_pair_is_refused_and_breaks_nothing(browser: Browser, world: World, half: str) -> None:
    """In the body of a program's request as anywhere."""
    token, job = browser.token, world.near.job
    headers = {"X-Form-Token": token, "Content-Type": "application/json"}
    for method, path, body in (
        ("POST", f"/api/v1/jobs/{job}/cancel", {"reason": half}),
        ("PUT", f"/api/v1/items/{world.near.internal_item}/fields/voltage", {"value": half}),
        ("POST", f"/api/v1/households/{world.near.account_no}/unmask", {"purpose": "other", "reason": half * 4}),
        ("POST", "/api/v1/identity-search", {"identity_number": half * 6}),
    ):
        answer = browser.request(method, path, content=json.dumps(body).encode(), headers=headers)
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
    with world.services.database.reading() as session:
        assert session.query(HouseholdFile).count() == 2


def test_half_of_a_pair_in_an_address_breaks_nothing(browser: Browser) -> None:
    """Bytes that are no UTF-8 come as the sign for what could not be read."""
    for address in ("/cases?q=%ED%A0%80", "/search?q=%ED%A0%80", "/households/%ED%A0%80", "/api/v1/cases?q=%ff"):
        assert browser.get(address).status_code in (200, 404), address
