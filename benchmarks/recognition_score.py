"""Hold what recognition made of a set of scans against the truth. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from archive_service.households.values import OTHER
from benchmarks import support
from benchmarks.recognition_truth import DocumentTruth, FileTruth

_IDENTITY = ("id_number", "agent_id_number", "legal_rep_id_number")


@dataclass(frozen=True)
class Found:
    """A document as recognised; `filed` says that no person was asked."""

    document_type: str
    pages: tuple[int, ...]
    account_no: str | None
    application_no: str | None
    fields: Mapping[str, str]
    filed: bool
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadPage:
    """A page as read."""

    rotation: int
    text: str


@dataclass(frozen=True)
class ReadFile:
    """What became of one file."""

    name: str
    pages: tuple[ReadPage, ...]
    documents: tuple[Found, ...]


@dataclass
class Share:
    """So many of so many."""

    good: int = 0
    all: int = 0

    def add(self, good: bool) -> None:
        """Count one."""
        self.good += good
        self.all += 1

    @property
    def value(self) -> float:
        """The share; 1 of nothing."""
        return self.good / self.all if self.all else 1.0

    def __str__(self) -> str:
        return f"{self.value:.1%} ({self.good}/{self.all})"


@dataclass
class Score:
    """The sums over a set."""

    wrong_characters: int = 0
    characters: int = 0
    upright: Share = field(default_factory=Share)
    types: Share = field(default_factory=Share)
    fields: Share = field(default_factory=Share)
    by_field: dict[str, Share] = field(default_factory=dict)
    #: Starts of documents behind the first page of a file: found and true, found, true.
    starts: tuple[int, int, int] = (0, 0, 0)
    filed: int = 0
    wrongly_filed: int = 0
    untouched: Share = field(default_factory=Share)

    @property
    def cer(self) -> float:
        """Share of wrong characters."""
        return self.wrong_characters / max(1, self.characters)

    @property
    def boundaries(self) -> float:
        """F1 of the starts of documents."""
        hit, found, true = self.starts
        return 2 * hit / (found + true) if found + true else 1.0

    @property
    def identity(self) -> Share:
        """Identity numbers read exactly."""
        return self._sum(_IDENTITY)

    @property
    def account(self) -> Share:
        """Account numbers read exactly."""
        return self._sum(("account_no",))

    @property
    def wrong_share(self) -> float:
        """Share of wrong ones among what was filed without a person."""
        return self.wrongly_filed / self.filed if self.filed else 0.0

    def _sum(self, names: Iterable[str]) -> Share:
        parts = [self.by_field[name] for name in names if name in self.by_field]
        return Share(sum(part.good for part in parts), sum(part.all for part in parts))


#: Told of every error, for whoever may look at errors: kind, file, document, what was found.
Teller = Callable[[str, FileTruth, DocumentTruth | None, object], None]


def score(files: Sequence[FileTruth], read: Mapping[str, ReadFile], tell: Teller | None = None) -> Score:
    """Return the sums; a file that was not read counts as read empty."""
    found = Score()
    tell = tell or (lambda *_: None)
    for file in files:
        mine = read.get(file.name, ReadFile(file.name, (), ()))
        _pages(found, file, mine)
        _starts(found, file, mine, tell)
        for document in file.documents:
            _document(found, file, document, mine, tell)
        _filed(found, file, mine, tell)
    return found


def _pages(found: Score, file: FileTruth, mine: ReadFile) -> None:
    for place, page in enumerate(file.pages):
        read = mine.pages[place] if place < len(mine.pages) else ReadPage(-1, "")
        text = support.plain(read.text)
        found.wrong_characters += sum(support.errors(line, text) for line in page.lines)
        found.characters += sum(map(len, page.lines))
        if page.lines:
            found.upright.add(read.rotation == page.turn)


def _starts(found: Score, file: FileTruth, mine: ReadFile, tell: Teller) -> None:
    blank = {place for place, page in enumerate(file.pages, 1) if not page.lines}
    true = {one.pages[0] for one in file.documents if one.pages[0] > 1}
    seen = {one.pages[0] for one in mine.documents if one.pages and one.pages[0] > 1} - blank
    for page in sorted(true ^ seen):
        tell("start missed" if page in true else "start too many", file, None, page)
    hit, all_found, all_true = found.starts
    found.starts = (hit + len(true & seen), all_found + len(seen), all_true + len(true))


def _document(found: Score, file: FileTruth, document: DocumentTruth, mine: ReadFile, tell: Teller) -> None:
    best = max(mine.documents, key=lambda one: len(set(one.pages) & set(document.pages)), default=None)
    if best is None or not set(best.pages) & set(document.pages):
        best = Found(OTHER, (), None, None, {}, False)
    if document.document_type == OTHER:
        return
    found.types.add(best.document_type == document.document_type)
    if best.document_type != document.document_type:
        tell("type", file, document, best)
    for name, value in document.fields.items():
        good = same(name, value, best.fields.get(name))
        found.fields.add(good)
        found.by_field.setdefault(name, Share()).add(good)
        if not good:
            tell(f"field {name}", file, document, best)
    if document.account_no:
        good = any(one.filed and _rightly(one, document, file) for one in mine.documents)
        found.untouched.add(good)
        if not good:
            tell("touched", file, document, best)


def _filed(found: Score, file: FileTruth, mine: ReadFile, tell: Teller) -> None:
    for one in mine.documents:
        if one.filed:
            found.filed += 1
            if not any(_rightly(one, document, file) for document in file.documents):
                found.wrongly_filed += 1
                tell("wrongly filed", file, None, one)


def _rightly(one: Found, document: DocumentTruth, file: FileTruth) -> bool:
    """Say whether a document was filed as what it is, whole, where it belongs."""
    blank = {place for place, page in enumerate(file.pages, 1) if not page.lines}
    return (
        set(one.pages) - blank == set(document.pages) - blank
        and one.document_type == document.document_type
        and one.account_no == document.account_no
        and one.application_no == document.application_no
    )


def same(name: str, truth: str, found: str | None) -> bool:
    """Say whether a value is the true one; only its writing may differ: width, punctuation, zeros, units of voltage."""
    if found is None:
        return False
    if name in ("capacity", "amount", "area") or name.startswith("reading") or name.startswith("capacity"):
        return _number(found) is not None and _number(found) == _number(truth)
    if name == "voltage":
        return _volts(found) == _volts(truth)
    if name == "phone":
        return re.sub(r"\D", "", found) == re.sub(r"\D", "", truth)
    return _bare(found) == _bare(truth)


def _bare(text: str) -> str:
    return re.sub(r"[^\w]|_", "", support.plain(text)).upper()


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(re.sub(r"[^\d.]", "", support.plain(text)))
    except InvalidOperation:
        return None


def _volts(text: str) -> float | None:
    hit = re.fullmatch(r"([\d.]+)(kv|v)?", support.plain(text).lower())
    return float(hit[1]) * (1000 if hit[2] == "kv" else 1) if hit else None


def worst_fields(found: Score, count: int = 8) -> str:
    """Return the fields that are read worst, as a line of text."""
    ranked = sorted(found.by_field.items(), key=lambda entry: entry[1].value)
    return ", ".join(f"{name} {share}" for name, share in ranked[:count])


def doubts(read: Iterable[ReadFile]) -> Counter[str]:
    """Return what kept documents from being filed, without the names and numbers in it."""
    return Counter(
        re.sub(r"“[^”]*”|[0-9A-Z][0-9A-Za-z%.\-]*", "…", one)
        for file in read
        for document in file.documents
        if not document.filed
        for one in document.doubts[:1]
    )
