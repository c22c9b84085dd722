"""Pages and questions of `benchmarks.scale`: the whole request through the real app, the whole search."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import func, select, text
from tantivy import Occur

from archive_service.cli.commands.serving import web_app
from archive_service.cli.services import Services
from archive_service.db.session import Database
from archive_service.households.tables import CaseFile, HouseholdFile, Page
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.settings import Settings
from benchmarks import search as by_hand
from benchmarks.fill import THICK_ACCOUNT
from benchmarks.fill_people import LOGINS, PASSWORD
from benchmarks.scale_lines import Line, timed
from indexing import text as chinese
from indexing.index import index_of
from indexing.search import search

with warnings.catch_warnings():
    # It asks for a successor of httpx that is not among our dependencies; what we use of it stays.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

_SEED = 5
_ROWS, _PART = 5000, 500
_ALONE_DOCUMENTS = 20_000
_FRESH = 20


def pages(settings: Settings, rounds: int) -> Iterator[Line]:
    """Ask for pages as a browser does, the whole request through the real app."""
    services = Services(settings)
    app, database = web_app(services), services.database
    chance = Random(_SEED)
    with database.reading() as session:
        last = session.scalar(select(func.max(HouseholdFile.id))) or 1
        some = session.execute(
            select(HouseholdFile.account_no, HouseholdFile.id).where(
                HouseholdFile.id.in_(chance.sample(range(2, last + 1), min(rounds, last - 1)))
            )
        ).all()
        days = session.scalars(
            select(CaseFile.filing_due_on).where(CaseFile.id.in_(chance.sample(range(1, last + 1), min(rounds, last))))
        ).all()
        scans = session.execute(text("select max(id) from scans")).scalar_one()
    accounts = [row.account_no for row in some]
    dated = [day for day in days if day] or [date(2024, 1, 1)]
    asked: dict[str, tuple[str, Sequence[str]]] = {
        "household page, 8 items": ("company", [f"/households/{one}" for one in accounts]),
        "household page, 300 items": ("company", [f"/households/{THICK_ACCOUNT}"]),
        "list of cases, first page": ("company", ["/cases"]),
        "list of cases, deep page": ("company", [f"/cases?after={day}:{chance.randrange(last)}" for day in dated]),
        "list of cases, by state and kind": (
            "company",
            ["/cases?state=collecting&business=NEW", "/cases?business=SUSP", "/cases?complete=yes"],
        ),
        "list of cases, one centre": ("centre", ["/cases", "/cases?due=overdue"]),
        "list of cases, by account number": ("company", [f"/cases?q={one}" for one in accounts]),
        "list of cases, by name": ("company", [f"/cases?q={word}" for word in ("张伟", "建设路", "王芳")]),
        "list of scans, first page": ("company", ["/scans"]),
        "list of scans, deep page": ("company", [f"/scans?after={chance.randrange(60, scans)}" for _ in accounts]),
        "list of scans, to be checked": ("company", ["/scans?state=needs_review", "/scans?state=refused"]),
        "review queue": ("company", ["/review/queue"]),
    }
    readers = {level: TestClient(app, base_url="http://archive.test", follow_redirects=False) for level in LOGINS}
    for level, reader in readers.items():
        answer = reader.post("/sign-in", data={"login": LOGINS[level], "password": PASSWORD})
        assert answer.status_code == 303, answer.text
    for line, (level, addresses) in asked.items():
        yield _page_line(database, readers[level], line, addresses, rounds)


def _page_line(database: Database, reader: Any, line: str, addresses: Sequence[str], rounds: int) -> Line:
    found = Line(line, [], [], [])
    plain = _plain_sql(line)
    raw = database.engine.raw_connection()
    for place in range(-3, rounds):
        address = addresses[place % len(addresses)]
        wall, cpu, answer = timed(partial(reader.get, address))
        assert answer.status_code == 200, (address, answer.status_code)
        alone = timed(partial(_fetch, raw, plain, address))[0]
        # The first three warm caches that a running archive has warm.
        if place >= 0:
            found.wall, found.cpu, found.alone = [*found.wall, wall], [*found.cpu, cpu], [*found.alone, alone]
    raw.close()
    return found


def _plain_sql(line: str) -> Sequence[str]:
    """Return what somebody would ask by hand for the rows that such a page shows; {} stands for the account number."""
    if line.startswith("household"):
        mine = "in (select id from {t} where household_id = (select id from household_files where account_no = '{a}'))"
        of = {t: mine.replace("{t}", t) for t in ("items", "case_files")}
        return (
            "select * from household_files where account_no = '{a}'",
            f"select * from case_files where id {of['case_files']}",
            f"select * from verdicts where case_id {of['case_files']}",
            f"select * from items where id {of['items']} order by item_no",
            f"select * from item_fields where item_id {of['items']}",
            f"select item_id, page_no, thumbnail_digest from pages where item_id {of['items']}",
        )
    if line.startswith("list of cases"):
        rows = "select * from case_files c join household_files h on h.id = c.household_id"
        return (f"{rows} where c.state = 'collecting' order by c.filing_due_on, c.id limit 50",)
    if line.startswith("list of scans"):
        return ("select * from scans order by id desc limit 50",)
    return ("select * from scan_documents where state = 'proposed' order by scan_id, first_page, id limit 50",)


def _fetch(raw: Any, plain: Sequence[str], address: str) -> None:
    account = address.rsplit("/", 1)[-1]
    cursor = raw.cursor()
    for statement in plain:
        cursor.execute(statement.replace("{a}", account))
        cursor.fetchall()
    cursor.close()
    raw.rollback()


def searching(settings: Settings, rounds: int) -> Iterator[Line]:
    """Search through our layer, permissions, facets, rows and snippets with it; and the same clauses by hand."""
    database, index = Database(settings.url()), index_of(settings)
    generation = index.generation()
    raw = by_hand.Raw(settings.home / "index" / generation) if settings.search_engine == "tantivy" else None
    with database.reading() as session:
        viewers = {level: people.viewer_by_login(session, login) for level, login in LOGINS.items()}
        units = {level: one.units(Right.RECORD_READ) for level, one in viewers.items() if one}
        phrases = _phrases(session, rounds)
        last = session.scalar(select(func.max(HouseholdFile.id))) or 1
        numbers = [str(3_400_000_000 + n) for n in Random(_SEED).sample(range(1, last), min(rounds, last - 1))]
    for line, typed, level, hand in (
        ("search: phrase, 4 facets", phrases, "company", by_hand.quoted),
        ("search: phrase in 5 of 40 centres, 4 facets", phrases, "county", by_hand.quoted),
        ("search: account number, 4 facets", numbers, "company", by_hand.account),
    ):
        yield _search_line(database, index, raw, line, [*typed[:3], *typed], units[level], hand)


def _search_line(
    database: Database,
    index: Any,
    raw: by_hand.Raw | None,
    line: str,
    typed: Sequence[str],
    units: frozenset[int],
    hand: Callable[[Any, str], Any],
) -> Line:
    def ours(one: str) -> Any:
        with database.reading() as session:
            return search(session, index, viewer_units=units, query=one, may_read_personal_units=units)

    def alone(one: str) -> int:
        assert raw is not None
        asked = by_hand.permitted(raw.schema, units, (Occur.Must, hand(raw.schema, one)))
        return raw.ask(asked, facets=True)[0]

    wall, cpu, raws = [], [], []
    for one in typed:
        took, took_cpu, page = timed(partial(ours, one))
        wall.append(took)
        cpu.append(took_cpu)
        if raw is not None:
            took, _, count = timed(partial(alone, one))
            raws.append(took)
            if count != page.total and hand is by_hand.quoted:
                raise SystemExit(f"{line}: {one} found {page.total} by ours and {count} by hand")
    # The first three warm caches.
    return Line(line, wall[3:], cpu[3:], raws[3:])


def _phrases(session: Any, count: int) -> list[str]:
    """Return quoted phrases of 4 to 8 characters that stand on pages drawn at random."""
    chance = Random(_SEED)
    found: list[str] = []
    last = session.scalar(select(func.max(Page.id))) or 1
    while len(found) < count:
        page = session.scalar(select(Page.text).where(Page.id == chance.randrange(1, last + 1))) or ""
        length = chance.randint(4, 8)
        runs = [run for run in chinese.stream(page).split() if len(run) > length]
        if runs:
            run = chance.choice(runs)
            at = chance.randrange(len(run) - length + 1)
            if not chinese.has_digit(run[at : at + length]):
                found.append(f'"{run[at : at + length]}"')
    return found
