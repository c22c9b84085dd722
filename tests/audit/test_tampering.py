"""Somebody with write access to the database changes the trail in many ways, and every one is found.

Guards are taken away first. Each way is looked for by `audit verify` in the archive, and by the checker in a bundle
that the archive exports after the deed; where all of history was written anew, by a checkpoint kept outside.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.audit import bundle, checkpoints, note, offline, remembered
from archive_service.audit.bundle import Selection
from archive_service.audit.chain import GENESIS, link_hash
from archive_service.audit.merkle import Frontier, leaf_hash
from archive_service.audit.record import SYSTEM, Actor, record
from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks, rows_as_kept
from archive_service.db.session import Database
from archive_service.errors import Damaged
from archive_service.settings import Settings
from tests.support.tamper import unguard

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OTHER = "f" * 64


def write(database: Database, count: int) -> None:
    with database.unit_of_work() as session:
        for n in range(1, count + 1):
            record(
                session, by=Actor(None, f"甲{n}"), did="item.filed", object_kind="item", object_id=n, unit_id=None,
                facts={"account_no": f"000000000{n % 3}"}, now=NOW + timedelta(seconds=n),
            )  # fmt: skip


@pytest.fixture
def trail(database: Database, settings: Settings) -> Database:
    """Twelve entries under two checkpoints, of eight and of twelve."""
    write(database, 8)
    assert checkpoints.make(database, settings, now=NOW) == 8
    write(database, 4)
    assert checkpoints.make(database, settings, now=NOW) == 12
    return database


def found(database: Database, settings: Settings) -> list[str]:
    """Return what `audit verify` finds in the archive."""
    keys = checkpoints.own_keys(settings)
    with database.reading() as session:
        return [b.reason for b in chain_breaks(session)] + [f.reason for f in checkpoints.faults(session, keys=keys)]


def bundled(database: Database, settings: Settings, out: Path) -> Path:
    bundle.export(database, settings, out, Selection(), by=SYSTEM, unit_id=None, now=NOW)
    return out


def rechain(session: Session) -> None:
    """Give every entry the hash that its present content asks for, and the head the last: the chain holds again."""
    previous, rows = GENESIS, list(rows_as_kept(session, AuditEntry.seq > 0))
    for link, _, _ in rows:
        assert not isinstance(link, int)
        made = link_hash(previous, link)
        session.execute(
            text("update audit_entries set previous_hash = :p, hash = :h where seq = :s"),
            {"p": previous, "h": made, "s": link.seq},
        )
        previous = made
    session.execute(text("update audit_head set seq = :s, hash = :h"), {"s": len(rows), "h": previous})


def resign(session: Session, *, sizes: tuple[int, ...] = (8, 12)) -> None:
    """Write every checkpoint anew over the present entries, signed with a key of one's own."""
    key = note.load_key(note.new_key())
    hashes = [kept for _, _, kept in rows_as_kept(session, AuditEntry.seq > 0)]
    session.execute(text("delete from audit_deposits"))
    session.execute(text("delete from audit_checkpoints"))
    frontier = Frontier()
    for size, one in enumerate(hashes, start=1):
        frontier.append(leaf_hash(bytes.fromhex(one)))
        if size in sizes or size == len(hashes):
            said = note.Statement(
                hashes[0], size, frontier.root().hex(), one, NOW.isoformat(), "ed25519", note.public_key(key)
            )
            session.execute(
                text(
                    "insert into audit_checkpoints (size, root, head_hash, frontier, made_at, note, algorithm,"
                    " signature) values (:size, :root, :head, :f, :at, :note, 'ed25519', :sig)"
                ),
                {
                    "size": size, "root": said.root, "head": one, "at": NOW, "note": said.text(),
                    "f": json.dumps([sub.hex() for sub in frontier.subtrees]), "sig": note.signed(key, said.text()),
                },
            )  # fmt: skip


def swap(session: Session, column: str, one: int, other: int) -> None:
    pick = text(f"select {column} from audit_entries where seq = :s")
    values = [session.execute(pick, {"s": seq}).scalar() for seq in (one, other)]
    for seq, value in zip((other, one), values, strict=True):
        session.execute(text(f"update audit_entries set {column} = :v where seq = :s"), {"v": value, "s": seq})


def renumber(session: Session, moves: dict[int, int]) -> None:
    for old, new in moves.items():
        session.execute(text("update audit_entries set seq = :n where seq = :o"), {"n": -new, "o": old})
    session.execute(text("update audit_entries set seq = -seq where seq < 0"))


Deed = Callable[[Session], object]


def sql(*statements: str) -> Deed:
    return lambda session: [session.execute(text(one)) for one in statements]


def then(*deeds: Deed) -> Deed:
    return lambda session: [deed(session) for deed in deeds]


def edited(change: str, seq: int) -> Deed:
    return sql(f"update audit_entries set {change} where seq = {seq}")


def gone(*seqs: int) -> Deed:
    return sql(f"delete from audit_entries where seq in ({', '.join(map(str, seqs))})")


def closed_up(*seqs: int) -> Deed:
    """Remove entries and move the later ones up, so that the numbers have no gap."""

    def do(session: Session) -> None:
        gone(*seqs)(session)
        left = list(session.scalars(text("select seq from audit_entries order by seq")))
        renumber(session, {old: new for new, old in enumerate(left, start=1)})

    return do


def put(seq: int, *, previous: str = OTHER, made: str = OTHER) -> Deed:
    return sql(
        "insert into audit_entries (seq, at, person_name, did, object_kind, object_id, facts, previous_hash, hash)"
        f" values ({seq}, '2026-11-23 08:00:00+00:00', '乙', 'item.filed', 'item', '7', '{{}}', '{previous}', '{made}')"
    )


def inserted(seq: int) -> Deed:
    """Put an entry between others, which move down."""
    return then(lambda session: renumber(session, {n: n + 1 for n in range(12, seq - 1, -1)}), put(seq))


HEAD = (
    "update audit_head set seq = (select max(seq) from audit_entries),"
    " hash = (select hash from audit_entries order by seq desc limit 1)"
)
WAYS: dict[str, Deed] = {
    "edit the person of the first": edited("person_name = 'x'", 1),
    "edit the person of the last": edited("person_name = 'x'", 12),
    "edit the verb": edited("did = 'item.read'", 5),
    "edit the kind": edited("object_kind = 'case'", 5),
    "edit the object": edited("object_id = '99'", 5),
    "edit the moment": edited("at = '2026-11-23 07:00:00+00:00'", 5),
    "edit the unit": edited("unit_id = 3", 5),
    "edit the person's number": edited("person_id = 3", 5),
    "edit the facts": edited("facts = '{}'", 5),
    "edit one letter of the facts": edited("facts = replace(facts, '0000000002', '0000000001')", 5),
    "make the facts unreadable": edited("facts = 'no json'", 5),
    "edit a hash": edited(f"hash = '{OTHER}'", 5),
    "make a hash no hash": edited("hash = 'zz'", 5),
    "edit the hash before": edited(f"previous_hash = '{OTHER}'", 5),
    "edit the last hash and the head": then(edited(f"hash = '{OTHER}'", 12), sql(HEAD)),
    "edit and write the chain anew": then(edited("person_name = 'x'", 5), rechain),
    "edit the last and write the chain anew": then(edited("person_name = 'x'", 12), rechain),
    "remove the first": gone(1),
    "remove one": gone(5),
    "remove several": gone(4, 5, 6),
    "remove the first and close up": closed_up(1),
    "remove one and close up": closed_up(5),
    "remove one, close up, chain anew": then(closed_up(5), rechain),
    "remove all": sql("delete from audit_entries"),
    "remove all and the head": sql("delete from audit_entries", "delete from audit_head"),
    "swap two neighbours": lambda session: renumber(session, {5: 6, 6: 5}),
    "swap the first and the last": lambda session: renumber(session, {1: 12, 12: 1}),
    "swap and chain anew": then(lambda session: renumber(session, {5: 6, 6: 5}), rechain),
    "swap persons": lambda session: swap(session, "person_name", 3, 4),
    "swap persons and chain anew": then(lambda session: swap(session, "person_name", 3, 4), rechain),
    "truncate": gone(12),
    "truncate with the head": then(gone(11, 12), sql(HEAD)),
    "truncate to the older checkpoint": then(gone(9, 10, 11, 12), sql(HEAD)),
    "append without the head": put(13),
    "append with the head, hashes invented": then(put(13), sql(HEAD)),
    "append beyond a gap": then(put(20), sql(HEAD)),
    "insert in the middle": then(inserted(5), sql(HEAD)),
    "insert in the middle and chain anew": then(inserted(5), rechain),
    "insert before the first and chain anew": then(inserted(1), rechain),
    "renumber the last": lambda session: renumber(session, {12: 99}),
    "set the head back": sql("update audit_head set seq = 11"),
    "set the head forward": sql("update audit_head set seq = 13"),
    "edit a root": sql(f"update audit_checkpoints set root = '{OTHER}' where size = 8"),
    "edit a signature": sql("update audit_checkpoints set signature = 'AAAA' where size = 12"),
    "edit a note": sql("update audit_checkpoints set note = replace(note, '2026', '2025') where size = 8"),
    "give a checkpoint another size": sql("update audit_checkpoints set size = 7 where size = 8"),
    "write everything anew, signed by another": then(edited("person_name = 'x'", 5), rechain, resign),
}
#: What is no part of a bundle: columns that repeat what the signed notes and the neighbours say.
NOT_IN_BUNDLES = {"edit the hash before", "edit a root", "give a checkpoint another size"}
#: Where the head says less than there is, nothing can be appended, the export neither: the archive stops and says so.
STOPPED = {"append without the head", "set the head back"}


@pytest.mark.parametrize("way", WAYS)
def test_what_an_attacker_with_the_database_does_is_found(
    trail: Database, settings: Settings, tmp_path: Path, way: str
) -> None:
    """In the archive, and in the bundle that is exported afterwards, with the checkpoint that was kept outside."""
    kept = tmp_path / "kept.txt"
    with trail.reading() as session:
        newest = checkpoints.newest(session)
        assert newest is not None
        kept.write_bytes(note.file_of(newest.note, newest.signature))
    with trail.unit_of_work() as session:
        unguard(session)
        WAYS[way](session)
    assert found(trail, settings), way
    if way in STOPPED:
        with pytest.raises(Damaged, match="审计链断裂"):
            bundled(trail, settings, tmp_path / "bundle.zip")
        return
    report = offline.verify(bundled(trail, settings, tmp_path / "bundle.zip"), outside=[kept])
    if way not in NOT_IN_BUNDLES:
        assert report.findings, way


@pytest.mark.parametrize("way", [
    "person_id = 'null'", "unit_id = 'null'", "unit_id = 'null,{'||substr(facts, 2, 12), facts = substr(facts, 14)",
    "facts = replace(facts, ':', ': ')", "at = replace(at, ' ', 'T')", "at = at || '+00:00'", "person_name = null",
    "person_name = cast(person_name as blob)", "facts = cast(facts as blob)", "object_id = 5.0", "facts = null",
])  # fmt: skip
def test_a_row_that_only_seems_the_same_is_found(settings: Settings, migrated_file: Path, way: str) -> None:
    """SQLite takes any value in any column: one that gives the same text in other columns is another row all the same.

    What means the same is not found: white space in facts, their text as bytes, a moment written in another way.
    """
    settings.home.mkdir()
    shutil.copy(migrated_file, settings.home / "archive.db")
    database = Database(settings.url())
    write(database, 6)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("pragma writable_schema = on")
        connection.exec_driver_sql(
            "update sqlite_master set sql = replace(sql, ' NOT NULL', '') where name = 'audit_entries'"
        )
    database.close()
    database = Database(settings.url())
    with database.unit_of_work() as session:
        unguard(session)
        session.execute(text(f"update audit_entries set {way} where seq = 5"))
    with database.reading() as session:
        named = [(one.seq, one.reason) for one in chain_breaks(session)]
    database.close()
    means_the_same = way.startswith(("facts = replace", "facts = cast", "at = "))
    assert named == ([] if means_the_same else [(5, "altered")]), way


def test_nothing_is_found_where_nothing_was_done(trail: Database, settings: Settings, tmp_path: Path) -> None:
    """An untouched trail holds, in the archive and in the bundle, and agrees with the checkpoint outside."""
    with trail.reading() as session:
        newest = checkpoints.newest(session)
        assert newest is not None
        (tmp_path / "kept.txt").write_bytes(note.file_of(newest.note, newest.signature))
    assert found(trail, settings) == []
    report = offline.verify(bundled(trail, settings, tmp_path / "b.zip"), outside=[tmp_path / "kept.txt"])
    assert (report.findings, report.complete, report.agreed) == ([], True, 1)
    # The export itself is the thirteenth.
    assert (report.entries, report.checkpoints) == (13, 3)


def rewritten(trail: Database) -> None:
    """Change an entry and write everything after it anew, with checkpoints signed by another key."""
    with trail.unit_of_work() as session:
        unguard(session)
        WAYS["write everything anew, signed by another"](session)


def test_a_whole_rewrite_is_only_seen_from_outside(trail: Database, settings: Settings, tmp_path: Path) -> None:
    """Without the checkpoint or the key that somebody kept, a bundle that was made of a rewrite holds in itself."""
    with trail.reading() as session:
        newest = checkpoints.newest(session)
        assert newest is not None
        (tmp_path / "kept.txt").write_bytes(note.file_of(newest.note, newest.signature))
        key = note.fingerprint(json.loads(newest.note)["key"])
    rewritten(trail)
    # The attacker signs the export too: the key file of the archive is theirs now, and what the machine remembers.
    for name in ("audit.pem", remembered.FILE):
        (settings.home / "secrets" / name).unlink()
    made = bundled(trail, settings, tmp_path / "b.zip")
    assert offline.verify(made).findings == []
    assert "outside-differs" in {one.reason for one in offline.verify(made, outside=[tmp_path / "kept.txt"]).findings}
    assert "key-differs" in {one.reason for one in offline.verify(made, key=key).findings}


@pytest.mark.parametrize("statement", [
    "update audit_entries set person_name = 'x' where seq = 2",
    "delete from audit_entries where seq = 2",
    "delete from audit_entries",
    "update audit_checkpoints set root = 'x'",
    "delete from audit_checkpoints",
])  # fmt: skip
def test_the_database_itself_refuses_to_change_or_remove(trail: Database, statement: str) -> None:
    """Entries and checkpoints are only appended to, whoever asks, on each engine."""
    with pytest.raises(IntegrityError, match="only appended to"), trail.unit_of_work() as session:
        session.execute(text(statement))
    with trail.reading() as session:
        assert chain_breaks(session) == []


def test_an_entry_is_not_replaced_either(settings: Settings, migrated_file: Path) -> None:
    """SQLite's INSERT OR REPLACE removes what is there without a word to the triggers of DELETE."""
    settings.home.mkdir()
    shutil.copy(migrated_file, settings.home / "archive.db")
    database = Database(settings.url())
    write(database, 2)
    with pytest.raises(IntegrityError, match="only appended to"), database.unit_of_work() as session:
        session.execute(text("insert or replace into audit_entries select * from audit_entries where seq = 2"))
    database.close()


def test_picked_entries_are_proven_and_a_change_of_one_is_found(
    trail: Database, settings: Settings, tmp_path: Path
) -> None:
    """What concerns one account comes with a proof for each entry; the record tells who touched it."""
    chosen = Selection(account_no="0000000001", objects={"item": [1]})
    bundle.export(trail, settings, tmp_path / "b.zip", chosen, by=SYSTEM, unit_id=None, now=NOW)
    report = offline.verify(tmp_path / "b.zip", record="0000000001")
    assert (report.findings, report.complete) == ([], False)
    assert report.entries == len(report.record) > 3
    changed = tmp_path / "c.zip"
    with zipfile.ZipFile(tmp_path / "b.zip") as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace("甲1".encode(), "乙1".encode()))
    assert {one.reason for one in offline.verify(changed).findings} == {"altered"}


def test_a_stretch_has_no_gap(trail: Database, settings: Settings, tmp_path: Path) -> None:
    """Of a period every entry is there, or the checker says which is missing.

    The later entries are dated earlier, so the stretch of numbers that holds the period goes on to the export itself.
    """
    chosen = Selection(since=NOW + timedelta(seconds=5), until=NOW + timedelta(seconds=8))
    bundle.export(trail, settings, tmp_path / "b.zip", chosen, by=SYSTEM, unit_id=None, now=NOW)
    report = offline.verify(tmp_path / "b.zip")
    assert (report.findings, report.first, report.last) == ([], 5, 13)
    with zipfile.ZipFile(tmp_path / "b.zip") as old, zipfile.ZipFile(tmp_path / "c.zip", "w") as new:
        for name in old.namelist():
            lines = old.read(name).splitlines(keepends=True)
            new.writestr(name, b"".join(lines[:1] + lines[2:] if name == "entries.txt" else lines))
    assert [(one.seq, one.reason) for one in offline.verify(tmp_path / "c.zip").findings] == [(6, "missing")]


def test_the_checker_runs_alone(trail: Database, settings: Settings, tmp_path: Path) -> None:
    """Copied to a folder of its own, without the archive to import, it says the same and ends with the codes told."""
    made = bundled(trail, settings, tmp_path / "b.zip")
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(offline.__file__, alone / "check.py")
    # -P and -I leave the archive out of reach; only what is installed beside it could be imported.
    command = [sys.executable, "-I", str(alone / "check.py"), str(made), "--json"]
    done = subprocess.run([*command, "--record", "item:3"], cwd=alone, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["complete"] is True
    assert {one["object"] for one in told["record"]} == {"item:3"}
    none = subprocess.run([*command, "--record", "item:999"], cwd=alone, capture_output=True, check=False)
    wrong = subprocess.run([*command[:3], str(alone / "check.py")], cwd=alone, capture_output=True, check=False)
    assert (none.returncode, wrong.returncode) == (4, 2)


@pytest.mark.parametrize("name", ["no.zip", "cut.zip", "empty.zip", "other.zip"])
def test_what_is_no_bundle_is_said_to_be_none(trail: Database, settings: Settings, tmp_path: Path, name: str) -> None:
    """Text, half a file, an empty file and a ZIP of other things end with a sentence, not with a trace."""
    whole = bundled(trail, settings, tmp_path / "b.zip").read_bytes()
    content = {"no.zip": b"text", "cut.zip": whole[: len(whole) // 2], "empty.zip": b"", "other.zip": b""}[name]
    (tmp_path / name).write_bytes(content)
    if name == "other.zip":
        with zipfile.ZipFile(tmp_path / name, "w") as other:
            other.writestr("bundle.json", "[]")
    with pytest.raises(offline.NoBundle):
        offline.verify(tmp_path / name)
