"""Judge a case by the catalogue: collect its facts and held items, ask the rules, keep the verdicts on the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from archive_service.catalogue.load import edition_for
from archive_service.catalogue.schema import Edition
from archive_service.completeness.conditions import Facts, facts_of
from archive_service.completeness.rules import Assessment, HeldItem, assess
from archive_service.errors import Invalid
from archive_service.households.tables import CaseFile, HouseholdFile, Item, Verdict


@dataclass(frozen=True)
class Judgement:
    """A case judged: by which edition, with what outcome, or why it cannot be judged."""

    edition: Edition
    facts: Facts | None
    assessment: Assessment | None
    error: str | None


def held_items(session: Session, case_id: int) -> list[Item]:
    """Return the items filed in a case, in the order of their numbers, with their fields."""
    filed = select(Item).where(Item.case_id == case_id, Item.state == "filed").order_by(Item.item_no)
    return list(session.scalars(filed.options(selectinload(Item.fields)).execution_options(populate_existing=True)))


def as_held(item: Item) -> HeldItem:
    """Return an item as the rules see it."""
    doubts = tuple(f"“{item.title}”的字段 {one.name} 校验位不对" for one in item.fields if one.checked is False)
    return HeldItem(
        id=item.id,
        document_type=item.document_type,
        confidence=item.confidence,
        fields={one.name: one.value for one in item.fields},
        doubts=doubts,
        pages={one.name: one.page for one in item.fields if one.page is not None},
        title=item.title,
    )


def judge(case: CaseFile, household: HouseholdFile, held: Sequence[Item]) -> Judgement:
    """Judge a case by the edition in force on its acceptance day, holding the items given."""
    edition = edition_for(case.accepted_on)
    try:
        facts = facts_of(
            edition,
            category=case.customer_category,
            business_type=case.business_type,
            conditions=case.conditions,
            voltage=case.voltage,
            capacity_kva=case.capacity_kva,
            account_name=household.account_name,
        )
        requirements = edition.requirements(case.customer_category, case.business_type)
        assessment = assess(requirements, facts, [as_held(item) for item in held])
    except Invalid as e:
        # Missing data must be seen by a person; it never reads as "nothing more is needed".
        return Judgement(edition, None, None, e.message)
    return Judgement(edition, facts, assessment, None)


def reassess_case(session: Session, case: CaseFile, *, today: date, now: datetime) -> Judgement:
    """Judge a case afresh and keep verdicts and counts on it.

    A case that has become complete is filed as of `now`; one that no longer is goes back to collecting.
    """
    session.flush()
    household = session.get_one(HouseholdFile, case.household_id)
    judgement = judge(case, household, held_items(session, case.id))
    assessment = judgement.assessment
    case.edition = judgement.edition.code
    case.assessment_error = judgement.error
    case.complete = assessment is not None and assessment.complete
    case.due_count = assessment.due_count if assessment else 0
    case.satisfied_count = assessment.satisfied_count if assessment else 0
    case.missing_count = assessment.missing_count if assessment else 0
    case.doubtful_count = assessment.doubtful_count if assessment else 0
    _keep_verdicts(session, case, assessment)
    if case.complete and case.state != "filed":
        case.state, case.filed_at = "filed", now
    elif not case.complete:
        case.state, case.filed_at = "collecting", None
    session.flush()
    return judgement


def _keep_verdicts(session: Session, case: CaseFile, assessment: Assessment | None) -> None:
    kept = {row.document_type: row for row in session.scalars(select(Verdict).where(Verdict.case_id == case.id))}
    for verdict in assessment.verdicts if assessment else ():
        row = kept.pop(verdict.document_type, None)
        if row is None:
            row = Verdict(case_id=case.id, document_type=verdict.document_type, details={})
            session.add(row)
        row.requirement = str(verdict.requirement)
        row.condition = verdict.condition
        row.status = str(verdict.status)
        row.evidence = list(verdict.evidence)
        row.reason = verdict.reason
        row.details = {"due": verdict.due}
    for row in kept.values():
        session.delete(row)
