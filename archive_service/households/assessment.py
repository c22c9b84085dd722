"""Judge cases by the catalogue: collect their facts and held items, ask the rules, keep the verdicts on the cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.catalogue.load import edition_by_code, edition_for, known
from archive_service.catalogue.schema import Edition
from archive_service.completeness import marks
from archive_service.completeness.conditions import Facts, facts_of, name_form
from archive_service.completeness.rules import Assessment, HeldItem, assess
from archive_service.completeness.rules import Verdict as Found
from archive_service.completeness.rulings import NOTHING_MORE, Background
from archive_service.errors import Invalid
from archive_service.households import states
from archive_service.households.background import backgrounds
from archive_service.households.tables import CaseFile, HouseholdFile, Item, ItemField, Page, Verdict
from archive_service.households.units import chains_if_needed

#: Verdicts are written and read as plain rows: a case has dozens, and an import judges hundreds of cases at once.
_VERDICTS = cast(Table, Verdict.__table__)


@dataclass(frozen=True)
class Judgement:
    """A case judged: by which edition, with what outcome, or why it cannot be judged."""

    edition: Edition
    facts: Facts | None
    assessment: Assessment | None
    error: str | None


#: The fields on which verdicts rest; the rest is for the consistency rules.
_BRIEF = (
    "valid_to", "valid_from", "account_name", "document_date", "round_no",
    "review_result", "inspection_result", "recheck_result",
)  # fmt: skip


def held_items(session: Session, case_ids: Collection[int], *, brief: bool = False) -> Mapping[int, list[HeldItem]]:
    """Return the items filed in each of these cases as the rules see them, in the order of their numbers.

    With `brief` they know only the fields on which verdicts of the standard catalogue rest.
    """
    return held_of(session, select(Item.id).where(Item.case_id.in_(case_ids), Item.state == "filed"), brief=brief)


def held_of(
    session: Session, item_ids: Select[int] | Sequence[int], *, places: bool = False, brief: bool = False
) -> Mapping[int, list[HeldItem]]:
    """Return items by their case as the rules see them, in the order of their numbers.

    With `places` they know where on a page each field stands and how many pages they have.
    """
    fields: dict[int, list[Any]] = defaultdict(list)
    columns = select(ItemField.item_id, ItemField.name, ItemField.value, ItemField.page, ItemField.checked)
    columns = columns.add_columns(ItemField.box) if places else columns
    if brief:
        columns = columns.where(ItemField.name.in_(_brief_fields()) | (ItemField.checked.is_(False)))
    for one in session.execute(columns.where(ItemField.item_id.in_(item_ids)).order_by(ItemField.id)):
        fields[one.item_id].append(one)
    counts: dict[int, int] = {}
    if places:
        counted = select(Page.item_id, func.count().label("found")).where(Page.item_id.in_(item_ids))
        counts = {row.item_id: row.found for row in session.execute(counted.group_by(Page.item_id))}
    found: dict[int, list[HeldItem]] = defaultdict(list)
    items = select(
        Item.id, Item.case_id, Item.document_type, Item.confidence, Item.title, Item.marks, Item.medium, Item.legible
    )
    for item in session.execute(items.where(Item.id.in_(item_ids)).order_by(Item.item_no)):
        boxes = {one.name: tuple(one.box) for one in fields[item.id] if one.box} if places else {}
        found[item.case_id or 0].append(_as_held(item, fields[item.id], boxes, counts.get(item.id, 0)))
    return found


def _as_held(item: Any, fields: Sequence[Any], boxes: Mapping[str, Any], page_count: int) -> HeldItem:
    seen = marks.from_json(item.marks)
    wrong = [one for one in fields if one.checked is False]
    lacking = [mark for mark in seen if mark.lacks]
    return HeldItem(
        id=item.id,
        document_type=item.document_type,
        confidence=item.confidence,
        fields={one.name: one.value for one in fields},
        doubts=(
            *(f"“{item.title}”的字段 {one.name} 校验位不对" for one in wrong),
            *marks.doubts(seen, item.title),
        ),
        pages={one.name: one.page for one in fields if one.page is not None},
        title=item.title,
        marks=seen,
        boxes=boxes,
        medium=item.medium,
        legible=item.legible,
        page_count=page_count,
        doubt_page=next((one.page for one in (*wrong, *lacking) if one.page), None),
    )


def _brief_fields() -> list[str]:
    results = {kind.result_field for edition in known().every for kind in edition.document_types.values()}
    return sorted({*_BRIEF, *(each for each in results if each)})


def judge(
    case: CaseFile,
    household: HouseholdFile,
    held: Sequence[HeldItem],
    background: Background = NOTHING_MORE,
    *,
    units: Sequence[str] = (),
) -> Judgement:
    """Judge a case by the edition that counts for it, holding the items given, against its background.

    That is the one in force on its acceptance day in its `units`, their codes from its own upwards; a filed case keeps
    the one by which it was filed.
    """
    return judge_by(_edition_of(case, units), case, household, held, background)


def _edition_of(case: CaseFile, units: Sequence[str]) -> Edition:
    filed_by = edition_by_code(case.edition) if case.state in states.KEPT and case.edition else None
    if filed_by is not None and case.accepted_on is not None and filed_by.effective_from <= case.accepted_on:
        return filed_by
    return edition_for(case.accepted_on, units=units)


def judge_by(
    edition: Edition,
    case: CaseFile,
    household: HouseholdFile,
    held: Sequence[HeldItem],
    background: Background = NOTHING_MORE,
    *,
    like: Judgement | None = None,
    alike: Collection[str] = (),
) -> Judgement:
    """Judge a case by an edition.

    `like` is what another edition just came to on the same papers and background; of the document types `alike` both
    judge alike, so its verdicts on them are taken.
    """
    if held or background.rulings or background.earlier:
        if like is not None and like.assessment is not None and like.facts is not None and alike:
            same = {each.document_type: each for each in like.assessment.verdicts if each.document_type in alike}
            return _judged_like(edition, like.facts, held, background, same)
        return _judged(edition, case, household, held, background)
    # Cases that hold nothing yet are of few kinds: what they are judged by is all in the key.
    key = (
        edition.code,
        case.customer_category,
        case.business_type,
        None if case.conditions is None else tuple(case.conditions),
        case.voltage,
        case.capacity_kva,
        name_form(household.account_name),
    )
    known = _EMPTY.get(key)
    # An edition may be edited while the program runs; it is then another object.
    if known is None or known.edition is not edition:
        if len(_EMPTY) >= _MOST_KEPT:
            _EMPTY.clear()
        known = _EMPTY[key] = _judged(edition, case, household, held, background)
    return known


#: Judgements of cases that hold nothing yet.
_EMPTY: dict[tuple[Any, ...], Judgement] = {}


def _judged(
    edition: Edition, case: CaseFile, household: HouseholdFile, held: Sequence[HeldItem], background: Background
) -> Judgement:
    try:
        facts = facts_of(
            edition,
            category=case.customer_category,
            business_type=case.business_type,
            conditions=case.conditions,
            voltage=case.voltage,
            capacity_kva=case.capacity_kva,
            account_name=household.account_name,
            papers={item.document_type for item in held},
            further={"deferred": "有资料获准容缺"} if background.defers else None,
        )
        assessment = _assessed(edition, facts, held, background)
    except Invalid as e:
        # Missing data must be seen by a person; it never reads as "nothing more is needed".
        return Judgement(edition, None, None, e.message)
    return Judgement(edition, facts, assessment, None)


def _judged_like(
    edition: Edition, facts: Facts, held: Sequence[HeldItem], background: Background, known: Mapping[str, Found]
) -> Judgement:
    try:
        requirements = edition.requirements(facts.category, facts.business_type)
        return Judgement(edition, facts, assess(requirements, facts, held, background, known), None)
    except Invalid as e:
        return Judgement(edition, None, None, e.message)


def _assessed(edition: Edition, facts: Facts, held: Sequence[HeldItem], background: Background) -> Assessment:
    if held or background.rulings or background.earlier:
        return assess(edition.requirements(facts.category, facts.business_type), facts, held, background)
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
    """Judge a case afresh and keep verdicts and counts on it; what state it is in is for people to say."""
    session.flush()
    household, before = session.get_one(HouseholdFile, case.household_id), case.complete
    judged = reassess_cases(session, [(case, household)])[0]
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
    session: Session, cases: Sequence[tuple[CaseFile, HouseholdFile]], *, new: Collection[CaseFile] = ()
) -> list[Judgement]:
    """Judge cases with their households like `reassess_case`, all at once; the answers come in their order.

    `new` are cases that nothing can have been filed in yet and that were never judged.
    """
    old = [case.id for case, _ in cases if case not in new]
    held: Mapping[int, Sequence[HeldItem]] = {}
    if old:
        session.flush()
        held = held_items(session, old)
    around = backgrounds(session, cases, held=lambda ids: held_of(session, ids))
    chains = chains_if_needed(session, {household.unit_id for _, household in cases})
    judgements = [
        judge(case, household, held.get(case.id, ()), around[case.id], units=chains.get(household.unit_id, ()))
        for case, household in cases
    ]
    for (case, _), judgement in zip(cases, judgements, strict=True):
        keep(case, judgement)
    session.flush()
    pairs = [(case.id, one.assessment) for (case, _), one in zip(cases, judgements, strict=True)]
    _keep_verdicts(session, pairs, judged_before=old)
    return judgements


def keep(case: CaseFile, judgement: Judgement) -> None:
    """Note on a case what came out, but for the verdicts, which have rows of their own."""
    for name, value in kept_values(case, judgement).items():
        # Setting what is there already would have the row compared column by column.
        if getattr(case, name) != value:
            setattr(case, name, value)


def kept_values(case: CaseFile, judgement: Judgement) -> dict[str, Any]:
    """Return what is noted on a case that was judged, by column."""
    assessment = judgement.assessment
    complete = assessment is not None and assessment.complete
    return {
        "edition": judgement.edition.code,
        "assessment_error": judgement.error,
        "complete": complete,
        "due_count": assessment.due_count if assessment else 0,
        "satisfied_count": assessment.satisfied_count if assessment else 0,
        "missing_count": assessment.missing_count if assessment else 0,
        "doubtful_count": assessment.doubtful_count if assessment else 0,
        "deferred_count": assessment.deferred_count if assessment else 0,
    }


def replace_judgements(session: Session, judged: Sequence[tuple[CaseFile, Judgement, Judgement]]) -> None:
    """Make cases, whose households are locked and unchanged since, say what came out instead of what did before.

    Only what differs between the two judgements is written.
    """
    cases = [{"case_id": case.id, **kept_values(case, after)} for case, _, after in judged]
    if not cases:
        return
    table = cast(Table, CaseFile.__table__)
    columns: dict[str, Any] = {
        name: bindparam(name, type_=table.c[name].type) for name in cases[0] if name != "case_id"
    }
    session.execute(update(table).where(table.c.id == bindparam("case_id")).values(columns), cases)
    fresh: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    for case, before, after in judged:
        old = {row["document_type"]: row for row in verdict_rows(case.id, before.assessment)}
        for row in verdict_rows(case.id, after.assessment):
            was = old.pop(row["document_type"], None)
            if was is None:
                fresh.append(row)
            elif was != row:
                changed.append({f"new_{name}": value for name, value in row.items()})
        gone += [{"new_case_id": case.id, "new_document_type": code} for code in old]
    of_row = (
        _VERDICTS.c.case_id == bindparam("new_case_id"),
        _VERDICTS.c.document_type == bindparam("new_document_type"),
    )
    if gone:
        session.execute(delete(_VERDICTS).where(*of_row), gone)
    if changed:
        names = [name.removeprefix("new_") for name in changed[0]]
        values: dict[str, Any] = {
            name: bindparam(f"new_{name}", type_=_VERDICTS.c[name].type)
            for name in names
            if name not in ("case_id", "document_type")
        }
        session.execute(update(_VERDICTS).where(*of_row).values(values), changed)
    if fresh:
        session.execute(insert(_VERDICTS), fresh)


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
            # What edition and source say is the same for all cases: it is put behind where the reason is shown.
            "reason": verdict.said,
            "details": _details(verdict),
        }
        for verdict in (assessment.verdicts if assessment else ())
    ]


def _details(verdict: Found) -> dict[str, Any]:
    details: dict[str, Any] = {"due": verdict.due}
    if verdict.until is not None:
        details["until"] = verdict.until.isoformat()
    if verdict.places:
        details["places"] = {str(item): page for item, page in verdict.places.items()}
    return details
