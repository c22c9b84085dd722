"""Which pages of a batch a person inspects, and what becomes of the batch by what they see."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ingest.quality.findings import LOSSES

#: A page of a batch: the id of its scan, and its number there.
PageKey = tuple[int, int]
#: Share of inspected pages with a faulty picture from which a batch goes back. Source: domain notes on DA/T 31-2017.
MOST_FAULTY = 0.01
OPEN, PASSED, FAILED = "open", "passed", "failed"


def draw(batch_id: int, pages: Iterable[PageKey], *, rate: float, least: int) -> list[PageKey]:
    """Return the pages to inspect, in the order of the batch: a share of them, and not fewer than `least`.

    Drawn by the digest of batch, scan and page, so anybody can draw the same sample again, at any time; pages that
    come in later take the places of few.
    """
    ranked = sorted(pages, key=lambda page: _lot(batch_id, page))
    size = min(len(ranked), max(least, math.ceil(rate * len(ranked))))
    return sorted(ranked[:size])


def _lot(batch_id: int, page: PageKey) -> bytes:
    return hashlib.sha256(f"{batch_id}/{page[0]}/{page[1]}".encode()).digest()


@dataclass(frozen=True)
class Verdict:
    """What the inspection comes to: open until every drawn page was seen, or until it can only fail."""

    state: str
    drawn: int
    inspected: int
    #: Inspected pages with a faulty picture, and with a page missing, repeated or misplaced.
    faulty: int
    losses: int

    @property
    def share(self) -> float:
        """Share of the inspected pages that are faulty in any way."""
        return (self.faulty + self.losses) / self.inspected if self.inspected else 0.0


def judge(drawn: Collection[PageKey], faults: Mapping[PageKey, str | None]) -> Verdict:
    """Say what becomes of a batch; `faults` holds the code of each inspected page, none for a good one."""
    seen = {page: fault for page, fault in faults.items() if page in set(drawn)}
    losses = sum(fault in LOSSES for fault in seen.values())
    faulty = sum(fault is not None and fault not in LOSSES for fault in seen.values())
    if losses or faulty > MOST_FAULTY * len(drawn):
        state = FAILED
    else:
        state = PASSED if drawn and len(seen) == len(drawn) else OPEN
    return Verdict(state, len(drawn), len(seen), faulty, losses)
