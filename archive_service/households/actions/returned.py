"""Taking papers back out of their files because the batch that they came in was sent back, and putting them back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import Actor
from archive_service.errors import Refused
from archive_service.households import states
from archive_service.households.actions.items import changed
from archive_service.households.queries import locked
from archive_service.households.tables import CaseFile, CasePlace, HouseholdFile, Item
from archive_service.restricted.queries import restricted

_A_TIME = 500


@dataclass(frozen=True)
class TakenBack:
    """Items that were taken back, and those that stay: their case was handed over or filed, or they are stored only."""

    taken: tuple[int, ...]
    staying: tuple[int, ...]


def take_back(
    session: Session, item_ids: Collection[int], *, batch: int, by: Actor, now: datetime, today: date
) -> TakenBack:
    """Take filed items of a batch out of their files; what they proved is a gap again. Others are passed over.

    The caller has asked whether `by` may decide about the batch; its papers may lie in files of any unit.
    """
    taken, staying = [], []
    for item, household in _locked(session, item_ids, state="filed"):
        case = session.get(CaseFile, item.case_id) if item.case_id is not None else None
        if not _may_leave(session, item, case):
            staying.append(item.id)
            continue
        item.state, item.reasons = "withdrawn", [*item.reasons, _because(batch)]
        facts = {**_place(item, case), "reason": _because(batch), "batch": batch}
        changed(session, household, item, [case], did="item.withdrawn", by=by, facts=facts, now=now, today=today)
        taken.append(item.id)
    return TakenBack(tuple(taken), tuple(staying))


def put_back(
    session: Session, item_ids: Collection[int], *, batch: int, by: Actor, now: datetime, today: date
) -> list[int]:
    """Put items back that were taken back with their batch; return those that were.

    What was destroyed meanwhile, or filed again from the same document, stays out.
    """
    back = []
    for item, household in _locked(session, item_ids, state="withdrawn"):
        if _because(batch) not in item.reasons or _filed_again(session, item):
            continue
        case = session.get(CaseFile, item.case_id) if item.case_id is not None else None
        item.state, item.reasons = "filed", [one for one in item.reasons if one != _because(batch)]
        facts = {**_place(item, case), "batch": batch}
        changed(session, household, item, [case], did="item.put-back", by=by, facts=facts, now=now, today=today)
        back.append(item.id)
    return back


def _locked(session: Session, item_ids: Collection[int], *, state: str) -> list[tuple[Item, HouseholdFile]]:
    ids = sorted(item_ids)
    owners: set[int] = set()
    for at in range(0, len(ids), _A_TIME):
        owners.update(session.scalars(select(Item.household_id).where(Item.id.in_(ids[at : at + _A_TIME])).distinct()))
    heads = locked.households_for_update(session, owners)
    items = [locked.item_for_update(session, one) for one in ids]
    return [(one, heads[one.household_id]) for one in items if one.state == state]


def _may_leave(session: Session, item: Item, case: CaseFile | None) -> bool:
    if restricted(session, {item.id}):
        return False
    if case is None:
        return True
    placed = session.scalar(select(CasePlace.id).where(CasePlace.item_id == item.id)) is not None
    try:
        states.check_may_leave(case.state, placed=placed, application_no=case.application_no)
    except Refused:
        return False
    return True


def _filed_again(session: Session, item: Item) -> bool:
    same = select(Item.id).where(
        Item.scan_id == item.scan_id, Item.scan_document == item.scan_document, Item.state == "filed"
    )
    return item.scan_id is not None and session.scalar(same) is not None


def _because(batch: int) -> str:
    return f"随批次 {batch} 退回"


def _place(item: Item, case: CaseFile | None) -> Mapping[str, object]:
    return {
        "item_no": item.item_no,
        "document_type": item.document_type,
        "application_no": case.application_no if case else None,
    }
