"""Filing, moving, correcting and withdrawing items; the case is judged again in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.audit.record import Actor, record
from archive_service.errors import NotFound, Refused
from archive_service.households import counting, rules, states
from archive_service.households.actions.rows import LONGEST_TITLE, field_row, page_row, sensitivity_of, storable
from archive_service.households.assessment import reassess_case
from archive_service.households.background import later_cases
from archive_service.households.queries import locked
from archive_service.households.tables import CaseFile, CasePlace, HouseholdFile, Item, ItemField
from archive_service.households.values import NewItem
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import restricted


def file_item(
    session: Session,
    *,
    household_id: int,
    case_id: int | None,
    new: NewItem,
    by: Actor,
    now: datetime,
    today: date,
) -> Item:
    """File a document into a household and, unless `case_id` is none, into one of its cases.

    Filing the same document of the same scan again returns the item that is there and changes nothing.
    """
    household = locked.household_for_update(session, household_id)
    filed = _filed_from_scan(session, new)
    if filed is not None:
        return filed
    case = _case_in(session, household, case_id)
    item = Item(
        household_id=household.id,
        case_id=case.id if case else None,
        item_no=_next_item_no(session, household),
        document_type=new.document_type,
        title=storable(new.title, LONGEST_TITLE) or new.document_type,
        document_date=new.document_date,
        sensitivity=sensitivity_of(new.document_type, case, today),
        confidence=new.confidence,
        reasons=[storable(reason, None) for reason in new.reasons],
        marks=new.marks,
        scan_id=new.scan_id,
        scan_document=new.scan_document,
        filed_at=now,
        filed_by=by.person_id,
        fields=[field_row(name, value) for name, value in new.fields.items()],
        pages=[page_row(page_no, page) for page_no, page in enumerate(new.pages, start=1)],
    )
    session.add(item)
    session.flush()
    facts = {
        "account_no": household.account_no,
        "application_no": case.application_no if case else None,
        "item_no": item.item_no,
        "document_type": item.document_type,
        "pages": len(new.pages),
        "scan": new.scan_id,
        "confidence": round(new.confidence, 4),
    }
    changed(session, household, item, [case], did="item.filed", by=by, facts=facts, now=now, today=today)
    return item


def move_item(
    session: Session,
    *,
    item_id: int,
    household_id: int,
    case_id: int | None,
    by: Viewer,
    now: datetime,
    today: date,
) -> Item:
    """Move an item to another case, or to another household, where it gets a new number.

    Raises NotFound and NotPermitted, for either household, and Refused where its case keeps it.
    """
    item, source = changeable(session, item_id, by, also=household_id)
    target = locked.household_for_update(session, household_id)
    if not by.may(Right.RECORD_READ, target.unit_id):
        raise NotFound("household.not-found", "没有这个户档案，或者您无权查看。请核对户号后再试。")
    by.require(Right.ITEM_CHANGE, target.unit_id)
    left = session.get(CaseFile, item.case_id) if item.case_id is not None else None
    case = _case_in(session, target, case_id)
    if target.id == source.id and item.case_id == case_id:
        return item
    _check_may_leave(session, item, left)
    facts: dict[str, Any] = {
        "from": _place(source, left, item.item_no),
        "document_type": item.document_type,
    }
    if target.id != source.id:
        item.household_id, item.item_no = target.id, _next_item_no(session, target)
    item.case_id = case.id if case else None
    facts["to"] = _place(target, case, item.item_no)
    changed(session, target, item, [left, case], did="item.moved", by=by.actor, facts=facts, now=now, today=today)
    if target.id != source.id:
        source.revision += 1
        record(
            session,
            by=by.actor,
            did="household.item-left",
            object_kind="household",
            object_id=source.id,
            unit_id=source.unit_id,
            facts=facts,
            now=now,
        )
    return item


def retype_item(
    session: Session,
    *,
    item_id: int,
    document_type: str,
    by: Viewer,
    now: datetime,
    today: date,
    title: str | None = None,
) -> Item:
    """Say what an item really is; the decision of a person counts as certain."""
    item, household = changeable(session, item_id, by)
    case = session.get(CaseFile, item.case_id) if item.case_id is not None else None
    wanted_title = storable(title, LONGEST_TITLE) if title else item.title
    if (item.document_type, item.confidence, item.title) == (document_type, 1.0, wanted_title):
        return item
    if case is not None and item.document_type != document_type:
        states.check_may_change(case.state, application_no=case.application_no)
    facts = {"from": item.document_type, "to": document_type, "item_no": item.item_no}
    item.sensitivity = sensitivity_of(document_type, case, today)
    item.document_type, item.title, item.confidence = document_type, wanted_title, 1.0
    item.reasons = [*item.reasons, f"{by.name} 确定为 {document_type}"]
    changed(session, household, item, [case], did="item.retyped", by=by.actor, facts=facts, now=now, today=today)
    return item


def correct_field(
    session: Session,
    *,
    item_id: int,
    name: str,
    value: str,
    by: Viewer,
    now: datetime,
    today: date,
    unit: str | None = None,
) -> Item:
    """Correct a field of an item, or remove it with an empty value.

    The trail names the old and the new value, personal ones masked: auditors read what was done, not contents.
    """
    item, household = changeable(session, item_id, by)
    name, value = rules.check_field(name, value)
    row = next((one for one in item.fields if one.name == name), None)
    old = row.value if row else ""
    settled = row is None or (row.confidence == 1.0 and row.checked is not False and row.unit == (unit or row.unit))
    if old == value and settled:
        return item
    if row is not None and not value:
        item.fields.remove(row)
        session.delete(row)
    elif row is not None:
        # The place on the page and the check digit belonged to what was read there.
        row.box, row.page = (row.box, row.page) if old == value else (None, row.page)
        row.value, row.confidence, row.checked, row.unit = value, 1.0, None, unit or row.unit
    else:
        item.fields.append(ItemField(name=name, value=value, unit=unit, confidence=1.0))
    if name == "document_date":
        item.document_date = date.fromisoformat(value) if value else None
    facts = {"field": name, "from": masking.field(name, old), "to": masking.field(name, value), "item_no": item.item_no}
    case = session.get(CaseFile, item.case_id) if item.case_id is not None else None
    changed(session, household, item, [case], did="item.corrected", by=by.actor, facts=facts, now=now, today=today)
    return item


def withdraw_item(session: Session, *, item_id: int, reason: str, by: Viewer, now: datetime, today: date) -> Item:
    """Take an item out of the file, saying why. Its pages and number are kept; what it proved is a gap again.

    Raises Refused for one that is stored only: filed again from its scan it would be a paper like any other.
    """
    item, household = changeable(session, item_id, by)
    said = rules.check_reason(reason)
    if restricted(session, {item.id}):
        raise Refused("item.stays-restricted", "这份资料应当事人要求只作存储，不能撤回。请先由保管人解除限制，再撤回。")
    case = session.get(CaseFile, item.case_id) if item.case_id is not None else None
    _check_may_leave(session, item, case)
    item.state = "withdrawn"
    item.reasons = [*item.reasons, f"撤回：{said}"]
    facts = {
        "item_no": item.item_no,
        "document_type": item.document_type,
        "application_no": case.application_no if case else None,
        "reason": masking.text(said),
    }
    changed(session, household, item, [case], did="item.withdrawn", by=by.actor, facts=facts, now=now, today=today)
    return item


def changeable(session: Session, item_id: int, by: Viewer, also: int | None = None) -> tuple[Item, HouseholdFile]:
    """Return a filed item that the viewer may change, its household locked."""
    household_id = session.scalar(select(Item.household_id).where(Item.id == item_id))
    if household_id is None:
        raise NotFound("item.not-found", "没有这份文件，或者您无权查看。请核对后再试。")
    household = locked.households_for_update(session, {household_id, also or household_id})[household_id]
    if not by.may(Right.RECORD_READ, household.unit_id):
        raise NotFound("item.not-found", "没有这份文件，或者您无权查看。请核对后再试。")
    by.require(Right.ITEM_CHANGE, household.unit_id)
    item = locked.item_for_update(session, item_id)
    if item.state != "filed":
        raise Refused("item.withdrawn", "这份文件已经撤回，不能再改。请重新归入后再改。")
    return item, household


def _check_may_leave(session: Session, item: Item, case: CaseFile | None) -> None:
    if case is None:
        return
    placed = session.scalar(select(CasePlace.id).where(CasePlace.item_id == item.id)) is not None
    states.check_may_leave(case.state, placed=placed, application_no=case.application_no)


def _case_in(session: Session, household: HouseholdFile, case_id: int | None) -> CaseFile | None:
    if case_id is None:
        return None
    case = locked.case_in_for_update(session, household, case_id)
    if case is None:
        raise Refused("item.case-elsewhere", "这个业务不属于该户。请选择该户自己的业务。")
    return case


def _filed_from_scan(session: Session, new: NewItem) -> Item | None:
    if new.scan_id is None or new.scan_document is None:
        return None
    same = select(Item).where(
        Item.scan_id == new.scan_id, Item.scan_document == new.scan_document, Item.state == "filed"
    )
    return session.scalar(same)


def _next_item_no(session: Session, household: HouseholdFile) -> int:
    highest = session.scalar(select(func.max(Item.item_no)).where(Item.household_id == household.id))
    return rules.next_item_no(highest)


def _place(household: HouseholdFile, case: CaseFile | None, item_no: int) -> dict[str, Any]:
    return {
        "account_no": household.account_no,
        "application_no": case.application_no if case else None,
        "item_no": item_no,
    }


def changed(
    session: Session,
    household: HouseholdFile,
    item: Item,
    cases: list[CaseFile | None],
    *,
    did: str,
    by: Actor,
    facts: Mapping[str, Any],
    now: datetime,
    today: date,
) -> None:
    """Finish a change of an item: raise the revision, judge the cases again, write the trail."""
    household.revision += 1
    session.flush()
    # An identity paper may serve later cases of the household too.
    judged = [*cases, *later_cases(session, household, item.document_type)]
    for case in {case.id: case for case in judged if case is not None}.values():
        reassess_case(session, case, today=today, now=now)
    record(
        session,
        by=by,
        did=did,
        object_kind="item",
        object_id=item.id,
        unit_id=household.unit_id,
        facts=facts,
        now=now,
    )
    # After the trail: it tells which papers a person changed.
    counting.count(session, [case.id for case in judged if case is not None])
    counting.count_sharing(session, item.id)
