"""Keep what came out of judging cases: counts on the case, and a row for each verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from archive_service.completeness.rules import Assessment
from archive_service.completeness.rules import Verdict as Found
from archive_service.households.judging import Judgement
from archive_service.households.tables import CaseFile, Verdict

#: Verdicts are written and read as plain rows: a case has dozens, and an import judges hundreds of cases at once.
_VERDICTS = cast(Table, Verdict.__table__)


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


def keep_verdicts(
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
