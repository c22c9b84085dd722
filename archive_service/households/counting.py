"""Keep the figures of `households.counted` up: count cases after a write, fold loose differences, compare and mend.

`count` works out from the rows alone what a case adds and writes the difference to what it was last counted as, in the
transaction of the write. Counting again changes nothing, so whoever is in doubt counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Table, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from archive_service.audit.tables import AuditEntry
from archive_service.completeness import anomalies, consistency
from archive_service.completeness.observations import Agreement, Observation, Seen, fingerprint
from archive_service.completeness.rules import HeldItem
from archive_service.households import states
from archive_service.households.assessment import held_of
from archive_service.households.counted import KEY, CaseCount, CaseFigure, CaseHit
from archive_service.households.facts import case_facts, late_reasons, stage_days
from archive_service.households.handed import HandOver
from archive_service.households.measures import MEASURES, Countable, measured
from archive_service.households.tables import CaseFile, FalseAlarm, HouseholdFile, Item, Page
from archive_service.zone import local

SAME_SCAN = "same-scan"
#: Stands for every deadline that is past: how long ago changes no figure.
PAST = date(1, 1, 1)
#: Cases of others that are counted again with one that shares a page with them.
_MOST_SHARING = 50
_CASES_A_TIME = 1000
_CHANGED_BY_HAND = ("item.retyped", "item.corrected", "item.moved")
_COUNTS, _FIGURES, _HITS = (cast(Table, one.__table__) for one in (CaseCount, CaseFigure, CaseHit))
_Key = tuple[Any, ...]


@dataclass(frozen=True)
class _Counted:
    """What a case adds, and the rules that it breaks."""

    row: dict[str, Any]
    hits: tuple[Observation, ...]


def count(
    session: Session, case_ids: Collection[int], *, new: Mapping[int, tuple[CaseFile, HouseholdFile]] | None = None
) -> None:
    """Bring the figures up to these cases as their rows stand; `new`, by id, were never counted and hold nothing."""
    session.flush()
    ids = sorted(set(case_ids))
    for first in range(0, len(ids), _CASES_A_TIME):
        _count(session, ids[first : first + _CASES_A_TIME], new or {})


def count_judged(session: Session, judged: Mapping[int, Mapping[str, int]]) -> None:
    """Bring the figures up to cases of which only the verdicts changed, to `measures.of_verdicts` by case.

    What their papers say to one another is not compared again; cases that were never counted are counted whole.
    """
    rows = session.execute(select(_COUNTS).where(_COUNTS.c.case_id.in_(judged))) if judged else ()
    before = {row.case_id: row._asdict() for row in rows}
    _write(session, before, {key: {**was, **judged[key]} for key, was in before.items()})
    if never := [key for key in judged if key not in before]:
        count(session, never)


def count_sharing(session: Session, item_id: int) -> None:
    """Count the cases again that hold a page which this item holds too, wherever it was before."""
    session.flush()
    other = aliased(Page)
    sharing = (
        select(Item.case_id)
        .join(other, other.item_id == Item.id)
        .join(Page, and_(Page.original_digest == other.original_digest, Page.original_page == other.original_page))
        .where(Page.item_id == item_id, other.item_id != item_id, Item.case_id.is_not(None), Item.state == "filed")
        .distinct()
        .order_by(Item.case_id)
        .limit(_MOST_SHARING)
    )
    found = [key for key in session.scalars(sharing) if key is not None]
    if found:
        count(session, found)


def count_missing(session: Session, *, after: int = 0, limit: int = _CASES_A_TIME) -> int | None:
    """Count the next cases behind the id `after` that never were; return the last of them, none when there are none."""
    known = exists().where(CaseCount.case_id == CaseFile.id)
    wanted = select(CaseFile.id).where(CaseFile.id > after, ~known).order_by(CaseFile.id).limit(limit)
    ids = list(session.scalars(wanted))
    if not ids:
        return None
    count(session, ids)
    return ids[-1]


def _count(session: Session, ids: Sequence[int], new: Mapping[int, tuple[CaseFile, HouseholdFile]]) -> None:
    now = _countings(session, ids, new)
    known = [key for key in ids if key not in new]
    rows = session.execute(select(_COUNTS).where(_COUNTS.c.case_id.in_(known))) if known else ()
    before = {row.case_id: row._asdict() for row in rows}
    _write(session, before, {key: one.row for key, one in now.items()})
    _keep_hits(session, now, known)


def _write(session: Session, before: Mapping[int, dict[str, Any]], now: Mapping[int, dict[str, Any]]) -> None:
    """Make the rows of cases say what they add now, and put the difference beside the sums."""
    loose: dict[_Key, Counter[str]] = defaultdict(Counter)
    fresh, changed = [], []
    for key, row in now.items():
        was = before.get(key)
        if was == row:
            continue
        _add(loose, row, 1)
        if was is None:
            fresh.append(row)
        else:
            _add(loose, was, -1)
            changed.append({"row_id": key, **row})
    if fresh:
        session.execute(insert(_COUNTS), fresh)
    if changed:
        session.execute(update(_COUNTS).where(_COUNTS.c.case_id == bindparam("row_id")), changed)
    written = [_figure(key, sums, settled=False) for key, sums in loose.items() if any(sums.values())]
    if written:
        session.execute(insert(_FIGURES), written)


def _add(sums: dict[_Key, Counter[str]], row: Mapping[str, Any], sign: int) -> None:
    of_key = sums[tuple(row[name] for name in KEY)]
    for name in MEASURES:
        of_key[name] += sign * row[name]


def _figure(key: _Key, sums: Mapping[str, int], *, settled: bool) -> dict[str, Any]:
    return {**dict(zip(KEY, key, strict=True)), **{name: sums[name] for name in MEASURES}, "settled": settled}


def _countings(
    session: Session, ids: Sequence[int], new: Mapping[int, tuple[CaseFile, HouseholdFile]]
) -> dict[int, _Counted]:
    wanted = select(CaseFile, HouseholdFile).join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
    old = [key for key in ids if key not in new]
    read = session.execute(wanted.where(CaseFile.id.in_(old)).order_by(CaseFile.id)).all() if old else []
    cases = [*((case, head) for case, head in read), *(new[key] for key in ids if key in new)]
    papers = select(Item.id).where(Item.case_id.in_(old), Item.state == "filed")
    # With their pages: a cross-check counts them.
    held = held_of(session, papers, places=True) if old else {}
    holding = list(held)
    days = stage_days(session, holding) if holding else {}
    late = late_reasons(session, holding) if holding else {}
    shares = _shared(session, holding) if holding else {}
    readings = _readings(session, holding) if holding else {}
    answers = _answers(session, old) if old else {}
    alarms = _false_alarms(session, holding) if holding else {}
    return {
        case.id: _counting(case, head, held.get(case.id, ()), days.get(case.id, {}), late.get(case.id, {}),
                           shares.get(case.id), readings.get(case.id, (0, 0)), answers.get(case.id, {}),
                           alarms.get(case.id, frozenset()))
        for case, head in cases
    }  # fmt: skip


def _counting(
    case: CaseFile,
    head: HouseholdFile,
    held: Sequence[HeldItem],
    days: Mapping[str, date],
    late: Mapping[str, str],
    shared: Observation | None,
    readings: tuple[int, int],
    answers: Mapping[int, bool],
    alarms: Collection[tuple[str, str]],
) -> _Counted:
    told = differing = 0
    hits: list[Observation] = []
    if held:
        facts = case_facts(case, head, days, held, late)
        observations = consistency.check(facts, held)
        told = sum(one.status is not Agreement.CANNOT_TELL for one in observations)
        differ = [one for one in observations if one.status is Agreement.DIFFERS]
        hits = [one for one in differ if (one.rule, fingerprint(one)) not in alarms]
        differing = len(hits)
        hits += anomalies.check(facts, held)
        hits += [shared] if shared else []
    filed_on = local(case.filed_at).date() if case.filed_at else None
    countable = Countable(
        complete=case.complete,
        due_count=case.due_count,
        satisfied_count=case.satisfied_count,
        assessable=case.assessment_error is None,
        filed_on=filed_on,
        filing_due_on=case.first_due_on or case.filing_due_on,
        told=told,
        differing=differing,
        scanned=readings[0],
        untouched=readings[1],
        answers=answers,
    )
    row = {
        "case_id": case.id,
        "unit_id": head.unit_id,
        "customer_category": case.customer_category,
        "business_type": case.business_type,
        "month": f"{case.energised_on:%Y-%m}" if case.energised_on else "",
        "due_on": _owed_until(case),
        **measured(countable),
    }
    return _Counted(row, tuple(hits))


def _owed_until(case: CaseFile) -> date | None:
    """Return until when a case is to be filed, for the first time or again; none for one that is filed."""
    if case.filed_at is None:
        return case.filing_due_on
    # One that was opened again before such deadlines were kept has none.
    return case.filing_due_on if case.state in states.OPEN and case.first_due_on is not None else None


def _answers(session: Session, case_ids: Collection[int]) -> dict[int, dict[int, bool]]:
    """Return whether the papers of each answered hand-over were taken in, by case and round."""
    found: dict[int, dict[int, bool]] = defaultdict(dict)
    answered = select(HandOver.case_id, HandOver.round, HandOver.outcome).where(
        HandOver.case_id.in_(case_ids), HandOver.outcome.is_not(None)
    )
    for row in session.execute(answered):
        found[row.case_id][row.round] = row.outcome == "accepted"
    return found


def _false_alarms(session: Session, case_ids: Collection[int]) -> dict[int, set[tuple[str, str]]]:
    """Return what people said is no contradiction, by case: the rule and the fingerprint of what it saw."""
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    standing = select(FalseAlarm.case_id, FalseAlarm.rule, FalseAlarm.fingerprint).where(
        FalseAlarm.case_id.in_(case_ids), FalseAlarm.taken_back_at.is_(None)
    )
    for row in session.execute(standing):
        found[row.case_id].add((row.rule, row.fingerprint))
    return found


def _readings(session: Session, case_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return how many papers of a case came from a scan, and how many of these nobody but the program touched."""
    items = select(Item.id, Item.case_id, Item.filed_by).where(
        Item.case_id.in_(case_ids), Item.state == "filed", Item.scan_id.is_not(None)
    )
    rows = session.execute(items).all()
    alone = [str(row.id) for row in rows if row.filed_by is None]
    by_hand = select(AuditEntry.object_id).where(
        AuditEntry.object_kind == "item", AuditEntry.object_id.in_(alone), AuditEntry.did.in_(_CHANGED_BY_HAND)
    )
    changed = set(session.scalars(by_hand)) if alone else set()
    found: dict[int, tuple[int, int]] = {}
    for row in rows:
        scanned, untouched = found.get(row.case_id or 0, (0, 0))
        alone_still = row.filed_by is None and str(row.id) not in changed
        found[row.case_id or 0] = (scanned + 1, untouched + alone_still)
    return found


def _shared(session: Session, case_ids: Collection[int]) -> dict[int, Observation]:
    """Return for each case the pages that stand in the file of another household too."""
    other_page, other = aliased(Page), aliased(Item)
    pairs = (
        select(Item.case_id, Item.id, Item.document_type, Page.page_no, HouseholdFile.account_no, other.item_no)
        .join(Page, Page.item_id == Item.id)
        .join(
            other_page,
            and_(
                other_page.original_digest == Page.original_digest,
                other_page.original_page == Page.original_page,
                other_page.item_id != Item.id,
            ),
        )
        .join(other, other.id == other_page.item_id)
        .join(HouseholdFile, HouseholdFile.id == other.household_id)
        .where(
            Item.case_id.in_(case_ids),
            Item.state == "filed",
            other.state == "filed",
            other.household_id != Item.household_id,
        )
        .order_by(Item.case_id, Item.id, Page.page_no, HouseholdFile.account_no, other.item_no)
    )
    seen: dict[int, list[Seen]] = defaultdict(list)
    for case_id, item_id, kind, page, account_no, item_no in session.execute(pairs):
        of_case = seen[case_id or 0]
        if len(of_case) < _MOST_SHARING:
            of_case.append(Seen(item_id, kind, "scan", f"{account_no} 第 {item_no} 件", page))
    return {
        key: Observation(
            SAME_SCAN,
            Agreement.DIFFERS,
            tuple(of_case),
            f"同一扫描页也在别的户档案里：{'、'.join(sorted({one.value for one in of_case})[:4])}。请核对是否归错户。",
        )
        for key, of_case in seen.items()
    }


def _keep_hits(session: Session, now: Mapping[int, _Counted], known: Sequence[int]) -> None:
    rows = session.execute(select(_HITS).where(_HITS.c.case_id.in_(known))) if known else ()
    before = {(row.case_id, row.rule): row for row in rows}
    fresh, gone = [], []
    for values in (values for one in now.values() for values in _hit_rows(one)):
        row = before.pop((values["case_id"], values["rule"]), None)
        if row is not None and all(getattr(row, name) == value for name, value in values.items()):
            continue
        fresh.append(values)
        gone += [row.id] if row is not None else []
    gone += [row.id for row in before.values()]
    if gone:
        session.execute(delete(_HITS).where(_HITS.c.id.in_(gone)))
    if fresh:
        session.execute(insert(_HITS), fresh)


def _hit_rows(one: _Counted) -> Iterable[dict[str, Any]]:
    for hit in one.hits:
        yield {
            "case_id": one.row["case_id"],
            "unit_id": one.row["unit_id"],
            "rule": hit.rule,
            "message": hit.message,
            "evidence": [
                {"item": seen.item, "type": seen.document_type, "field": seen.field, "value": seen.value,
                 "page": seen.page}
                for seen in hit.evidence
            ],
        }  # fmt: skip


def fold(session: Session, *, today: date, limit: int = 5000) -> int:
    """Fold loose differences into the sums of their key, and deadlines that passed into one; return how many rows.

    Whoever folds takes the rows away first, so that two at once never fold the same row.
    """
    passed = and_(CaseFigure.due_on < today, CaseFigure.due_on > PAST)
    wanted = select(CaseFigure.id).where(or_(CaseFigure.settled.is_(False), passed)).order_by(CaseFigure.id)
    ids = list(session.scalars(wanted.limit(limit)))
    if not ids:
        return 0
    taken = session.execute(delete(_FIGURES).where(_FIGURES.c.id.in_(ids)).returning(*_FIGURES.c)).all()
    sums: dict[_Key, Counter[str]] = defaultdict(Counter)
    for row in taken:
        _add(sums, _clamped(row._asdict(), today), 1)
    for key in sorted(sums, key=str):
        _settle(session, key, sums[key])
    return len(taken)


def _settle(session: Session, key: _Key, sums: Mapping[str, int]) -> None:
    if not any(sums[name] for name in MEASURES):
        return
    same = [_FIGURES.c[name].is_not_distinct_from(value) for name, value in zip(KEY, key, strict=True)]
    there = session.scalar(select(func.min(_FIGURES.c.id)).where(_FIGURES.c.settled.is_(True), *same))
    more = {name: _FIGURES.c[name] + sums[name] for name in MEASURES}
    changed = session.execute(update(_FIGURES).where(_FIGURES.c.id == there).values(more)) if there else None
    # Another who folds may have taken the row away a moment ago.
    if changed is None or cast(Any, changed).rowcount == 0:
        session.execute(insert(_FIGURES), [_figure(key, sums, settled=True)])


@dataclass(frozen=True)
class Difference:
    """Where the kept figures say something else than the cases do; no case means the sums of a key."""

    case_id: int | None
    what: str


def differences(session: Session, *, today: date) -> list[Difference]:
    """Count everything afresh, compare it with what is kept, and return what differs.

    Deadlines before `today` count as one, for `fold` makes them so.
    """
    found: list[Difference] = []
    sums: dict[_Key, Counter[str]] = defaultdict(Counter)
    ids = list(session.scalars(select(CaseFile.id).order_by(CaseFile.id)))
    for first in range(0, len(ids), _CASES_A_TIME):
        part = ids[first : first + _CASES_A_TIME]
        counted = select(_COUNTS).where(_COUNTS.c.case_id.in_(part))
        kept = {row.case_id: row._asdict() for row in session.execute(counted)}
        hits: dict[int, list[dict[str, Any]]] = defaultdict(list)
        columns = [column for column in _HITS.c if column.key != "id"]
        for row in session.execute(select(*columns).where(_HITS.c.case_id.in_(part))):
            hits[row.case_id].append(row._asdict())
        for key, one in _countings(session, part, {}).items():
            _add(sums, _clamped(one.row, today), 1)
            if kept.get(key) != one.row:
                found.append(Difference(key, "count"))
            if sorted(hits[key], key=itemgetter("rule")) != sorted(_hit_rows(one), key=itemgetter("rule")):
                found.append(Difference(key, "hits"))
    for row in session.execute(select(_FIGURES)):
        _add(sums, _clamped(row._asdict(), today), -1)
    return found + [Difference(None, str(key)) for key in sorted(sums, key=str) if any(sums[key].values())]


def _clamped(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    due_on = row["due_on"]
    return {**row, "due_on": PAST if due_on is not None and due_on < today else due_on}


def mend(session: Session, *, today: date) -> int:
    """Make the kept figures say what the cases do; return how many differences there were."""
    wrong = differences(session, today=today)
    if not wrong:
        return 0
    for table in (_HITS, _COUNTS, _FIGURES):
        session.execute(delete(table))
    count(session, list(session.scalars(select(CaseFile.id))))
    return len(wrong)
