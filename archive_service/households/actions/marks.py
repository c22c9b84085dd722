"""A person's word about a signature or seal of a filed item."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from archive_service.completeness import marks
from archive_service.completeness.marks import Sight, Word
from archive_service.errors import NotFound
from archive_service.households import rules
from archive_service.households.actions.items import changeable, changed
from archive_service.households.tables import CaseFile, Item
from archive_service.people.viewer import Viewer


def say_mark(session: Session, *, item_id: int, key: str, word: str, by: Viewer, now: datetime, today: date) -> Item:
    """Keep what a person says of a signature or seal: seen, not_seen or doubtful; it is believed over detection.

    `key` is that of the mark, such as seal:customer. Raises NotFound where the item does not need such a mark.
    """
    item, household = changeable(session, item_id, by)
    sight = Sight(rules.mark_word(word))
    known = marks.from_json(item.marks)
    mark = next((one for one in known if one.key == key), None)
    if mark is None:
        raise NotFound("mark.not-found", "这份资料不要求这个签字或盖章。请刷新页面后再选。", item=item_id)
    if mark.said is not None and mark.said.sight is sight:
        return item
    said = Word(sight, by.person_id, by.name, now.isoformat())
    item.marks = marks.to_json(marks.with_words(known, {key: said}))
    facts = {"mark": key, "from": str(mark.standing), "to": str(sight), "item_no": item.item_no}
    case = session.get(CaseFile, item.case_id) if item.case_id is not None else None
    changed(session, household, item, [case], did="item.mark-said", by=by.actor, facts=facts, now=now, today=today)
    return item
