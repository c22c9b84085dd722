"""Make the shipped font subsets anew from full fonts installed on this machine: a chore for maintainers.

`python -m archive_service.samples.subset_fonts SERIF.ttc SANS.ttc KAI.ttf` writes the three files of
`archive_service/fonts`. The characters kept are those of GB 2312, ASCII and a few signs that forms print.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable

from archive_service import fonts

_HERE = fonts.FOLDER
_EXTRA = "㎡²³№•☑☐×÷±≤≥—…·“”‘’《》〈〉【】〇○●□■√Ｘ¥ⅠⅡⅢ屿"
#: Names of the subsets. The kai font's authors reserve its name for unmodified builds, so all three are renamed.
FACES = {"song": "Archive Samples Song", "hei": "Archive Samples Hei", "kai": "Archive Samples Kai"}
#: Rows of GB 2312: all of it, and without the rarer second level of hanzi for the kai font, whose outlines are large.
_ALL_ROWS, _COMMON_ROWS = range(0xA1, 0xF8), range(0xA1, 0xD8)
#: Deviation allowed when cubic outlines become quadratic, in thousandths of the em: invisible at 300 dpi.
_MAX_DEVIATION = 2.0


def characters(rows: range) -> str:
    """Return the characters of these rows of GB 2312, ASCII, and whatever else the sample texts hold."""
    pairs = (bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF))
    gb2312 = "".join(pair.decode("gb2312", errors="ignore") for pair in pairs)
    own = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.rglob("*.py")))
    return gb2312 + "".join(map(chr, range(0x20, 0x7F))) + _EXTRA + own.replace("\n", "")


def subset(source: Path, target: Path, *, name: str, rows: range) -> None:
    """Write the subset of `source` (first face, or the simplified Chinese one of a collection) to `target`."""
    font = TTFont(source, fontNumber=_simplified(source)) if source.suffix == ".ttc" else TTFont(source)
    options = Options(layout_features=[], hinting=False, glyph_names=False, notdef_outline=True, name_IDs=["*"])
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG", "MATH", "STAT"]
    work = Subsetter(options)
    work.populate(text=characters(rows))
    work.subset(font)
    if "CFF " in font:
        _to_quadratic(font)
    _rename(font, name)
    font.save(target)


def _simplified(source: Path) -> int:
    for number in range(12):
        if str(TTFont(source, fontNumber=number)["name"].getDebugName(1)).endswith(" SC"):
            return number
    raise SystemExit(f"no simplified Chinese face in {source.name}")


def _to_quadratic(font: TTFont) -> None:
    glyphs = font.getGlyphSet()
    drawn = {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, max_err=_MAX_DEVIATION, reverse_direction=True))
        drawn[name] = pen.glyph()
    _replace_cff(font)
    font["glyf"].glyphs = drawn


def _replace_cff(font: TTFont) -> None:
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder = font.getGlyphOrder()
    maximum = font["maxp"]
    maximum.tableVersion = 0x00010000
    for field in ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements"):
        setattr(maximum, f"max{field}", 0)
    maximum.maxSizeOfInstructions = maximum.maxComponentElements = 0
    maximum.maxZones = 1
    font["post"].formatType = 3.0
    del font["CFF "]
    font.sfntVersion = "\x00\x01\x00\x00"


def _rename(font: TTFont, name: str) -> None:
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in (0, 13, 14) and record.langID in (0, 0x409)]
    for number, text in ((1, name), (2, "Regular"), (3, name), (4, name), (6, name.replace(" ", ""))):
        table.setName(text, number, 3, 1, 0x409)


def main() -> None:
    """Write all three subsets."""
    for source, (face, name) in zip(sys.argv[1:4], FACES.items(), strict=True):
        rows = _COMMON_ROWS if face == "kai" else _ALL_ROWS
        subset(Path(source), _HERE / f"{face}.ttf", name=name, rows=rows)


if __name__ == "__main__":
    main()
