"""`demo` as README promises it: the main job on papers of its own, people who can sign in, something to do for each."""

from __future__ import annotations

import re

import pytest

from archive_service import clock
from archive_service.cli.commands.demo import PEOPLE
from archive_service.db.session import Database
from archive_service.people import queries
from archive_service.people.sign_in import sign_in
from archive_service.settings import Settings
from tests.support.archive import Answer, Archive

DEMO = ("demo", "--no-serve", "--households", "1")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archive, Answer]:
    """An archive that the demo made, and what the demo said."""
    archive = Archive(tmp_path_factory.mktemp("demo") / "home")
    return archive, archive.run(*DEMO)


def test_papers_are_read_and_a_whole_case_is_filed(told: tuple[Archive, Answer]) -> None:
    archive, said = told
    assert said.code == 0, said.err
    (case,) = archive.run("cases", "list", "--json").rows
    assert (case["state"], case["missing_count"], case["doubtful_count"]) == ("filed", 0, 0)
    assert {scan["state"] for scan in archive.run("scans", "--json").rows} == {"filed"}


def test_each_sign_in_that_is_printed_works(told: tuple[Archive, Answer]) -> None:
    archive, said = told
    printed = dict(re.findall(r"登录名 (\w+)\s+密码 (\S+)", said.out))
    assert printed.keys() == {login for login, _, _ in PEOPLE}
    database = Database(Settings(home=archive.home).url())
    try:
        for login, password in printed.items():
            _, signed = sign_in(database, login=login, password=password, now=clock.now())
            with database.reading() as session:
                known = queries.viewer_by_login(session, login)
            assert known is not None
            assert signed.person_id == known.person_id
    finally:
        database.close()


def test_each_person_finds_something_to_do_and_a_second_run_repeats_nothing(told: tuple[Archive, Answer]) -> None:
    archive, _ = told
    listed = (("loans", "list"), ("retention", "holds"), ("properties", "list"), ("scans",), ("cases", "list"))
    before = [archive.run(*command, "--json").out for command in listed]
    assert all(before)
    again = archive.run(*DEMO)
    assert again.code == 0, again.err
    assert [archive.run(*command, "--json").out for command in listed] == before
    assert archive.run("verify").code == 0
