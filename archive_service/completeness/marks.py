"""The signatures and seals that the catalogue asks for: whether each was seen, and what a person says of it.

A person's word is believed over what was seen on the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

#: Confidence from which "seen" and "not seen" are said at all; below it, it is doubtful.
SURE = 0.8


class Sight(StrEnum):
    """Whether a mark is there; for people: 有, 没有, 看不清."""

    SEEN = "seen"
    NOT_SEEN = "not_seen"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said of a mark, who and when (ISO, UTC)."""

    sight: Sight
    person_id: int | None
    name: str
    at: str


@dataclass(frozen=True, slots=True)
class MarkVerdict:
    """One mark that the catalogue asks for on a document, and whether it was seen on the picture."""

    #: signature or seal.
    kind: str
    #: Code of the catalogue for who signs or seals, and its name for a person.
    party: str
    party_zh: str
    sight: Sight
    #: How sure `sight` is, 0 to 1.
    confidence: float
    #: Page of the document, from 1, and the place there in pixels of the upright image; none where there is none.
    page: int | None
    box: tuple[int, int, int, int] | None
    #: Why, as a sentence without full stop.
    why: str
    said: Word | None = None

    @property
    def key(self) -> str:
        """Return what tells it apart from the other marks of the document."""
        return f"{self.kind}:{self.party}"

    @property
    def name_zh(self) -> str:
        """Return what it is called: 客户签字."""
        return f"{self.party_zh}{'签字' if self.kind == 'signature' else '盖章'}"

    @property
    def standing(self) -> Sight:
        """Return what holds: the person's word where there is one."""
        return self.said.sight if self.said else self.sight

    @property
    def lacks(self) -> bool:
        """Say whether the paper cannot be relied on for want of it: a person said so, or it is surely not there."""
        if self.said:
            return self.said.sight is not Sight.SEEN
        return self.sight is Sight.NOT_SEEN and self.confidence >= SURE


def doubts(marks: Iterable[MarkVerdict], title: str) -> tuple[str, ...]:
    """Return why a paper called `title` cannot be relied on for its marks, as sentences without full stop."""
    return tuple(_doubt(mark, title) for mark in marks if mark.lacks)


def _doubt(mark: MarkVerdict, title: str) -> str:
    if mark.said is None:
        return f"“{title}”未见{mark.name_zh}"
    if mark.said.sight is Sight.NOT_SEEN:
        return f"“{title}”经人工核对没有{mark.name_zh}"
    return f"“{title}”的{mark.name_zh}经人工核对看不清"


def with_words(marks: Sequence[MarkVerdict], words: Mapping[str, Word]) -> tuple[MarkVerdict, ...]:
    """Return `marks` with what people said of them by key; other keys are let be."""
    return tuple(replace(mark, said=words.get(mark.key, mark.said)) for mark in marks)


def words_of(marks: Iterable[MarkVerdict]) -> dict[str, Word]:
    """Return what people said of marks, by key."""
    return {mark.key: mark.said for mark in marks if mark.said}


def to_json(marks: Iterable[MarkVerdict]) -> list[dict[str, Any]]:
    """Return marks as plain JSON values."""
    return [_row(mark) for mark in marks]


def from_json(rows: Iterable[Mapping[str, Any]] | None) -> tuple[MarkVerdict, ...]:
    """Return the marks that `to_json` wrote; none for a paper that was never looked at."""
    return tuple(_mark(row) for row in rows or ())


def _row(mark: MarkVerdict) -> dict[str, Any]:
    said = mark.said
    return {
        "kind": mark.kind,
        "party": mark.party,
        "party_zh": mark.party_zh,
        "sight": str(mark.sight),
        "confidence": round(mark.confidence, 3),
        "page": mark.page,
        "box": list(mark.box) if mark.box else None,
        "why": mark.why,
        "said": {"sight": str(said.sight), "by": said.person_id, "name": said.name, "at": said.at} if said else None,
    }


def _mark(row: Mapping[str, Any]) -> MarkVerdict:
    said, box = row["said"], row["box"]
    return MarkVerdict(
        kind=row["kind"],
        party=row["party"],
        party_zh=row["party_zh"],
        sight=Sight(row["sight"]),
        confidence=row["confidence"],
        page=row["page"],
        box=(box[0], box[1], box[2], box[3]) if box else None,
        why=row["why"],
        said=Word(Sight(said["sight"]), said["by"], said["name"], said["at"]) if said else None,
    )
