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
from typing import Any

#: What stands before the first entry.
GENESIS = "0" * 64


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
        return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def link_hash(previous: str, link: Link) -> str:
    """Return the hash that ties `link` to the entry whose hash is `previous`."""
    return hashlib.sha256(f"{previous}\n{link.canonical()}".encode()).hexdigest()


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold."""

    seq: int
    reason: str


def breaks(entries: Iterable[tuple[Link, str, str]], *, head: tuple[int, str]) -> Iterator[Break]:
    """Yield every break in `entries`: (link, previous hash as stored, hash as stored) in order of seq.

    `head` is the number and hash that the chain should end with; a cut-off end is a break too.
    """
    expected_seq, previous = 1, GENESIS
    for link, stored_previous, stored_hash in entries:
        if link.seq != expected_seq:
            yield Break(expected_seq, "missing")
        elif stored_previous != previous:
            yield Break(link.seq, "previous-differs")
        if link_hash(stored_previous, link) != stored_hash:
            yield Break(link.seq, "altered")
        expected_seq, previous = link.seq + 1, stored_hash
    if (expected_seq - 1, previous) != head:
        yield Break(head[0], "end-differs")
