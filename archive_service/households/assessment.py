"""Judge cases afresh with what they hold and what they stand against, and keep what came out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM
from archive_service.completeness.rules import HeldItem
from archive_service.households.background import backgrounds
from archive_service.households.held import held_items, held_of
from archive_service.households.judging import Judgement, judge
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.households.trail import record_case
from archive_service.households.units import chains_if_needed
from archive_service.households.verdicts import keep, keep_verdicts


def reassess_case(session: Session, case: CaseFile, *, today: date, now: datetime) -> Judgement:
    """Judge a case afresh and keep verdicts and counts on it; what state it is in is for people to say."""
    session.flush()
    household, before = session.get_one(HouseholdFile, case.household_id), case.complete
    judged = reassess_cases(session, [(case, household)])[0]
    if case.complete and not before:
        facts = {"account_no": household.account_no}
        record_case(session, household, case, did="case.completed", facts=facts, by=SYSTEM, now=now)
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
    keep_verdicts(session, pairs, judged_before=old)
    return judgements
