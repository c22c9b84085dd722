"""Reading on screen at size: watermarked pages beside plain ones, and from a request to its first page.

    python -m benchmarks.borrowing [--items 10000] [--loans 100000] [--rounds 100] [--home FOLDER]

The archive is filled as for `benchmarks.scale`, with so many requests that were approved and read before. The pages are
A4 at 150 dpi, as pages are kept. Everything goes through the whole app in this process, the client included. Limits: a
watermarked page p95 120 ms; asked, approved by another person and its first page shown, p95 1 s. The plain page is the
same picture as the archivist sees it, without a mark; neither has anything to black out.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from archive_service import clock, logs, migrations
from archive_service.borrowing.tables import (
    GrantPage,
    LoanDecision,
    LoanRequest,
    LoanWish,
    PageReading,
    ReadingGrant,
    WishPage,
)
from archive_service.cli.commands.serving import web_app
from archive_service.cli.services import Services
from archive_service.households.tables import HouseholdFile, Item, Page
from archive_service.people.roles import Role
from archive_service.settings import Settings
from benchmarks.fill import fill
from benchmarks.fill_people import PASSWORD, person_at
from benchmarks.scale import percentile
from benchmarks.scale_lines import timed
from benchmarks.support import machine, page_picture, table

PAGE_MS, FIRST_PAGE_MS = 120.0, 1000.0
_A_TIME, _WARM, _ASKS = 5000, 5, 30
READER, KEEPER = "bench.reader", "bench.keeper"


def main() -> int:
    """Print what was measured; return 1 where a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--loans", type=int, default=100_000, help="requests that were read before")
    parser.add_argument("--rounds", type=int, default=100, help="pages of each kind")
    parser.add_argument("--home", type=Path, help="keep the home here, and use it when it is there")
    told = parser.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        home = told.home or Path(temporary) / "home"
        settings = Settings(_env_file=None, home=home, log_level="WARNING", requests_a_minute=0)  # type: ignore[call-arg]
        logs.configure(settings)
        services, item, line = _prepared(settings, told.items, told.loans)
        app = web_app(services)
        reader, keeper = (_signed_in(TestClient(app, follow_redirects=False), who) for who in (READER, KEEPER))
        first = [timed(lambda: _ask_and_read(reader, keeper, item, line))[:2] for _ in range(_ASKS)]
        borrowed = _pages(reader, f"/readings/{item}/pages/1/image", told.rounds)
        plain = _pages(keeper, f"/items/{item}/pages/1/image", told.rounds)
        services.database.close()
    return _told(told.loans, first, borrowed, plain)


def _told(loans: int, first: Sequence[Any], borrowed: Sequence[Any], plain: Sequence[Any]) -> int:
    rows, missed = [], False
    lines = (
        (f"asked, approved, first page shown, {loans:,} loans before", first, FIRST_PAGE_MS, None),
        ("page with the reader drawn into it", borrowed, PAGE_MS, plain),
        ("the same page as it is", plain, None, None),
    )
    for name, taken, limit, beside in lines:
        wall, cpu = [one[0] for one in taken], statistics.fmean(one[1] for one in taken)
        p95 = percentile(wall, 0.95)
        missed |= limit is not None and p95 > limit
        ratio = "" if beside is None else f"{cpu / statistics.fmean(one[1] for one in beside):.1f} x"
        rows.append([
            name, f"{percentile(wall, 0.5):.1f} / {p95:.1f}", f"{cpu:.1f}", f"{1000 / cpu:,.0f}", ratio,
            "" if limit is None else f"{limit:,.0f} ms ({limit / p95:.1f} x)",
        ])  # fmt: skip
    heads = ["what", "p50 / p95 ms", "CPU ms", "a second and core", "CPU beside plain", "limit of p95"]
    print("\n" + table(heads, rows))
    return int(missed)


def _prepared(settings: Settings, items: int, loans: int) -> tuple[Services, int, str]:
    """Fill the archive; return it, a paper with a picture, and the line by which it is asked for."""
    settings.home.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(settings.url())
    services = Services(settings)
    database = services.database
    if not (settings.home / "filled").exists():
        fill(database, items)
        (settings.home / "filled").touch()
    picture = services.store.put_bytes(page_picture()).digest
    with database.unit_of_work() as session:
        item, head = session.execute(
            select(Item, HouseholdFile)
            .join(HouseholdFile, HouseholdFile.id == Item.household_id)
            .where(Item.sensitivity == "internal")
            .order_by(Item.id)
        ).first() or (None, None)
        assert item is not None
        assert head is not None
        session.execute(update(Page).where(Page.item_id == item.id).values(image_digest=picture))
        reader = person_at(session, READER, Role.STAFF, head.unit_id).person_id or 0
        person_at(session, KEEPER, Role.ARCHIVIST, head.unit_id)
        number, line = item.id, f"{head.account_no}||{item.item_no}"
    with database.unit_of_work() as session:
        known = session.scalar(select(func.count()).select_from(LoanRequest)) or 0
    for begin in range(known, loans, _A_TIME):
        with database.unit_of_work() as session:
            _lend(session, range(begin, min(begin + _A_TIME, loans)), reader, clock.now() - timedelta(days=30))
    return services, number, line


def _lend(session: Session, numbers: range, reader: int, at: datetime) -> None:
    """Write requests that were approved, read and are over."""
    papers = session.execute(
        select(Item.id, HouseholdFile.id, HouseholdFile.unit_id)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .order_by(Item.id)
        .limit(len(numbers))
    ).all()
    last = (session.scalar(select(func.max(LoanRequest.id))) or 0) + 1
    rows: dict[type[Any], list[dict[str, Any]]] = {
        one: [] for one in (LoanRequest, LoanWish, WishPage, LoanDecision, ReadingGrant, GrantPage, PageReading)
    }
    for place in range(len(numbers)):
        paper, household, unit = papers[place % len(papers)]
        key = last + place
        page = {"item_id": paper, "page_no": 1}
        rows[LoanRequest].append({
            "id": key, "asker_id": reader, "asker_unit_id": unit, "purpose": "inspection", "words": "核对",
            "on_behalf_of": "", "emergency": False, "asked_at": at,
        })  # fmt: skip
        rows[LoanWish].append({
            "id": key, "request_id": key, "place": 1, "unit_id": unit, "household_id": household, "way": "screen",
            "days": 1, "prints": 0, "unmasked": False, "state": "done", "edition": "B2026", "rule": "BR08",
            "level": "archivist", "queued_at": at,
        })  # fmt: skip
        rows[WishPage].append({"wish_id": key, **page, "approved": True})
        rows[LoanDecision].append({
            "wish_id": key, "asker_id": reader, "level": "archivist", "outcome": "approved", "words": "",
            "after": False, "decided_at": at,
        })  # fmt: skip
        rows[ReadingGrant].append({
            "id": key, "wish_id": key, "person_id": reader, "reader_unit_id": unit, "begins_at": at,
            "ends_at": at + timedelta(days=1), "unmasked": False, "prints": 0, "printed": 0,
            "ended_at": at + timedelta(days=1), "ended_why": "time",
        })  # fmt: skip
        rows[GrantPage].append({"grant_id": key, **page})
        rows[PageReading].append({
            "grant_id": key, "person_id": reader, **page, "purpose": "inspection", "printed": False, "at": at,
        })  # fmt: skip
    for kind, written in rows.items():
        session.execute(insert(kind), written)


def _signed_in(browser: TestClient, login: str) -> TestClient:
    answer = browser.post("/sign-in", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    found = re.search(r'name="token" value="([0-9a-f]{64})"', browser.get("/password").text)
    assert found is not None
    browser.headers["X-Form-Token"] = found.group(1)
    return browser


def _ask_and_read(reader: TestClient, keeper: TestClient, item: int, line: str) -> None:
    """Ask for a paper, approve it as another person would, and look at its first page."""
    said = {
        "act": "send", "lines": line, "purpose": "inspection", "words": "核对用电性质", "way": "screen", "days": "1",
        "unmasked": "1",
    }  # fmt: skip
    asked = reader.post("/loans/ask", data=said)
    assert asked.status_code == 303, asked.text
    found = re.findall(r"/loans/requests/(\d+)", keeper.get("/loans/waiting").text)
    assert found
    wish = re.search(r"/loans/wishes/(\d+)/decide", keeper.get(f"/loans/requests/{found[0]}").text)
    assert wish is not None
    decided = keeper.post(f"/loans/wishes/{wish.group(1)}/decide", data={"act": "approve"})
    assert decided.status_code == 303, decided.text
    _get(reader, f"/readings/{item}/pages/1/image")


def _pages(browser: TestClient, address: str, rounds: int) -> list[tuple[float, float]]:
    taken = [timed(_asking(browser, address))[:2] for _ in range(_WARM + rounds)]
    return taken[_WARM:]


def _asking(browser: TestClient, address: str) -> Callable[[], None]:
    return lambda: _get(browser, address)


def _get(browser: TestClient, address: str) -> None:
    answer = browser.get(address, headers={"If-None-Match": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg"), (address, answer.status_code)


if __name__ == "__main__":
    raise SystemExit(main())
