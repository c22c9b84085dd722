"""What is different between two editions, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from archive_service.catalogue.schema import Applies, Ask, DocumentType, Edition, Requirement


@dataclass(frozen=True, slots=True)
class Change:
    """One part of an edition as it was and as it is; empty text: it was not, or is no longer, there."""

    #: added, gone or changed.
    kind: str
    #: document_type, condition, group or tolerance.
    section: str
    code: str
    name: str
    #: What about it: the name of the part.
    part: str
    left: str
    right: str


_PARTS = (
    "name_zh", "stage", "origin", "medium_rule", "signatures", "seals", "count_min", "count_max", "sensitivity",
    "key_fields", "result_field", "inheritable_for", "marks_hold_filing", "source", "is_default",
)  # fmt: skip


_FIRMNESS = {Ask.REQUIRED: "必收", Ask.CONDITIONAL: "条件必收", Ask.OPTIONAL: "选收"}


def difference(left: Edition, right: Edition) -> tuple[Change, ...]:
    """Return every difference, document types first, each section in the order of the right edition."""
    return (
        *_section("document_type", left.document_types, right.document_types, _type_changes),
        *_section("condition", left.conditions, right.conditions, _model_changes),
        *_section("group", left.groups, right.groups, _model_changes),
        *_tolerances(left, right),
    )


def affected(left: Edition, right: Edition) -> frozenset[tuple[str, str]]:
    """Return the combinations of category and business in which the editions may judge a case differently."""
    every = {*left.combinations, *right.combinations}
    if (left.conditions, left.exactly_one) != (right.conditions, right.exactly_one):
        return frozenset(every)
    return frozenset(one for one in every if _asked(left, one) != _asked(right, one))


def alike(left: Edition, right: Edition, combination: tuple[str, str]) -> frozenset[str]:
    """Return the document types on which both editions judge the same case of a combination alike."""
    if (left.conditions, left.exactly_one) != (right.conditions, right.exactly_one):
        return frozenset()
    was, is_ = ({each.document_type: each for each in _asked(one, combination)} for one in (left, right))
    same = {code for code in {*was, *is_} if was.get(code) == is_.get(code)}
    # A paper may stand in for another; whether it is sound is a matter of what is asked of it.
    other = {*was, *is_} - same
    return frozenset(code for code in same if not any(other.intersection(one.papers) for one in was[code].excused_by))


def _asked(edition: Edition, combination: tuple[str, str]) -> list[Requirement]:
    if combination not in edition.combinations:
        return []
    # In which edition and source it stands changes no verdict.
    return [replace(each, because="") for each in edition.requirements(*combination)]


def _section(name: str, left: Mapping[str, Any], right: Mapping[str, Any], compare: Any) -> list[Change]:
    found = []
    for code, new in right.items():
        old = left.get(code)
        if old is None:
            found.append(Change("added", name, code, new.name_zh, "", "", _summary(new)))
        elif old != new:
            found += [Change("changed", name, code, new.name_zh, *part) for part in compare(old, new)]
    found += [
        Change("gone", name, code, old.name_zh, "", _summary(old), "")
        for code, old in left.items()
        if code not in right
    ]
    return found


def _summary(entry: Any) -> str:
    return "；".join(_applies(each) for each in entry.applies) if isinstance(entry, DocumentType) else entry.name_zh


def _type_changes(old: DocumentType, new: DocumentType) -> list[tuple[str, str, str]]:
    found = [
        (part, _text(getattr(old, part)), _text(getattr(new, part)))
        for part in _PARTS
        if getattr(old, part) != getattr(new, part)
    ]
    before, after = _by_combination(old), _by_combination(new)
    for key in sorted({*before, *after}):
        was, is_ = before.get(key, ""), after.get(key, "")
        if was != is_:
            found.append((f"适用 {key[0]}×{key[1]}", was, is_))
    return found


def _model_changes(old: Any, new: Any) -> list[tuple[str, str, str]]:
    was, is_ = old.model_dump(), new.model_dump()
    return [(part, _text(was[part]), _text(is_[part])) for part in is_ if was[part] != is_[part]]


def _tolerances(left: Edition, right: Edition) -> list[Change]:
    return [
        Change("changed", "tolerance", part, part, part, was, is_)
        for part, was, is_ in _model_changes(left.tolerances, right.tolerances)
    ]


def _by_combination(kind: DocumentType) -> dict[tuple[str, str], str]:
    return {(each.category, code): _firmness(each) for each in kind.applies for code in each.business_types}


def _firmness(applies: Applies) -> str:
    return _FIRMNESS[applies.requirement] + (f"（{'/'.join(applies.when_any)}）" if applies.when_any else "")


def _applies(applies: Applies) -> str:
    return f"{applies.category}×{'、'.join(applies.business_types)} {_firmness(applies)}"


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return "、".join(map(str, value)) or "–"
    return str(value)
