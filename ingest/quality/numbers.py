"""Printed page numbers: what a page says of its place, and what the pages of a scan then lack or mix up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.lines import PageText
from ingest.quality import findings
from ingest.quality.findings import Finding

#: Page numbers stand in the head or the foot: shares of the height of a page.
_HEAD, _FOOT = 0.14, 0.84
#: A number read worse than this may be another one.
_READS = 0.6
_LARGEST = 500
#: A larger step than this is another paper and no gap, unless the total was printed too.
_LARGEST_GAP = 3

_FULL_WIDTH = str.maketrans("０１２３４５６７８９／－—–―", "0123456789/----")
_OF = r"(?P<n>\d{1,3})页?[,，、]?(?:/|／|共|\(共|（共|,共)第?共?(?P<m>\d{1,3})页?[)）]?"
_WITH_TOTAL = (
    re.compile(rf"^-?第{_OF}-?$"),
    re.compile(r"^-?共(?P<m>\d{1,3})页[,，、]?第(?P<n>\d{1,3})页-?$"),
    re.compile(r"^-*(?P<n>\d{1,3})/(?P<m>\d{1,3})页?-*$"),
)
_ALONE = (re.compile(r"^-*第(?P<n>\d{1,3})页-*$"), re.compile(r"^-+(?P<n>\d{1,3})-+$"))


@dataclass(frozen=True)
class Printed:
    """The number printed on a page, and of how many, if that is printed too."""

    number: int
    total: int | None


@dataclass(frozen=True)
class Place:
    """A page of a scan: what it says of its place; `empty` for a page with nothing on it."""

    page_no: int
    printed: Printed | None
    empty: bool = False


@dataclass
class _Run:
    """Pages of one paper, one behind the other; a page without a number may be any of those that lack."""

    total: int | None
    places: list[Place]
    unnumbered_before: int
    unnumbered_inside: int = 0
    unnumbered_after: int = 0

    @property
    def numbers(self) -> list[int]:
        return [place.printed.number for place in self.places if place.printed]


def printed(page: PageText) -> Printed | None:
    """Return the number that stands in the head or foot of a page; the foot is believed first."""
    ends = [line for line in page.lines if line.confidence >= _READS and _at_an_end(page, line.box)]
    for line in sorted(ends, key=lambda line: -line.box[1]):
        found = parse(line.text)
        if found:
            return found
    return None


def _at_an_end(page: PageText, box: tuple[int, int, int, int]) -> bool:
    middle = (box[1] + box[3]) / 2
    return middle < _HEAD * page.height_px or middle > _FOOT * page.height_px


def parse(text: str) -> Printed | None:
    """Return the page number that a line is and nothing else, such as 第 2 页 共 5 页, 2/5, - 3 -."""
    plain = re.sub(r"\s+", "", text).translate(_FULL_WIDTH)
    for pattern in _WITH_TOTAL:
        found = pattern.match(plain)
        if found and 1 <= int(found["n"]) <= int(found["m"]) <= _LARGEST:
            return Printed(int(found["n"]), int(found["m"]))
    for pattern in _ALONE:
        found = pattern.match(plain)
        if found and 1 <= int(found["n"]) <= _LARGEST:
            return Printed(int(found["n"]), None)
    return None


def sequence_findings(places: Sequence[Place]) -> dict[int, list[Finding]]:
    """Return findings by page of the scan: numbers that lack, numbers out of order. Repeated pages are left out."""
    found: dict[int, list[Finding]] = {}
    for run in _runs([place for place in places if not place.empty]):
        for page_no, finding in _of_run(run):
            found.setdefault(page_no, []).append(finding)
    return found


def _runs(places: Sequence[Place]) -> list[_Run]:
    runs: list[_Run] = []
    waiting = 0
    for place in places:
        if place.printed is None:
            waiting += 1
        elif runs and _belongs(runs[-1], place.printed, waiting):
            runs[-1].places.append(place)
            runs[-1].unnumbered_inside += waiting
            waiting = 0
        else:
            if runs:
                runs[-1].unnumbered_after = waiting
            runs.append(_Run(place.printed.total, [place], waiting))
            waiting = 0
    if runs:
        runs[-1].unnumbered_after = waiting
    return runs


def _belongs(run: _Run, printed: Printed, waiting: int) -> bool:
    """Say whether a page goes on with the paper of those before it."""
    numbers, number = run.numbers, printed.number
    if printed.total != run.total or number in numbers:
        return False
    falling = len(numbers) < 2 or all(b == a - 1 for a, b in pairwise(numbers))
    if number == 1:
        # A first page begins a paper, unless the whole paper lies upside down.
        return falling and numbers[-1] == 2
    if run.total is None:
        return number > numbers[-1] and number - numbers[-1] <= _LARGEST_GAP + 1 + waiting
    return True


def _of_run(run: _Run) -> Iterator[tuple[int, Finding]]:
    numbers = run.numbers
    if numbers != sorted(numbers):
        at = next(b for a, b in pairwise(run.places) if _of(b) < _of(a))
        yield at.page_no, Finding(findings.OUT_OF_ORDER, 0.0, 0.0, facts={"of": run.total, "numbers": numbers})
    missing = _missing(run)
    if missing:
        behind = [place for place in run.places if _of(place) < missing[0]]
        at = behind[-1] if behind else run.places[0]
        facts = {"missing": missing, "of": run.total}
        yield at.page_no, Finding(findings.MISSING, float(len(missing)), 0.0, facts=facts)


def _of(place: Place) -> int:
    return place.printed.number if place.printed else 0


def _missing(run: _Run) -> list[int]:
    """Return the numbers that no page has; pages whose number could not be read may have them."""
    numbers = set(run.numbers)
    first, last = min(numbers), max(numbers)
    inside = [number for number in range(first, last) if number not in numbers]
    lacking = inside if run.unnumbered_inside < len(inside) else []
    if run.total is None:
        # Without a total one regular step is asked for: two stray numbers are no sequence.
        steps = [b - a for a, b in pairwise(run.numbers)]
        return lacking if 1 in steps else []
    before, after = list(range(1, first)), list(range(last + 1, run.total + 1))
    lacking = [*(before if run.unnumbered_before < len(before) else []), *lacking]
    return [*lacking, *(after if run.unnumbered_after < len(after) else [])]
