"""More of what somebody with write access to the database does: values that nobody writes, and rows beside the entries.

`test_tampering` changes what entries say. Here the check itself is attacked, by values that it cannot read, and the
checkpoints, so that the archive would sign a history of the attacker's.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from archive_service.audit import bundle, checkpoints, offline
from archive_service.audit.bundle import Selection
from archive_service.audit.chain import GENESIS, text_hash
from archive_service.audit.merkle import Frontier, leaf_hash
from archive_service.audit.record import SYSTEM, Actor, record
from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks, rows_as_kept
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Damaged
from archive_service.settings import Settings
from tests.support.tamper import unguard

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OTHER = "f" * 64
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Deed = Callable[[Session], object]


def write(database: Database, count: int) -> None:
    with database.unit_of_work() as session:
        for n in range(1, count + 1):
            record(
                session, by=Actor(None, f"甲{n}"), did="item.filed", object_kind="item", object_id=n, unit_id=None,
                facts={"account_no": f"000000000{n % 3}", "pages": n}, now=NOW + timedelta(seconds=n),
            )  # fmt: skip


@pytest.fixture
def trail(database: Database, settings: Settings) -> Database:
    """Nine entries, eight of them under two checkpoints."""
    for count in (5, 3):
        write(database, count)
        checkpoints.make(database, settings, now=NOW)
    write(database, 1)
    return database


def found(database: Database, settings: Settings) -> list[int]:
    """Return the numbers of what `audit verify` finds, the first of them first."""
    with database.reading() as session:
        broken = [one.seq for one in chain_breaks(session)]
        return sorted([*broken, *(one.size for one in checkpoints.own_faults(session, settings))])


def sql(*statements: str) -> Deed:
    # A colon before a digit is no parameter here.
    return lambda session: [session.execute(text(one.replace(":", "\\:"))) for one in statements]


def entry(change: str, seq: int = 4) -> Deed:
    return sql(f"update audit_entries set {change} where seq = {seq}")


def chained_anew(session: Session) -> None:
    """Give entry and head the hashes that their texts ask for."""
    previous, seq = GENESIS, 0
    for link, _, _ in list(rows_as_kept(session, AuditEntry.seq > 0)):
        assert not isinstance(link, int)
        made, seq = text_hash(previous, link.canonical()), link.seq
        session.execute(
            text("update audit_entries set previous_hash = :p, hash = :h where seq = :s"),
            {"p": previous, "h": made, "s": seq},
        )
        previous = made
    session.execute(text("update audit_head set seq = :s, hash = :h"), {"s": seq, "h": previous})


def as_if_signed(session: Session) -> None:
    """Make the newest checkpoint a start for the archive to sign from: everything but the signature fits."""
    hashes = [kept for _, _, kept in rows_as_kept(session, AuditEntry.seq <= 8)]
    frontier = Frontier()
    for one in hashes:
        frontier.append(leaf_hash(bytes.fromhex(one)))
    session.execute(text("delete from audit_deposits"))
    session.execute(text("delete from audit_checkpoints where size < 8"))
    session.execute(
        text("update audit_checkpoints set root = :r, head_hash = :h, frontier = :f"),
        {"r": frontier.root().hex(), "h": hashes[-1], "f": json.dumps([one.hex() for one in frontier.subtrees])},
    )


def copied_row(session: Session) -> None:
    """Append an entry a second time, under a number of its own, and let the head say so."""
    session.execute(
        text(
            "insert into audit_entries select 10, at, person_id, person_name, did, object_kind, object_id, unit_id,"
            " facts, (select hash from audit_head), hash from audit_entries where seq = 4"
        )
    )
    session.execute(text("update audit_head set seq = 10, hash = (select hash from audit_entries where seq = 10)"))


SIGNED = "update audit_checkpoints set {} where size = 8"
#: What is done, and the number that is named first.
WAYS: dict[str, tuple[Deed, int]] = {
    "a moment before all time": (entry("at = '0001-01-01 00:00:00'"), 4),
    "a moment without end": (entry("at = 'infinity'"), 4),
    "a moment beyond the calendar": (entry("at = '20260-11-23 08:00:00'"), 4),
    "a moment in another zone": (entry("at = '2026-11-23 08:00:04+08:00'"), 4),
    "a microsecond": (entry("at = '2026-11-23 08:00:04.000001'"), 4),
    "the moments of two exchanged": (
        sql(
            "update audit_entries set at = (select at from audit_entries where seq = 4) where seq = 3",
            "update audit_entries set at = '2026-11-23 08:00:03' where seq = 4",
        ),
        3,
    ),
    "moved to another household": (entry("facts = replace(facts, '0000000001', '0000000002')"), 4),
    "moved to another paper": (entry("object_id = '5'"), 4),
    "a hash with the same beginning": (entry("hash = substr(hash, 1, 56) || '00000000'"), 4),
    "a reading made a list": (entry("object_kind = 'reading-list'"), 4),
    "a name with a blank behind": (entry("person_name = person_name || ' '"), 4),
    "a name with a sign nobody sees": (entry("person_name = '\u200b' || person_name"), 4),
    "a name in wide digits": (entry("person_name = replace(person_name, '4', '４')"), 4),
    "no name": (entry("person_name = ''"), 4),
    "an empty verb": (entry("did = ''"), 4),
    "an object with a zero in front": (entry("object_id = '04'"), 4),
    "a person for the system": (entry("person_id = 0"), 4),
    "a unit of nobody": (entry("unit_id = -1"), 4),
    "a number as a fraction": (entry("facts = replace(facts, '\"pages\":4', '\"pages\":4.0')"), 4),
    "a number as text": (entry("facts = replace(facts, '\"pages\":4', '\"pages\":\"4\"')"), 4),
    "a fact twice": (entry("facts = replace(facts, '{', '{\"account_no\":\"9\",')"), 4),
    "facts in another order": (entry("facts = '{\"pages\":4,\"account_no\":\"0000000001\"}'"), 0),
    "facts that are nothing": (entry("facts = 'null'"), 4),
    "facts that are empty": (entry("facts = ''"), 4),
    "facts that are a list": (entry("facts = '[]'"), 4),
    "facts with half a letter": (entry(r"""facts = '{"a":"\ud800"}'"""), 4),
    "facts that are no number": (entry("""facts = '{"a":NaN}'"""), 4),
    "facts with a number without end": (entry(f"""facts = '{{"a":{"9" * 5000}}}'"""), 4),
    "facts without a bottom": (entry(f"facts = '{'[' * 100_000}'"), 4),
    "a hash that is empty": (entry("hash = ''"), 4),
    "a hash in capitals": (entry("hash = upper(hash)"), 4),
    "a hash with a blank": (entry("hash = substr(hash, 1, 63) || ' '"), 4),
    "a hash before that is empty": (entry("previous_hash = ''"), 4),
    "the hashes of two exchanged": (
        sql(
            f"update audit_entries set hash = '{OTHER}' where seq = 3",
            "update audit_entries set hash = (select hash from audit_entries where seq = 4) where seq = 3",
            f"update audit_entries set hash = '{OTHER}' where seq = 4",
        ),
        3,
    ),
    "a number below the first": (entry("seq = 0"), 0),
    "a number below nothing": (entry("seq = -4"), -4),
    "a number far on": (entry("seq = 90000"), 4),
    "an entry once more at the end": (copied_row, 10),
    "a head without a hash": (sql("update audit_head set hash = ''"), 9),
    "a head of less than nothing": (sql("update audit_head set seq = -1"), -1),
    "a head far ahead": (sql("update audit_head set seq = 2000000000"), 10),
    "no head": (sql("delete from audit_head"), 1),
    "a second head": (sql(f"insert into audit_head (id, seq, hash) values (2, 99, '{OTHER}')"), 99),
    "a root that is empty": (sql(SIGNED.format("root = ''")), 8),
    "a note that is none": (sql(SIGNED.format("note = 'x'")), 8),
    "a note without a bottom": (sql(SIGNED.format(f"note = '{'[' * 100_000}'")), 8),
    "a note with a blank": (sql(SIGNED.format("note = note || ' '")), 8),
    "a note of another checkpoint": (
        sql(SIGNED.format("note = (select note from audit_checkpoints where size = 5)")), 8),
    "a signature in other base64": (sql(SIGNED.format("signature = substr(signature, 1, 85) || '/=='")), 8),
    "a way of signing unknown": (sql(SIGNED.format("algorithm = 'none'")), 8),
    "a moment of signing before all time": (sql(SIGNED.format("made_at = '0001-01-01 00:00:00'")), 8),
    "a frontier that is none": (sql(SIGNED.format("frontier = 'x'")), 8),
    "a frontier of another trail": (sql(SIGNED.format(f"frontier = '[\"{OTHER}\"]'")), 8),
    "a frontier that is empty": (sql(SIGNED.format("frontier = '[]'")), 8),
    "a checkpoint further on than all": (
        sql(
            "insert into audit_checkpoints (size, root, head_hash, frontier, made_at, note, algorithm, signature)"
            " select 5000, root, head_hash, frontier, made_at, note, algorithm, signature"
            " from audit_checkpoints where size = 8"
        ),
        5000,
    ),
    "the roots of two checkpoints exchanged": (
        sql(
            "update audit_checkpoints set root = (select root from audit_checkpoints where size = 5) where size = 8",
        ),
        8,
    ),
    "a checkpoint signed with another key, by its row": (
        sql(SIGNED.format("signature = (select signature from audit_checkpoints where size = 5)")), 8),
    "the newest checkpoint gone": (sql("delete from audit_checkpoints where size = 8"), 8),
    "all checkpoints gone": (sql("delete from audit_checkpoints"), 8),
    "a tile in the way of those to come": (
        sql(f"insert into audit_tiles (number, root) values (0, '{OTHER}')"), 1024),
    "rewound": (
        sql(
            "delete from audit_entries where seq > 5", "delete from audit_checkpoints where size > 5",
            "update audit_head set seq = 5, hash = (select hash from audit_entries where seq = 5)",
        ),
        8,
    ),
    "written anew, for the archive to sign": (
        lambda session: [
            entry("person_name = 'x'")(session), chained_anew(session), sql("delete from audit_checkpoints")(session)
        ],
        8,
    ),
    "written anew, behind a checkpoint that only lacks the signature": (
        lambda session: [entry("person_name = 'x'")(session), chained_anew(session), as_if_signed(session)], 8),
}  # fmt: skip
#: What means the same as before: the facts in another order.
SAME = {way for way, (_, first) in WAYS.items() if not first and "order" in way}


def test_each_engine_names_what_is_done(trail: Database, settings: Settings) -> None:
    """PostgreSQL keeps moments and texts in its own way; each deed is undone again."""
    for way, (deed, first) in WAYS.items():
        with trail.reading() as session:
            unguard(session)
            deed(session)
            broken = [one.seq for one in chain_breaks(session)]
            named = sorted([*broken, *(one.size for one in checkpoints.own_faults(session, settings))])
            assert named[:1] == [first] or (way in SAME and not named), (way, named)
            session.rollback()


@SQLITE
@pytest.mark.parametrize("way", WAYS)
def test_what_is_done_to_the_database_is_named(trail: Database, settings: Settings, way: str) -> None:
    """The first bad one by its number, without a trace; what is exported afterwards never holds either."""
    deed, first = WAYS[way]
    with trail.unit_of_work() as session:
        unguard(session)
        deed(session)
    named = found(trail, settings)
    assert named[:1] == [first] or (way in SAME and not named), named
    out = settings.home / "b.zip"
    try:
        bundle.export(trail, settings, out, Selection(), by=SYSTEM, unit_id=None, now=NOW)
    except ArchiveError:
        return
    with trail.reading() as session:
        assert chain_breaks(session) or checkpoints.own_faults(session, settings) or way in SAME, way
    offline.main([str(out)])


@SQLITE
@pytest.mark.parametrize("way", [
    "written anew, behind a checkpoint that only lacks the signature", "a frontier of another trail",
    "a frontier that is none", "a note that is none", "rewound", "written anew, for the archive to sign",
])  # fmt: skip
def test_the_archive_does_not_sign_what_goes_on_from_a_false_checkpoint(
    trail: Database, settings: Settings, way: str
) -> None:
    """Nothing is signed behind a checkpoint that is not whole: its start would be the attacker's."""
    with trail.unit_of_work() as session:
        unguard(session)
        WAYS[way][0](session)
    write(trail, 1)
    with pytest.raises(Damaged, match="没有签署"):
        checkpoints.make(trail, settings, now=NOW)


@pytest.mark.parametrize("column", ["person_name", "did", "facts", "hash", "previous_hash", "at"])
@pytest.mark.parametrize("value", ["cast(x'ff' as text)", "x'00ff'", "1e999"])
def test_values_that_only_sqlite_takes_are_named_too(
    settings: Settings, migrated_file: Path, column: str, value: str
) -> None:
    """Text that is no text, bytes and a number without end stand in any column, and end no check."""
    settings.home.mkdir()
    shutil.copy(migrated_file, settings.home / "archive.db")
    database = Database(settings.url())
    write(database, 6)
    checkpoints.make(database, settings, now=NOW)
    with database.unit_of_work() as session:
        unguard(session)
        entry(f"{column} = {value}")(session)
    assert found(database, settings)[0] == 4
    bundle.export(database, settings, settings.home / "b.zip", Selection(), by=SYSTEM, unit_id=None, now=NOW)
    if column != "previous_hash":
        # In a bundle the entry before says it.
        assert offline.main([str(settings.home / "b.zip")]) == 5
    database.close()
