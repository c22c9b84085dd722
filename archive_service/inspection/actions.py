"""Writes of findings: raise one, answer it, look again, close it or hand it up. Every step stands in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, NotPermitted
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.inspection import rules
from archive_service.inspection.notify import notify_raised, notify_step
from archive_service.inspection.rules import State, Step
from archive_service.inspection.samples import close_sample, draw_sample, inspect_case, lock_sample
from archive_service.inspection.tables import Finding, FindingStep, Sample, SampleCase
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer

__all__ = [
    "close_sample", "draw_sample", "inspect_case", "lock_finding", "lock_sample", "raise_finding", "take_step",
]  # fmt: skip

#: Steps that only an auditor takes; the rest are the responsible unit's.
_AUDITORS = frozenset({Step.REFUSED, Step.CLOSED, Step.ESCALATED, Step.EXTENDED})
_VERBS = {
    Step.ANSWERED: "finding.answered",
    Step.REFUSED: "finding.refused",
    Step.CLOSED: "finding.closed",
    Step.ESCALATED: "finding.escalated",
    Step.EXTENDED: "finding.extended",
}


def raise_finding(
    session: Session,
    viewer: Viewer,
    *,
    application_no: str,
    rule: str,
    severity: str,
    description: str,
    due_on: date,
    now: datetime,
    today: date,
    sample_id: int | None = None,
    item_no: int | None = None,
    page_no: int | None = None,
) -> Finding:
    """Write down what a unit has to mend; the unit of the case answers for it.

    Raises NotFound for a case that the viewer may not know of, or one that is not in the sample; Invalid without words
    or with a due day that is past.
    """
    found = session.execute(
        select(CaseFile, HouseholdFile)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.application_no == application_no)
    ).first()
    if found is None or not viewer.may(Right.RECORD_READ, found[1].unit_id):
        raise NotFound("case.not-found", "没有这个业务，或者您无权查看。请核对申请编号后再试。")
    case, head = found
    viewer.require(Right.INSPECT, head.unit_id)
    finding = Finding(
        sample_case_id=_place(session, sample_id, case.id),
        case_id=case.id,
        unit_id=head.unit_id,
        rule=rule[:24] or "other",
        severity=rules.severity(severity).value,
        description=rules.check_words(description),
        item_id=_item(session, head.id, item_no),
        page_no=page_no if item_no else None,
        due_on=rules.check_due(due_on, today=today),
        state=State.OPEN.value,
        rounds=0,
        raised_by=viewer.person_id,
        raised_at=now,
    )
    session.add(finding)
    session.flush()
    _note(session, viewer, finding, Step.RAISED, finding.description, due_on=due_on, now=now)
    facts = {"application_no": application_no, "rule": finding.rule, "severity": finding.severity,
             "due_on": due_on.isoformat(), "item_no": item_no, "page": page_no}  # fmt: skip
    _tell(session, viewer, finding, "finding.raised", facts, now=now)
    notify_raised(session, viewer, finding, now=now)
    return finding


def lock_finding(session: Session, finding_id: int) -> None:
    """Keep others from a finding until the transaction ends; one that is not there keeps nobody."""
    session.scalar(select(Finding.id).where(Finding.id == finding_id).with_for_update())


def take_step(
    session: Session,
    viewer: Viewer,
    *,
    finding_id: int,
    step: str,
    words: str,
    now: datetime,
    today: date,
    proof_item_no: int | None = None,
    due_on: date | None = None,
) -> Finding:
    """Take a step with a finding: the responsible unit answers, an auditor refuses, closes, hands up or extends.

    Raises NotFound, NotPermitted, Refused where the step may not be taken now, Invalid when words, day or proof lack.
    """
    finding = session.scalar(select(Finding).where(Finding.id == finding_id).with_for_update())
    if finding is None or not viewer.may(Right.RECORD_READ, finding.unit_id):
        raise NotFound("finding.not-found", "没有这个问题，或者您无权查看。请从问题清单里选择。")
    taken = _step(step)
    viewer.require(Right.INSPECT if taken in _AUDITORS else Right.FINDING_ANSWER, finding.unit_id)
    if taken is Step.CLOSED and viewer.person_id is not None and viewer.person_id == _answered_by(session, finding):
        raise NotPermitted("finding.own-answer", "整改由您本人答复，复核要由另一人办理。请交给其他稽查员。")
    before = finding.state
    finding.state = rules.next_state(before, taken).value
    said = rules.check_words(words)
    if taken in (Step.REFUSED, Step.EXTENDED):
        earlier = finding.due_on if taken is Step.EXTENDED else None
        finding.due_on = rules.check_due(due_on or finding.due_on, today=today, before=earlier)
    if taken is Step.REFUSED:
        finding.rounds += 1
    household_id = session.scalar(select(CaseFile.household_id).where(CaseFile.id == finding.case_id)) or 0
    proof = _item(session, household_id, proof_item_no)
    given = finding.due_on if taken in (Step.REFUSED, Step.EXTENDED) else None
    _note(session, viewer, finding, taken, said, proof=proof, due_on=given, now=now)
    facts = {"from": before, "to": finding.state, "proof_item_no": proof_item_no, "due_on": finding.due_on.isoformat()}
    _tell(session, viewer, finding, _VERBS[taken], facts, now=now)
    notify_step(session, viewer, finding, taken, answered_by=_answered_by(session, finding), now=now)
    return finding


def _step(word: str) -> Step:
    if word not in set(_VERBS):
        raise Invalid("finding.step-unknown", "没有这种办理方式。请刷新页面后从按钮中选择。", given=word[:20])
    return Step(word)


def _place(session: Session, sample_id: int | None, case_id: int) -> int | None:
    if sample_id is None:
        return None
    wanted = select(SampleCase.id).join(Sample, Sample.id == SampleCase.sample_id)
    found = session.scalar(wanted.where(Sample.id == sample_id, SampleCase.case_id == case_id))
    if found is None:
        raise NotFound("sample.case-not-found", "样本中没有这一件。请从样本清单里选择。")
    return found


def _item(session: Session, household_id: int, item_no: int | None) -> int | None:
    if item_no is None:
        return None
    wanted = select(Item.id).where(Item.household_id == household_id, Item.item_no == item_no)
    found = session.scalar(wanted)
    if found is None:
        raise NotFound("item.not-found", "没有这份文件，或者您无权查看。请核对后再试。")
    return found


def _answered_by(session: Session, finding: Finding) -> int | None:
    wanted = select(FindingStep.by).where(FindingStep.finding_id == finding.id, FindingStep.step == Step.ANSWERED.value)
    return session.scalar(wanted.order_by(FindingStep.id.desc()).limit(1))


def _note(
    session: Session,
    viewer: Viewer,
    finding: Finding,
    step: Step,
    words: str,
    *,
    now: datetime,
    proof: int | None = None,
    due_on: date | None = None,
) -> None:
    row = FindingStep(
        finding_id=finding.id, step=step.value, words=words, proof_item_id=proof, due_on=due_on, by=viewer.person_id,
        at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()


def _tell(
    session: Session, viewer: Viewer, finding: Finding, did: str, facts: Mapping[str, Any], *, now: datetime
) -> None:
    # What was written stays with the finding: the trail outlives what may have to be forgotten.
    record(
        session, by=viewer.actor, did=did, object_kind="finding", object_id=finding.id, unit_id=finding.unit_id,
        facts=facts, now=now,
    )  # fmt: skip
