"""Whose a mark is: the words of the catalogue against what stands on and around the mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archive_service.catalogue.schema import DocumentType, Edition, Party
from ingest.marks.labels import plain
from ingest.marks.values import Mark, Place

#: The party that has no seal where it is a person.
CUSTOMER = "customer"
_UTILITY = "utility"


def party_of(edition: Edition, code: str) -> Party:
    """Return a party of the edition; one that it does not describe has its code for a name."""
    return edition.parties.get(code) or Party(code=code, name_zh=code, name_en=code)


def at_label(edition: Edition, text: str) -> frozenset[str]:
    """Return the parties that sign or seal by a label."""
    return _matched(text, {each.code: each.labels for each in edition.parties.values()})


def of_place(edition: Edition, place: Place) -> frozenset[str]:
    """Return the parties whose place this is: by its label, else by the nearest words above it."""
    return _first(edition, (place.label, *place.above))


def of_seal(edition: Edition, mark: Mark) -> frozenset[str]:
    """Return the parties whose seal this may be: by the words on it, else by the nearest label."""
    words = {each.code: each.seal_words for each in edition.parties.values()}
    return _matched(mark.text, words) or _first(edition, mark.near)


def issues(kind: DocumentType, code: str) -> bool:
    """Say whether a party is the one that issues such papers, so that a seal of unknown owner is likely its own."""
    match kind.origin:
        case "customer":
            return code == CUSTOMER
        case "utility":
            return code.startswith(_UTILITY)
        case "third":
            return code != CUSTOMER and not code.startswith(_UTILITY)
        case _:
            return True


def _first(edition: Edition, texts: Iterable[str]) -> frozenset[str]:
    return next((found for text in texts if (found := at_label(edition, text))), frozenset())


def _matched(text: str, words: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Return the parties with a word in `text` that is no part of a longer such word: 客户经理 is not 客户."""
    text = plain(text)
    spans = [
        (start, start + len(word), code)
        for code, some in words.items()
        for word in map(plain, some)
        if (start := text.find(word)) >= 0
    ]
    return frozenset(
        code
        for start, end, code in spans
        if not any(a <= start and end <= b and b - a > end - start for a, b, _ in spans)
    )
