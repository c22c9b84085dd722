"""The invisible font: every character of a document has a code, a width and its Unicode value, and none has ink.

Readers find text by the codes in the page and ToUnicode, and mark it by the widths. A glyph is a stroke from corner to
corner and back: it encloses nothing, so nothing can be seen, but it gives readers that measure outlines the right box.
PDF/A wants the font inside the file even though it is never painted, and no reference to the glyph `.notdef`.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

FONT_NAME = "ArchiveInvisible"
#: Heights above and below the base line and widths of narrow and wide characters, in thousandths of the font size.
ASCENT, DESCENT = 880, -120
NARROW, WIDE = 500, 1000
#: Codes have two bytes, and code 0 is `.notdef`.
MOST_CODES = 0xFFFF
#: Stands for what has no code any more because a document has too many different characters.
REPLACEMENT = "\ufffd"
#: Entries of one block of a ToUnicode map.
_BLOCK = 100
#: Seconds since 1904 that the font says it was made and changed: the first day of 2026, so that its bytes never change.
_MADE = 3_850_156_800
_GLYPHS = {NARROW: 1, WIDE: 2}


@dataclass(frozen=True)
class Encoding:
    """The codes of the characters of one document; narrow characters come first."""

    codes: Mapping[str, int]
    narrow: int

    def encode(self, text: str) -> bytes:
        """Return the codes of `text`, two bytes each."""
        other = self.codes.get(REPLACEMENT, 1)
        return b"".join(self.codes.get(sign, other).to_bytes(2, "big") for sign in text)


def encoding_of(texts: Iterable[str]) -> Encoding:
    """Give every character of `texts` a code; the same characters always get the same codes."""
    signs = sorted(set().union(*texts))
    if len(signs) > MOST_CODES:
        signs = sorted({*signs[: MOST_CODES - 1], REPLACEMENT})
    narrow = [sign for sign in signs if width(sign) == NARROW]
    wide = [sign for sign in signs if width(sign) == WIDE]
    return Encoding({sign: code for code, sign in enumerate([*narrow, *wide], start=1)}, len(narrow))


def width(sign: str) -> int:
    """Return the width of a character, in thousandths of the font size."""
    # Quotes, dots and Greek letters are "ambiguous": among Chinese they are as wide as a Chinese character.
    return WIDE if unicodedata.east_asian_width(sign) in "WFA" else NARROW


@lru_cache(maxsize=1)
def program() -> bytes:
    """Return the font as TrueType, the same bytes each time."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "narrow", "wide"])
    builder.setupGlyf({".notdef": _stroke(NARROW), "narrow": _stroke(NARROW), "wide": _stroke(WIDE)})
    builder.setupHorizontalMetrics({".notdef": (NARROW, 0), "narrow": (NARROW, 0), "wide": (WIDE, 0)})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    builder.updateHead(created=_MADE, modified=_MADE)
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


def _stroke(advance: int) -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((0, DESCENT))
    pen.lineTo((advance, ASCENT))
    pen.closePath()
    return pen.glyph()


def embed(pdf: Pdf, encoding: Encoding) -> Object:
    """Put the font into `pdf` with the codes of `encoding` and return it."""
    count = len(encoding.codes)
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(f"/{FONT_NAME}"),
        Flags=4,
        FontBBox=Array([0, DESCENT, WIDE, ASCENT]),
        ItalicAngle=0,
        Ascent=ASCENT,
        Descent=DESCENT,
        CapHeight=ASCENT,
        StemV=80,
        FontFile2=pdf.make_stream(program(), Length1=len(program())),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(f"/{FONT_NAME}"),
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        DW=WIDE,
        W=Array([1, encoding.narrow, NARROW] if encoding.narrow else []),
        CIDToGIDMap=pdf.make_stream(_glyphs(encoding.narrow, count)),
        FontDescriptor=pdf.make_indirect(descriptor),
    )
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name(f"/{FONT_NAME}"),
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=pdf.make_stream(to_unicode(list(encoding.codes))),
    )
    return pdf.make_indirect(font)


def _glyphs(narrow: int, count: int) -> bytes:
    """Return the glyph of every code; code 0 is never written and keeps `.notdef`."""
    glyphs = [0, *[_GLYPHS[NARROW]] * narrow, *[_GLYPHS[WIDE]] * (count - narrow)]
    return b"".join(glyph.to_bytes(2, "big") for glyph in glyphs)


def to_unicode(signs: Sequence[str]) -> bytes:
    """Return the map from the codes 1, 2, … to `signs`; those beyond the basic plane are written as two halves."""
    rows = [f"<{code:04X}> <{sign.encode('utf-16-be').hex().upper()}>" for code, sign in enumerate(signs, start=1)]
    blocks = [rows[first : first + _BLOCK] for first in range(0, len(rows), _BLOCK)]
    body = "".join("{} beginbfchar\n{}\nendbfchar\n".format(len(block), "\n".join(block)) for block in blocks)
    return _CMAP.format(body=body).encode("ascii")


_CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{body}endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""
