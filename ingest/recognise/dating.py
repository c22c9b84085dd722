"""The date of a document: the day of signing, reply, inspection or installation, as fits its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from ingest.lines import Box
from ingest.recognise import labels, normalise
from ingest.recognise.cells import Labelled
from ingest.recognise.pages import Line, Page
from ingest.recognise.values import FieldFound

_UNLABELLED = 0.8
_ANY_LABEL = 0.9
#: So many lines from the last one up may belong to the signatures.
_SIGNATURE_LINES = 6


def document_date(pages: Sequence[Page], entries: Sequence[tuple[int, Labelled]], code: str) -> FieldFound | None:
    """Return the date of a document of type `code`: by its role, else by any date label, else the last date on it."""
    data = labels.vocabulary().data
    own = data["roles"].get(code, data["roles"]["default"])
    for role in own:
        found = _by_labels(entries, data["dates"][role], 1.0)
        if found:
            return found
    # Below a signature, a day without a label is worth more than one that dates another step of the case.
    signed = _by_labels(entries, data["dates"]["any"], _ANY_LABEL) or _last(pages, entries, alone=True)
    if signed and code in data["roles"]:
        return signed
    for role in data["roles"]["default"]:
        found = _by_labels(entries, data["dates"][role], 0.93)
        if found:
            return found
    return signed or _last(pages, entries, alone=False)


def _by_labels(entries: Sequence[tuple[int, Labelled]], wanted: Sequence[str], factor: float) -> FieldFound | None:
    best: FieldFound | None = None
    for number, one in entries:
        if one.label not in wanted:
            continue
        for piece in one.pieces:
            found = normalise.dates(piece.text)
            if found:
                confidence = round(min(0.995, piece.confidence * piece.quality * factor), 4)
                # Signatures stand at the end: of several the last day counts.
                if best is None or (found[0].iso, confidence) > (best.value, best.confidence):
                    best = FieldFound(found[0].iso, None, confidence, number, piece.box)
                break
    return best


def _last(pages: Sequence[Page], entries: Sequence[tuple[int, Labelled]], *, alone: bool) -> FieldFound | None:
    """Return the last date on the paper that no label gives another meaning; `alone`: only one in a line of its own."""
    meant = _meaning_days()
    taken = [
        (number, piece.box)
        for number, one in entries
        if one.label in meant
        for piece in one.pieces[:1]
        if normalise.dates(piece.text)
    ]
    for number in range(len(pages), 0, -1):
        page = pages[number - 1]
        for line in sorted(page.lines, key=lambda one: -one.middle):
            for found in reversed(normalise.dates(line.text)):
                box = labels.part_box(line, found.start, found.end)
                if found.iso < "1950" or _period(line, found) or _among(number, box, taken):
                    continue
                lonely = (found.end - found.start) >= 0.6 * len(line.text.strip())
                low = line.middle > 0.5 * page.height or line.middle > _lowest(page) - _SIGNATURE_LINES * line.height
                if alone and not (lonely and low):
                    continue
                factor = _UNLABELLED if lonely and low else 0.6
                return FieldFound(found.iso, None, round(line.confidence * factor, 4), number, box)
    return None


@lru_cache(maxsize=1)
def _meaning_days() -> frozenset[str]:
    """Return the labels that say what a day means."""
    dates: Mapping[str, Sequence[str]] = labels.vocabulary().data["dates"]
    return frozenset(label for role, named in dates.items() if role != "any" for label in named)


def _among(number: int, box: Box, taken: Sequence[tuple[int, Box]]) -> bool:
    """Say whether a date is the value of a label."""
    return any(
        page == number and box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for page, other in taken
    )


def _lowest(page: Page) -> float:
    return max(
        (line.middle for line in page.lines if page.number is None or line.middle < 0.9 * page.height), default=0.0
    )


def _period(line: Line, found: normalise.Dated) -> bool:
    """Say whether the date is an end of a period or a deadline."""
    before = line.text[max(0, found.start - 4) : found.start]
    after = line.text[found.end : found.end + 3].strip()
    return any(word in before for word in ("至", "到", "自", "出生", "期限", "~", "前往")) or after.startswith(
        ("至", "起", "前", "止", "-", "~")
    )
