"""Filing a case, which locks order and numbers; opening it again; closing it with its account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.catalogue.load import edition_for
from archive_service.errors import NotFound, Refused
from archive_service.households import states
from archive_service.households.actions.dues import filing_due_on
from archive_service.households.queries.locked import household_for_update
from archive_service.households.tables import CaseFile, CasePlace, HouseholdFile, Item
from archive_service.lifecycle import rules
from archive_service.lifecycle.actions.closing import enter_series
from archive_service.lifecycle.actions.codes import give_code
from archive_service.lifecycle.actions.steps import Held, hold, take
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.zone import local


def file_case(session: Session, application_no: str, *, by: Viewer, now: datetime, seen: int | None = None) -> int:
    """File a case that was taken in, and return how many papers got their place; later ones are supplements.

    Raises Refused while papers are missing, doubtful or deferred.
    """
    held = hold(session, application_no, rules.FILE, by=by, now=now, seen=seen)
    case = held.case
    rules.check_complete(
        case.complete, case.missing_count, case.doubtful_count, case.assessment_error, deferred=case.deferred_count
    )
    placed = _give_places(held)
    case.filed_at = case.filed_at or now
    take(held, facts={"papers": placed, "archive_code": give_code(held)})
    return placed


def reopen_case(
    session: Session,
    application_no: str,
    *,
    purpose: str,
    reason: str,
    by: Viewer,
    now: datetime,
    filing_due_workdays: int,
    seen: int | None = None,
) -> None:
    """Open a filed case again, for a supplement or a change; what has a place keeps it.

    It is to be filed again so many working days after today; whether it was first filed in time stays as it was. One
    that never had a deadline, for nothing was energised, gets none.
    """
    held = hold(session, application_no, rules.REOPEN, by=by, now=now, seen=seen)
    said = rules.check_note(reason, needed=True)
    case, today = held.case, local(now).date()
    case.first_due_on = case.first_due_on or case.filing_due_on
    if case.first_due_on is not None:
        case.filing_due_on = filing_due_on(session, held.household.unit_id, today, filing_due_workdays)
    due = case.filing_due_on.isoformat() if case.filing_due_on else None
    take(held, note=said, facts={"purpose": rules.check_purpose(purpose), "due_on": due})


def close_household(session: Session, account_no: str, *, by: Viewer, now: datetime) -> int:
    """Close an account whose cases are all filed, and its cases with it; return how many.

    Raises NotFound, NotPermitted, and Refused while a case is open or when no cancellation of the account is filed.
    """
    key = session.scalar(select(HouseholdFile.id).where(HouseholdFile.account_no == account_no))
    household = household_for_update(session, key) if key is not None else None
    if household is None or not by.may(Right.RECORD_READ, household.unit_id):
        raise NotFound("household.not-found", "没有这个户档案，或者您无权查看。请核对户号后再试。")
    by.require(Right.CASE_RECEIVE, household.unit_id)
    cases = session.execute(
        select(CaseFile.application_no, CaseFile.state, CaseFile.business_type)
        .where(CaseFile.household_id == household.id)
        .order_by(CaseFile.id)
    ).all()
    if household.state == "closed":
        raise Refused("household.closed", "这个户号已经封存，不用再办。", account_no=account_no)
    rules.check_all_filed([one.application_no for one in cases if one.state in states.OPEN])
    if not any(one.business_type == "CANCEL" for one in cases):
        raise Refused("household.not-cancelled", "这个户号没有已归档的销户业务，不能封存。请先登记并归档销户业务。")
    household.state = "closed"
    number = enter_series(session, household, by=by, now=now)
    for one in cases:
        take(hold(session, one.application_no, rules.CLOSE, by=by, now=now))
    record(
        session,
        by=by.actor,
        did="household.closed",
        object_kind="household",
        object_id=household.id,
        unit_id=household.unit_id,
        facts={
            "account_no": account_no,
            "cases": len(cases),
            "number": number,
        },
        now=now,
    )
    return len(cases)


def _give_places(held: Held) -> int:
    """Give the papers of a case that have none their places, in catalogue order; return how many there were."""
    session, case = held.session, held.case
    placed = select(CasePlace.id).where(CasePlace.item_id == Item.id).exists()
    papers = session.execute(
        select(Item.id, Item.item_no, Item.document_type).where(Item.case_id == case.id, Item.state == "filed", ~placed)
    ).all()
    highest = select(func.max(CasePlace.place), func.max(CasePlace.filing_no)).where(CasePlace.case_id == case.id)
    last, filings = session.execute(highest).one()
    known = {code: at for at, code in enumerate(edition_for(case.accepted_on).document_types)}
    in_order = sorted(papers, key=lambda one: (known.get(one.document_type, len(known)), one.item_no))
    session.add_all(
        CasePlace(case_id=case.id, place=place, item_id=key, filing_no=(filings or 0) + 1, placed_at=held.now)
        for place, key in enumerate(_ids(in_order), start=(last or 0) + 1)
    )
    session.flush()
    return len(in_order)


def _ids(rows: Iterable[tuple[int, int, str]]) -> list[int]:
    return [row[0] for row in rows]
