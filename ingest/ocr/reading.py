"""What comes of reading a page."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.lines import TextLine
from ingest.marks.values import PageMarks
from ingest.ocr.engine import Pixels

#: Flags of a page whose picture was a mirror image, or showed a sheet on a desk that was cut out and straightened.
MIRRORED, CUT_OUT = "mirrored", "cut-out"
#: What reading a page may flag; reading it again takes these back.
FLAGS = frozenset({MIRRORED, CUT_OUT})


@dataclass(frozen=True)
class PageReading:
    """A page as read; boxes of `lines` are pixels of `image`, the upright and level JPEG to be kept.

    `rotation` is the turn in degrees clockwise (0, 90, 180, 270) that set the scan upright. Rows that leaned
    were levelled as well, a sheet that was photographed was cut out before, and a mirror image was turned over:
    `image` is what came of it, so that boxes lie on their words in any viewer.
    """

    rotation: int
    engine: str
    #: Mean over the lines, weighted by their length, 0 to 1; a blank page has 1.
    confidence: float
    lines: tuple[TextLine, ...]
    width_px: int
    height_px: int
    image: bytes
    thumbnail: bytes
    #: Nothing is on the page: no words, and no picture either.
    blank: bool = False
    #: The sheet as scanned, turned upright, and as kept; the same where the rows were level enough.
    scanned: Pixels | None = None
    kept: Pixels | None = None
    #: By how many degrees the rows of `scanned` fall to the right, 0 when that is not clear.
    lean: float = 0.0
    #: What besides the engine the reading follows from, as "name=value" with blanks between; none for a page that no
    #: engine read.
    settings: str | None = None
    #: What the row of the page is to note besides, such as the codes of a sheet.
    flags: tuple[str, ...] = ()
    #: Seals and signatures on it; none where nobody looked.
    marks: PageMarks | None = None
