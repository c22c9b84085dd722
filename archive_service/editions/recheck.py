"""The job that judges cases by an edition: to see what would change, or after its release to change it.

Filed cases are only looked at: they keep the edition by which they were filed. What an edition cannot change is not
judged at all. A part that ends early goes on behind the last case that was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.catalogue import load
from archive_service.catalogue.difference import affected, alike
from archive_service.catalogue.load import Editions
from archive_service.catalogue.schema import Edition
from archive_service.db.session import Database
from archive_service.editions.publish import bring_up
from archive_service.editions.tables import CatalogueCheck, CatalogueDraft, CatalogueFinding, CatalogueSlice
from archive_service.households import assessment, counting, judging, measures, states, units
from archive_service.households.background import backgrounds
from archive_service.households.held import held_items, held_of
from archive_service.households.judging import Judgement
from archive_service.households.queries import locked
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.households.verdicts import replace_judgements
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed

_A_TIME = 500
_GAPS = ("missing", "doubtful", "deferred")


@dataclass(frozen=True)
class Finding:
    """What an edition does to a case."""

    case_id: int
    effect: str
    filed: bool
    added: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class _Judged:
    """A case under the edition of before and under that of after."""

    case: CaseFile
    household: HouseholdFile
    revision: int
    before: Judgement
    after: Judgement


@dataclass(frozen=True)
class _Looked:
    """What came of a few hundred cases."""

    judged: Sequence[_Judged] = ()
    #: Open cases whose verdicts the edition cannot change, by the edition that counts after it.
    same: Mapping[str, Sequence[int]] = field(default_factory=dict)
    #: Those of them whose papers it compares with one another in another way.
    compared: Sequence[int] = ()


@dataclass(frozen=True)
class CheckHandler:
    """The job handler for a part of a check."""

    database: Database
    lease_s: float
    now: Callable[[], datetime]

    def run(self, claimed: Claimed) -> None:
        """Judge the cases of the part, a few hundred a transaction."""
        with self.database.reading() as session:
            part = session.get_one(CatalogueSlice, int(claimed.subject))
            check = session.get_one(CatalogueCheck, part.check_id)
            draft = session.get_one(CatalogueDraft, check.draft_id)
            if check.purpose == "recheck":
                bring_up(session)
            among = load.texts(without=draft.code)
            sides = _Sides(load.of_texts(among), load.with_text(draft.text, among=among))
            from_, next_id, end_id, done = draft.effective_from, part.next_id, part.end_id, part.done
            writes, part_id, check_id, first_id = check.purpose == "recheck", part.id, check.id, part.first_id
        while True:
            claimed.check()
            with self.database.reading() as session:
                rows = _rows(session, next_id, end_id, from_)
                looked = _judge(session, rows, sides)
            findings = [found for each in looked.judged if (found := finding(each.case, each.before, each.after))]
            next_id = rows[-1][0].id + 1 if len(rows) == _A_TIME else end_id
            done += len(rows)
            with self.database.unit_of_work() as session:
                reached, whole = next_id - first_id, end_id - first_id
                queue.renew(session, claimed, now=self.now(), lease_s=self.lease_s, done=reached, total=whole)
                if writes:
                    _take(session, looked)
                _keep(session, check_id, findings)
                values = {"next_id": next_id, "done": done}
                session.execute(update(CatalogueSlice).where(CatalogueSlice.id == part_id).values(values))
                if next_id >= end_id:
                    _finish(session, check_id, claimed, now=self.now())
                    return

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Say that the check is not whole; what is done stays, and a retried job goes on behind it."""
        part = session.get_one(CatalogueSlice, int(claimed.subject))
        session.execute(update(CatalogueCheck).where(CatalogueCheck.id == part.check_id).values(state="failed"))


@dataclass(frozen=True)
class _Sides:
    """All editions without the one in question, and with it."""

    before: Editions
    after: Editions


def _rows(session: Session, first: int, end: int, from_: date) -> Sequence[tuple[CaseFile, HouseholdFile]]:
    """Return the next cases that may be judged by an edition in force from a day: those of no known day too."""
    chosen = (
        select(CaseFile, HouseholdFile)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.id >= first, CaseFile.id < end)
        .where((CaseFile.accepted_on >= from_) | CaseFile.accepted_on.is_(None))
        .order_by(CaseFile.id)
        .limit(_A_TIME)
    )
    return [(case, household) for case, household in session.execute(chosen)]


def _judge(session: Session, rows: Sequence[tuple[CaseFile, HouseholdFile]], sides: _Sides) -> _Looked:
    """Judge those of the cases that the edition may change; name the open others too."""
    chains = units.chains(session, {household.unit_id for _, household in rows})
    wanted: list[tuple[CaseFile, HouseholdFile, Edition, Edition]] = []
    same: dict[str, list[int]] = {}
    compared: list[int] = []
    for case, household in rows:
        chain = chains.get(household.unit_id, ())
        before = _filed_by(case, sides) or sides.before.for_case(case.accepted_on, chain)
        after = sides.after.for_case(case.accepted_on, chain)
        if before.code == after.code:
            continue
        if (case.customer_category, case.business_type) in _pair(before, after).affected:
            wanted.append((case, household, before, after))
        elif case.state not in states.KEPT:
            same.setdefault(after.code, []).append(case.id)
            compared += [case.id] if before.tolerances != after.tolerances else []
    pairs = [(case, household) for case, household, _, _ in wanted]
    if not pairs:
        return _Looked((), same, compared)
    held = held_items(session, [case.id for case, _ in pairs], brief=True)
    around = backgrounds(session, pairs, held=lambda ids: held_of(session, ids, brief=True))
    judged = []
    for case, household, before, after in wanted:
        own, background = held.get(case.id, ()), around[case.id]
        old = judging.judge_by(before, case, household, own, background)
        same_types = _alike(before, after, (case.customer_category, case.business_type))
        new = judging.judge_by(after, case, household, own, background, like=old, alike=same_types)
        judged.append(_Judged(case, household, household.revision, old, new))
    return _Looked(judged, same, compared)


def _filed_by(case: CaseFile, sides: _Sides) -> Edition | None:
    if case.state not in states.KEPT or case.edition is None:
        return None
    return next((each for each in sides.before.every if each.code == case.edition), None)


@dataclass(frozen=True)
class _Pair:
    """Two editions compared, once for all cases."""

    before: Edition
    after: Edition
    affected: frozenset[tuple[str, str]]
    #: Document types on which they judge alike, by combination of category and business.
    alike: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)


_KNOWN: dict[tuple[int, int], _Pair] = {}


def _pair(before: Edition, after: Edition) -> _Pair:
    known = _KNOWN.get((id(before), id(after)))
    if known is None or known.before is not before or known.after is not after:
        if len(_KNOWN) > 50:
            _KNOWN.clear()
        known = _KNOWN[id(before), id(after)] = _Pair(before, after, affected(before, after))
    return known


def _alike(before: Edition, after: Edition, combination: tuple[str, str]) -> frozenset[str]:
    kept = _pair(before, after).alike
    if combination not in kept:
        kept[combination] = alike(before, after, combination)
    return kept[combination]


def finding(case: CaseFile, before: Judgement, after: Judgement) -> Finding | None:
    """Return what an edition does to a case; none where it lacks just what it lacked."""
    lacked, lacks = _lacks(before), _lacks(after)
    was, is_ = _complete(before), _complete(after)
    filed = case.state in states.KEPT
    if lacked == lacks and was == is_ and before.error == after.error:
        return None
    if was and not is_:
        effect = "filed-incomplete" if filed else "incomplete"
    elif is_ and not was:
        effect = "complete"
    else:
        effect = "more" if lacks - lacked else "less" if lacked - lacks else "other"
    return Finding(case.id, effect, filed, tuple(sorted(lacks - lacked)), tuple(sorted(lacked - lacks)))


def _lacks(judgement: Judgement) -> frozenset[str]:
    verdicts = judgement.assessment.verdicts if judgement.assessment else ()
    return frozenset(each.document_type for each in verdicts if each.due and each.status in _GAPS)


def _complete(judgement: Judgement) -> bool:
    return judgement.assessment is not None and judgement.assessment.complete


def _take(session: Session, looked: _Looked) -> None:
    """Make open cases what they are under the new edition."""
    for code, ids in looked.same.items():
        still = CaseFile.id.in_(ids), CaseFile.state.in_(states.OPEN)
        session.execute(
            update(CaseFile).where(*still).values(edition=code).execution_options(synchronize_session=False)
        )
    counting.count(session, looked.compared)
    open_ = [each for each in looked.judged if each.case.state not in states.KEPT]
    if not open_:
        return
    households = locked.households_for_update(session, {each.household.id for each in open_})
    fresh = [each for each in open_ if households[each.household.id].revision == each.revision]
    stale = [each.case.id for each in open_ if households[each.household.id].revision != each.revision]
    replace_judgements(session, [(each.case, each.before, each.after) for each in fresh])
    for each in fresh:
        if _complete(each.before) != _complete(each.after):
            households[each.household.id].revision += 1
    if stale:
        # Somebody changed the file meanwhile: it is judged by what it holds now.
        cases = session.scalars(select(CaseFile).where(CaseFile.id.in_(stale))).all()
        assessment.reassess_cases(session, [(case, households[case.household_id]) for case in cases])
    _count(session, fresh, stale)


def _count(session: Session, fresh: Sequence[_Judged], more: Sequence[int]) -> None:
    """Bring the figures up to cases judged; `more` are those of which other things than the verdicts changed too."""
    whole = [each.case.id for each in fresh if not _only_verdicts(each)]
    judged = {each.case.id: _measures(each.after) for each in fresh if _only_verdicts(each)}
    counting.count_judged(session, judged)
    counting.count(session, [*whole, *more])


def _only_verdicts(each: _Judged) -> bool:
    """Say whether the editions compare the papers of a case with one another in the same way."""
    before, after = each.before.edition, each.after.edition
    return each.case.edition == before.code and before.tolerances == after.tolerances


def _measures(judgement: Judgement) -> dict[str, int]:
    found = judgement.assessment
    return measures.of_verdicts(
        complete=_complete(judgement),
        due_count=found.due_count if found else 0,
        satisfied_count=found.satisfied_count if found else 0,
        assessable=judgement.error is None,
    )


def _keep(session: Session, check_id: int, findings: Sequence[Finding]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "check_id": check_id,
            "case_id": each.case_id,
            "effect": each.effect,
            "filed": each.filed,
            "added": list(each.added),
            "gone": list(each.gone),
        }
        for each in findings
    ]
    if rows:
        session.execute(insert(CatalogueFinding), rows)


def _finish(session: Session, check_id: int, claimed: Claimed, *, now: datetime) -> None:
    """End the job, and with the last one the check."""
    check = session.scalars(select(CatalogueCheck).where(CatalogueCheck.id == check_id).with_for_update()).one()
    queue.finish(session, claimed, now=now)
    left = select(CatalogueSlice.id).where(
        CatalogueSlice.check_id == check_id, CatalogueSlice.next_id < CatalogueSlice.end_id
    )
    if session.scalar(left.limit(1)) is not None:
        return
    check.state, check.finished_at = "done", now
    draft = session.get_one(CatalogueDraft, check.draft_id)
    if check.purpose == "recheck":
        record(
            session,
            by=SYSTEM,
            did="edition.rechecked",
            object_kind="edition",
            object_id=draft.id,
            unit_id=draft.unit_id,
            facts={"code": draft.code, "check": check.id},
            now=now,
        )
