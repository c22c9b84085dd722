"""Packages that are handed in: on record whatever becomes of them, taken in once somebody accepts them."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused, Unavailable
from archive_service.exchange import arriving
from archive_service.exchange.hand_ins import actions, by_hand, queries, work
from archive_service.exchange.hand_ins.actions import TAKE_JOB
from archive_service.exchange.hand_ins.work import TakeHandler
from archive_service.exchange.tables import HandIn, Package
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker import hand_ins as incoming
from ingest import vetting
from ingest.packages import PackageOpener
from ingest.tables import Scan
from retention.roads import FileRoad
from tests.exchange import test_foreign_bags as foreign_bags
from tests.exchange import world
from tests.exchange.world import ACCOUNT, NOW, TODAY, packed, paper
from tests.support import records


def zipped(folder: Path) -> bytes:
    """A package as one ZIP, in a folder of its own as packers write it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for one in sorted(folder.rglob("*")):
            archive.write(one, f"移交/{one.relative_to(folder)}")
    return out.getvalue()


def foreign(*papers: bytes, algorithm: str = "sha256") -> bytes:
    """A bag of another program that holds papers, as a TAR that was made inside of its folder."""
    files = {f"data/{number}.pdf": content for number, content in enumerate(papers, start=1)}
    listed = "".join(f"{hashlib.new(algorithm, content).hexdigest()}  {path}\n" for path, content in files.items())
    files |= {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        f"manifest-{algorithm}.txt": listed.encode(),
    }
    return tarred({f"./{path}": content for path, content in files.items()})


def tarred(files: dict[str, bytes], **more: tuple[bytes, str]) -> bytes:
    """A TAR of files; `more` names entries of another kind, with what they lead to."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
        for name, (kind, target) in more.items():
            about = tarfile.TarInfo(name)
            about.type, about.linkname = kind, target
            archive.addfile(about)
    return out.getvalue()


class Place:
    """An archive that takes packages in, and its worker."""

    def __init__(self, settings: Settings, database: Database, store: FileStore) -> None:
        self.settings, self.database, self.store = settings, database, store
        self.taking = incoming.taking(settings, database, store, now=lambda: NOW, today=lambda: TODAY)
        handler = TakeHandler(lambda: self.taking, database, settings.lease_s, lambda: NOW)
        self.runner = Runner(database, {TAKE_JOB: handler}, "w", ("upkeep",), settings.lease_s, lambda: NOW)

    def person(self, *roles: Role) -> Viewer:
        with self.database.unit_of_work() as session:
            return records.viewer(session, *roles)

    def hand_in(self, data: bytes, by: Viewer) -> int:
        stored = self.store.put_bytes(data)
        with self.database.unit_of_work() as session:
            made = actions.hand_in(
                session, by, stored, name="移交.zip", channel="web", unit_id=by.unit_id, as_named=False, now=NOW
            )
            return made.id

    def accept(self, hand_in_id: int, by: Viewer) -> None:
        with self.database.unit_of_work() as session:
            actions.accept(session, by, hand_in_id, now=NOW)

    def seen(self, hand_in_id: int, by: Viewer) -> queries.HandInView:
        with self.database.reading() as session:
            return queries.hand_in(session, by, hand_in_id)

    def told(self, hand_in_id: int) -> list[str]:
        about = (AuditEntry.object_kind == "hand-in", AuditEntry.object_id == str(hand_in_id))
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry.did).where(*about).order_by(AuditEntry.seq)))


@pytest.fixture
def place(settings: Settings, database: Database, store: FileStore) -> Place:
    return Place(settings, database, store)


@pytest.fixture
def second(settings: Settings, migrated_file: Path) -> Iterator[Place]:
    made = world.second_home(settings, migrated_file)
    yield Place(*made)
    made[1].close()


@pytest.fixture
def bag(settings: Settings, database: Database, store: FileStore, tmp_path: Path) -> Path:
    """A household as it leaves another archive; the second case of that world is of no business in the catalogue."""
    world.fill(database, store)
    with database.unit_of_work() as session:
        for case in session.scalars(select(CaseFile).where(CaseFile.business_type == "INCREASE")):
            case.business_type = "INC"
    return packed(settings, database, store, tmp_path / "bag")


def test_a_household_is_checked_waits_and_is_taken_in_once_somebody_accepts_it(bag: Path, second: Place) -> None:
    by = second.person(Role.ARCHIVIST)
    number = second.hand_in(zipped(bag), by)
    assert second.runner.run_one()
    waits = second.seen(number, by)
    assert (waits.state, waits.account_no, waits.cases, waits.signature) == ("checked", ACCOUNT, 2, "foreign")
    assert (waits.findings, waits.items > 2) == ([], True)
    with second.database.reading() as session:
        assert session.scalars(select(HouseholdFile)).all() == []
    second.accept(number, by)
    with pytest.raises(Refused, match="等待答复"):
        second.accept(number, by)
    assert second.runner.run_one()
    taken = second.seen(number, by)
    assert (taken.state, taken.decided_by, taken.package_id is None) == ("taken", by.name, False)
    assert second.told(number) == ["package.handed-in", "package.checked", "package.accepted"]
    with second.database.reading() as session:
        assert session.scalars(select(HouseholdFile.account_no)).all() == [ACCOUNT]
    # The same household once more: refused, and the refusal stays on record.
    again = second.hand_in(zipped(bag), by)
    assert second.runner.run_one()
    assert [one["code"] for one in second.seen(again, by).findings] == ["package.household-known"]
    assert list((second.settings.home / "work").iterdir()) == []


def test_everything_that_is_wrong_with_a_package_stays_on_record_and_nothing_of_it_comes_in(place: Place) -> None:
    by = place.person(Role.ARCHIVIST)
    spoiled = {"bagit.txt": b"no bag", "data/a.pdf": paper("one"), "fetch.txt": b"http://x - data/b\n"}
    number = place.hand_in(tarred(spoiled), by)
    assert place.runner.run_one()
    seen = place.seen(number, by)
    found = {one["code"] for one in seen.findings}
    assert (seen.state, found) == ("refused", {"bag.declaration", "bag.no-manifest", "bag.fetch"})
    with pytest.raises(Refused):
        place.accept(number, by)
    with place.database.reading() as session:
        assert session.scalars(select(Scan)).all() == []
        entry = session.scalars(select(AuditEntry).where(AuditEntry.did == "package.refused")).one()
        assert set(entry.facts["codes"]) == found
    assert list(place.store.digests()) == [seen.digest]


def test_files_of_another_program_are_received_and_what_was_broken_off_goes_on_where_it_ended(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = place.person(Role.ARCHIVIST)
    number = place.hand_in(foreign(paper("one"), paper("two"), b"", paper("three")), by)
    assert place.runner.run_one()
    assert (place.seen(number, by).account_no, place.seen(number, by).files) == ("", 4)
    place.accept(number, by)
    monkeypatch.setattr(work, "_A_PART", 2)

    def cut(done: int, total: int) -> None:
        raise Unavailable("store.unavailable", "存储暂时无法访问。")

    with pytest.raises(Unavailable):
        place.taking.take(number, by, folder=None, end=lambda session: None, progress=cut)
    assert place.seen(number, by).state == "taking"
    assert place.runner.run_one()
    seen = place.seen(number, by)
    assert (seen.state, place.told(number)[-1]) == ("taken", "package.files-received")
    with place.database.reading() as session:
        received = session.execute(select(Scan.file_name, Scan.state, Scan.error_code).order_by(Scan.id)).all()
        assert [tuple(one) for one in received] == [
            ("1.pdf", "received", None), ("2.pdf", "received", None), ("3.pdf", "refused", "file.empty"),
            ("4.pdf", "received", None),
        ]  # fmt: skip
        assert {one.batch_id for one in session.scalars(select(Scan))} == {seen.batch_id}


def test_a_bag_without_files_is_told_and_taken_all_the_same(place: Place) -> None:
    by = place.person(Role.ARCHIVIST)
    number = place.hand_in(foreign_bags.VALID["nothing in it"][0](), by)
    assert place.runner.run_one()
    assert [one["code"] for one in place.seen(number, by).findings] == ["bag.empty"]
    place.accept(number, by)
    assert place.runner.run_one()
    assert (place.seen(number, by).state, place.seen(number, by).files) == ("taken", 0)


def test_weak_digests_are_told_before_files_are_accepted_and_are_not_enough_for_a_household(
    bag: Path, second: Place
) -> None:
    by = second.person(Role.ARCHIVIST)
    number = second.hand_in(foreign(paper("one"), algorithm="md5"), by)
    assert second.runner.run_one()
    assert (second.seen(number, by).state, [one["code"] for one in second.seen(number, by).findings]) == (
        "checked", ["bag.weak"],
    )  # fmt: skip
    second.accept(number, by)
    assert second.runner.run_one()
    assert second.seen(number, by).state == "taken"
    for one in bag.iterdir():
        if one.is_dir() and one.name != "data":
            shutil.rmtree(one)
        elif one.is_file() and one.name != "bagit.txt":
            one.unlink()
    lines = [
        f"{hashlib.md5(one.read_bytes()).hexdigest()}  {one.relative_to(bag)}\n"
        for one in sorted((bag / "data").rglob("*"))
        if one.is_file()
    ]
    (bag / "manifest-md5.txt").write_text("".join(lines))
    number = second.hand_in(zipped(bag), by)
    assert second.runner.run_one()
    assert (second.seen(number, by).state, [one["code"] for one in second.seen(number, by).findings]) == (
        "refused", ["bag.weak"],
    )  # fmt: skip


def test_only_who_may_take_packages_in_for_the_unit_hands_in_sees_and_answers(place: Place) -> None:
    by, staff = place.person(Role.ARCHIVIST), place.person(Role.STAFF)
    with place.database.unit_of_work() as session:
        far = records.viewer(session, Role.ARCHIVIST, at=records.unit(session, "FAR", below=records.unit(session)))
    with pytest.raises(NotPermitted):
        place.hand_in(foreign(paper("one")), staff)
    number = place.hand_in(foreign(paper("one")), by)
    assert place.runner.run_one()
    for other in (far, staff):
        with pytest.raises(NotFound):
            place.seen(number, other)
        with pytest.raises(NotFound):
            place.accept(number, other)
    with place.database.unit_of_work() as session:
        assert queries.hand_ins(session, far).rows == []
        with pytest.raises(Invalid):
            actions.decline(session, by, number, reason="不", now=NOW)
        actions.decline(session, by, number, reason=" 与移交清单不符 ", now=NOW)
    assert (place.seen(number, by).state, place.seen(number, by).reason) == ("declined", "与移交清单不符")
    with pytest.raises(Refused):
        place.accept(number, by)


def test_a_list_is_gone_through_a_page_at_a_time_and_by_state(place: Place) -> None:
    by = place.person(Role.ARCHIVIST)
    made = [place.hand_in(foreign(paper(f"{n}")), by) for n in range(3)]
    with place.database.reading() as session:
        first = queries.hand_ins(session, by, limit=2)
        rest = queries.hand_ins(session, by, limit=2, before=first.next)
        assert [one.id for one in (*first.rows, *rest.rows)] == made[::-1]
        assert (first.total, rest.next) == (3, None)
        assert queries.hand_ins(session, by, state="refused").rows == []
        with pytest.raises(Invalid):
            queries.hand_ins(session, by, state="nonsense")


def test_an_import_whose_command_was_killed_is_put_on_record_by_the_next(place: Place) -> None:
    by = place.person(Role.ARCHIVIST)
    with place.database.unit_of_work() as session:
        made = actions.hand_in(session, by, None, name="bag", channel="cli", unit_id=by.unit_id, as_named=True, now=NOW)
        held = by_hand.hold(place.settings.home, made.id)
    assert by_hand.clear(place.database, place.settings.home, now=lambda: NOW) == 0
    assert place.seen(held.hand_in_id, by).state == "received"
    # Its process is gone, and its lock with it.
    held.file.close()
    assert by_hand.clear(place.database, place.settings.home, now=lambda: NOW) == 1
    assert (place.seen(held.hand_in_id, by).state, place.seen(held.hand_in_id, by).stuck) == ("stopped", True)
    assert place.told(held.hand_in_id) == ["package.handed-in", "package.stopped"]
    assert by_hand.clear(place.database, place.settings.home, now=lambda: NOW) == 0


def test_a_job_that_failed_is_seen_and_goes_on_when_it_is_tried_again(place: Place) -> None:
    by = place.person(Role.ARCHIVIST)
    number = place.hand_in(foreign(paper("one")), by)
    with place.database.unit_of_work() as session:
        job = session.scalars(select(Job).where(Job.kind == TAKE_JOB)).one()
        job.state = "failed"
    assert place.seen(number, by).stuck
    with place.database.unit_of_work() as session:
        session.get_one(Job, job.id).state = "queued"
    assert place.runner.run_one()
    assert place.seen(number, by).state == "checked"


def test_what_a_disposal_destroys_goes_from_packages_too(place: Place) -> None:
    """The package that it came in with, and those that went out with it; others stay."""
    with place.database.unit_of_work() as session:
        case = records.case(session, "202611010001", account_no=ACCOUNT)
        item = records.item(session, case, "OTHER")
        about = {"household_id": case.household_id, "unit_id": item.household.unit_id, "format": "bagit"}
        made = [
            Package(**about, direction="out", state="ready", items=items, asked_at=NOW, digest=mark * 64)
            for items, mark in ((None, "a"), ([item.item_no], "b"), ([item.item_no + 1], "c"))
        ]
        came = Package(**about, direction="in", state="taken", asked_at=NOW)
        session.add_all([*made, came])
        session.flush()
        handed = HandIn(
            unit_id=came.unit_id, as_named=False, channel="web", name="移交.zip", digest="d" * 64, state="taken",
            handed_in_at=NOW, package_id=came.id,
        )  # fmt: skip
        session.add(handed)
        session.flush()
        road = FileRoad()
        assert road.names(session, "d" * 64)
        gone = set(road.close(session, item))
        assert {"a" * 64, "b" * 64, "d" * 64} <= gone
        assert "c" * 64 not in gone
        # A package that went out stays on the register as cleared; the file that came in is on none any more.
        assert handed.digest is None
        assert not road.names(session, "d" * 64)
        assert [one.digest for one in made] == ["a" * 64, "b" * 64, "c" * 64]


def entries(*found: tuple[str, bytes, int]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in found:
            about = zipfile.ZipInfo("x")
            about.filename, about.external_attr, about.compress_type = name, mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(about, content)
    return out.getvalue()


def plain(name: str) -> bytes:
    return entries((name, b"1", 0))


def with_password(data: bytes, *, method: int = 0) -> bytes:
    """Mark the one file of a ZIP as encrypted, in its head and in the directory; 99 is the method of AES."""
    made = bytearray(data)
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = made.find(magic)
        made[start + at] |= 1
        made[start + at + 2] = method
    return bytes(made)


#: Archives by what is wrong with them: how they are made, and the code that says so.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "up and out": (lambda: plain("bag/../../etc/x"), "bag.path"),
    "absolute": (lambda: plain("/etc/x"), "bag.path"),
    "backslash": (lambda: plain("bag\\..\\..\\x"), "bag.path"),
    "drive": (lambda: plain("C:/x"), "bag.path"),
    "path too long": (lambda: plain("bag/" + "/".join(["a" * 200] * 12)), "bag.name"),
    "password": (lambda: with_password(plain("bag/a")), "file.password"),
    "password of the newer kind": (lambda: with_password(plain("bag/a"), method=99), "file.password"),
    "share": (lambda: plain("//server/share/x"), "bag.path"),
    "codes of addresses": (lambda: plain("bag/%2e%2e/%2e%2e/x"), "bag.path"),
    "full width": (lambda: plain("bag/．．/x"), "bag.path"),
    "NUL": (lambda: plain("bag/a\0b"), "bag.name"),
    "folder out": (lambda: entries(("bag/../", b"", 0)), "bag.path"),
    "link": (lambda: entries(("bag/l", b"/etc/passwd", 0o120777)), "bag.link"),
    "pipe": (lambda: entries(("bag/l", b"", 0o010666)), "bag.link"),
    "file and folder": (lambda: entries(("bag/a", b"1", 0), ("bag/a/b", b"2", 0)), "bag.duplicate"),
    "folder and file": (lambda: entries(("bag/a/b", b"1", 0), ("bag/a", b"2", 0)), "bag.duplicate"),
    "bomb": (lambda: entries(("bag/data/b", bytes(12 * 1024 * 1024), 0)), "file.unpack-limit"),
    "damaged": (lambda: plain("bag/a")[:-10], "file.damaged"),
    "no package": (lambda: paper("one"), "file.type-not-accepted"),
    "tar up and out": (lambda: tarred({"../x": b"1"}), "bag.path"),
    "tar absolute": (lambda: tarred({"/etc/x": b"1"}), "bag.path"),
    "tar through a link": (lambda: tarred({}, **{"bag/l": (tarfile.SYMTYPE, "/etc")}), "bag.link"),
    "tar hard link": (lambda: tarred({}, **{"bag/l": (tarfile.LNKTYPE, "/etc/passwd")}), "bag.link"),
    "tar device": (lambda: tarred({}, **{"bag/l": (tarfile.CHRTYPE, "")}), "bag.link"),
    "tar cut off": (lambda: tarred({"bag/a": bytes(100_000)})[:5000], "file.damaged"),
}  # fmt: skip


def test_a_hostile_archive_is_refused_for_what_it_is_and_writes_nowhere_else(
    settings: Settings, tmp_path: Path
) -> None:
    opener = PackageOpener(settings)
    for number, (case, (make, code)) in enumerate(HOSTILE.items()):
        desk, file = tmp_path / f"desk{number}", tmp_path / "package"
        desk.mkdir()
        file.write_bytes(make())
        with pytest.raises(Refused) as caught:
            opener.unpack(file, desk)
        found = caught.value.facts.get("findings") or [{"code": caught.value.code}]
        assert {one["code"] for one in found} == {code}, case
        assert {one.name for one in desk.iterdir()} <= {"tree"}, case
        assert {one.name for one in tmp_path.iterdir()} <= {"home", "package", *(f"desk{n}" for n in range(99))}, case


def test_more_files_than_a_package_may_have_are_not_unpacked(tmp_path: Path, settings: Settings) -> None:
    from ingest.formats import packages
    from ingest.formats.limits import Limits

    file = tmp_path / "package"
    file.write_bytes(entries(*((f"bag/{number}", b"", 0) for number in range(4))))
    found = packages.unpack(file, tmp_path, Limits.of(settings), most_files=3)
    assert [one["code"] for one in found] == ["bag.too-many"]


def test_an_original_that_is_a_container_is_none_that_a_package_may_bring(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "original"
    file.write_bytes(entries(("a.pdf", paper("one"), 0)))
    with pytest.raises(Invalid) as caught:
        vetting.vetting(settings)(file, "original_digest")
    assert caught.value.code == "package.object-kind"


def test_trouble_on_our_side_is_no_fault_of_the_package(bag: Path, second: Place, tmp_path: Path) -> None:
    def away(path: Path, role: str) -> None:
        raise Unavailable("ingest.sandbox-unavailable", "文件读取程序暂时不可用。")

    incoming_bag = world.opened(bag)
    with pytest.raises(Unavailable):
        arriving.look_at(incoming_bag, admit=lambda said: None, vet=away, desk=tmp_path)
