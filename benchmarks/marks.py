"""How surely seals and signatures are seen: `python -m benchmarks.marks [--papers 150] [--seed 4711]`.

Draws papers of every type that is signed or sealed, some of them without, wears them as devices do, reads them with the
engine and prints how often "seen" and "not seen" were right (precision) and how many of those there were were found
(recall). What is neither counts as doubtful and goes to a person. Beside it, on the same pages, two plain rules: a page
is sealed if more than a thousandth of it is red; a place is signed if more than a fiftieth of it is dark.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import numpy as np
from PIL import Image

from archive_service.completeness.marks import SURE, Sight
from archive_service.samples import raster, sets, signing, wear
from archive_service.samples.papers.registry import PAPERS, one_document
from archive_service.samples.sheet import Seal, Sheet, Text
from archive_service.samples.signing import Signed
from archive_service.samples.wear import Worn
from ingest.lines import TextLine
from ingest.marks import find, required
from ingest.marks.labels import plain
from ingest.marks.values import Kind, PageMarks, Place, Shape, State
from ingest.ocr.engine import Pixels
from ingest.ocr.reader import Reader

DEVICES = ("scanner", "hard scanner", "photocopy", "fax", "phone")
#: The plain rules: share of red pixels of a page, share of dark pixels of a place.
_RED_SHARE, _DARK_SHARE = 0.001, 0.02


@dataclass(frozen=True)
class Page:
    """A worn page, what the engine read on it, and the truth about it."""

    device: str
    pixels: Pixels
    lines: tuple[TextLine, ...]
    truth: Signed


@dataclass
class Tally:
    """Answers counted by what is true and what was said."""

    counts: Counter[tuple[bool, str]] = field(default_factory=Counter)

    def add(self, there: bool, said: str) -> None:
        """Count an answer."""
        self.counts[there, said] += 1

    def row(self) -> str:
        """Return precision and recall of both words, and how many were doubtful."""
        whole = max(1, self.counts.total())
        parts = []
        for there, word in ((True, "seen"), (False, "not_seen")):
            right = self.counts[there, word]
            said = right + self.counts[not there, word]
            real = sum(count for (is_there, _), count in self.counts.items() if is_there is there)
            parts.append(f"{_share(right, said)} ({said:>3}) {_share(right, real)} ({real:>3})")
        doubtful = sum(count for (_, said), count in self.counts.items() if said == "doubtful")
        return "   ".join(parts) + f"   {100 * doubtful / whole:5.1f} %"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f} %" if whole else "    – "


def papers(count: int, seed: int, reader: Reader) -> Iterator[Page]:
    """Draw, wear and read so many papers that are signed or sealed, each by the next device in turn."""
    rng = Random(f"marks/{seed}")
    codes = sorted(PAPERS)
    made = 0
    while made < count:
        code = rng.choice(codes)
        document = one_document(code, sets.case_for(code, rng), rng)
        sheets = [sheet for sheet in document.sheets if _is_signed(sheet)]
        if not sheets:
            continue
        device = DEVICES[made % len(DEVICES)]
        truth = signing.signed(rng.choice(sheets), rng)
        worn = _worn(device, truth.sheet, rng)
        read = reader.read(worn.jpeg, dpi=worn.dpi)
        made += 1
        if read.kept is not None:
            yield Page(device, read.kept, read.lines, truth)


def _is_signed(sheet: Sheet) -> bool:
    return any(
        (isinstance(mark, Text) and mark.kind == "signature") or (isinstance(mark, Seal) and mark.around)
        for mark in sheet.marks
    )


def _worn(device: str, sheet: Sheet, rng: Random) -> Worn:
    dpi = rng.choice((150, 200)) if device in ("hard scanner", "photocopy") else 200
    page = raster.draw(sheet, dpi=dpi, seed=rng.getrandbits(32))
    match device:
        case "phone":
            return wear.photo(page, dpi=dpi, severity="office", rng=rng)
        case "photocopy":
            copy = Image.fromarray(wear.photocopy(np.asarray(page), rng))
            return wear.scan(copy, dpi=dpi, severity="office", rng=rng)
        case "fax":
            return wear.fax(page, dpi=dpi, rng=rng)
        case _:
            severity = "hard" if device == "hard scanner" else "office"
            return _coloured(page, dpi=dpi, severity=severity, rng=rng)


def _coloured(page: Image.Image, *, dpi: int, severity: str, rng: Random) -> Worn:
    """Scan a page in colour: scans of photocopies are a device of their own here."""
    while True:
        worn = wear.scan(page, dpi=dpi, severity=severity, rng=rng)
        if worn.device == "scanner":
            return worn


def sealed(found: PageMarks) -> str:
    """Return what is said of the seal of a page."""
    seals = [mark for mark in found.of(Kind.SEAL) if mark.shape is not Shape.RIDING]
    if seals:
        return "seen" if seals[0].confidence >= SURE else "doubtful"
    if found.of(Kind.SEAL):
        return "doubtful"
    sight, confidence, _ = required.unsealed([found])
    return str(sight) if confidence >= SURE else str(Sight.DOUBTFUL)


def signed_places(found: PageMarks, truth: Signed) -> Iterator[tuple[bool, str, Place | None]]:
    """Yield for each true place whether it is signed, what is said of it, and the place that was found."""
    by_label = defaultdict(list)
    for place in found.places:
        by_label[place.label].append(place)
    for one in truth.places:
        places = by_label[plain(one.label).rstrip(":")]
        place = places.pop(0) if places else None
        said = "doubtful"
        if place is not None and place.confidence >= SURE:
            said = {State.SIGNED: "seen", State.EMPTY: "not_seen"}.get(place.state, "doubtful")
        yield one.state == "signed", said, place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, default=150)
    parser.add_argument("--seed", type=int, default=4711)
    given = parser.parse_args()
    report(papers(given.papers, given.seed, Reader()))


def report(pages: Iterator[Page]) -> None:
    """Look at pages and print the figures."""
    seals: dict[tuple[str, str], Tally] = defaultdict(Tally)
    signatures: dict[tuple[str, str], Tally] = defaultdict(Tally)
    spent, count = 0.0, 0
    for page in pages:
        before = time.process_time()
        found = find.find(page.pixels, page.lines)
        spent += time.process_time() - before
        count += 1
        there = bool(page.truth.seals)
        for device in (page.device, "all"):
            seals["ours", device].add(there, sealed(found))
            seals["red share", device].add(there, "seen" if red_share(page.pixels) > _RED_SHARE else "not_seen")
            for signed, said, place in signed_places(found, page.truth):
                signatures["ours", device].add(signed, said)
                dark = place is not None and dark_share(page.pixels, place.area) > _DARK_SHARE
                signatures["dark share", device].add(signed, "seen" if dark else "not_seen")
    _print("seals", seals)
    _print("signatures", signatures)
    print(f"{1000 * spent / max(1, count):.0f} ms of CPU a page, {count} pages")


def red_share(pixels: Pixels) -> float:
    """Return the share of pixels that are red by a fixed rule."""
    red, green, blue = (pixels[::2, ::2, at].astype(np.int16) for at in range(3))
    return float(np.mean((red - green > 60) & (red - blue > 60)))


def dark_share(pixels: Pixels, area: tuple[int, int, int, int]) -> float:
    """Return the share of a part of the page that is dark by a fixed rule."""
    x0, y0, x1, y1 = area
    part = pixels[y0:y1, x0:x1].mean(axis=2)
    return float(np.mean(part < 128)) if part.size else 0.0


def _print(what: str, tallies: dict[tuple[str, str], Tally]) -> None:
    print(f"{what:34} seen: precision, recall               not seen: precision, recall           doubtful")
    for (rule, device), tally in sorted(
        tallies.items(), key=lambda each: (each[0][1] != "all", each[0][1], each[0][0])
    ):
        print(f"  {device:14} {rule:16} {tally.row()}")


if __name__ == "__main__":
    main()
