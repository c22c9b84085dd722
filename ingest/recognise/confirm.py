"""Values of a paper held against the register: what the register confirms may be mended, nothing else.

A household's name and address are known once the household is. A value that differs from the known one by a misread
sign or by a piece cut off at the end of a line is the known one; any other difference is left as it stands on the
paper, for it may be true. What was not found at a label but stands somewhere on the paper word by word is found in this
way, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from ingest.lines import Box
from ingest.recognise import labels, normalise
from ingest.recognise.pages import Line, Page, union
from ingest.recognise.values import FieldFound, KnownHousehold

#: Likeness of two texts, 0 to 100, from which they differ by misread signs only.
_ALIKE = 84
#: Shorter texts are too like each other by chance; persons' names are compared sign by sign.
_SHORTEST = 5
#: A piece of a text has at least this share of its signs.
_LEAST_PIECE = 0.6
_NEARLY_ALL = 0.85
_FOUND = 0.9
#: Persons that stand on papers beside the customer.
_OTHERS = frozenset({"agent_name", "owner_name", "legal_rep_name"})
_DIGITS = re.compile(r"\d+")


def confirmed(
    fields: Mapping[str, FieldFound], pages: Sequence[Page], household: KnownHousehold, wanted: Sequence[str]
) -> dict[str, FieldFound]:
    """Return `fields` with name and address as the register has them where the paper means the same.

    `wanted` are the fields that such a paper has to name: those missing are looked for in the whole text.
    """
    known = {"account_name": household.account_name, "service_address": household.service_address}
    kept = dict(fields)
    for name, value in known.items():
        held = kept.get(name)
        if held is not None and means(held.value, value):
            kept[name] = replace(held, value=normalise.registered(value))
        elif value and (name in wanted if held is None else _is_part_or_another(name, held, value, kept)):
            found = _anywhere(pages, value)
            if found:
                kept[name] = found
    return _numbers(kept, pages, household)


def _is_part_or_another(name: str, held: FieldFound, known: str, fields: Mapping[str, FieldFound]) -> bool:
    """Say whether a value is the known one broken off or run into, or the name of somebody else on the paper."""
    read, registered = normalise.bare(held.value), normalise.bare(known)
    if min(len(read), len(registered)) >= _SHORTEST and registered.startswith(read):
        return True
    if name == "service_address" and read.endswith(registered):
        # What stands before a place was read into it; before a name it may be part of another name.
        return True
    others = {normalise.bare(found.value) for role, found in fields.items() if role in _OTHERS}
    return name == "account_name" and read in others


def _numbers(
    fields: Mapping[str, FieldFound], pages: Sequence[Page], household: KnownHousehold
) -> dict[str, FieldFound]:
    """Return `fields` with the account and application numbers that stand whole on the paper without a known label."""
    kept = dict(fields)
    numbers = [
        ("account_no", household.account_no),
        *(("application_no", one.application_no) for one in household.cases),
    ]
    for name, value in numbers:
        if name not in kept and value:
            found = _number(pages, value)
            if found:
                kept[name] = found
    return kept


def _number(pages: Sequence[Page], value: str) -> FieldFound | None:
    pattern = re.compile(rf"(?<![0-9A-Za-z]){re.escape(value)}(?![0-9A-Za-z])")
    for number, page in enumerate(pages, 1):
        for line in page.lines:
            hit = pattern.search(line.text)
            if hit:
                box = labels.part_box(line, hit.start(), hit.end())
                return FieldFound(value, None, round(line.confidence * _FOUND, 4), number, box)
    return None


def means(read: str, known: str) -> bool:
    """Say whether `read` is `known` but for misread signs or a part cut off; numbers in them have to be the same."""
    left, right = normalise.bare(read), normalise.bare(known)
    if left == right:
        return True
    if min(len(left), len(right)) < _SHORTEST:
        return False
    if right.startswith(left) and len(left) >= _LEAST_PIECE * len(right):
        return True
    shared = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    if shared >= _NEARLY_ALL * len(right) and not _DIGITS.search(right[shared:] + left[shared:]):
        # What stands behind it was read into it from the next cell.
        return True
    if left.startswith(right) or _DIGITS.findall(left) != _DIGITS.findall(right):
        return False
    return abs(len(left) - len(right)) <= 1 and fuzz.ratio(left, right) >= _ALIKE


def _anywhere(pages: Sequence[Page], value: str) -> FieldFound | None:
    """Return where the whole of `value` stands on the pages, also where it runs from one line into the next."""
    wanted = normalise.bare(value)
    if len(wanted) < 2:
        return None
    for number, page in enumerate(pages, 1):
        signs, places = _signs(page)
        start = signs.find(wanted)
        while start >= 0:
            end = start + len(wanted)
            if _is_whole(signs, places, start, end):
                return FieldFound(
                    normalise.registered(value), None, _confidence(places[start:end]), number, _box(places[start:end])
                )
            start = signs.find(wanted, start + 1)
    return None


def _signs(page: Page) -> tuple[str, list[tuple[Line, int]]]:
    """Return the letters and digits of a page in one string, with the line and place of each."""
    signs: list[str] = []
    places: list[tuple[Line, int]] = []
    for line in page.lines:
        for place, sign in enumerate(line.text):
            plain = normalise.bare(sign)
            if len(plain) == 1:
                signs.append(plain)
                places.append((line, place))
    return "".join(signs), places


def _is_whole(signs: str, places: Sequence[tuple[Line, int]], start: int, end: int) -> bool:
    """Say whether a short text is not the middle of a longer word: a person's name of two signs stands in many."""
    if end - start > 4:
        return True
    line, first = places[start]
    last_line, last = places[end - 1]
    before = line.text[:first].strip()[-1:]
    after = last_line.text[last + 1 :].strip()[:1]
    return line is last_line and not (_wordy(before) and _wordy(after))


def _wordy(sign: str) -> bool:
    return bool(re.match(r"[\u4e00-\u9fff]", sign))


def _confidence(places: Sequence[tuple[Line, int]]) -> float:
    return round(min(line.confidence for line, _ in places) * _FOUND, 4)


def _box(places: Sequence[tuple[Line, int]]) -> Box:
    parts: dict[int, tuple[Line, int, int]] = {}
    for line, place in places:
        first = parts.get(id(line), (line, place, place))[1]
        parts[id(line)] = (line, first, place + 1)
    return union([labels.part_box(line, first, last) for line, first, last in parts.values()])
