"""Records to search in: households of two centres with filed papers, written as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count

import pytest
from sqlalchemy import select

from archive_service.db.session import Database
from archive_service.households.tables import HouseholdFile, Item, ItemField, Page
from archive_service.people.tables import Unit
from archive_service.settings import Settings
from indexing.engines.opensearch_place import ServerGenerations
from indexing.engines.opensearch_server import Server
from indexing.generations import FolderGenerations, Generations
from indexing.index import Index, open_index
from indexing.search import search
from indexing.sync import lag
from tests.support import search_servers

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@dataclass
class Records:
    """Writes rows the way the actions of the archive leave them: every change raises the household's revision."""

    database: Database
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def unit(self, code: str, *, below: int | None = None) -> int:
        with self.database.unit_of_work() as session:
            parent = session.get_one(Unit, below) if below else None
            unit = Unit(code=code, name=f"{code}供电服务中心", parent_id=below, path="")
            session.add(unit)
            session.flush()
            unit.path = f"{parent.path if parent else ''}{unit.id}/"
            return unit.id

    def household(self, unit_id: int, account_no: str, *, name: str = "王建国", address: str = "长江路1号") -> int:
        with self.database.unit_of_work() as session:
            household = HouseholdFile(
                account_no=account_no, account_name=name, service_address=address, customer_category="LR",
                unit_id=unit_id, created_at=NOW,
            )  # fmt: skip
            session.add(household)
            session.flush()
            return household.id

    def file(
        self,
        household_id: int,
        *pages: str,
        title: str = "供用电合同",
        document_type: str = "OTHER",
        sensitivity: str = "internal",
        document_date: date | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> int:
        with self.database.unit_of_work() as session:
            item = Item(
                household_id=household_id, item_no=next(self.numbers), document_type=document_type, title=title,
                sensitivity=sensitivity, document_date=document_date, confidence=1.0, reasons=[], filed_at=NOW,
                pages=[_page(number, page) for number, page in enumerate(pages, 1)],
                fields=[ItemField(name=name, value=value, confidence=1.0) for name, value in (fields or {}).items()],
            )  # fmt: skip
            session.add(item)
            session.get_one(HouseholdFile, household_id).revision += 1
            session.flush()
            return item.id

    def withdraw(self, item_id: int) -> None:
        with self.database.unit_of_work() as session:
            item = session.get_one(Item, item_id)
            item.state = "withdrawn"
            session.get_one(HouseholdFile, item.household_id).revision += 1

    def move(self, household_id: int, unit_id: int) -> None:
        with self.database.unit_of_work() as session:
            household = session.get_one(HouseholdFile, household_id)
            household.unit_id = unit_id
            household.revision += 1

    def retype(self, item_id: int, text: str) -> None:
        with self.database.unit_of_work() as session:
            session.scalars(select(Page).where(Page.item_id == item_id)).first().text = text  # type: ignore[union-attr]
            item = session.get_one(Item, item_id)
            session.get_one(HouseholdFile, item.household_id).revision += 1


def _page(number: int, text: str) -> Page:
    digest = "0" * 64
    return Page(
        page_no=number, original_digest=digest, original_page=number, image_digest=digest, thumbnail_digest=digest,
        width_px=1654, height_px=2339, dpi=200, rotation=0, engine="layer", confidence=1.0, text=text,
        lines_digest=digest,
    )  # fmt: skip


@pytest.fixture
def records(database: Database) -> Records:
    """An archive without any records."""
    return Records(database)


@pytest.fixture(params=["tantivy", "whoosh"])
def folder_index(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Index]:
    """The index of a fresh home, on each engine that keeps it there."""
    opened = open_index(settings.home, request.param)
    yield opened
    opened.close()


@pytest.fixture
def server_index() -> Iterator[Index]:
    """The index of a fresh place on a running server."""
    with search_servers.place() as place:
        opened = begun(place)
        yield opened
        opened.close()


@pytest.fixture(params=["tantivy", "whoosh", pytest.param("opensearch", marks=pytest.mark.service)])
def index(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Index]:
    """The index of a fresh archive, on each engine."""
    if request.param == "opensearch":
        yield request.getfixturevalue("server_index")
        return
    opened = open_index(settings.home, request.param)
    yield opened
    opened.close()


def begun(place: Generations) -> Index:
    place.begin()
    return Index(place)


def opened_again(index: Index) -> Index:
    """Open an index once more, as another process does."""
    if isinstance(index.place, FolderGenerations):
        return open_index(index.place.folder.parent, index.engine_name)
    assert isinstance(index.place, ServerGenerations)
    return begun(ServerGenerations(Server(index.place.server.address)))


UNITS = frozenset(range(1, 500))


def found_papers(records: Records, index: Index, typed: str = "计量装置") -> list[int]:
    with records.database.reading() as session:
        page = search(session, index, viewer_units=UNITS, query=typed, limit=1000)
    return sorted(hit.item_id for hit in page.hits)


def waiting(records: Records, index: Index) -> int:
    with records.database.reading() as session:
        return lag(session, index)


def filed(records: Records, count: int) -> list[int]:
    """File one paper each for so many households."""
    first = next(records.numbers)
    unit = records.unit(f"U{first}")
    return [records.file(records.household(unit, f"34{first:04d}{n:04d}"), "计量装置") for n in range(count)]


def place_of(index: Index) -> ServerGenerations:
    assert isinstance(index.place, ServerGenerations)
    return index.place


def in_use(index: Index) -> str:
    """Return the server's name of the index in use."""
    return f"{place_of(index).server.address.prefix}.{index.generation()}"
