"""A household goes out of one archive and into another: bytes, metadata and history are the same, or it is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import bagit
import pytest
from sqlalchemy import select

from archive_service import signing
from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database
from archive_service.errors import NotFound, NotPermitted, Refused
from archive_service.exchange import actions, queries
from archive_service.exchange.actions import PACK_JOB
from archive_service.exchange.bags.check import check
from archive_service.exchange.bags.names import SIGNATURE
from archive_service.exchange.findings import PackageRefused
from archive_service.exchange.sealing import seal_of
from archive_service.exchange.tables import CarriedHistory, Package
from archive_service.exchange.work import PackHandler
from archive_service.households.queries import household
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.jobs.runner import Runner
from archive_service.people.roles import Role
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from ingest.renditions import carried
from tests.exchange import world
from tests.exchange.test_bags import lines
from tests.exchange.world import ACCOUNT, NOW, packed, taken
from tests.support import records

Second = tuple[Settings, Database, FileStore]


@pytest.fixture
def filled(database: Database, store: FileStore) -> None:
    world.fill(database, store)


@pytest.fixture
def second(settings: Settings, migrated_file: Path) -> Iterator[Second]:
    made = world.second_home(settings, migrated_file)
    yield made
    made[1].close()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    made = tmp_path / "desk"
    made.mkdir()
    return made


@pytest.fixture
def bag(settings: Settings, database: Database, store: FileStore, filled: None, tmp_path: Path) -> Path:
    return packed(settings, database, store, tmp_path / "bag")


def listed(folder: Path) -> dict[str, str]:
    """What the manifest says: digests by path."""
    rows = (line.split(maxsplit=1) for line in (folder / "manifest-sha512.txt").read_text().splitlines())
    return {path: digest for digest, path in rows}


def test_out_in_and_out_again_is_the_same_but_for_what_was_done_since(
    bag: Path, second: Second, desk: Path, tmp_path: Path, database: Database
) -> None:
    assert check(bag).findings == []
    bagit.Bag(str(bag)).validate()
    taken(*second, bag, desk)
    again = packed(*second, tmp_path / "again")
    before, after = listed(bag), listed(again)
    own = "data/history/0002.jsonl"
    assert {path: digest for path, digest in after.items() if path != own} == before
    done = [json.loads(line)["did"] for line in (again / own).read_text().splitlines()]
    assert "package.taken" in done
    _, there, _ = second
    with there.reading() as session:
        assert chain_breaks(session) == []
        mine = household(session, records.system(session), ACCOUNT)
    with database.reading() as session:
        origin = household(session, records.system(session), ACCOUNT)
    assert [(one.complete, one.satisfied_count) for one in mine.cases] == [
        (one.complete, one.satisfied_count) for one in origin.cases
    ]
    assert [case.state for case in mine.cases] == ["filed", "collecting"]


def test_the_same_state_makes_the_same_manifests(
    bag: Path, settings: Settings, database: Database, store: FileStore, tmp_path: Path
) -> None:
    again = packed(settings, database, store, tmp_path / "again")
    assert (again / "tagmanifest-sha512.txt").read_bytes() == (bag / "tagmanifest-sha512.txt").read_bytes()


def test_a_selection_brings_its_items_their_case_and_their_history_and_no_others(
    settings: Settings, database: Database, store: FileStore, filled: None, tmp_path: Path, second: Second, desk: Path
) -> None:
    chosen = packed(settings, database, store, tmp_path / "part", items=[1])
    said = json.loads((chosen / "data/metadata/household.json").read_text())
    assert ([one["item_no"] for one in said["items"]], len(said["cases"])) == ([1], 1)
    about = [json.loads(line) for line in (chosen / "data/history/0001.jsonl").read_text().splitlines()]
    assert {one["about"] for one in about if one["object_kind"] == "item"} == {"001"}
    with pytest.raises(NotFound):
        world.said(database, items=[999])


def test_what_the_archive_has_is_not_taken_over(bag: Path, second: Second, desk: Path) -> None:
    taken(*second, bag, desk)
    with pytest.raises(Refused) as caught:
        taken(*second, bag, desk)
    assert caught.value.code == "package.household-known"


def test_what_may_not_come_in_is_not_kept_and_not_looked_at(
    bag: Path, settings: Settings, database: Database, store: FileStore, desk: Path
) -> None:
    """Into the archive that it came from, with a stranger's file added: nothing of it reaches the store."""

    def never(file: Path, role: str) -> None:
        raise AssertionError(f"{file} was looked at as {role}")

    before = set(store.digests())
    forged(bag, b"MZ" + bytes(200))
    with pytest.raises(Refused) as caught:
        taken(settings, database, store, bag, desk, vet=never)
    assert caught.value.code == "package.household-known"
    assert set(store.digests()) == before


def refused_codes(second: Second, bag: Path, desk: Path) -> set[str]:
    """Return why a bag is refused, and see that nothing of it was kept."""
    with pytest.raises(PackageRefused) as caught:
        taken(*second, bag, desk)
    _, database, store = second
    with database.reading() as session:
        assert session.scalars(select(HouseholdFile)).all() == []
    assert list(store.digests()) == []
    assert list(desk.iterdir()) == []
    return {one["code"] for one in caught.value.facts["findings"]}


def forge(bag: Path, path: str, content: bytes) -> None:
    """Change a file of a bag and all that the manifests say of it."""
    (bag / path).write_bytes(content)
    sizes = [one.stat().st_size for one in (bag / "data").rglob("*") if one.is_file()]
    for algorithm in ("sha256", "sha512"):
        made = hashlib.new(algorithm, content).hexdigest()
        lines(
            bag,
            lambda text, made=made: "".join(
                f"{made}  {path}\n" if line.endswith(f"  {path}\n") else line for line in text.splitlines(True)
            ),
            f"manifest-{algorithm}.txt",
        )
    info = (bag / "bag-info.txt").read_text().splitlines(True)
    oxum = f"Payload-Oxum: {sum(sizes)}.{len(sizes)}\n"
    lines(bag, lambda _: "".join(oxum if one.startswith("Payload-Oxum") else one for one in info), "bag-info.txt")


def forged(bag: Path, content: bytes) -> None:
    """Put a file of a forger where an original was, with metadata that name it."""
    path = "data/metadata/household.json"
    said = json.loads((bag / path).read_text())
    old = said["items"][0]["pages"][0]["original_digest"]
    forge(bag, said["files"][old], content)
    text = json.dumps(said).replace(f'"{old}"', f'"{hashlib.sha256(content).hexdigest()}"')
    forge(bag, path, text.encode())


def test_a_forged_history_is_found(bag: Path, second: Second, desk: Path) -> None:
    path = "data/history/0001.jsonl"
    kept = (bag / path).read_bytes()
    forge(bag, path, kept.replace(b"item.withdrawn", b"item.retyped"))
    assert check(bag).findings == []
    assert refused_codes(second, bag, desk) == {"package.history"}


def test_a_bag_says_who_signed_it_and_what_nobody_signed_stays_marked(
    bag: Path, settings: Settings, second: Second, desk: Path
) -> None:
    """Ours at home, foreign elsewhere; fresh digests do not help a forger, who can only leave the signature out."""
    here, there = (signing.certificate_der(one, now=NOW) for one in (settings, second[0]))
    assert seal_of(bag, check(bag), our_certificate=here).signature == "ours"
    foreign = seal_of(bag, check(bag), our_certificate=there)
    assert foreign.signature == "foreign"
    assert "archive-service" in foreign.signer
    written = (bag / SIGNATURE).read_bytes()
    history = "data/history/0001.jsonl"
    kept = (bag / history).read_bytes()
    forge(bag, history, b"".join(kept.splitlines(keepends=True)[:-1]))
    assert check(bag).findings == []
    for left in (written, b"{}", b"no json"):
        (bag / SIGNATURE).write_bytes(left)
        with pytest.raises(PackageRefused) as caught:
            seal_of(bag, check(bag), our_certificate=here)
        assert [one["code"] for one in caught.value.facts["findings"]] == ["bag.signature"]
    (bag / SIGNATURE).unlink()
    unsigned = seal_of(bag, check(bag), our_certificate=here)
    assert unsigned.signature == "none"
    taken(*second, bag, desk, seal=unsigned)
    with second[1].reading() as session:
        (row,) = session.scalars(select(CarriedHistory)).all()
        assert row.signature == "none"
        assert queries.unsigned_histories(session, row.household_id) == 1
        entry = session.scalars(select(AuditEntry).where(AuditEntry.did == "package.taken")).one()
        assert entry.facts["signature"] == "none"


def test_metadata_that_say_what_cannot_be_are_refused(bag: Path, second: Second, desk: Path) -> None:
    path = "data/metadata/household.json"
    said = json.loads((bag / path).read_text())
    said["items"][0]["title"] = "x" * 201
    said["items"][1]["confidence"] = 7
    said["cases"][0]["surprise"] = 1
    forge(bag, path, json.dumps(said).encode())
    assert refused_codes(second, bag, desk) == {"package.metadata"}
    forge(bag, path, b"[" * 100_000)
    assert refused_codes(second, bag, desk) == {"package.metadata"}


def test_an_original_that_the_sandbox_refuses_comes_in_by_no_package(bag: Path, second: Second, desk: Path) -> None:
    """The metadata name the bytes of a forger: their digests fit, and the file is none that would be received."""
    forged(bag, b"MZ" + bytes(200))
    assert refused_codes(second, bag, desk) == {"file.type-not-accepted"}


def test_metadata_about_bytes_that_are_not_there_are_refused(bag: Path, second: Second, desk: Path) -> None:
    path = "data/metadata/household.json"
    said = json.loads((bag / path).read_text())
    said["items"][0]["pages"][0]["image_digest"] = "0" * 64
    forge(bag, path, json.dumps(said).encode())
    assert refused_codes(second, bag, desk) == {"package.object"}


def test_a_package_asked_for_is_made_by_a_job_and_handed_over_on_record(
    settings: Settings, database: Database, store: FileStore, filled: None
) -> None:
    with database.unit_of_work() as session:
        by = records.viewer(session, Role.ARCHIVIST)
        made = actions.ask_package(session, by, ACCOUNT, format="bagit", items=None, now=NOW)
        assert actions.ask_package(session, by, ACCOUNT, format="bagit", items=None, now=NOW).id == made.id
        with pytest.raises(Refused):
            actions.hand_over(session, by, made.id, now=NOW)
    handler = PackHandler(settings, database, store, carried.renditions_of, lambda: NOW)
    runner = Runner(database, {PACK_JOB: handler}, "w", ("upkeep",), settings.lease_s, lambda: NOW)
    assert runner.run_one()
    with database.unit_of_work() as session:
        ready = queries.package(session, by, made.id)
        row, name = actions.hand_over(session, by, made.id, now=NOW)
        did = session.scalars(
            select(AuditEntry.did).where(AuditEntry.object_kind == "package").order_by(AuditEntry.seq)
        )
        assert list(did) == ["package.asked", "package.made", "package.downloaded"]
    assert (ready.state, ready.digest, name) == ("ready", row.digest, f"{ACCOUNT}-bagit-{made.id}.zip")
    assert row.digest is not None
    assert store.exists(row.digest)
    assert list((settings.home / "work").iterdir()) == []


def test_only_who_may_take_whole_files_out_of_the_unit_may_have_a_package(
    database: Database, filled: None, store: FileStore
) -> None:
    with database.unit_of_work() as session:
        elsewhere = records.unit(session, "FAR", below=records.unit(session))
        for roles, at, error in (
            ((Role.STAFF,), None, NotPermitted),
            ((Role.AUDITOR,), None, NotPermitted),
            ((Role.ARCHIVIST,), elsewhere, NotFound),
        ):
            by = records.viewer(session, *roles, at=at)
            with pytest.raises(error):
                actions.ask_package(session, by, ACCOUNT, format="bagit", items=None, now=NOW)
        assert session.scalars(select(Package)).all() == []


def test_a_case_on_its_way_between_people_comes_in_as_one_that_is_collected(
    bag: Path, second: Second, desk: Path
) -> None:
    path = "data/metadata/household.json"
    said = json.loads((bag / path).read_text())
    said["cases"][1]["state"] = "submitted"
    forge(bag, path, json.dumps(said).encode())
    taken(*second, bag, desk)
    with second[1].reading() as session:
        states = session.scalars(select(CaseFile.state).order_by(CaseFile.application_no)).all()
        assert states == ["filed", "collecting"]
        assert session.scalars(select(CarriedHistory.seq)).all() == [1]
