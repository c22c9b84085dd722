"""Whatever somebody reads leaves a trace: every address of the program that shows anything of a record."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, func, select

from archive_service.audit.bundle import Selection
from archive_service.audit.tables import AuditEntry
from archive_service.web.reading import Readings
from tests.support.tamper import unguard
from tests.web.conftest import HOSTILE, PHRASE, Browser, World
from tests.web.test_doors import OPEN
from tests.web.test_route_matrix import ask, operations

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
_FILES = ("image/", "application/pdf", "application/zip", "text/csv", "application/vnd")
#: Images and files of the program's own, of which none belongs to a record.
_OWN_FILES = {"GET /audit/checkpoints/{size}/sheet"}


def forget(world: World) -> int:
    """Take away every reading noted so far, so that the next one has to be noted anew; return the last number."""
    world.app.state.readings = Readings()
    with world.services.database.unit_of_work() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.object_kind.startswith("reading")))
        return session.scalar(select(func.max(AuditEntry.seq))) or 0


def entries(world: World, above: int) -> list[AuditEntry]:
    with world.services.database.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.seq > above).order_by(AuditEntry.seq)))


def of_the_record(world: World, text: str) -> bool:
    """Say whether a page says anything of the household, its cases or its papers."""
    near = world.near
    return any(word in text for word in (near.account_no, near.application_no, PHRASE, HOSTILE, "&lt;script&gt;alert("))


@pytest.fixture
def readers(world: World) -> Iterator[list[Browser]]:
    """The archivist of the centre and the auditor of the company: between them they see all that there is."""
    with world.services.database.unit_of_work() as session:
        unguard(session)
    made = [Browser(world.app, base_url="http://archive.test", follow_redirects=False) for _ in range(2)]
    for browser, login in zip(made, ("archivist", "auditor"), strict=True):
        browser.__enter__()
        browser.sign_in(login)
    yield made
    for browser in made:
        browser.__exit__(None, None, None)


def test_nothing_of_a_record_is_shown_without_a_trace(world: World, readers: list[Browser]) -> None:
    """Every address that reads: where its answer holds something of a record, the trail has an entry about it."""
    traced, silent = set(), []
    for operation in operations(world):
        method, path = operation.split(" ", 1)
        if method != "GET" or path in OPEN or operation in _OWN_FILES:
            continue
        for browser in readers:
            before = forget(world)
            answer = ask(browser, operation, world.near, "")
            if answer.status_code != 200:
                continue
            kind = answer.headers.get("content-type", "")
            is_file, is_text = kind.startswith(_FILES), kind.startswith(("text/html", "application/json"))
            if not is_file and not of_the_record(world, answer.text):
                continue
            found = entries(world, before)
            names = re.findall(r"\{(account_no|application_no|item_id)\}", path)
            account = world.near.account_no
            about = [one for one in found if account in (one.facts.get("account_no"), *one.facts.get("accounts", ()))]
            # Of a file the entry says which it is, and the trail what was filed from it.
            shown = is_text and account in answer.text
            if not found or ((names or shown) and not about):
                silent.append(operation)
            traced.add(operation)
            break
    assert silent == [], silent
    assert len(traced) > 60


def test_who_saw_an_account_in_a_list_is_told(world: World, readers: list[Browser]) -> None:
    """Search results, suggestions and lists of cases name the accounts that they showed; bundles find them."""
    archivist = readers[0]
    for address in (f"/search?q={PHRASE}", "/cases", "/api/v1/cases", f"/api/v1/search?q={PHRASE}"):
        before = forget(world)
        assert archivist.get(address).status_code == 200
        (entry,) = entries(world, before)
        assert (entry.did, entry.object_id) == ("list.read", address.partition("?")[0])
        assert world.near.account_no in entry.facts["accounts"], address
        with world.services.database.reading() as session:
            from archive_service.audit.bundle import _picked

            picked = _picked(session, Selection(account_no=world.near.account_no), entry.seq)
        assert entry.seq in picked, address


def test_each_opening_is_an_entry_and_each_page_whose_picture_was_fetched(
    world: World, readers: list[Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture of a page that is open is fetched again and again: one entry a minute, with its number."""
    from archive_service import clock

    archivist, item, now = readers[0], world.near.internal_item, clock.now().replace(minute=10, second=5)
    monkeypatch.setattr(clock, "now", lambda: now)
    before = forget(world)
    picture, household = f"/items/{item}/pages/1/image", f"/households/{world.near.account_no}"
    for address in (f"/items/{item}", f"/items/{item}", picture, picture, household, f"/api/v1{household}"):
        assert archivist.get(address).status_code == 200
    assert _told(entries(world, before)) == [
        # The first look at a paper in an hour is one at the file as well.
        ("household.read", None), ("item.read", None), ("item.read", None), ("item.read", 1),
        ("household.read", None), ("household.read", None),
    ]  # fmt: skip
    monkeypatch.setattr(clock, "now", lambda: now.replace(minute=11))
    before = forget(world)
    assert archivist.get(picture).status_code == 200
    assert _told(entries(world, before)) == [("household.read", None), ("item.read", 1)]


def _told(found: list[AuditEntry]) -> list[tuple[str, int | None]]:
    return [(one.did, one.facts.get("page")) for one in found]


def test_what_cannot_be_noted_is_not_shown(world: World, readers: list[Browser]) -> None:
    """While nothing can be appended to the trail, nothing is handed out either."""
    from sqlalchemy import text

    forget(world)
    with world.services.database.unit_of_work() as session:
        session.execute(text("update audit_head set seq = seq - 1"))
    answer = readers[0].get(f"/items/{world.near.internal_item}/pages/1/image")
    assert answer.status_code == 500
    assert not answer.headers["content-type"].startswith("image/")
