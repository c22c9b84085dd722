"""Fonts: the one that the OFD carries where it is sound, otherwise one of ours that looks like it.

Whatever the font is made of, text is written in codes of our own, one for each pair of glyph and character: a table
says which glyph a code shows, another which character it means.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from fontTools.cffLib import CFFFontSet
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Object, Pdf, String
from PIL import ImageFont

from archive_service import fonts
from ingest.renditions.font import to_unicode

#: Names of faces -> ours. What matches none is set in Song, as most printed papers are.
_LIKE = (
    ("kai", re.compile(r"kai|楷|仿宋|fangsong", re.I)),
    ("hei", re.compile(r"hei|黑|sans|arial|helvet|等线", re.I)),
)
_MOST_CODES = 0xFFFF
_BROKEN = Exception


class Unusable(Exception):
    """Nothing can be made of a font's bytes."""


@dataclass
class Face:
    """A font program and what it can show."""

    data: bytes
    #: FontFile2, or FontFile3 with its subtype.
    key: str
    subtype: str | None
    glyphs: int
    #: Code point -> glyph.
    cmap: dict[int, int]
    #: Glyph -> width as a share of the font size.
    widths: dict[int, float]
    #: Glyph -> number that PDF knows it by, where that is another.
    numbers: dict[int, int] = field(default_factory=dict)


@dataclass
class Written:
    """A font of one PDF page, with the codes that have been used so far."""

    face: Face
    name: str
    codes: dict[tuple[int, str], int] = field(default_factory=dict)

    def code(self, glyph: int, sign: str) -> bytes:
        """Return the two bytes that show `glyph` and mean `sign`."""
        key = (glyph, sign)
        if key not in self.codes and len(self.codes) < _MOST_CODES - 1:
            self.codes[key] = len(self.codes) + 1
        return self.codes.get(key, 0).to_bytes(2, "big")

    def embed(self, pdf: Pdf) -> Object:
        """Put the font into `pdf` and return it."""
        face, name = self.face, Name(f"/{self.name}")
        program = pdf.make_stream(face.data)
        if face.subtype:
            program.Subtype = Name(f"/{face.subtype}")
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            Flags=4,
            FontBBox=Array([0, -200, 1000, 900]),
            ItalicAngle=0,
            Ascent=860,
            Descent=-140,
            CapHeight=700,
            StemV=80,
        )
        descriptor[f"/{face.key}"] = program
        glyphs = [0, *[face.numbers.get(glyph, glyph) for glyph, _ in self.codes]]
        widths = [round(1000 * face.widths.get(glyph, 1.0)) for glyph, _ in self.codes]
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=name,
            CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
            DW=1000,
            W=Array([1, Array(widths)]),
            CIDToGIDMap=pdf.make_stream(b"".join(min(0xFFFF, glyph).to_bytes(2, "big") for glyph in glyphs)),
            FontDescriptor=pdf.make_indirect(descriptor),
        )
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=name,
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([pdf.make_indirect(descendant)]),
                ToUnicode=pdf.make_stream(to_unicode([sign for _, sign in self.codes])),
            )
        )


def read(data: bytes) -> Face:
    """Return the font of an OFD. Raises Unusable when FreeType or fontTools make nothing of it."""
    try:
        # What PDFium cannot load it replaces by a font of its own, with other glyphs: FreeType is asked first.
        ImageFont.truetype(io.BytesIO(data), 12)
        return _bare(data) if data[:2] == b"\x01\x00" and data[:4] != b"\x00\x01\x00\x00" else _wrapped(data)
    except MemoryError:
        raise
    except Exception as error:
        # Parsers of hostile bytes raise anything.
        raise Unusable from error


def ours(name: str) -> Face:
    """Return the face of ours that is like a font of this name."""
    return _of_ours(next((face for face, like in _LIKE if like.search(name)), "song"))


def others(sign: str) -> Face | None:
    """Return any face of ours that can show `sign`."""
    return next((face for face in map(_of_ours, ("song", "hei", "kai")) if ord(sign) in face.cmap), None)


@lru_cache(maxsize=4)
def _of_ours(face: str) -> Face:
    return _wrapped(fonts.path(face).read_bytes())


def _wrapped(data: bytes) -> Face:
    """Return a TrueType or OpenType font."""
    number = 0 if data[:4] == b"ttcf" else -1
    with TTFont(io.BytesIO(data), lazy=True, fontNumber=number) as font:
        order = font.getGlyphOrder()
        glyph_of = {name: number for number, name in enumerate(order)}
        cmap = {code: glyph_of[name] for code, name in _characters(font).items() if name in glyph_of}
        outlines = "CFF " in font or "CFF2" in font
        return Face(
            data=data,
            key="FontFile3" if outlines else "FontFile2",
            subtype="OpenType" if outlines else None,
            glyphs=len(order),
            cmap=cmap,
            widths=_widths(font, order),
        )


def _characters(font: TTFont) -> dict[int, str]:
    if "cmap" not in font:
        return {}
    best: dict[int, str] | None = font.getBestCmap()
    if best is not None:
        return best
    # Symbol fonts keep their characters in the private area.
    tables = [table.cmap for table in font["cmap"].tables if table.isSymbol()]
    return {code & 0xFF: name for code, name in tables[0].items()} if tables else {}


def _widths(font: TTFont, order: list[str]) -> dict[int, float]:
    if "hmtx" not in font or "head" not in font:
        return {}
    em, metrics = float(font["head"].unitsPerEm) or 1000.0, font["hmtx"].metrics
    return {number: metrics[name][0] / em for number, name in enumerate(order) if name in metrics}


def _bare(data: bytes) -> Face:
    """Return a CFF font without a wrapping: it has names of glyphs and no table of characters."""
    found = CFFFontSet()
    found.decompile(io.BytesIO(data), None)
    top: Any = found[0]
    names: list[str] = top.charset
    by_number = hasattr(top, "ROS")
    numbers = {n: int(name[3:]) for n, name in enumerate(names) if name.startswith("cid")} if by_number else {}
    cmap = {} if by_number else {code: n for n, name in enumerate(names) if (code := _code_of(name)) is not None}
    return Face(data, "FontFile3", "CIDFontType0C", len(names), cmap, {}, numbers)


def _code_of(name: str) -> int | None:
    from fontTools.agl import toUnicode

    text = toUnicode(name)
    return ord(text) if len(text) == 1 else None
