"""What stands on a paper, in words that are ready to be printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Section:
    """A table with its heading; the sentence `empty` stands where it has no rows."""

    heading: str
    head: Sequence[str]
    #: How wide the columns are, in shares of the page.
    widths: Sequence[int]
    rows: Sequence[Sequence[str]]
    empty: str


@dataclass(frozen=True)
class Signature:
    """A place for somebody to sign, with what the archive knows of it: who confirmed, and when."""

    role: str
    confirmed: str = ""


@dataclass(frozen=True)
class Paper:
    """A paper of A4: title, facts, sentences, tables, places to sign, and a foot with the number of each page."""

    title: str
    #: The unit that writes it, above the title.
    unit: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    #: Sentences before the tables, and behind them.
    before: Sequence[str] = ()
    behind: Sequence[str] = ()
    signatures: Sequence[Signature] = ()
    #: Names of what is written by hand beside a signature: signature and date.
    by_hand: tuple[str, str] = ("签字", "日期")
    #: At the left of the foot: who printed it, and when.
    printed: str = ""
    #: How a page is numbered, with {page} and {pages} in it.
    numbering: str = "{page} / {pages}"
    across: bool = False
    #: When it counts as made; the same values give the same bytes.
    made_at: datetime | None = None
