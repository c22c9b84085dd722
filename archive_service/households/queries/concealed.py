"""What was drawn from papers that are stored only: that it stands is told, what it says is not.

A verdict or an observation keeps its status, for the line of the catalogue is met or not as it was; its words, values
and places are left out. Source: domain 6, behaviour 8; docs/decisions/0060.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.completeness.observations import Observation, Seen
from archive_service.completeness.rules import Assessment, Status
from archive_service.completeness.rules import Verdict as Found
from archive_service.households.tables import Item, ItemField
from archive_service.households.views import VerdictView
from archive_service.restricted.queries import lasting

#: Stands for the words that were drawn from such a paper, and for a value on it.
WORDS = "所依据的资料只作存储，内容不再显示。"
VALUE = "只作存储，不显示"


def closed_in(session: Session, household_id: int, opened: Collection[int]) -> frozenset[int]:
    """Return the papers of a household that are stored only and not `opened`."""
    of_household = select(Item.id).where(Item.household_id == household_id, lasting(Item.id))
    return frozenset(session.scalars(of_household)) - frozenset(opened)


def verdict_view(one: VerdictView, shut: Collection[int], basis: str) -> VerdictView:
    """Return a verdict as it is shown; what is simply there says nothing of what stands on it."""
    if one.status == Status.PRESENT or not _rests_on(one.evidence, shut):
        return one
    return replace(one, reason=WORDS + basis, places={})


def assessment(found: Assessment, shut: Collection[int]) -> Assessment:
    """Return what a case was judged to, without what its closed papers say."""
    return replace(found, verdicts=tuple(_verdict(one, shut) for one in found.verdicts)) if shut else found


def _verdict(one: Found, shut: Collection[int]) -> Found:
    if one.status is Status.PRESENT or not _rests_on(one.evidence, shut):
        return one
    return replace(one, said=WORDS, places=None)


def observations(session: Session, found: Iterable[Observation], shut: Collection[int]) -> tuple[Observation, ...]:
    """Return what the consistency rules saw, without what closed papers say."""
    if not shut:
        return tuple(found)
    values = select(ItemField.value).where(ItemField.item_id.in_(shut))
    said = {value for value in session.scalars(values) if len(value.strip()) > 1}
    return tuple(_observation(one, shut, said) for one in found)


def _observation(one: Observation, shut: Collection[int], said: Collection[str]) -> Observation:
    touched = _rests_on([seen.item for seen in one.evidence if seen.item is not None], shut)
    # A rule may speak of more papers than it names as evidence.
    if not touched and not any(value in one.message for value in said):
        return one
    return replace(one, message=WORDS, evidence=tuple(_seen(seen, shut) for seen in one.evidence))


def _seen(seen: Seen, shut: Collection[int]) -> Seen:
    return seen._replace(value=VALUE, page=None, box=None) if seen.item in shut else seen


def _rests_on(evidence: Iterable[int], shut: Collection[int]) -> bool:
    return not set(shut).isdisjoint(evidence)
