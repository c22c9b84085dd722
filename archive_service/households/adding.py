"""What a case adds to the figures of `households.counted`, worked out from its rows alone; the rules that it breaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from archive_service.audit.tables import AuditEntry
from archive_service.completeness import anomalies, consistency
from archive_service.completeness.observations import Agreement, Observation, Seen, fingerprint
from archive_service.completeness.rules import HeldItem
from archive_service.households import states
from archive_service.households.facts import case_facts, late_reasons, stage_days
from archive_service.households.handed import HandOver
from archive_service.households.held import held_of
from archive_service.households.measures import Countable, measured
from archive_service.households.tables import CaseFile, FalseAlarm, HouseholdFile, Item, Page
from archive_service.zone import local

SAME_SCAN = "same-scan"
#: Cases of others that are counted again with one that shares a page with them.
MOST_SHARING = 50
_CHANGED_BY_HAND = ("item.retyped", "item.corrected", "item.moved")


@dataclass(frozen=True)
class Counted:
    """What a case adds, and the rules that it breaks."""

    row: dict[str, Any]
    hits: tuple[Observation, ...]


def countings(
    session: Session, ids: Sequence[int], new: Mapping[int, tuple[CaseFile, HouseholdFile]]
) -> dict[int, Counted]:
    """Return what each case adds as its rows stand; `new`, by id, were never counted and hold nothing."""
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
) -> Counted:
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
    return Counted(row, tuple(hits))


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
        if len(of_case) < MOST_SHARING:
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


def hit_rows(one: Counted) -> Iterable[dict[str, Any]]:
    """Yield the rows of the rules that a case breaks, without their ids."""
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
