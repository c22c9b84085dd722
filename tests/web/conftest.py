"""The archive of two centres for each test that asks for it, and browsers signed in to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from archive_service import clock
from archive_service.db.session import Database
from archive_service.jobs.tables import Job
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.web.app import create_app
from archive_service.web.services import Services
from indexing.index import open_index
from tests.support import databases, records
from tests.support.odd_provider import OddProvider, odd_provider
from tests.web.browsers import Browser, flat
from tests.web.centres import FAR_NAME, HOSTILE, HOSTILE_FILE, ID_NUMBER, PHONE, PHRASE, Centre, doubtful_scan
from tests.web.worlds import Begun, World, begun, own_settings

#: What tests take from here.
__all__ = [
    "FAR_NAME",
    "HOSTILE",
    "HOSTILE_FILE",
    "ID_NUMBER",
    "PHONE",
    "PHRASE",
    "Browser",
    "Centre",
    "World",
    "doubtful_scan",
    "flat",
]
#: Files about headers, forms, sessions and pictures, behind which no query of their own stands: one database is enough.
ON_ONE_DATABASE = {
    f"test_{name}"
    for name in (
        "asvs", "borders", "doors", "intake", "item_pdf", "masked_pictures", "metrics", "own_access", "papers",
        "progress", "protection", "readiness", "sign_on", "words",
    )
}  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave PostgreSQL out where it would only be asked the same again."""
    left = {one for one in items if one.path.stem in ON_ONE_DATABASE and "postgresql" in one.name}
    if left:
        config.hook.pytest_deselected(items=list(left))
        items[:] = [one for one in items if one not in left]


@pytest.fixture(scope="session")
def begun_on_sqlite(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Begun:
    settings = own_settings(tmp_path_factory.mktemp("begun") / "home")
    shutil.copy(migrated_file, settings.home / "archive.db")
    return begun(settings)


@pytest.fixture(scope="session")
def begun_on_postgresql(tmp_path_factory: pytest.TempPathFactory, postgres: databases.Postgres) -> Begun:
    template, url = postgres.another_template("world")
    return begun(own_settings(tmp_path_factory.mktemp("begun") / "home", url), template)


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Begun | None:
    """What a test begins with: the two centres if it asks for the world, else nothing."""
    if "world" not in request.fixturenames:
        return None
    kind = request.node.callspec.params["database_url"] if hasattr(request.node, "callspec") else "sqlite"
    found: Begun = request.getfixturevalue(f"begun_on_{kind}")
    return found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def database_url(request: pytest.FixtureRequest, start: Begun | None) -> Iterator[str]:
    """The address of a fresh database, filled for who asks for the world; empty for a SQLite file in the home."""
    if request.param == "sqlite":
        yield ""
        return
    server: databases.Postgres = request.getfixturevalue("postgres")
    with server.fresh(start.template if start else "") as url:
        yield url


@pytest.fixture
def database(settings: Settings, migrated_file: Path, database_url: str, start: Begun | None) -> Iterator[Database]:
    """That database; the home of whoever asks for the world holds its objects and its index too."""
    settings.home.mkdir(parents=True, exist_ok=True)
    if start:
        shutil.copytree(start.home, settings.home, dirs_exist_ok=True)
    elif not database_url:
        shutil.copy(migrated_file, settings.home / "archive.db")
    opened = Database(settings.url())
    yield opened
    opened.close()


@pytest.fixture
def world(settings: Settings, database: Database, store: FileStore, start: Begun) -> World:
    """An archive with the centres A and B, people in both, and an index that has followed."""
    with database.unit_of_work() as session:
        # The home may have been made long ago; what waits in it has not waited for that.
        session.execute(update(Job).where(Job.state == "queued").values(not_before=clock.now()))
    services = Services(settings, database, store, open_index(settings.home, settings.search_engine), records.CHEAP)
    return World(create_app(services), services, start.near, start.far)


@pytest.fixture
def anonymous(world: World) -> Iterator[Browser]:
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def browser(anonymous: Browser) -> Browser:
    """The archivist of centre A."""
    return anonymous.sign_in("archivist")


@pytest.fixture
def staff(world: World) -> Iterator[Browser]:
    """A reader of centre A without the right to personal data."""
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser.sign_in("staff")


@pytest.fixture
def odd() -> Iterator[OddProvider]:
    """A provider that says what it is told to say."""
    with odd_provider() as provider:
        yield provider
