"""A person's word about what a filed paper is: original or copy, legible or not."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from archive_service.completeness.held import MEDIA
from archive_service.errors import Invalid
from archive_service.households.actions.items import changeable, changed
from archive_service.households.tables import CaseFile, Item
from archive_service.people.viewer import Viewer


def say_paper(
    session: Session, *, item_id: int, medium: str, legible: str, by: Viewer, now: datetime, today: date
) -> Item:
    """Keep what a person says of a paper; the case is judged again.

    `medium` is original, verified_copy, copy or empty (not known), `legible` yes, no or empty. Raises Invalid for
    other words.
    """
    item, household = changeable(session, item_id, by)
    if medium not in ("", *MEDIA) or legible not in ("", "yes", "no"):
        raise Invalid("item.paper-word", "请从列表中选择原件、复印件和是否清晰。", given=f"{medium}/{legible}"[:40])
    wanted = (medium or None, {"yes": True, "no": False}.get(legible))
    if (item.medium, item.legible) == wanted:
        return item
    facts = {"from": [item.medium, item.legible], "to": list(wanted), "item_no": item.item_no}
    item.medium, item.legible = wanted
    case = session.get(CaseFile, item.case_id) if item.case_id is not None else None
    changed(session, household, item, [case], did="item.paper-said", by=by.actor, facts=facts, now=now, today=today)
    return item
