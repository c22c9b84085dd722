"""Write a bundle of the trail: entries, checkpoints and proofs, for a stranger to check with `offline.py`.

A bundle is a ZIP of texts and holds nothing that could be executed: docs/proof.md tells its parts. The export is on
record itself, as the last entry but those that others append meanwhile.
"""

from __future__ import annotations

import json
import os
import secrets
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import ColumnElement, Text, and_, func, or_, select, true, type_coerce
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.audit import checkpoints
from archive_service.audit.note import fingerprint
from archive_service.audit.offline import BUNDLE, PROOF
from archive_service.audit.record import Actor, record
from archive_service.audit.tables import AuditCheckpoint, AuditEntry
from archive_service.audit.verify import last_seq, rows_as_kept
from archive_service.db.session import Database
from archive_service.errors import Damaged, Refused, Unavailable
from archive_service.settings import Settings

#: Most entries that are picked out with a proof each; whoever wants more takes the whole trail.
MOST_PICKED = 50_000
#: Kind of the entries about lists that somebody looked at, and of those about scans.
LISTS, SCANS = "reading-list", "reading-scan"
#: Kinds whose entries tell which accounts somebody was shown, or took away.
_SHOWN = (LISTS, SCANS, "list")
#: Entries that are read at once by their numbers.
_AT_ONCE = 500
#: ZIP knows no time before 1980, and the moment of writing says nothing.
_MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Selection:
    """Which entries: all, those from one moment to before another, or what concerns one account or a sample of them."""

    since: datetime | None = None
    until: datetime | None = None
    account_no: str | None = None
    #: Keys of the objects of the account, by their kinds.
    objects: Mapping[str, Collection[int]] = field(default_factory=dict)
    #: Only entries of these units; none means of all.
    units: Collection[int] | None = None
    #: Number of a sample of the auditors, and what concerns each of its accounts.
    sample_id: int | None = None
    accounts: Sequence[Selection] = ()

    def kind(self) -> str:
        """Return all, range, account or sample."""
        if self.sample_id is not None:
            return "sample"
        if self.account_no is not None:
            return "account"
        return "range" if self.since or self.until else "all"


@dataclass(frozen=True)
class Written:
    """What a bundle holds."""

    selection: str
    entries: int
    #: Entries under the newest checkpoint in it, and the fingerprint of the key that signed.
    size: int
    key: str


def export(
    database: Database,
    settings: Settings,
    out: Path,
    selection: Selection,
    *,
    by: Actor,
    unit_id: int | None,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Written:
    """Write a bundle to the file `out`, which must not be there; put that on record first.

    What is in the trail is written as it is, also where the chain is broken: the checker shall see it. Raises Refused
    when the file is there or the selection is too large, Unavailable when it cannot be written; then no file is left.
    """
    if out.exists():
        raise Refused("audit.file-there", "目标文件已存在，没有覆盖。请换一个文件名。")
    _note(database, selection, by=by, unit_id=unit_id, now=now)
    broken = False
    try:
        while checkpoints.make(database, settings, now=now) is not None:
            pass
    except Damaged:
        broken = True
    part = out.with_name(f".{out.name}.{secrets.token_hex(6)}.part")
    try:
        with database.reading() as session:
            written = _write(session, part, selection, progress, broken=broken)
        os.link(part, out)
    except FileExistsError as e:
        raise Refused("audit.file-there", "目标文件已存在，没有覆盖。请换一个文件名。") from e
    except OSError as e:
        raise Unavailable("audit.unwritable", "审计包无法写入。请检查文件夹、权限和磁盘空间后重试。") from e
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return written


def _note(database: Database, selection: Selection, *, by: Actor, unit_id: int | None, now: datetime) -> None:
    kind, facts = selection.kind(), _named(selection)
    try:
        with database.unit_of_work() as session:
            record(
                session, by=by, did="audit.exported", object_kind="audit", object_id=kind,
                unit_id=unit_id, facts=facts, now=now,
            )  # fmt: skip
    except IntegrityError as e:
        # The head says less than there is.
        raise Damaged("audit.broken", "审计链断裂，不能再追加。请运行 audit verify 查明后通知审计管理员。") from e


def _named(selection: Selection) -> dict[str, object]:
    named: dict[str, object] = {"account_no": selection.account_no} if selection.account_no else {}
    return named | ({"sample": selection.sample_id} if selection.sample_id is not None else {})


def _write(
    session: Session, part: Path, selection: Selection, progress: Callable[[int, int], None], *, broken: bool
) -> Written:
    head = last_seq(session)
    signed = _signed(session)
    newest = signed[-1] if signed else None
    # Others append while we write; what no checkpoint covers yet is left for the next bundle, unless it never will.
    covered = newest is not None and not broken and newest.size <= head and _is_whole(session, newest)
    size = newest.size if newest is not None and covered else head
    picked = selection.kind() != "all"
    seqs = _picked(session, selection, size) if picked else []
    told = {"kind": BUNDLE, "selection": selection.kind(), "size": size}
    told |= {"from": seqs[0], "to": seqs[-1]} if seqs else {}
    told |= _named(selection)
    with part.open("xb") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as to:
            conditions = _by_number(seqs) if picked else [AuditEntry.seq <= size]
            count = _entries(session, to, conditions, picked=picked, total=len(seqs) or size, progress=progress)
            _add(to, "checkpoints.txt", "".join(f"{one.note}\n{one.signature}\n" for one in signed))
            if picked and newest is not None:
                _add(to, "proofs.json", json.dumps(_proofs(session, newest.size, seqs, signed)))
            _add(to, "bundle.json", json.dumps(told, ensure_ascii=False, sort_keys=True))
        raw.flush()
        os.fsync(raw.fileno())
    return Written(selection.kind(), count, newest.size if newest else 0, _key(newest.note) if newest else "")


class _Signed(NamedTuple):
    """A checkpoint as its row holds it; what was altered may be no JSON any more."""

    size: int
    note: str
    signature: str


def _signed(session: Session) -> list[_Signed]:
    of = AuditCheckpoint.__table__.c
    rows = session.execute(select(of.size, of.note, of.signature).order_by(of.size))
    # What was altered may hold anything; a checkpoint stays two lines.
    return [_Signed(size, *(" ".join(str(one).split("\n")) for one in rest)) for size, *rest in rows]


def _key(text: str) -> str:
    try:
        return fingerprint(json.loads(text)["key"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _is_whole(session: Session, newest: _Signed) -> bool:
    """Say whether there are as many entries as the checkpoint covers; where not, all that is there is written."""
    there = session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.seq <= newest.size))
    return there == newest.size


def _picked(session: Session, selection: Selection, size: int) -> list[int]:
    """Return the numbers of the entries of a selection, each once. Raises Refused when they are too many."""
    found: set[int] = set()
    for one in selection.accounts if selection.sample_id is not None else (selection,):
        found.update(session.scalars(select(AuditEntry.seq).where(_condition(one, size))))
    if len(found) > MOST_PICKED:
        raise Refused(
            "audit.too-many",
            f"选出的条目超过 {MOST_PICKED} 条。请缩短期间，或不带条件导出整条审计链。",
            found=len(found),
        )
    return sorted(found)


def _by_number(seqs: Sequence[int]) -> Iterable[ColumnElement[bool]]:
    return (AuditEntry.seq.in_(seqs[at : at + _AT_ONCE]) for at in range(0, len(seqs), _AT_ONCE))


def _condition(selection: Selection, size: int) -> ColumnElement[bool]:
    within = AuditEntry.seq <= size
    if selection.account_no is not None:
        named = type_coerce(AuditEntry.facts, Text).contains(f'"account_no":"{selection.account_no}"', autoescape=True)
        of = [
            and_(AuditEntry.object_kind == kind, AuditEntry.object_id.in_([str(one) for one in keys]))
            for kind, keys in selection.objects.items()
            if keys
        ]
        mine = AuditEntry.unit_id.in_(selection.units) if selection.units is not None else true()
        # Lists, those taken away too, and scans tell which accounts they showed.
        listed = and_(
            AuditEntry.object_kind.in_(_SHOWN),
            type_coerce(AuditEntry.facts, Text).contains(f'"{selection.account_no}"', autoescape=True),
        )
        return and_(within, mine, or_(named, listed, *of))
    bounds = [within]
    # Numbers are given in the order of commits and moments may cross; the range is of numbers, so that it has no gap.
    if selection.since is not None:
        first = select(func.min(AuditEntry.seq)).where(AuditEntry.at >= selection.since).scalar_subquery()
        bounds.append(AuditEntry.seq >= first)
    if selection.until is not None:
        last = select(func.max(AuditEntry.seq)).where(AuditEntry.at < selection.until).scalar_subquery()
        bounds.append(AuditEntry.seq <= last)
    return and_(*bounds)


def _entries(
    session: Session,
    to: zipfile.ZipFile,
    conditions: Iterable[ColumnElement[bool]],
    *,
    picked: bool,
    total: int,
    progress: Callable[[int, int], None],
) -> int:
    count = 0
    with to.open(zipfile.ZipInfo("entries.txt", _MOMENT), "w", force_zip64=True) as file:
        for link, previous, kept in chain.from_iterable(rows_as_kept(session, one) for one in conditions):
            text = f"[{link},null]" if isinstance(link, int) else link.canonical()
            # What was altered may hold anything; a line and its parts stay what they are.
            before, made = (_word(one) for one in (previous, kept))
            file.write(f"{before} {made} {text}\n".encode() if picked else f"{made} {text}\n".encode())
            count += 1
            if count % 1000 == 0:
                progress(count, total)
    progress(count, max(count, total))
    return count


def _word(text: object) -> str:
    return "".join(one if one.isascii() and one.isalnum() else "?" for one in str(text)) or "?"


def _add(to: zipfile.ZipFile, name: str, text: str) -> None:
    to.writestr(zipfile.ZipInfo(name, _MOMENT), text.encode(), zipfile.ZIP_DEFLATED)


def _proofs(session: Session, size: int, seqs: list[int], signed: list[_Signed]) -> dict[str, dict[str, list[str]]]:
    tree = checkpoints.tree(session, size)
    inclusion = {str(seq): _hex(partial(tree.inclusion, seq - 1, size)) for seq in seqs}
    consistency = {str(one.size): _hex(partial(tree.consistency, one.size, size)) for one in signed}
    return {"inclusion": inclusion, "consistency": consistency}


def _hex(ask: Callable[[], list[bytes]]) -> list[str]:
    try:
        return [one.hex() for one in ask()]
    except (ValueError, IndexError):
        # Entries are missing; the checker finds a proof that proves nothing.
        return []


def proof_of(session: Session, seq: int, size: int | None = None) -> dict[str, object] | None:
    """Return what proves that an entry is under a checkpoint, the newest or that of `size`; none where it is not.

    That is its text, the checkpoint and the path between (RFC 9162, 2.1.3); `offline.py` checks it as a file.
    """
    under = checkpoints.newest(session) if size is None else checkpoints.of_size(session, size)
    if under is None or not 0 < seq <= under.size:
        return None
    found = next(iter(list(rows_as_kept(session, AuditEntry.seq == seq))), None)
    if found is None or isinstance(found[0], int):
        return None
    tree = checkpoints.tree(session, under.size)
    return {
        "kind": PROOF,
        "entry": found[0].canonical(),
        "previous": found[1],
        "hash": found[2],
        "index": seq - 1,
        "proof": _hex(partial(tree.inclusion, seq - 1, under.size)),
        "checkpoint": under.note,
        "signature": under.signature,
    }


def consistency_of(session: Session, old: int, new: int) -> dict[str, object] | None:
    """Return what proves that the checkpoint of `new` entries goes on from that of `old`; none where one lacks.

    That is both checkpoints and the path between (RFC 9162, 2.1.4); `offline.py` checks it as a file.
    """
    before, after = checkpoints.of_size(session, old), checkpoints.of_size(session, new)
    if before is None or after is None or not 0 < old < new:
        return None
    return {
        "kind": PROOF,
        "older": before.note,
        "older_signature": before.signature,
        "proof": _hex(partial(checkpoints.tree(session, new).consistency, old, new)),
        "checkpoint": after.note,
        "signature": after.signature,
    }
