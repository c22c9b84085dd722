"""What keeps papers, for pages that show them: the holds that last on them, and until when by which rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from archive_service.holds import queries as holds
from archive_service.holds.queries import HoldView
from archive_service.web.visit import Visit
from retention import queries as retention
from retention.queries import DueView


@dataclass(frozen=True)
class Kept:
    """The holds on a paper, and its due day where it was reckoned and the viewer may know it."""

    holds: Sequence[HoldView]
    due: DueView | None


def kept(visit: Visit, item_ids: Collection[int]) -> Mapping[int, Kept]:
    """Return what keeps papers that this person has seen, by item; one that nothing is known of is in it too."""
    with visit.services.database.reading() as session:
        held = holds.holding(session, item_ids)
        dues = retention.dues_of(session, visit.viewer, item_ids)
    return {one: Kept(held.get(one, ()), dues.get(one)) for one in item_ids}
