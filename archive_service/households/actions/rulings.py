"""Deferring, waiving and declaring not applicable: one person asks, another decides; the case is judged again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.completeness import rulings as rules
from archive_service.errors import NotFound, Refused
from archive_service.households import counting
from archive_service.households.assessment import reassess_case
from archive_service.households.queries import locked
from archive_service.households.rules import check_reason
from archive_service.households.tables import CaseFile, CaseRuling, HouseholdFile, Verdict
from archive_service.households.trail import record_case
from archive_service.notices.actions import tell_all
from archive_service.people.queries import colleagues
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer

_OPEN = ("asked", "approved")
_LONGEST_NOTE = 300


def ask_ruling(
    session: Session,
    *,
    application_no: str,
    document_type: str,
    kind: str,
    reason: str,
    until: date | None,
    by: Viewer,
    now: datetime,
    today: date,
) -> CaseRuling:
    """Ask that a paper be deferred to a day, waived or not applicable.

    Raises NotFound, Invalid without reason or day, and Refused where the paper stands well or was asked about already.
    """
    case, household = case_for_update(session, application_no, by)
    by.require(Right.ITEM_CHANGE, household.unit_id)
    chosen, said, last = rules.check_request(kind, reason, until, today=today)
    verdict = session.scalar(
        select(Verdict).where(Verdict.case_id == case.id, Verdict.document_type == document_type[:10])
    )
    if verdict is None:
        raise NotFound("ruling.paper", "资料目录对本案没有这项要求。请刷新页面后再选。", given=document_type[:10])
    rules.check_gap(verdict.status)
    if _standing(session, case, document_type) is not None:
        raise Refused("ruling.asked-already", "这项资料已有申请或批准。请先撤回原来的，再重新提出。")
    row = CaseRuling(
        case_id=case.id,
        document_type=document_type,
        kind=str(chosen),
        reason=said,
        until_on=last,
        state="asked",
        asked_by=by.person_id,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    _noted(session, row, case, household, "ruling.asked", by=by, now=now)
    deciders = [one.id for one in colleagues(session, Right.RULING_DECIDE, household.unit_id)]
    _tell(session, row, case, household, deciders, "ruling-asked", by=by, now=now)
    return row


def decide_ruling(
    session: Session, *, ruling_id: int, approve: bool, note: str, by: Viewer, now: datetime, today: date
) -> CaseRuling:
    """Approve or refuse what another person asked for; a refusal says why. The case is judged again.

    Raises NotFound, NotPermitted, and Refused where it is one's own or decided already.
    """
    row, case, household = _ruling(session, ruling_id, by)
    by.require(Right.RULING_DECIDE, household.unit_id)
    rules.check_decider(row.asked_by, by.person_id)
    if row.state != "asked":
        raise Refused("ruling.decided", "这个申请已经办结。请刷新页面查看结果。", state=row.state)
    if approve and row.until_on is not None and row.until_on < today:
        raise Refused("ruling.until-past", "申请的补交日期已过，不能再批准。请退回，由申请人改日期后重提。")
    said = note.strip() if approve else check_reason(note)
    row.note = masking.text(said)[:_LONGEST_NOTE]
    row.state = "approved" if approve else "refused"
    row.decided_by, row.decided_at, row.decider = by.person_id, now, by.name[:80]
    did = "ruling.approved" if approve else "ruling.refused"
    _settled(session, row, case, household, did, by=by, now=now, today=today)
    told = "ruling-approved" if approve else "ruling-refused"
    _tell(session, row, case, household, [row.asked_by], told, by=by, now=now)
    return row


def withdraw_ruling(
    session: Session, *, ruling_id: int, reason: str, by: Viewer, now: datetime, today: date
) -> CaseRuling:
    """Take back a request, or end a decision that no longer holds, saying why. The case is judged again.

    Raises NotFound, NotPermitted, and Refused where it was refused or withdrawn already.
    """
    row, case, household = _ruling(session, ruling_id, by)
    if not by.may(Right.RULING_DECIDE, household.unit_id):
        by.require(Right.ITEM_CHANGE, household.unit_id)
    said = masking.text(check_reason(reason))
    if row.state not in _OPEN:
        raise Refused("ruling.decided", "这个申请已经办结。请刷新页面查看结果。", state=row.state)
    row.state, row.note = "withdrawn", said[:_LONGEST_NOTE]
    _settled(session, row, case, household, "ruling.withdrawn", by=by, now=now, today=today)
    return row


def case_for_update(session: Session, application_no: str, by: Viewer) -> tuple[CaseFile, HouseholdFile]:
    """Return a case that the viewer may read, and its household, both locked. Raises NotFound."""
    found = session.execute(
        select(CaseFile.id, CaseFile.household_id).where(CaseFile.application_no == application_no)
    ).first()
    household = locked.household_for_update(session, found.household_id) if found else None
    case = locked.case_in_for_update(session, household, found.id) if found and household else None
    if household is None or case is None or not by.may(Right.RECORD_READ, household.unit_id):
        raise NotFound("case.not-found", "没有这个户号或申请编号，或者您无权查看。请核对后再试。")
    return case, household


def _tell(
    session: Session,
    row: CaseRuling,
    case: CaseFile,
    household: HouseholdFile,
    people: Sequence[int | None],
    kind: str,
    *,
    by: Viewer,
    now: datetime,
) -> None:
    tell_all(
        session,
        people,
        but=by.person_id,
        kind=kind,
        address=f"/households/{household.account_no}/cases/{quote(case.application_no, safe='')}/gaps",
        values={"application_no": case.application_no, "paper": row.document_type, "by": by.name},
        once_key=f"{kind}:{row.id}",
        now=now,
    )


def _settled(
    session: Session,
    row: CaseRuling,
    case: CaseFile,
    household: HouseholdFile,
    did: str,
    *,
    by: Viewer,
    now: datetime,
    today: date,
) -> None:
    household.revision += 1
    _noted(session, row, case, household, did, by=by, now=now)
    reassess_case(session, case, today=today, now=now)
    counting.count(session, [case.id])


def _noted(
    session: Session, row: CaseRuling, case: CaseFile, household: HouseholdFile, did: str, *, by: Viewer, now: datetime
) -> None:
    facts = {
        "account_no": household.account_no,
        "document_type": row.document_type,
        "kind": row.kind,
        "reason": row.reason,
        "until": row.until_on.isoformat() if row.until_on else None,
        "note": row.note,
        "asked_by": row.asked_by,
    }
    record_case(session, household, case, did=did, facts=facts, by=by.actor, now=now)


def _ruling(session: Session, ruling_id: int, by: Viewer) -> tuple[CaseRuling, CaseFile, HouseholdFile]:
    application_no = session.scalar(
        select(CaseFile.application_no)
        .join(CaseRuling, CaseFile.id == CaseRuling.case_id)
        .where(CaseRuling.id == ruling_id)
    )
    try:
        case, household = case_for_update(session, application_no or "", by)
    except NotFound:
        raise NotFound("ruling.not-found", "没有这个申请，或者您无权查看。请刷新页面。") from None
    wanted = select(CaseRuling).where(CaseRuling.id == ruling_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one(), case, household


def _standing(session: Session, case: CaseFile, document_type: str) -> CaseRuling | None:
    return session.scalar(
        select(CaseRuling).where(
            CaseRuling.case_id == case.id,
            CaseRuling.document_type == document_type,
            CaseRuling.state.in_(_OPEN),
        )
    )
