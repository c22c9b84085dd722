"""Confirm, send back, and take either back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.catalogue import load
from archive_service.errors import Invalid, Refused
from archive_service.households import actions as households
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from ingest.file import file_document
from ingest.filing.actions import give_way
from ingest.recognise.values import OTHER
from ingest.review import ground, marks, reasons


@dataclass(frozen=True)
class Decision:
    """What the person says a document is.

    `fields` holds the values as they should be, an empty one removes the field; `pages` are those that the person saw.
    `marks` is what the person says of signatures and seals (seen, not_seen, doubtful) by key such as seal:customer.
    """

    document_type: str
    account_no: str
    application_no: str | None = None
    fields: Mapping[str, str] | None = None
    pages: Sequence[int] | None = None
    marks: Mapping[str, str] | None = None


def confirm(
    session: Session, viewer: Viewer, document_id: int, decision: Decision, *, now: datetime, today: date
) -> Item:
    """File a doubtful document as the person decided.

    Raises NotFound for what the person may not see, Invalid for an unknown type, account or case, and Refused
    when somebody else decided it meanwhile (`review.decided`) or moved its pages (`review.changed`).
    """
    scan, document = ground.locked_open(session, viewer, document_id, now=now)
    ground.check_pages(document, decision.pages)
    before = {"document_type": document.document_type, "household": document.household_id, "case": document.case_id}
    _check_type(decision.document_type, today)
    household = _household(session, viewer, decision.account_no)
    case = _case(session, household, decision.application_no)
    if document.document_type != decision.document_type:
        document.reasons = [*document.reasons, f"{viewer.name} 改定类型"]
    document.document_type = decision.document_type
    document.household_id, document.case_id = household.id, case.id if case else None
    _check_fields(document.fields, decision.fields or {}, today)
    document.fields = _corrected(document.fields, decision.fields or {})
    said = marks.decide(
        session, viewer, document, decision.marks or {}, customer=household.account_name, now=now, today=today
    )
    item = file_document(session, scan, document, by=viewer.actor, now=now, today=today)
    facts = {"item": item.id, "before": before, "document_type": decision.document_type, "case": document.case_id}
    facts |= {"marks": said} if said else {}
    ground.audit(session, viewer, scan, document, "document.confirmed", facts, now=now)
    ground.settle(session, scan, now=now)
    return item


def reject(
    session: Session,
    viewer: Viewer,
    document_id: int,
    *,
    reason: str,
    now: datetime,
    code: str = "",
    rescan: Sequence[int] = (),
) -> None:
    """Send a document back: it is not filed, its scan and pages are kept.

    `code` is one of `reasons.REASONS`, `reason` what is said besides. With a code that asks for a better scan the
    document comes back by itself once the pages `rescan` of the scan (none: all of its pages) were scanned anew.
    Raises Invalid without a reason, or for pages that are not the document's.
    """
    said = reasons.said(code, reason)
    scan, document = ground.locked_open(session, viewer, document_id, now=now)
    again = code in reasons.BY_CODE and reasons.BY_CODE[code].rescan
    if again and not set(rescan) <= set(document.pages):
        raise Invalid("review.no-page", "要重扫的页不在这份资料中。请刷新页面后再选。")
    document.state, document.decided_by, document.decided_at = "rejected", viewer.person_id, now
    document.rescan_pages = sorted(set(rescan)) or list(document.pages) if again else None
    document.doubts = [*document.doubts, f"{'退回重扫' if again else '退回'}：{said}"]
    facts = {"reason": said} | ({"code": code} if code else {}) | ({"rescan": document.rescan_pages} if again else {})
    ground.audit(session, viewer, scan, document, "document.rejected", facts, now=now)
    ground.settle(session, scan, now=now)


def undo(session: Session, viewer: Viewer, document_id: int, *, now: datetime, today: date) -> None:
    """Take the person's own last decision on a document back; a filed item is withdrawn, never removed."""
    scan, document = ground.locked(session, viewer, document_id, now=now)
    if document.state not in ("filed", "rejected"):
        raise Refused("review.not-decided", "这份资料还没有决定，无需撤销。")
    if document.decided_by != viewer.person_id or viewer.person_id is None:
        raise Refused("review.not-own", "只能撤销本人的决定。请联系作出决定的人员。")
    if document.item_id is not None and not give_way(session, document.item_id, now=now):
        households.withdraw_item(session, item_id=document.item_id, reason="撤销归入", by=viewer, now=now, today=today)
    document.state, document.item_id, document.decided_by, document.decided_at = "proposed", None, None, None
    document.rescan_pages = None
    if not document.doubts:
        document.doubts = ["已撤销归入，请重新核对。"]
    ground.audit(session, viewer, scan, document, "document.reopened", {}, now=now)
    ground.settle(session, scan, now=now)


def _check_type(code: str, today: date) -> None:
    if code != OTHER and code not in load.current(today).document_types:
        raise Invalid("review.document-type", "标准目录中没有这个文件类型。请从列表中选择。", given=code[:10])


def _check_fields(known: Mapping[str, object], said: Mapping[str, str], today: date) -> None:
    for name in said:
        if name not in known and name not in load.current(today).fields:
            raise Invalid("review.field", f"目录中没有名为“{name[:40]}”的字段。请核对字段名称后再试。", given=name[:40])


def _household(session: Session, viewer: Viewer, account_no: str) -> HouseholdFile:
    found = session.scalar(select(HouseholdFile).where(HouseholdFile.account_no == account_no.strip()))
    if found is None or not viewer.may(Right.ITEM_CHANGE, found.unit_id):
        raise Invalid("review.account", "没有登记这个户号，或不在您的管辖范围内。请核对户号，或先登记案件。")
    return found


def _case(session: Session, household: HouseholdFile, application_no: str | None) -> CaseFile | None:
    if not application_no:
        return household.cases[0] if len(household.cases) == 1 else None
    for case in household.cases:
        if case.application_no == application_no.strip():
            return case
    raise Invalid("review.application", "该户下没有这个申请编号。请从该户的案件中选择。")


def _corrected(fields: Mapping[str, dict[str, object]], said: Mapping[str, str]) -> dict[str, dict[str, object]]:
    result = {name: dict(found) for name, found in fields.items()}
    for name, value in said.items():
        if not value.strip():
            result.pop(name, None)
        elif result.get(name, {}).get("value") != value.strip():
            place = {key: result.get(name, {}).get(key) for key in ("unit", "page", "box")}
            result[name] = {**place, "value": value.strip()[:400], "confidence": 1.0, "checked": None}
    return result
