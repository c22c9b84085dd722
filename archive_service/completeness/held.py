"""A filed item as the rules see it, and what makes it one that cannot be relied on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from archive_service.catalogue.schema import MediumRule, Requirement
from archive_service.completeness.marks import MarkVerdict

#: What a paper is, as said by a person or by the stamp on it.
ORIGINAL, VERIFIED_COPY, COPY = "original", "verified_copy", "copy"
MEDIA = (ORIGINAL, VERIFIED_COPY, COPY)

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class HeldItem:
    """A filed item as the rules see it."""

    id: int
    #: Catalogue code, or OTHER.
    document_type: str
    #: How sure the type is, 0 to 1.
    confidence: float = 1.0
    #: Normalised values by field name.
    fields: Mapping[str, str] = field(default_factory=dict)
    #: Why the item cannot be relied on, as sentences without full stop; empty: it can.
    doubts: tuple[str, ...] = ()
    #: Page of the item on which a field was read, from 1.
    pages: Mapping[str, int] = field(default_factory=dict)
    #: What a person calls it; its type's code if empty.
    title: str = ""
    #: The signatures and seals that the catalogue asks for on it; empty where nobody looked or none is asked for.
    marks: tuple[MarkVerdict, ...] = ()
    #: Where on that page a field was read: x0, y0, x1, y1 in pixels of the upright page image.
    boxes: Mapping[str, Box] = field(default_factory=dict)
    #: One of MEDIA; none where nobody said and nothing on it tells.
    medium: str | None = None
    #: False when a person said that it cannot be read.
    legible: bool | None = None
    #: How many pages it has; 0 where nobody counted.
    page_count: int = 0
    #: Page on which the first of `doubts` shows, where that is known.
    doubt_page: int | None = None

    @property
    def name(self) -> str:
        """Return what to call it."""
        return self.title or self.document_type


def doubts_of(item: HeldItem, wanted: Requirement | None, days: Mapping[str, date]) -> tuple[str, ...]:
    """Return why `item` cannot be relied on for what is `wanted`, as sentences without full stop.

    `days` are the days on which the stages of the case were done: a paper is used on that of its own stage, or, if
    that is not known, on the day of acceptance, the earliest on which it can have been.
    """
    found = list(item.doubts)
    if item.legible is False:
        found.append(f"“{item.name}”经人工核对看不清")
    if wanted is None:
        return tuple(found)
    if item.medium == COPY and wanted.medium_rule is MediumRule.COPY_VERIFIED:
        found.append(f"“{item.name}”是复印件，没有与原件核对的标记")
    if item.medium in (COPY, VERIFIED_COPY) and wanted.medium_rule is MediumRule.ORIGINAL:
        found.append(f"“{item.name}”应留原件，现为复印件")
    used = used_on(wanted, days)
    if wanted.expires and used is not None:
        found += _outside(item, used)
    return tuple(found)


def used_on(wanted: Requirement, days: Mapping[str, date]) -> date | None:
    """Return the day on which a paper is used in a case; none if it is not known."""
    return days.get(wanted.stage) or days.get("ACCEPT")


def valid_to(item: HeldItem) -> date | None:
    """Return the last day on which a paper is valid; the last of all for one without end, none if it was not read."""
    said = item.fields.get("valid_to", "").strip()
    if said in ("长期", "长期有效", "永久", "无固定期限"):
        return date.max
    return _day(said)


def _outside(item: HeldItem, used: date) -> list[str]:
    last, first = valid_to(item), _day(item.fields.get("valid_from", ""))
    if last is not None and last < used:
        return [f"“{item.name}”有效期至 {last.isoformat()}，使用当日（{used.isoformat()}）已过期"]
    if first is not None and first > used:
        return [f"“{item.name}”自 {first.isoformat()} 起有效，使用当日（{used.isoformat()}）尚未生效"]
    return []


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
