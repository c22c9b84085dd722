"""Checkpoints one by one, and the proof that an entry is under one of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit import checkpoints
from archive_service.audit.deposits import CheckpointView
from archive_service.audit.merkle import leaf_hash
from archive_service.audit.tables import AuditCheckpoint, AuditEntry
from archive_service.errors import NotFound


@dataclass(frozen=True)
class ProofView:
    """That an entry is under a checkpoint, as RFC 9162 proves it (2.1.3); hashes are sha256, hexadecimal."""

    seq: int
    #: What the entry says of itself and the one before, and the leaf that this makes.
    entry_hash: str
    leaf: str
    #: Entries under the checkpoint and the root that it signs; the place of the leaf counts from 0.
    size: int
    root: str
    index: int
    path: tuple[str, ...]


@dataclass(frozen=True)
class CheckpointListing:
    """A page of checkpoints, newest first; `next` continues it."""

    rows: tuple[CheckpointView, ...]
    next: int | None


def listing(session: Session, *, below: int | None = None, limit: int = 50) -> CheckpointListing:
    """Return checkpoints over fewer than `below` entries, newest first."""
    wanted = select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(limit + 1)
    if below is not None:
        wanted = wanted.where(AuditCheckpoint.size < below)
    rows = session.scalars(wanted).all()
    return CheckpointListing(tuple(map(_view, rows[:limit])), rows[limit - 1].size if len(rows) > limit else None)


def checkpoint(session: Session, size: int | None = None) -> CheckpointView:
    """Return the checkpoint over just `size` entries, or the newest. Raises NotFound."""
    asked = select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1)
    row = session.scalar(asked if size is None else asked.where(AuditCheckpoint.size == size))
    if row is None:
        raise NotFound("audit.no-checkpoint", "没有这个检查点。请从检查点列表里选择。")
    return _view(row)


def proof(session: Session, entry: AuditEntry, size: int | None = None) -> ProofView:
    """Return the proof that an entry is under the checkpoint over `size` entries, or the newest. Raises NotFound."""
    under = checkpoint(session, size)
    if entry.seq > under.size:
        raise NotFound("audit.not-covered", "这条记录还没有被这个检查点覆盖。请用更新的检查点，或等下一个检查点。")
    path = checkpoints.tree(session, under.size).inclusion(entry.seq - 1, under.size)
    return ProofView(
        entry.seq,
        entry.hash,
        leaf_hash(bytes.fromhex(entry.hash)).hex(),
        under.size,
        under.root,
        entry.seq - 1,
        tuple(one.hex() for one in path),
    )


def _view(row: AuditCheckpoint) -> CheckpointView:
    return CheckpointView(row.size, row.root, row.made_at, row.algorithm, row.note, row.signature)
