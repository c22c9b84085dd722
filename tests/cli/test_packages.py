"""`import --hold` and `packages`: on the command line a package goes every step that it goes on its page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.cli.main import run
from archive_service.db.session import Database
from archive_service.people.roles import Role
from archive_service.settings import Settings, load
from ingest.tables import Scan
from tests.exchange.test_hand_ins import foreign, tarred
from tests.exchange.world import paper
from tests.faults.test_kill import work_on
from tests.support import records

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Call]:
    """Give the command line, in the name of an archivist, with the settings of the test."""
    with database.unit_of_work() as session:
        records.viewer(session, Role.ARCHIVIST, login="archivist")
        records.viewer(session, Role.STAFF, login="staff")
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    load.cache_clear()

    def called(*said: object, by: str = "archivist") -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["--as", by, *map(str, said)])
        return code, *capsys.readouterr()

    yield called
    load.cache_clear()


def file_of(folder: Path, data: bytes) -> Path:
    made = folder / "移交.zip"
    made.write_bytes(data)
    return made


def handed_in(call: Call, file: Path) -> int:
    code, out, err = call("import", file, "--hold", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert (told["taken"], told["state"]) == (False, "received")
    return int(told["hand_in"])


def shown(call: Call, number: int) -> dict[str, object]:
    found: dict[str, object] = json.loads(call("packages", "show", number, "--json")[1])
    return found


def test_what_is_held_waits_comes_in_only_when_accepted_and_only_once(
    call: Call, settings: Settings, database: Database, tmp_path: Path
) -> None:
    number = handed_in(call, file_of(tmp_path, foreign(paper("one"), paper("two"))))
    assert call("packages", "accept", number, "--sure")[0] == 3
    work_on(settings)
    assert (shown(call, number)["state"], shown(call, number)["files"]) == ("checked", 2)
    with database.reading() as session:
        assert session.scalars(select(Scan)).all() == []
    assert call("packages", "accept", number)[0] == 2
    assert call("packages", "accept", number, "--sure")[0] == 0
    work_on(settings)
    assert shown(call, number)["state"] == "taken"
    with database.reading() as session:
        assert len(session.scalars(select(Scan.id)).all()) == 2
    assert call("packages", "accept", number, "--sure")[0] == 3


def test_every_finding_is_shown_and_what_is_sent_back_stays_on_record(
    call: Call, settings: Settings, tmp_path: Path
) -> None:
    spoiled = {"bagit.txt": b"no bag", "data/a.pdf": paper("one"), "fetch.txt": b"http://x - data/b\n"}
    bad = handed_in(call, file_of(tmp_path, tarred(spoiled)))
    good = handed_in(call, file_of(tmp_path, foreign(paper("one"))))
    work_on(settings)
    told = call("packages", "show", bad)[1]
    assert all(code in told for code in ("bag.declaration", "bag.no-manifest", "bag.fetch"))
    assert call("packages", "decline", good, "--reason", "不")[0] == 2
    assert call("packages", "decline", good, "--reason", "与移交清单不符")[0] == 0
    assert call("packages", "decline", good, "--reason", "与移交清单不符")[0] == 3
    assert "与移交清单不符" in call("packages", "show", good)[1]
    listed = json.loads(call("packages", "list", "--json")[1])
    assert [(one["id"], one["state"]) for one in listed["hand_ins"]] == [(good, "declined"), (bad, "refused")]
    assert [one["id"] for one in json.loads(call("packages", "list", "--json", "--before", good)[1])["hand_ins"]] == [
        bad
    ]
    assert (f"{good}" in call("packages", "list", "--state", "refused")[1].splitlines()[0], listed["total"]) == (
        False, 2,
    )  # fmt: skip


def test_who_may_take_nothing_in_sees_and_does_nothing(call: Call, settings: Settings, tmp_path: Path) -> None:
    file = file_of(tmp_path, foreign(paper("one")))
    number = handed_in(call, file)
    work_on(settings)
    for said in (
        ("list",),
        ("show", number),
        ("accept", number, "--sure"),
        ("decline", number, "--reason", "不接收它"),
    ):
        assert call("packages", *said, by="staff")[0] in (3, 4), said
    assert call("import", file, "--hold", by="staff")[0] == 3
    assert shown(call, number)["state"] == "checked"


def test_a_folder_cannot_wait(call: Call, tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    code, _, err = call("import", tmp_path / "bag", "--hold")
    assert (code, "ZIP 或 TAR" in err) == (2, True)
    assert json.loads(call("packages", "list", "--json")[1])["total"] == 0


def test_what_is_shown_of_a_package_is_on_record(
    call: Call, settings: Settings, database: Database, tmp_path: Path
) -> None:
    number = handed_in(call, file_of(tmp_path, foreign(paper("one"))))
    work_on(settings)
    for said in (("list",), ("show", number)):
        assert call("packages", *said)[0] == 0
        with database.reading() as session:
            newest = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
        assert (newest.did, newest.object_id) == ("list.read", f"archive-service packages {said[0]}")
