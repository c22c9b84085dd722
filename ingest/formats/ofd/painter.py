"""Draws the objects of OFD pages as the content of a PDF page.

What it does not draw (tiles, blends of more than two directions, resources that are missing) it counts, so that the
page can say that it shows less than the file holds. The boundary of an object places it and does not cut it: makers
give lines boundaries without a height.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pikepdf import Dictionary, Name, Object, Pdf

from ingest.errors import refuse
from ingest.formats.ofd import blends, colour, faces, images
from ingest.formats.ofd.document import Resources, Thing
from ingest.formats.ofd.faces import Face, Written
from ingest.formats.ofd.geometry import (
    IDENTITY,
    Matrix,
    box,
    matrix,
    number,
    numbers,
    operators,
    outline,
    times,
    written,
)
from ingest.formats.ofd.package import Absent, Package
from ingest.formats.ofd.text import Glyph, glyphs_of
from ingest.formats.ofd.xml import Node

_DEEPEST = 12
_MOST_OBJECTS = 50_000
#: Most bytes that one page may become.
_MOST_BYTES = 64 * 1024 * 1024
#: Width of a line that says nothing, in millimetres.
_LINE_MM = 0.353
_CAPS = {"Butt": 0, "Round": 1, "Square": 2}
_JOINS = {"Miter": 0, "Round": 1, "Bevel": 2}
_BOLD_FROM, _BOLDER, _SLANT = 600, 0.03, 0.21
_LAYERS = ("Layer", "PageBlock", "Content")


@dataclass(frozen=True)
class _Look:
    """What an object takes from the drawing parameters that it names, and from those these rest on."""

    nodes: tuple[Node, ...]

    def get(self, name: str) -> str:
        return next((text for node in self.nodes if (text := node.get(name))), "")

    def first(self, tag: str) -> Node | None:
        return next((found for node in self.nodes if (found := node.first(tag))), None)


class Painter:
    """The content of one PDF page, or of a form within it."""

    def __init__(self, pdf: Pdf, package: Package) -> None:
        self._pdf, self._package = pdf, package
        self._parts: list[bytes] = []
        self._bytes = self._objects = 0
        self._fonts: dict[int, Written] = {}
        self._faces: dict[str, tuple[Face | None, str]] = {}
        self._drawn: dict[tuple[str, str], Object] = {}
        self._named: dict[str, dict[str, Object]] = {"XObject": {}, "ExtGState": {}, "Shading": {}}
        #: Thing of a kind -> its name; things that were named stay, so no other takes their number.
        self._known: dict[tuple[str, int], str] = {}
        self._solid: dict[tuple[float, float], Object] = {}
        #: Things that the page holds and the picture does not.
        self.left_out = 0
        #: Text is shown in a font of ours.
        self.replaced_font = False

    def content(self) -> bytes:
        """Return what was drawn."""
        return b"\n".join(self._parts)

    def resources(self) -> Dictionary:
        """Return what the content refers to."""
        found = {f"/{kind}": Dictionary({f"/{k}": v for k, v in all_.items()}) for kind, all_ in self._named.items()}
        fonts = Dictionary({f"/{font.name}": font.embed(self._pdf) for font in self._fonts.values()})
        return Dictionary({**found, "/Font": fonts})

    @contextmanager
    def within(self, place: Matrix = IDENTITY) -> Iterator[None]:
        """Draw with everything put where `place` says."""
        self._say(b"q " + written_matrix(place) + b" cm")
        yield
        self._say(b"Q")

    def block(self, node: Node, resources: Resources, *, depth: int = 0, params: str = "") -> None:
        """Draw the objects of a layer, a block or an appearance in their order."""
        if depth > _DEEPEST:
            raise refuse("file.damaged/loop")
        params = node.get("DrawParam") or params
        for child in node.children:
            if child.tag in _LAYERS:
                self.block(child, resources, depth=depth + 1, params=params)
            elif child.tag.endswith("Object") and not child.says_no("Visible"):
                self._objects += 1
                if self._objects > _MOST_OBJECTS:
                    raise refuse("file.unpack-limit", limit=_MOST_OBJECTS)
                self._object(child, resources, depth, params)

    def image(self, data: bytes, place: Matrix) -> None:
        """Draw a picture over the unit square of `place`. Counts what cannot be shown."""
        try:
            found = images.embed(self._pdf, data, self._package.limits)
        except images.Undrawable:
            self.left_out += 1
            return
        with self.within(times((1, 0, 0, -1, 0, 1), place)):
            self._say(b"/" + self._name("XObject", found) + b" Do")

    def form(self, other: Painter, size: tuple[float, float], place: Matrix) -> None:
        """Draw what another painter drew as one thing; its own content is `size` wide and high."""
        described = Dictionary(
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=[0, 0, *size],
            Resources=other.resources(),
        )
        found = self._pdf.make_stream(other.content(), described)
        with self.within(place):
            self._say(b"/" + self._name("XObject", found) + b" Do")

    def _object(self, node: Node, resources: Resources, depth: int, params: str) -> None:
        draw = _KINDS.get(node.tag)
        if draw is None:
            self.left_out += 1
            return
        left, top, *_ = box(node.get("Boundary")) or (0.0, 0.0, 0.0, 0.0)
        look = _Look((node, *_params(node.get("DrawParam") or params, resources)))
        moved: Matrix = (1, 0, 0, 1, left, top)
        with self.within(times(matrix(node.get("CTM")), moved)):
            self._clip(node)
            draw(self, node, look, resources, depth)

    def _clip(self, node: Node) -> None:
        clips = node.first("Clips")
        for clip in clips.all("Clip") if clips else ():
            rows = []
            for area in clip.all("Area"):
                for path in area.all("Path"):
                    left, top, *_ = box(path.get("Boundary")) or (0.0, 0.0, 0.0, 0.0)
                    by = times(times(matrix(path.get("CTM")), (1, 0, 0, 1, left, top)), matrix(area.get("CTM")))
                    rows.append(operators(outline(path.word("AbbreviatedData")), by))
            if any(rows):
                self._say(b"\n".join(rows) + b" W n")
            else:
                self.left_out += 1

    def _path(self, node: Node, look: _Look, resources: Resources, _depth: int) -> None:
        shape = operators(outline(node.word("AbbreviatedData")))
        if not shape:
            return
        fills, strokes = node.says_yes("Fill"), not node.says_no("Stroke")
        even_odd = node.get("Rule") == "Even-Odd"
        filling = look.first("FillColor")
        if fills and filling is not None and filling.first("Pattern") is not None:
            fills, self.left_out = False, self.left_out + 1
        blend = colour.blend_of(filling) if fills and filling is not None else None
        if blend is not None and self._blended(blend, shape, resources, even_odd=even_odd):
            fills = False
        self._pens(look, filling, resources, strokes=strokes)
        ends = {(True, True): b"B", (True, False): b"f", (False, True): b"S", (False, False): b"n"}[fills, strokes]
        self._say(shape + b"\n" + ends + (b"*" if even_odd and fills else b""))

    def _blended(self, blend: Node, shape: bytes, resources: Resources, *, even_odd: bool) -> bool:
        shading = blends.shading(self._pdf, blend, resources.colour_spaces)
        if shading is None:
            self.left_out += 1
            return False
        name = self._name("Shading", shading)
        self._say(b"q " + shape + (b" W* n /" if even_odd else b" W n /") + name + b" sh Q")
        return True

    def _pens(self, look: _Look, filling: Node | None, resources: Resources, *, strokes: bool) -> None:
        """Set colours, lines and how solid they are."""
        drawing = look.first("StrokeColor")
        rows = [colour.operator(filling, resources.colour_spaces, stroke=False)]
        rows.append(colour.operator(drawing, resources.colour_spaces, stroke=True))
        if strokes:
            rows.append(written(max(0.0, number(look.get("LineWidth"), _LINE_MM))) + b" w")
            rows.append(b"%d J %d j" % (_CAPS.get(look.get("Cap"), 0), _JOINS.get(look.get("Join"), 0)))
            rows.append(written(max(1.0, number(look.get("MiterLimit"), 4.234))) + b" M")
            dashes = [max(0.0, dash) for dash in numbers(look.get("DashPattern"))[:16]]
            if sum(dashes) > 0.01:
                rows.append(b"[" + written(*dashes) + b"] " + written(number(look.get("DashOffset"))) + b" d")
        solid = (colour.alpha(filling, look.nodes[0]), colour.alpha(drawing, look.nodes[0]))
        if min(solid) < 1:
            rows.append(self._as_solid(*solid))
        self._say(b"\n".join(rows))

    def _text(self, node: Node, look: _Look, resources: Resources, _depth: int) -> None:
        face, name = self._face(node.get("Font"), resources)
        strokes, fills = node.says_yes("Stroke"), not node.says_no("Fill")
        filling = look.first("FillColor")
        self._pens(look, filling, resources, strokes=strokes)
        mode = {(True, False): 0, (False, True): 1, (True, True): 2, (False, False): 3}[fills, strokes]
        if not strokes and fills and number(node.get("Weight"), 400) >= _BOLD_FROM:
            size = number(node.get("Size"), 3)
            pen = colour.operator(filling, resources.colour_spaces, stroke=True)
            self._say(pen + b" " + written(size * _BOLDER) + b" w")
            mode = 2
        lean = _SLANT if node.says_yes("Italic") else 0.0
        rows = [b"BT %d Tr" % mode]
        run = _Run(lean)
        for glyph in glyphs_of(node, face or faces.ours(name)):
            font, code, wide = self._code(glyph, face, name)
            rows += run.add(glyph, font, code, wide)
        self._say(b"\n".join([*rows, *run.end(), b"ET"]))

    def _code(self, glyph: Glyph, face: Face | None, name: str) -> tuple[Written, bytes, float]:
        """Return the font that shows a glyph, its code there and its width as a share of the size."""
        if face is not None:
            found = glyph.number if glyph.number is not None else face.cmap.get(ord(glyph.sign))
            if found is not None and 0 < found < face.glyphs:
                font = self._written(face)
                return font, font.code(found, glyph.sign), face.widths.get(found, 1.0)
        like = faces.ours(name)
        shown = like if ord(glyph.sign) in like.cmap else faces.others(glyph.sign) or like
        self.replaced_font = self.replaced_font or not glyph.sign.isspace()
        font = self._written(shown)
        found = shown.cmap.get(ord(glyph.sign), 0)
        return font, font.code(found, glyph.sign), shown.widths.get(found, 1.0)

    def _written(self, face: Face) -> Written:
        return self._fonts.setdefault(id(face), Written(face, f"F{len(self._fonts)}"))

    def _face(self, number_: str, resources: Resources) -> tuple[Face | None, str]:
        """Return the font that the file carries, none when it carries none that works, and its name."""
        if number_ not in self._faces:
            self._faces[number_] = self._read_face(resources.fonts.get(number_))
        return self._faces[number_]

    def _read_face(self, thing: Thing | None) -> tuple[Face | None, str]:
        if thing is None:
            return None, ""
        name = f"{thing.node.get('FontName')} {thing.node.get('FamilyName')}"
        place = thing.node.word("FontFile")
        if not place:
            return None, name
        try:
            file = self._package.find(place, thing.folder)
            if file not in self._package.made:
                self._package.made[file] = faces.read(self._package.read(file))
            return self._package.made[file], name
        except (Absent, faces.Unusable):
            return None, name

    def _image(self, node: Node, look: _Look, resources: Resources, _depth: int) -> None:
        found = self._media(node.get("ResourceID"), node.get("ImageMask"), resources)
        if found is None:
            self.left_out += 1
            return
        solid = colour.alpha(None, node)
        if solid < 1:
            self._say(self._as_solid(solid, solid))
        _, _, width, height = box(node.get("Boundary")) or (0.0, 0.0, 1.0, 1.0)
        # Without a matrix of its own a picture fills the boundary of its object.
        fill: Matrix = IDENTITY if node.get("CTM") else (width, 0, 0, height, 0, 0)
        with self.within(times((1, 0, 0, -1, 0, 1), fill)):
            self._say(b"/" + self._name("XObject", found) + b" Do")

    def _media(self, number_: str, mask: str, resources: Resources) -> Object | None:
        key = (number_, mask)
        if key not in self._drawn:
            data, over = self._bytes_of(number_, resources), self._bytes_of(mask, resources) if mask else None
            if data is None:
                return None
            try:
                self._drawn[key] = images.embed(self._pdf, data, self._package.limits, mask=over)
            except images.Undrawable:
                return None
        return self._drawn[key]

    def _bytes_of(self, number_: str, resources: Resources) -> bytes | None:
        thing = resources.media.get(number_)
        if thing is None:
            return None
        try:
            return self._package.read(self._package.find(thing.node.word("MediaFile"), thing.folder))
        except Absent:
            return None

    def _composite(self, node: Node, _look: _Look, resources: Resources, depth: int) -> None:
        thing = resources.composites.get(node.get("ResourceID"))
        content = thing.node.first("Content") if thing else None
        if content is None:
            self.left_out += 1
            return
        self.block(content, resources, depth=depth + 1)

    def _name(self, kind: str, thing: Object) -> bytes:
        names = self._named[kind]
        name = self._known.setdefault((kind, id(thing)), f"{kind[0]}{len(names)}")
        names[name] = thing
        return name.encode()

    def _as_solid(self, fill: float, stroke: float) -> bytes:
        """Return the operator that makes what follows as solid as this, from 0 to 1."""
        state = self._solid.setdefault((fill, stroke), Dictionary(Type=Name.ExtGState, ca=fill, CA=stroke))
        return b"/" + self._name("ExtGState", state) + b" gs"

    def _say(self, part: bytes) -> None:
        self._bytes += len(part)
        if self._bytes > _MOST_BYTES:
            raise refuse("file.unpack-limit", limit=_MOST_BYTES)
        self._parts.append(part)


class _Run:
    """Glyphs that follow each other on one line, shown together: single ones would look like words of one letter."""

    def __init__(self, lean: float) -> None:
        self._lean = lean
        self._font: Written | None = None
        self._last: Glyph | None = None
        self._end = 0.0
        self._parts: list[bytes] = []

    def add(self, glyph: Glyph, font: Written, code: bytes, wide: float) -> list[bytes]:
        """Take a glyph; return the operators of the run before, if the glyph begins a new one."""
        rows: list[bytes] = []
        last, step = self._last, glyph.size * glyph.stretch
        if last is None or font is not self._font or not _goes_on(last, glyph):
            rows = self.end()
            if font is not self._font:
                rows.append(b"/%b 1 Tf" % font.name.encode())
            rows.append(written_matrix(_upright(glyph, self._lean)) + b" Tm")
        elif step:
            self._parts.append(written((self._end - glyph.x) / step * 1000))
        self._parts.append(b"<" + code.hex().encode() + b">")
        self._font, self._last, self._end = font, glyph, glyph.x + wide * step
        return rows

    def end(self) -> list[bytes]:
        """Return the operator that shows what is left."""
        shown = [b"[" + b" ".join(self._parts) + b"] TJ"] if self._parts else []
        self._parts, self._last = [], None
        return shown


def _goes_on(last: Glyph, glyph: Glyph) -> bool:
    same = (last.y, last.size, last.stretch, last.turn) == (glyph.y, glyph.size, glyph.stretch, glyph.turn)
    return same and glyph.turn == 0 and glyph.x > last.x


def _upright(glyph: Glyph, lean: float) -> Matrix:
    """Return where a glyph stands: PDF draws upwards, OFD downwards."""
    size, wide = glyph.size, glyph.size * glyph.stretch
    turn = math.radians(glyph.turn)
    cos, sin = math.cos(turn), math.sin(turn)
    return times((wide, 0, lean * size, -size, 0, 0), (cos, sin, -sin, cos, glyph.x, glyph.y))


def _params(number_: str, resources: Resources) -> Iterator[Node]:
    """Yield drawing parameters, then those that they rest on. Raises FileRefused when they rest on themselves."""
    seen = set()
    while number_ and (thing := resources.draw_params.get(number_)):
        if number_ in seen:
            raise refuse("file.damaged/loop")
        seen.add(number_)
        yield thing.node
        number_ = thing.node.get("Relative")


def written_matrix(by: Matrix) -> bytes:
    """Return a matrix as a PDF holds it, exact enough for matrices of matrices."""
    return b" ".join(f"{value:.6f}".rstrip("0").rstrip(".").encode() for value in by)


_Draw = Callable[[Painter, Node, _Look, Resources, int], None]
_KINDS: dict[str, _Draw] = {
    "TextObject": Painter._text,
    "PathObject": Painter._path,
    "ImageObject": Painter._image,
    "CompositeObject": Painter._composite,
}
