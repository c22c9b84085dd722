"""Colours of OFD as operators of a PDF page."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.formats.ofd.document import Thing
from ingest.formats.ofd.geometry import written
from ingest.formats.ofd.xml import Node

#: Kind of colour space -> number of parts, operator that fills, operator that strokes.
_KINDS = {"GRAY": (1, b"g", b"G"), "RGB": (3, b"rg", b"RG"), "CMYK": (4, b"k", b"K")}
_BLENDS = ("AxialShd", "RadialShd", "GouraudShd", "LaGouraudShd")


def operator(colour: Node | None, spaces: Mapping[str, Thing], *, stroke: bool) -> bytes:
    """Return what makes the pen or brush have this colour; black when there is none."""
    kind, parts = values(colour, spaces)
    _, fills, strokes = _KINDS[kind]
    return written(*parts) + b" " + (strokes if stroke else fills)


def values(colour: Node | None, spaces: Mapping[str, Thing]) -> tuple[str, list[float]]:
    """Return the kind of colour and its parts from 0 to 1. A blend counts as its first colour."""
    if colour is None:
        return "GRAY", [0.0]
    blend = blend_of(colour)
    if blend is not None:
        first = blend.first("Segment", "Color") or blend.first("Point", "Color")
        return values(first, spaces) if first is not None and blend_of(first) is None else ("GRAY", [0.5])
    space = spaces.get(colour.get("ColorSpace"))
    kind = space.node.get("Type", "RGB").upper() if space else ""
    text = colour.get("Value")
    if space and colour.get("Index"):
        text = _from_palette(space.node, colour.get("Index")) or text
    most = 2 ** _bits(space) - 1
    parts = [min(1.0, max(0.0, _part(part) / most)) for part in text.split()[:4]]
    if kind not in _KINDS:
        kind = {1: "GRAY", 4: "CMYK"}.get(len(parts), "RGB")
    wanted = _KINDS[kind][0]
    return kind, parts[:wanted] + [0.0] * (wanted - len(parts))


def blend_of(colour: Node) -> Node | None:
    """Return the shading of a colour, none for a plain one."""
    return next(colour.all(*_BLENDS), None)


def alpha(colour: Node | None, thing: Node) -> float:
    """Return how solid something is, from 0 to 1: its own and its colour's together."""
    own = _solid(thing.get("Alpha"))
    return own * (_solid(colour.get("Alpha")) if colour is not None else 1.0)


def _solid(text: str) -> float:
    return min(1.0, max(0.0, _part(text) / 255)) if text.strip() else 1.0


def _bits(space: Thing | None) -> int:
    text = space.node.get("BitsPerComponent") if space else ""
    return int(text) if text.strip() in ("1", "2", "4", "8", "16") else 8


def _from_palette(space: Node, index: str) -> str:
    palette = space.first("Palette")
    entries = [entry.text for entry in palette.all("CV")] if palette else []
    return entries[int(index)] if index.isdigit() and int(index) < len(entries) else ""


def _part(text: str) -> float:
    try:
        return float(int(text[1:], 16)) if text.startswith("#") else float(text)
    except ValueError:
        return 0.0
