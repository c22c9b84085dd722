"""The hash chain of the audit trail: pure arithmetic, no database.

Each entry's hash covers its own canonical text and the hash before it, so that a changed, removed or inserted entry
breaks every hash after it. Source: docs/decisions/0007.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

#: What stands before the first entry.
GENESIS = "0" * 64
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class Link:
    """What of an entry is covered by its hash."""

    seq: int
    at: datetime
    person_id: int | None
    person_name: str
    did: str
    object_kind: str
    object_id: str
    unit_id: int | None
    facts: Mapping[str, Any]

    def canonical(self) -> str:
        """Return the one text that stands for this entry, equal on every machine and database."""
        row = [
            self.seq,
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.person_id,
            self.person_name,
            self.did,
            self.object_kind,
            self.object_id,
            self.unit_id,
            self.facts,
        ]
        return _ENCODER.encode(row)


def link_hash(previous: str, link: Link) -> str:
    """Return the hash that ties `link` to the entry whose hash is `previous`."""
    return text_hash(previous, link.canonical())


def text_hash(previous: str, text: str) -> str:
    """Return the hash that ties an entry of this canonical text to the entry whose hash is `previous`."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


class Whole(NamedTuple):
    """An entry whose hash was seen to be that of its text and of the hash before it, as the row holds them."""

    seq: int
    text: str

    def canonical(self) -> str:
        """Return the text that stands for this entry."""
        return self.text


#: What a reader makes of a row: a whole entry, one whose hash is not its own, or the number of one that is unreadable.
Read = Whole | Link | int


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold."""

    seq: int
    reason: str


#: Numbers of one gap that are named one by one.
MOST_NAMED = 1000


def breaks(
    entries: Iterable[tuple[Read, str, str]], *, head: tuple[int, str], after: tuple[int, str] = (0, GENESIS)
) -> Iterator[Break]:
    """Yield every break in `entries`: (link, previous hash as stored, hash as stored) in order of seq.

    Of an entry that cannot even be read, its number stands in place of the link. `head` is the number and hash that the
    chain should end with; a cut-off end is a break too. Each break names the entry that was changed and, as far as the
    hashes can tell, not its successor. `after` are the number and hash of the entry before the first.
    """
    expected_seq, previous = after[0] + 1, {after[1]}
    for link, stored_previous, stored_hash in entries:
        if type(link) is Whole and link.seq == expected_seq and expected_seq <= head[0] and stored_previous in previous:
            expected_seq, previous = expected_seq + 1, {stored_hash}
            continue
        seq = link if isinstance(link, int) else link.seq
        if seq > head[0]:
            yield Break(seq, "beyond-end")
            continue
        yield from _missing(expected_seq, seq)
        true_hash = "" if isinstance(link, int) else text_hash(stored_previous, link.canonical())
        if true_hash != stored_hash:
            yield Break(seq, "altered")
        elif seq == expected_seq and stored_previous not in previous:
            yield Break(seq, "previous-differs")
        # When only the hash of an entry was changed, its successor still holds the true one and is not at fault.
        expected_seq, previous = seq + 1, {stored_hash, true_hash}
    yield from _missing(expected_seq, head[0])
    if expected_seq - 1 != head[0] or head[1] not in previous:
        yield Break(head[0], "end-differs")


def _missing(expected_seq: int, seq: int) -> Iterator[Break]:
    return (Break(gone, "missing") for gone in range(expected_seq, min(seq, expected_seq + MOST_NAMED)))
