"""What the model sees of a paper: the text of its title, of its head and of the rest, as sequences of characters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from ingest.recognise import normalise, titles
from ingest.recognise.pages import Line, Page

#: The three spaces of features, in the order of the model's vocabulary.
FIELDS = ("title", "head", "body")
#: Longest sequence of characters that is one feature.
LONGEST = 3
#: From this look a line is taken for the title; set like a title it would have 0.6.
_LOOK = 0.5
_SECOND = 0.15
_HEAD_ROWS = 10
#: A plain print-out sets its title like everything else; it stands first, in so many characters.
_SHORTEST_TITLE, _LONGEST_TITLE = 4, 26
_NO_TITLE = re.compile(r"[:：，。；、]|\d{6}")
_FIRST_PAGE = 1500
_OTHER_PAGES = 600
_DIGITS = re.compile(r"\d[\d.,:/-]*")
_NOISE = re.compile(r"[^0-9a-z\u4e00-\u9fff]+")


@dataclass(frozen=True)
class Words:
    """The text of a paper by where it stands, in one form of writing; lines are parted by a bar."""

    title: str
    head: str
    body: str

    def field(self, name: str) -> str:
        """Return the text of one of `FIELDS`."""
        return {"title": self.title, "head": self.head, "body": self.body}[name]

    @property
    def empty(self) -> bool:
        """Say whether there is nothing to go by."""
        return not (self.title or self.head or self.body)


def words_of(pages: Sequence[Page]) -> Words:
    """Return what the model sees of the pages of one document."""
    first = pages[0]
    heads = [(look, line) for line, look in titles.looks(first) if look >= _LOOK]
    best = max((look for look, _ in heads), default=0.0)
    chosen = [line for look, line in heads if look >= best - _SECOND][:2] or _topmost(first)
    spoken = {line.compact for line in chosen}
    rows = ["".join(line.compact for line in row if line.compact not in spoken) for row in first.rows]
    body = "|".join(rows[_HEAD_ROWS:])[:_FIRST_PAGE]
    later = islice((line.compact for page in pages[1:] for line in page.lines), _OTHER_PAGES)
    rest = "|".join(later)[:_OTHER_PAGES]
    return Words(
        "|".join(_plain(titles.strip(line.compact)) for line in chosen),
        _plain("|".join(rows[:_HEAD_ROWS])),
        _plain(f"{body}|{rest}"),
    )


def _topmost(page: Page) -> list[Line]:
    """Return the line that stands first, where nothing is set like a title and it is neither label nor sentence."""
    line = page.lines[0] if page.lines else None
    fits = line is not None and _SHORTEST_TITLE <= len(line.compact) <= _LONGEST_TITLE
    return [line] if line is not None and fits and not _NO_TITLE.search(line.compact) else []


def grams(text: str) -> Counter[str]:
    """Return the sequences of one to three characters within the lines of `text`, with how often each occurs."""
    found: Counter[str] = Counter()
    for line in text.split("|"):
        marked = f"^{line}$" if line else ""
        for length in range(1, LONGEST + 1):
            found.update(marked[at : at + length] for at in range(len(marked) - length + 1))
    for mark in ("^", "$"):
        found.pop(mark, None)
    return found


def _plain(text: str) -> str:
    """Return `text` in small letters without punctuation; a number counts as one sign, whichever it is."""
    parts = (_NOISE.sub("", _DIGITS.sub("0", part.lower())) for part in normalise.clean(text).split("|"))
    return "|".join(part for part in parts if part)
