"""Blends along a line or between two circles, as PDF knows them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from pikepdf import Array, Dictionary, Name, Object, Pdf

from ingest.formats.ofd import colour
from ingest.formats.ofd.document import Thing
from ingest.formats.ofd.geometry import number, numbers
from ingest.formats.ofd.xml import Node

_MOST_STOPS = 64


def shading(pdf: Pdf, blend: Node, spaces: Mapping[str, Thing]) -> Object | None:
    """Return the shading of a blend, none for one of a kind that is not drawn."""
    start, end = numbers(blend.get("StartPoint")), numbers(blend.get("EndPoint"))
    stops = _stops(blend, spaces)
    if len(start) != 2 or len(end) != 2 or len(stops) < 2:
        return None
    if blend.tag == "AxialShd":
        kind, coordinates = 2, [*start, *end]
    elif blend.tag == "RadialShd":
        radii = (number(blend.get("StartRadius")), number(blend.get("EndRadius")))
        kind, coordinates = 3, [*start, max(0.0, radii[0]), *end, max(0.0, radii[1])]
    else:
        return None
    goes_on = int(number(blend.get("Extend")))
    return pdf.make_indirect(
        Dictionary(
            ShadingType=kind,
            ColorSpace=Name.DeviceRGB,
            Coords=Array(coordinates),
            Function=_function(stops),
            Extend=Array([bool(goes_on & 1), bool(goes_on & 2)]),
        )
    )


def _stops(blend: Node, spaces: Mapping[str, Thing]) -> list[tuple[float, list[float]]]:
    segments = list(blend.all("Segment"))[:_MOST_STOPS]
    found = []
    for n, segment in enumerate(segments):
        at = number(segment.get("Position"), n / max(1, len(segments) - 1))
        found.append((min(1.0, max(0.0, at)), _rgb(segment.first("Color"), spaces)))
    return sorted(found, key=lambda stop: stop[0])


def _rgb(node: Node | None, spaces: Mapping[str, Thing]) -> list[float]:
    kind, parts = colour.values(node, spaces)
    if kind == "GRAY":
        return parts * 3
    if kind == "CMYK":
        return [(1 - part) * (1 - parts[3]) for part in parts[:3]]
    return parts


def _function(stops: list[tuple[float, list[float]]]) -> Dictionary:
    pieces = [
        Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array(first), C1=Array(last), N=1)
        for (_, first), (_, last) in pairwise(stops)
    ]
    return Dictionary(
        FunctionType=3,
        Domain=Array([0, 1]),
        Functions=Array(pieces),
        Bounds=Array([at for at, _ in stops[1:-1]]),
        Encode=Array([0, 1] * len(pieces)),
    )
