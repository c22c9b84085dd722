"""What was found on a page: marks with their place and confidence, and the places where somebody is to sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ingest.lines import Box

#: Raised when pages should be looked at anew.
VERSION = 1


class Kind(StrEnum):
    """What a mark is. A text stamp (作废, 已核对) is red like a seal but stands for nobody's name."""

    SEAL = "seal"
    TEXT_STAMP = "text_stamp"
    SIGNATURE = "signature"


class Shape(StrEnum):
    """Outline of a mark; `riding` is a seal that the edge of the page cuts (骑缝章)."""

    ROUND = "round"
    OVAL = "oval"
    SQUARE = "square"
    RIDING = "riding"
    FRAME = "frame"
    STROKES = "strokes"


class State(StrEnum):
    """What stands where somebody is to sign: handwriting, nothing, print, or something of which one cannot tell."""

    SIGNED = "signed"
    EMPTY = "empty"
    PRINTED = "printed"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Mark:
    """A mark on a page; `box` in pixels of the upright image, `confidence` 0 to 1 that it is of its kind."""

    kind: Kind
    shape: Shape
    box: Box
    confidence: float
    #: red, blue or dark.
    ink: str
    #: What was read inside it, and the labels around it, nearest first: they say whose mark it is.
    text: str = ""
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A place to sign: its label, the area looked at, and what stands there with what confidence."""

    label: str
    box: Box
    area: Box
    state: State
    confidence: float
    #: Labels above it in the same column, nearest first, such as the party whose column it is.
    above: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageMarks:
    """Everything found on a page.

    `colour` says whether the picture could show red at all; `red` is the share of it that is red ink, without that of
    stamps of words.
    """

    marks: tuple[Mark, ...] = ()
    places: tuple[Place, ...] = ()
    colour: bool = False
    red: float = 0.0

    def of(self, kind: Kind) -> list[Mark]:
        """Return the marks of one kind, the surest first."""
        return sorted((one for one in self.marks if one.kind is kind), key=lambda one: -one.confidence)


def to_json(found: PageMarks) -> dict[str, Any]:
    """Return what was found as plain JSON values."""
    return {
        "version": VERSION,
        "colour": found.colour,
        "red": round(found.red, 5),
        "marks": [_plain(asdict(one)) for one in found.marks],
        "places": [_plain(asdict(one)) for one in found.places],
    }


def from_json(data: Mapping[str, Any]) -> PageMarks:
    """Return what `to_json` wrote."""
    return PageMarks(
        marks=tuple(_mark(row) for row in data["marks"]),
        places=tuple(_place(row) for row in data["places"]),
        colour=data["colour"],
        red=data["red"],
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    shown = {key: list(value) if isinstance(value, tuple) else value for key, value in row.items()}
    return {**shown, "confidence": round(row["confidence"], 3)}


def _mark(row: Mapping[str, Any]) -> Mark:
    return Mark(
        kind=Kind(row["kind"]),
        shape=Shape(row["shape"]),
        box=_box(row["box"]),
        confidence=row["confidence"],
        ink=row["ink"],
        text=row["text"],
        near=tuple(row["near"]),
    )


def _place(row: Mapping[str, Any]) -> Place:
    return Place(
        label=row["label"],
        box=_box(row["box"]),
        area=_box(row["area"]),
        state=State(row["state"]),
        confidence=row["confidence"],
        above=tuple(row["above"]),
    )


def _box(numbers: Any) -> Box:
    x0, y0, x1, y1 = numbers
    return x0, y0, x1, y1
