"""`demo` as README promises it: the main job on papers of its own, people who can sign in, something to do for each."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from archive_service import clock
from archive_service.borrowing.tables import LoanWish
from archive_service.cli.commands.demo import PEOPLE
from archive_service.db.session import Database
from archive_service.holds.tables import Hold
from archive_service.households.tables import CaseFile, Item
from archive_service.inspection.tables import Sample
from archive_service.people import queries
from archive_service.people.sign_in import sign_in
from archive_service.properties.tables import PropertyRun
from archive_service.settings import Settings
from ingest.tables import Scan
from tests.support.archive import Answer, Archive

DEMO = ("demo", "--no-serve", "--households", "1")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archive, Answer]:
    """An archive that the demo made, and what the demo said."""
    archive = Archive(tmp_path_factory.mktemp("demo") / "home")
    return archive, archive.run(*DEMO)


@pytest.fixture
def database(told: tuple[Archive, Answer]) -> Iterator[Database]:
    archive, said = told
    assert said.code == 0, said.err
    opened = Database(Settings(home=archive.home).url())
    yield opened
    opened.close()


def test_papers_are_read_and_a_whole_case_is_filed(database: Database) -> None:
    with database.reading() as session:
        case = session.scalars(select(CaseFile)).one()
        assert (case.state, case.missing_count, case.doubtful_count) == ("filed", 0, 0)
        assert set(session.scalars(select(Scan.state))) == {"filed"}


def test_each_sign_in_that_is_printed_works(told: tuple[Archive, Answer], database: Database) -> None:
    printed = dict(re.findall(r"登录名 (\w+)\s+密码 (\S+)", told[1].out))
    assert printed.keys() == {login for login, _, _ in PEOPLE}
    for login, password in printed.items():
        _, signed = sign_in(database, login=login, password=password, now=clock.now())
        with database.reading() as session:
            known = queries.viewer_by_login(session, login)
        assert known is not None
        assert signed.person_id == known.person_id


def test_each_person_finds_something_to_do_and_a_second_run_repeats_nothing(
    told: tuple[Archive, Answer], database: Database
) -> None:
    before = counted(database)
    assert all(before.values())
    again = told[0].run(*DEMO)
    assert again.code == 0, again.err
    assert counted(database) == before


def counted(database: Database) -> dict[str, int]:
    """How many rows there are of all that the demo makes."""
    with database.reading() as session:
        tables = (CaseFile, Scan, Item, PropertyRun, LoanWish, Hold, Sample)
        return {one.__tablename__: session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}
