"""What a command shows of a record is on record before it is shown: who, when, what, and from where."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click
import pytest
from sqlalchemy import select, text

from archive_service.audit.tables import AuditEntry
from archive_service.cli import traces
from archive_service.cli.main import cli, run
from archive_service.db.session import Database
from archive_service.settings import Settings, load
from tests.borrowing import world as worlds
from tests.support.tamper import unguard

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Give the command line, with the settings of the test."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    load.cache_clear()

    def called(*said: object) -> tuple[int, str]:
        capsys.readouterr()
        return run(["--as", "archivist", *map(str, said)]), capsys.readouterr().out

    yield called
    load.cache_clear()


def entries(database: Database) -> list[AuditEntry]:
    with database.reading() as session:
        kinds = AuditEntry.object_kind.startswith("reading")
        return list(session.scalars(select(AuditEntry).where(kinds).order_by(AuditEntry.seq)))


def test_a_command_that_shows_an_account_names_it(database: Database, call: Call) -> None:
    """One household as its page would be; lists by the numbers that stand in them, as table and as JSON."""
    with database.unit_of_work() as session:
        made = worlds.build(session)
    account = made.accounts["A"]
    for said, did, where in [
        (("household", account), "household.read", "account_no"), (("cases", "list"), "list.read", "accounts"),
        (("cases", "list", "--json"), "list.read", "accounts"),
        (("completeness", account, "--json"), "list.read", "accounts"),
    ]:  # fmt: skip
        before = len(entries(database))
        code, out = call(*said)
        assert (code, account in out) == (0, True), said
        (entry,) = entries(database)[before:]
        assert (entry.did, account in entry.facts[where]) == (did, True), said
        assert entry.person_name
        assert "@" in entry.facts["from"]


def test_words_that_were_looked_for_are_in_no_entry(database: Database, call: Call) -> None:
    """They may be the number of a person."""
    with database.unit_of_work() as session:
        worlds.build(session)
    call("search", "330102199001011234", "--json")
    assert "330102199001011234" not in str([(one.object_id, one.facts) for one in entries(database)])


def test_help_and_refusals_leave_no_entry(database: Database, call: Call) -> None:
    """Nothing was shown of anything."""
    with database.unit_of_work() as session:
        worlds.build(session)
    assert call("household", "--help")[0] == 0
    assert call("household", "9999999999")[0] == 4
    assert entries(database) == []


def test_what_cannot_be_noted_is_not_printed(database: Database, call: Call) -> None:
    """While the trail takes no entry, a command shows nothing."""
    with database.unit_of_work() as session:
        account = worlds.build(session).accounts["A"]
        unguard(session)
        session.execute(text("update audit_head set seq = seq - 1"))
    code, out = call("household", account)
    assert (code, out) == (1, "")


def test_every_quiet_command_is_one(database: Database) -> None:
    """A name that no command has any more would hide a new one of that name."""
    root = click.Context(cli)
    for words in traces.QUIET:
        first, _, second = words.partition(" ")
        command = cli.get_command(root, first)
        assert command is not None, words
        if second:
            assert isinstance(command, click.Group)
            assert command.get_command(root, second) is not None, words
