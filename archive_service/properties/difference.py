"""What another edition of the items would change: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from archive_service.properties.scheme import CheckItem, Comparison, Scheme


@dataclass(frozen=True)
class Change:
    """An item that comes, goes, or is another one: each thing that differs by name, as it is and as it would be."""

    kind: Literal["added", "removed", "changed"]
    number: str
    title_zh: str
    title_en: str
    differs: tuple[tuple[str, str, str], ...] = ()


#: What of an edition, and of an item, is compared.
_OF_EDITION = ("accepted_formats", "lasting_formats", "longterm_every_days", "longterm_cases_a_day", "comparisons")
_OF_ITEM = ("property", "title_zh", "title_en", "source", "codes", "mode", "check", "guide_zh", "demanded", "reason_zh")


def differences(old: Scheme, new: Scheme) -> tuple[list[tuple[str, str, str]], list[Change]]:
    """Return what differs between two editions as a whole, and item by item in the order of the new one."""
    before = {one.number: one for one in old.items}
    after = {one.number: one for one in new.items}
    changes = [_change(before.get(one.number), one) for one in new.items]
    gone = [Change("removed", one.number, one.title_zh, one.title_en) for one in old.items if one.number not in after]
    return _differing(old, new, _OF_EDITION), [one for one in changes if one is not None] + gone


def _change(old: CheckItem | None, new: CheckItem) -> Change | None:
    if old is None:
        return Change("added", new.number, new.title_zh, new.title_en, tuple(_told(new)))
    differs = tuple(_differing(old, new, _OF_ITEM))
    return Change("changed", new.number, new.title_zh, new.title_en, differs) if differs else None


def _told(item: CheckItem) -> list[tuple[str, str, str]]:
    return [(name, "", _text(getattr(item, name))) for name in ("codes", "mode", "check")]


def _differing(old: object, new: object, names: Sequence[str]) -> list[tuple[str, str, str]]:
    pairs = ((name, _text(getattr(old, name)), _text(getattr(new, name))) for name in names)
    return [one for one in pairs if one[1] != one[2]]


def _text(value: object) -> str:
    if isinstance(value, Comparison):
        return f"{value.rule}（{'、'.join(f'{moment} {weight}' for moment, weight in value.weights.items())}）"
    if isinstance(value, dict):
        return "、".join(str(one) for one in value.values())
    if isinstance(value, (tuple, list)):
        return "、".join(_text(one) for one in value)
    return "" if value is None else str(value)
