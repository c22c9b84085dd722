"""From an encoded page as it was scanned to an upright image and the lines on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ingest.lines import TextLine
from ingest.ocr import calibrate, cleanup, images, rapid, sheet
from ingest.ocr.engine import Engine, Pixels
from ingest.ocr.evidence import ReadLine
from ingest.ocr.models import Runtime
from ingest.ocr.order import in_reading_order
from ingest.ocr.orientation import Orientation
from ingest.ocr.rapid import RapidEngine
from ingest.ocr.reading import CUT_OUT, MIRRORED, PageReading
from ingest.ocr.tesseract import TesseractEngine

EngineName = Literal["rapidocr", "tesseract"]
#: Raised whenever pages are prepared for reading in another way: cleaning, cutting out, levelling, turning.
PREPARATION = 2
#: A turn less likely than this is checked against the page upside down if there is little to read:
#: about twelve characters.
_SURE_TURN = 0.6
_MUCH = 6.0
#: A turn this likely is believed where tall lines say otherwise: they are written from top to bottom.
_CERTAIN_TURN = 0.9
#: Least confidence of a line in red ink: rings and stars of seals are easily taken for strokes.
_RED_READS_WELL = 0.85
#: A page read worse than this is tried another way up.
_READS_WELL = 0.8
#: A page is the mirror image of one that reads better by this factor.
_CLEARLY_BETTER = 1.3
#: What is paler than this against its paper is no print of this side of the sheet.
_PRINT = 0.35
#: Share of what the whole picture says that a sheet in it has to say: else something stood beside it.
_ALL_OF_IT = 0.99


@dataclass(frozen=True)
class _Attempt:
    rotation: int
    pixels: Pixels
    lines: list[TextLine]
    levelled: bool
    #: As scanned, before levelling, and by how many degrees its rows fall to the right.
    scanned: Pixels
    lean: float = 0.0
    #: What was done to the picture before it was turned, as flags.
    flags: tuple[str, ...] = ()

    @property
    def worth(self) -> float:
        """How much was read, and how well."""
        return sum(len(line.text) * max(0.0, line.confidence - 0.5) for line in self.lines)

    @property
    def reads_well(self) -> bool:
        """Whether the page can hardly lie any other way up."""
        return bool(self.lines) and _confidence(self.lines) >= _READS_WELL and not _lies_on_its_side(self.lines)

    @property
    def is_in_columns(self) -> bool:
        """Whether the lines are tall and yet read without doubt: print on its side, or writing in columns."""
        return _confidence(self.lines) >= _CERTAIN_TURN and _lies_on_its_side(self.lines)


class Reader:
    """Sets pages upright and reads them; made once a process, for one thread."""

    def __init__(self, engine: EngineName = "rapidocr", runtime: Runtime = "auto") -> None:
        """Load the engine; raises EngineUnavailable with advice if this machine does not have it."""
        self._engine: Engine = TesseractEngine() if engine == "tesseract" else RapidEngine(runtime)
        self._orientation = Orientation()

    @property
    def name(self) -> str:
        """Engine, version and model digest."""
        return self._engine.name

    @property
    def settings(self) -> str:
        """What besides the engine a reading follows from, as "name=value" with blanks between."""
        return reading_settings(self._engine.settings)

    def read(self, image: bytes, *, dpi: int, rotation: int | None = None) -> PageReading:
        """Read one encoded page scanned or rendered at `dpi`; `rotation` where a person said which way up it is.

        Raises Damaged if `image` cannot be decoded, EngineUnavailable if the engine gives up.
        """
        scanned = images.decode(image)
        if rotation is not None:
            return self._reading(self._laid_out(scanned, lambda pixels: self._as_told(pixels, rotation, dpi)), image)
        if cleanup.is_blank(cleanup.ink(scanned)):
            return self._reading(_Attempt(0, scanned, [], levelled=False, scanned=scanned), image)
        return self._reading(self._laid_out(scanned, lambda pixels: self._best(pixels, dpi)), image)

    def _laid_out(self, scanned: Pixels, look: Callable[[Pixels], _Attempt]) -> _Attempt:
        """Look at the sheet that a picture shows on a desk, or at all of it where that says more or shows no sheet."""
        found = sheet.find(scanned)
        if found is None:
            return look(scanned)
        flat = look(sheet.flatten(scanned, found))
        flat = replace(flat, flags=(*flat.flags, CUT_OUT))
        if found.sure and flat.reads_well:
            return flat
        whole = look(scanned)
        return flat if flat.lines and flat.worth >= _ALL_OF_IT * whole.worth else whole

    def _as_told(self, scanned: Pixels, rotation: int, dpi: int) -> _Attempt:
        told = self._attempt(scanned, rotation, dpi)
        return told if told.reads_well else self._or_mirrored(told, scanned, rotation, dpi)

    def _best(self, scanned: Pixels, dpi: int) -> _Attempt:
        turn = self._orientation.turn(scanned)
        best = self._attempt(scanned, turn.rotation, dpi)
        if turn.sure >= _CERTAIN_TURN and best.is_in_columns:
            return best
        if not best.reads_well or (turn.sure < _SURE_TURN and best.worth < _MUCH):
            others = [self._attempt(scanned, rotation, dpi) for rotation in _other_turns(best)]
            best = max([best, *others], key=lambda attempt: attempt.worth)
            if turn.sure < _SURE_TURN and not best.reads_well:
                left = set(turn.chances) - {turn.rotation, *(other.rotation for other in others)}
                others = [self._attempt(scanned, rotation, dpi) for rotation in sorted(left)]
                best = max([best, *others], key=lambda attempt: attempt.worth)
        if best.lines and not best.reads_well:
            best = self._or_mirrored(best, scanned, None, dpi)
        # A page on which nothing can be read stays as it came: a stain is not a reason to turn it.
        return best if best.lines else _Attempt(0, scanned, [], levelled=False, scanned=scanned)

    def _or_mirrored(self, best: _Attempt, scanned: Pixels, rotation: int | None, dpi: int) -> _Attempt:
        """Return the page turned over if that is how it reads: a film or a tracing lay the wrong way on the glass."""
        over = np.ascontiguousarray(scanned[:, ::-1])
        turn = self._orientation.turn(over).rotation if rotation is None else rotation
        mirrored = self._attempt(over, turn, dpi)
        if not mirrored.reads_well or mirrored.worth < max(_MUCH / 2, _CLEARLY_BETTER * best.worth):
            return best
        if _contrast(mirrored.lines) < _PRINT:
            # The other side of the sheet shines through.
            return best
        return replace(mirrored, flags=(MIRRORED,))

    def _attempt(self, scanned: Pixels, rotation: int, dpi: int) -> _Attempt:
        upright = pixels = images.turn(scanned, rotation)
        lean = cleanup.lean(cleanup.ink(cleanup.positive(pixels)))
        levelled = abs(lean) > cleanup.LEVEL_DEG
        if levelled:
            pixels = cleanup.level(pixels, lean)
        # The picture is kept as it came; only the engine is spared light print on dark ground.
        legible = cleanup.positive(pixels)
        lines = self._engine.read(legible, dpi=dpi)
        return _Attempt(rotation, pixels, lines + self._red(legible, lines, dpi), levelled, upright, lean)

    def _red(self, pixels: Pixels, lines: list[TextLine], dpi: int) -> list[TextLine]:
        """Read red headings, numbers and the straight text of seals, where nothing else was read."""
        red = cleanup.red_ink(pixels)
        if red is None:
            return []
        found: list[TextLine] = []
        for left, top, right, bottom in cleanup.spots(red < 255 - 2 * cleanup.RED):
            spot = np.ascontiguousarray(red[top:bottom, left:right])
            found += [_moved(line, left, top) for line in self._engine.read(spot, dpi=dpi)]
        return [
            line
            for line in found
            if line.confidence >= _RED_READS_WELL and len(line.text) > 1 and not any(_overlap(line, o) for o in lines)
        ]

    def _reading(self, attempt: _Attempt, original: bytes) -> PageReading:
        changed = attempt.rotation != 0 or attempt.levelled or bool(attempt.flags)
        kept = images.store(attempt.pixels, original=None if changed else original)
        lines = tuple(calibrate.calibrated(in_reading_order(attempt.lines)))
        empty = not lines and not cleanup.shows_something(cleanup.ink(attempt.pixels))
        return PageReading(
            rotation=attempt.rotation,
            engine=self.name,
            confidence=_confidence(lines),
            lines=lines,
            width_px=kept.width_px,
            height_px=kept.height_px,
            image=kept.image,
            thumbnail=kept.thumbnail,
            # Nobody knows what a black page would have shown.
            blank=empty and not cleanup.is_black(attempt.pixels),
            scanned=attempt.scanned,
            kept=attempt.pixels,
            lean=attempt.lean,
            flags=attempt.flags,
            settings=self.settings,
        )


def reading_settings(engine: str) -> str:
    """Return the settings of a reading with an engine of these settings."""
    return f"preparation={PREPARATION} {calibrate.setting()} {engine}"


def identity(engine: EngineName, runtime: Runtime) -> tuple[str, str]:
    """Return name and settings of the reader on this machine without loading it; raises EngineUnavailable."""
    if engine == "tesseract":
        found = TesseractEngine()
        return found.name, reading_settings(found.settings)
    return rapid.name(runtime), reading_settings(rapid.SETTINGS)


def _confidence(lines: Sequence[TextLine]) -> float:
    characters = sum(len(line.text) for line in lines)
    return sum(len(line.text) * line.confidence for line in lines) / characters if characters else 1.0


def _contrast(lines: Sequence[TextLine]) -> float:
    """Return the mean contrast of lines by their length, 1 where the engine does not tell."""
    known = [(line.evidence.contrast, len(line.text)) for line in lines if isinstance(line, ReadLine) and line.evidence]
    return sum(contrast * length for contrast, length in known) / sum(length for _, length in known) if known else 1.0


def _moved(line: TextLine, right: int, down: int) -> TextLine:
    x0, y0, x1, y1 = line.box
    return replace(line, box=(x0 + right, y0 + down, x1 + right, y1 + down))


def _overlap(a: TextLine, b: TextLine) -> bool:
    width = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
    height = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
    smaller = min(_area(a), _area(b))
    return width > 0 and height > 0 and width * height > 0.25 * smaller


def _area(line: TextLine) -> int:
    return (line.box[2] - line.box[0]) * line.height


def _lies_on_its_side(lines: Sequence[TextLine]) -> bool:
    words = [line for line in lines if len(line.text) >= 3]
    tall = sum(len(line.text) for line in words if line.height > 1.5 * (line.box[2] - line.box[0]))
    return tall > 0.5 * sum(len(line.text) for line in words) > 0


def _other_turns(first: _Attempt) -> tuple[int, ...]:
    on_its_side = _lies_on_its_side(first.lines)
    return tuple((first.rotation + turn) % 360 for turn in ((90, 270) if on_its_side else (180,)))
