"""Keep the figures of `households.counted` up: count cases after a write, fold loose differences, compare and mend.

`count` asks `adding` what a case adds and writes the difference to what it was last counted as, in the
transaction of the write. Counting again changes nothing, so whoever is in doubt counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Table, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from archive_service.households.adding import MOST_SHARING, Counted, countings, hit_rows
from archive_service.households.counted import KEY, CaseCount, CaseFigure, CaseHit
from archive_service.households.measures import MEASURES
from archive_service.households.tables import CaseFile, HouseholdFile, Item, Page

#: Stands for every deadline that is past: how long ago changes no figure.
PAST = date(1, 1, 1)
_CASES_A_TIME = 1000
_COUNTS, _FIGURES, _HITS = (cast(Table, one.__table__) for one in (CaseCount, CaseFigure, CaseHit))
_Key = tuple[Any, ...]


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
        .limit(MOST_SHARING)
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
    now = countings(session, ids, new)
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


def _keep_hits(session: Session, now: Mapping[int, Counted], known: Sequence[int]) -> None:
    rows = session.execute(select(_HITS).where(_HITS.c.case_id.in_(known))) if known else ()
    before = {(row.case_id, row.rule): row for row in rows}
    fresh, gone = [], []
    for values in (values for one in now.values() for values in hit_rows(one)):
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
        for key, one in countings(session, part, {}).items():
            _add(sums, _clamped(one.row, today), 1)
            if kept.get(key) != one.row:
                found.append(Difference(key, "count"))
            if sorted(hits[key], key=itemgetter("rule")) != sorted(hit_rows(one), key=itemgetter("rule")):
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
