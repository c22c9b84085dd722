"""Judge cases by the catalogue: collect their facts and held items, ask the rules, keep the verdicts on the cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.catalogue.load import edition_for
from archive_service.catalogue.schema import Edition
from archive_service.completeness import marks
from archive_service.completeness.conditions import Facts, facts_of
from archive_service.completeness.rules import Assessment, HeldItem, assess
from archive_service.errors import Invalid
from archive_service.households.tables import CaseFile, HouseholdFile, Item, ItemField, Verdict

#: Verdicts are written and read as plain rows: a case has dozens, and an import judges hundreds of cases at once.
_VERDICTS = cast(Table, Verdict.__table__)


@dataclass(frozen=True)
class Judgement:
    """A case judged: by which edition, with what outcome, or why it cannot be judged."""

    edition: Edition
    facts: Facts | None
    assessment: Assessment | None
    error: str | None


def held_items(session: Session, case_ids: Collection[int]) -> Mapping[int, list[HeldItem]]:
    """Return the items filed in each of these cases as the rules see them, in the order of their numbers."""
    return held_of(session, select(Item.id).where(Item.case_id.in_(case_ids), Item.state == "filed"))


def held_of(session: Session, item_ids: Select[int] | Sequence[int]) -> Mapping[int, list[HeldItem]]:
    """Return items by their case as the rules see them, in the order of their numbers."""
    fields: dict[int, list[Any]] = defaultdict(list)
    columns = select(ItemField.item_id, ItemField.name, ItemField.value, ItemField.page, ItemField.checked)
    for one in session.execute(columns.where(ItemField.item_id.in_(item_ids)).order_by(ItemField.id)):
        fields[one.item_id].append(one)
    found: dict[int, list[HeldItem]] = defaultdict(list)
    items = select(Item.id, Item.case_id, Item.document_type, Item.confidence, Item.title, Item.marks)
    for item in session.execute(items.where(Item.id.in_(item_ids)).order_by(Item.item_no)):
        found[item.case_id or 0].append(_as_held(item, fields[item.id]))
    return found


def _as_held(item: Any, fields: Sequence[Any]) -> HeldItem:
    seen = marks.from_json(item.marks)
    wrong = (f"“{item.title}”的字段 {one.name} 校验位不对" for one in fields if one.checked is False)
    return HeldItem(
        id=item.id,
        document_type=item.document_type,
        confidence=item.confidence,
        fields={one.name: one.value for one in fields},
        doubts=(*wrong, *marks.doubts(seen, item.title)),
        pages={one.name: one.page for one in fields if one.page is not None},
        title=item.title,
        marks=seen,
    )


def judge(case: CaseFile, household: HouseholdFile, held: Sequence[HeldItem]) -> Judgement:
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
        assessment = _assessed(edition, facts, held)
    except Invalid as e:
        # Missing data must be seen by a person; it never reads as "nothing more is needed".
        return Judgement(edition, None, None, e.message)
    return Judgement(edition, facts, assessment, None)


def _assessed(edition: Edition, facts: Facts, held: Sequence[HeldItem]) -> Assessment:
    if held:
        return assess(edition.requirements(facts.category, facts.business_type), facts, held)
    key = (facts.category, facts.business_type, *sorted(facts.conditions.items()))
    known = _WITHOUT_ITEMS.get(key)
    # An edition may be edited while the program runs; it is then another object.
    if known is None or known[0] is not edition:
        requirements = edition.requirements(facts.category, facts.business_type)
        known = _WITHOUT_ITEMS[key] = edition, assess(requirements, facts, held)
        if len(_WITHOUT_ITEMS) > _MOST_KEPT:
            _WITHOUT_ITEMS.clear()
    return known[1]


#: What came out of cases that hold nothing yet, with the edition that judged them: an import meets few kinds of them.
_WITHOUT_ITEMS: dict[tuple[Any, ...], tuple[Edition, Assessment]] = {}
_MOST_KEPT = 1000


def reassess_case(session: Session, case: CaseFile, *, today: date, now: datetime) -> Judgement:
    """Judge a case afresh and keep verdicts and counts on it.

    A case that has become complete is filed as of `now`; one that no longer is goes back to collecting.
    """
    session.flush()
    household, before = session.get_one(HouseholdFile, case.household_id), case.complete
    judged = reassess_cases(session, [(case, household)], now=now)[0]
    if case.complete and not before:
        record(
            session,
            by=SYSTEM,
            did="case.completed",
            object_kind="case",
            object_id=case.id,
            unit_id=household.unit_id,
            facts={"account_no": household.account_no, "application_no": case.application_no},
            now=now,
        )
    return judged


def reassess_cases(
    session: Session, cases: Sequence[tuple[CaseFile, HouseholdFile]], *, now: datetime, new: Collection[CaseFile] = ()
) -> list[Judgement]:
    """Judge cases with their households like `reassess_case`, all at once; the answers come in their order.

    `new` are cases that nothing can have been filed in yet and that were never judged.
    """
    old = [case.id for case, _ in cases if case not in new]
    held: Mapping[int, Sequence[HeldItem]] = {}
    if old:
        session.flush()
        held = held_items(session, old)
    judgements = [judge(case, household, held.get(case.id, ())) for case, household in cases]
    for (case, _), judgement in zip(cases, judgements, strict=True):
        keep(case, judgement, now=now)
    session.flush()
    pairs = [(case.id, one.assessment) for (case, _), one in zip(cases, judgements, strict=True)]
    _keep_verdicts(session, pairs, judged_before=old)
    return judgements


def keep(case: CaseFile, judgement: Judgement, *, now: datetime) -> None:
    """Note on a case what came out, but for the verdicts, which have rows of their own."""
    assessment = judgement.assessment
    case.edition = judgement.edition.code
    case.assessment_error = judgement.error
    case.complete = assessment is not None and assessment.complete
    case.due_count = assessment.due_count if assessment else 0
    case.satisfied_count = assessment.satisfied_count if assessment else 0
    case.missing_count = assessment.missing_count if assessment else 0
    case.doubtful_count = assessment.doubtful_count if assessment else 0
    if case.complete and case.state != "filed":
        case.state, case.filed_at = "filed", now
    elif not case.complete:
        case.state, case.filed_at = "collecting", None


def _keep_verdicts(
    session: Session, judged: Iterable[tuple[int, Assessment | None]], *, judged_before: Collection[int]
) -> None:
    """Make the rows of the cases say what came out, writing only what differs."""
    rows = session.execute(select(_VERDICTS).where(_VERDICTS.c.case_id.in_(judged_before))) if judged_before else ()
    before = {(row.case_id, row.document_type): row for row in rows}
    fresh: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    old = set(judged_before)
    likes: dict[int, int] = {}
    copies: dict[int, list[int]] = defaultdict(list)
    for case_id, assessment in judged:
        # Cases that hold nothing yet share one assessment: the database copies its rows, dozens for each case.
        if assessment is not None and case_id not in old:
            first = likes.setdefault(id(assessment), case_id)
            if first != case_id:
                copies[first].append(case_id)
                continue
        for values in verdict_rows(case_id, assessment):
            row = before.pop((case_id, values["document_type"]), None)
            if row is None:
                fresh.append(values)
            elif any(getattr(row, name) != value for name, value in values.items()):
                changed.append({"row_id": row.id, **values})
    if before:
        session.execute(delete(_VERDICTS).where(_VERDICTS.c.id.in_([row.id for row in before.values()])))
    if changed:
        session.execute(update(_VERDICTS).where(_VERDICTS.c.id == bindparam("row_id")), changed)
    if fresh:
        session.execute(insert(_VERDICTS), fresh)
    for first, others in copies.items():
        _copy_verdicts(session, first, others)


def _copy_verdicts(session: Session, first: int, others: Sequence[int]) -> None:
    names = [column.key for column in _VERDICTS.c if column.key not in ("id", "case_id")]
    cases = _VERDICTS.join(CaseFile, CaseFile.id.in_(others))
    rows = select(CaseFile.id, *(_VERDICTS.c[name] for name in names)).select_from(cases)
    rows = rows.where(_VERDICTS.c.case_id == first).order_by(CaseFile.id, _VERDICTS.c.id)
    session.execute(insert(_VERDICTS).from_select(["case_id", *names], rows))


def verdict_rows(case_id: int, assessment: Assessment | None) -> list[dict[str, Any]]:
    """Return the rows of an assessment, without their ids."""
    return [
        {
            "case_id": case_id,
            "document_type": verdict.document_type,
            "requirement": str(verdict.requirement),
            "condition": verdict.condition,
            "status": str(verdict.status),
            "evidence": list(verdict.evidence),
            "reason": verdict.reason,
            "details": {"due": verdict.due},
        }
        for verdict in (assessment.verdicts if assessment else ())
    ]
