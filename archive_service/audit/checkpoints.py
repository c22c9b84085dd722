"""Make signed checkpoints of the trail, and check those that were made.

A checkpoint goes on from the one before, so that it costs what was appended since. Nothing is signed that the chain
does not hold for. Source: docs/decisions/0045.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Row, String, Table, insert, select, type_coerce
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from archive_service import keyring
from archive_service.audit import note, remembered
from archive_service.audit.chain import GENESIS
from archive_service.audit.merkle import TILE, Frontier, Tree, leaf_hash
from archive_service.audit.tables import AuditCheckpoint, AuditDeposit, AuditEntry, AuditHead, AuditTile
from archive_service.audit.verify import breaks_since, moment_as_kept
from archive_service.db.session import Database
from archive_service.errors import Damaged, Unavailable
from archive_service.settings import Settings

_KEY_FILES = ("audit.pem", "audit-sm2.pem")
#: Files of the keys that sign, by how they sign; a key that was in use stays for checking what it signed last.
_FILES = dict(zip((note.ED25519, note.SM2), _KEY_FILES, strict=True))
#: Entries that one checkpoint goes further at most; of a long trail without any, several are made one after another.
MOST = 200_000


@dataclass(frozen=True)
class Fault:
    """A checkpoint that is not what it says: its size, and what is wrong."""

    size: int
    reason: str


def signing_key(settings: Settings, algorithm: str | None = None) -> note.Key:
    """Return the key that signs checkpoints, made if it is not there. Raises Unavailable when it is no good.

    Without `algorithm` it is the one of the settings.
    """
    how = algorithm or settings.audit_algorithm
    try:
        return note.load_key(keyring.file(settings, _FILES[how], lambda: note.new_key(how)), how)
    except ValueError as e:
        raise Unavailable(
            "audit.no-key",
            "审计签名密钥不能用。请检查数据目录 secrets 中的 audit.pem（Ed25519 私钥）或 audit-sm2.pem（SM2 私钥）。",
        ) from e


def own_keys(settings: Settings) -> list[str]:
    """Return the public keys of this archive: of the key that signs, and of one of another kind that signed before."""
    there = settings.home / "secrets"
    used = [how for how, name in _FILES.items() if how == settings.audit_algorithm or (there / name).exists()]
    return [note.public_key(signing_key(settings, how)) for how in used]


def places(settings: Settings) -> list[str]:
    """Return the places outside that checkpoints are taken to, as the settings name them."""
    named = {
        "folder": bool(settings.audit_folder),
        "s3": settings.store == "s3" and settings.audit_lock_days > 0,
        "mail": bool(settings.audit_mail),
    }
    return [place for place, wanted in named.items() if wanted]


def make(database: Database, settings: Settings, *, now: datetime) -> int | None:
    """Make a checkpoint over what was appended since the last; return its size, none when nothing was.

    Raises Damaged when the chain does not hold for what was appended: that is not signed. Whoever is second of two that
    make it at once makes none.
    """
    with database.reading() as session:
        last = newest(session)
        head = session.execute(select(AuditHead.seq).where(AuditHead.id == 1)).scalar() or 0
        done = last.size if last else 0
        size = min(head, done + MOST)
        if size <= done:
            return None
        _require_whole(session, settings, last)
        frontier, head_hash = _grown(session, last, size)
        origin = session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == 1)) or ""
    key = signing_key(settings)
    said = note.Statement(
        origin=origin,
        size=size,
        root=frontier.root().hex(),
        head=head_hash,
        at=now.astimezone(UTC).isoformat(timespec="seconds"),
        algorithm=settings.audit_algorithm,
        key=note.public_key(key),
    )
    try:
        with database.unit_of_work() as session:
            _keep(session, said, note.signed(key, said.text()), frontier, done, places(settings), now)
    except IntegrityError:
        return None
    remembered.keep(settings, said, note.signed(key, said.text()))
    return size


def _require_whole(session: Session, settings: Settings, last: AuditCheckpoint | None) -> None:
    """Raise Damaged unless the last checkpoint was signed as it stands, and is what this machine remembers."""
    if last is not None:
        start = Frontier(last.size, [])
        try:
            start.subtrees = [bytes.fromhex(one) for one in last.frontier]
        except (ValueError, TypeError):
            start.subtrees = []
        fits = len(start.subtrees) == last.size.bit_count() and start.root().hex() == last.root
        said = {"size": last.size, "root": last.root, "head": last.head_hash}
        if not (fits and note.says(last.note, **said) and note.holds(last.note, last.signature)):
            raise Damaged(
                "audit.checkpoint-broken",
                "上一个检查点已被改动，没有签署新的检查点。请运行 audit verify 查明后通知审计管理员。",
                seq=last.size,
            )
    gone = remembered.missing(session, settings)
    if gone is not None:
        raise Damaged(
            "audit.rewound",
            "数据库中没有本机上次签署的检查点，没有签署新的检查点。如果刚恢复了旧的数据库，请核对后移走数据目录"
            " secrets 中的 audit-last.txt；否则请保留现场并通知审计管理员。",
            seq=gone,
        )


def _grown(session: Session, last: AuditCheckpoint | None, size: int) -> tuple[Frontier, str]:
    """Return the frontier of the first `size` entries and the hash of the last of them."""
    done, head = (last.size, last.head_hash) if last else (0, GENESIS)
    frontier = Frontier(done, [bytes.fromhex(one) for one in last.frontier] if last else [])
    hashes: list[str] = []
    # Read to the end: a cursor of the server is not left open.
    bad = next(iter(list(breaks_since(session, after=done, previous=head, up_to=size, seen=hashes.append))), None)
    if bad is not None or len(hashes) != size - done:
        raise Damaged(
            "audit.broken",
            "审计链断裂，没有签署检查点。请运行 audit verify 查明后通知审计管理员。",
            seq=bad.seq if bad else size,
        )
    for one in hashes:
        frontier.append(leaf_hash(bytes.fromhex(one)))
    return frontier, hashes[-1]


def _keep(
    session: Session,
    said: note.Statement,
    signature: str,
    frontier: Frontier,
    done: int,
    to: Sequence[str],
    now: datetime,
) -> None:
    row = AuditCheckpoint(
        size=said.size,
        root=said.root,
        head_hash=said.head,
        frontier=[one.hex() for one in frontier.subtrees],
        made_at=now,
        note=said.text(),
        algorithm=said.algorithm,
        signature=signature,
    )
    session.add(row)
    session.flush()
    tiles = [{"number": number, "root": root.hex()} for number, root in enumerate(frontier.tiles, start=done // TILE)]
    if tiles:
        session.execute(insert(cast(Table, AuditTile.__table__)), tiles)
    session.add_all(AuditDeposit(checkpoint_id=row.id, place=place, tries=0, next_at=now) for place in to)


def newest(session: Session) -> AuditCheckpoint | None:
    """Return the newest checkpoint. Raises Damaged when its row cannot be read."""
    try:
        return session.scalar(select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1))
    except (ValueError, TypeError, ArithmeticError, RecursionError) as e:
        raise Damaged(
            "audit.checkpoint-broken",
            "上一个检查点已被改动，没有签署新的检查点。请运行 audit verify 查明后通知审计管理员。",
        ) from e


def of_size(session: Session, size: int) -> AuditCheckpoint | None:
    """Return the checkpoint over the first `size` entries."""
    return session.scalar(select(AuditCheckpoint).where(AuditCheckpoint.size == size))


def leaves(session: Session, first: int, end: int) -> list[bytes]:
    """Return the leaves of the entries `first` to before `end`, counted from 0, as the rows hold them."""
    asked = select(AuditEntry.hash).where(AuditEntry.seq > first, AuditEntry.seq <= end).order_by(AuditEntry.seq)
    return [leaf_hash(bytes.fromhex(one)) for one in session.scalars(asked)]


def tree(session: Session, size: int) -> Tree:
    """Return the tree over the first `size` entries, for proofs."""
    kept = session.scalars(select(AuditTile.root).order_by(AuditTile.number)).all()
    try:
        tiles = [bytes.fromhex(one) for one in kept]
    except ValueError:
        # What is no hash helps nobody; the leaves tell all the same.
        tiles = []
    return Tree(size, tiles, lambda first, end: leaves(session, first, end))


def faults(
    session: Session, *, keys: Collection[str], seen: Callable[[int], object] = lambda size: None
) -> list[Fault]:
    """Return the checkpoints and tiles that do not fit the entries as they are now, the first of them first.

    `keys` are the public keys of which one has to have signed the newest; older ones may be of an older key.
    `seen` is told how many entries lie under each checkpoint that was compared.
    """
    found: list[Fault] = []
    frontier, hashes = Frontier(), _hashes(session)
    # As the database keeps them: what was changed may be no JSON any more, and has to be named.
    of = AuditCheckpoint.__table__.c
    rows = session.execute(
        select(
            of.size,
            of.root,
            of.head_hash,
            moment_as_kept(session, of.made_at).label("made_at"),
            type_coerce(of.frontier, String).label("frontier"),
            of.note,
            of.algorithm,
            of.signature,
        ).order_by(of.size)
    ).all()
    # Closed when all is compared: a cursor of the server is not left open.
    for row in rows:
        while frontier.size < row.size and (one := next(hashes, None)) is not None:
            frontier.append(one)
        if frontier.size != row.size:
            found.append(Fault(row.size, "checkpoint-beyond-end"))
        elif frontier.root().hex() != row.root or not _goes_on(row.frontier, frontier):
            found.append(Fault(row.size, "checkpoint-differs"))
        elif not _is_signed(row, keys if row is rows[-1] else None):
            found.append(Fault(row.size, "checkpoint-not-signed"))
        seen(frontier.size)
    hashes.close()
    kept = {number: root for number, root in session.execute(select(AuditTile.number, AuditTile.root))}  # noqa: C416
    for number, root in enumerate(frontier.tiles):
        if kept.get(number) != root.hex():
            found.append(Fault((number + 1) * TILE, "tile-differs"))
            break
    # One beyond the last checkpoint would stand in the way of the true one.
    beyond = [number for number in kept if not 0 <= number < len(frontier.tiles)]
    return found + [Fault((number + 1) * TILE, "tile-differs") for number in beyond[:1]]


def own_faults(
    session: Session, settings: Settings, *, seen: Callable[[int], object] = lambda size: None
) -> list[Fault]:
    """Return what `faults` finds with the keys of this archive, and whether the checkpoint is there that it remembers.

    The database cannot reach that one: it tells of a database that was set back, or written anew as a whole.
    """
    found = faults(session, keys=own_keys(settings), seen=seen)
    gone = remembered.missing(session, settings)
    return found if gone is None else [*found, Fault(gone, "checkpoint-gone")]


def _goes_on(kept: str, frontier: Frontier) -> bool:
    """Say whether the next checkpoint would start from these very subtrees."""
    try:
        return bool(json.loads(kept) == [one.hex() for one in frontier.subtrees])
    except (ValueError, TypeError, RecursionError):
        return False


def _is_signed(row: Row[Any], keys: Collection[str] | None) -> bool:
    at = row.made_at.astimezone(UTC) if isinstance(row.made_at, datetime) else row.made_at
    said = {"size": row.size, "root": row.root, "head": row.head_hash, "algorithm": row.algorithm,
            "at": f"{str(at)[:19].replace(' ', 'T')}+00:00"}  # fmt: skip
    own = keys is None or any(note.says(row.note, key=key) for key in keys)
    return own and note.says(row.note, **said) and note.holds(row.note, row.signature)


def _hashes(session: Session) -> Generator[bytes, None, None]:
    of = AuditEntry.__table__.c
    asked = select(of.hash).order_by(of.seq)
    # Not by the mapper: that takes longer for a row than its hash does.
    with session.connection().execute(asked, execution_options={"yield_per": 10_000}) as found:
        try:
            for part in found.partitions():
                for (one,) in part:
                    try:
                        leaf = leaf_hash(bytes.fromhex(one))
                    except (ValueError, TypeError):
                        # Not a hash any more; the chain names the entry, and no root over it can be right.
                        leaf = leaf_hash(b"")
                    yield leaf
        except DatabaseError:
            # Not even text; nothing under a checkpoint fits from here on.
            return
