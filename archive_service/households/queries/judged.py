"""Completeness judged afresh from what is filed, for the command line and for checking the verdicts that are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.catalogue.schema import Edition
from archive_service.completeness import consistency, report
from archive_service.completeness.observations import CaseFacts, Observation, fingerprint
from archive_service.completeness.rules import Assessment, HeldItem
from archive_service.errors import NotFound
from archive_service.households.background import backgrounds
from archive_service.households.facts import case_facts, late_reasons, stage_days
from archive_service.households.held import held_of
from archive_service.households.judging import Judgement, judge
from archive_service.households.queries import concealed
from archive_service.households.queries.elsewhere import elsewhere
from archive_service.households.queries.said import false_alarms
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.households.units import chains_if_needed
from archive_service.households.views import CheckView
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.zone import LOCAL


@dataclass(frozen=True)
class CaseCompleteness:
    """A case judged now: what is there and lacking, whether the papers agree, or why nobody can say."""

    case: CaseFacts
    edition: Edition
    #: None when the case cannot be assessed; `error` says why.
    assessment: Assessment | None
    observations: tuple[Observation, ...]
    error: str | None
    #: Rules of which a person said that what they found is none.
    false_alarms: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Say whether nothing due is missing or doubtful; a case that cannot be assessed is not complete."""
        return self.assessment is not None and self.assessment.complete

    def as_json(self) -> dict[str, Any]:
        """Return the case as programs rely on it."""
        shown = report.as_json(
            self.case,
            catalogue=self.edition.code,
            assessment=self.assessment or _NOTHING,
            observations=self.observations,
        )
        told = [{**one, "false_alarm": one["rule"] in self.false_alarms} for one in shown["consistency"]]
        return {**shown, "consistency": told, "complete": self.complete, "error": self.error}

    def as_text(self) -> list[str]:
        """Return lines for a person."""
        if self.assessment is None:
            return [f"户号 {self.case.account_no} 申请编号 {self.case.application_no}：无法判断。{self.error}"]
        return report.as_text(
            self.case, edition=self.edition, assessment=self.assessment, observations=self.observations
        )


@dataclass(frozen=True)
class Crossed:
    """What a consistency rule found for the archive itself, and whether a person said that it is a false alarm."""

    observation: Observation
    excused: bool


_NOTHING = Assessment((), complete=False, due_count=0, satisfied_count=0, missing_count=0, doubtful_count=0)


def completeness(
    session: Session,
    viewer: Viewer,
    *,
    account_no: str | None = None,
    application_no: str | None = None,
    number: str | None = None,
    all_cases: bool = False,
    as_of: date | None = None,
    today: date | None = None,
) -> Iterator[CaseCompleteness]:
    """Judge the cases of a household, one case, what `number` names (either), or all that the viewer may read.

    With `as_of`, only items count that had been filed by the end of that day and were not withdrawn by then.
    Raises NotFound at once when a number names nothing that the viewer may know of.
    """
    wanted = select(CaseFile, HouseholdFile).join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
    wanted = wanted.where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
    if not all_cases:
        asked = [one for one in (account_no, application_no, number) if one]
        accounts = [one for one in (account_no, number) if one]
        applications = [one for one in (application_no, number) if one]
        matches = HouseholdFile.account_no.in_(accounts) | CaseFile.application_no.in_(applications)
        wanted = wanted.where(matches)
        if not asked or (
            session.execute(wanted.limit(1)).first() is None and not _empty_household(session, viewer, accounts)
        ):
            raise NotFound("case.not-found", "没有这个户号或申请编号，或者您无权查看。请核对后再试。")
    found = session.execute(wanted.order_by(HouseholdFile.account_no, CaseFile.id)).all()
    return (_judged(session, viewer, case, head, as_of, today) for case, head in found)


def _empty_household(session: Session, viewer: Viewer, accounts: Sequence[str]) -> bool:
    units = viewer.units(Right.RECORD_READ)
    there = select(HouseholdFile.id).where(HouseholdFile.account_no.in_(accounts), HouseholdFile.unit_id.in_(units))
    return session.scalar(there.limit(1)) is not None


def observations(session: Session, viewer: Viewer, application_no: str, *, today: date) -> tuple[CheckView, ...]:
    """Return whether the papers of a case agree with each other, and what people said of that. Raises NotFound."""
    wanted = (
        select(CaseFile, HouseholdFile)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.application_no == application_no, HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
    )
    found = session.execute(wanted).first()
    if found is None:
        raise NotFound("case.not-found", "没有这个户号或申请编号，或者您无权查看。请核对后再试。")
    case, head = found
    items = _held(session, case.id, None)
    judgement = _judgement(session, case, head, items, None)
    seen = _checked(session, viewer, case, head, items, judgement, today)
    return _told(session, case.id, seen, concealed.closed_in(session, head.id, viewer.opened))


def crossed(session: Session, case: CaseFile, *, today: date) -> tuple[Crossed, ...]:
    """Return what the consistency rules find in a case, one a rule, whoever asks."""
    head, items = session.get_one(HouseholdFile, case.household_id), _held(session, case.id, None)
    judgement, everywhere = _judgement(session, case, head, items, None), system_viewer(session)
    said = false_alarms(session, case.id)
    # Who said so may not have known the numbers of other accounts: what they saw counts as well.
    nowhere = replace(everywhere, rights={})
    seen, hidden = (_checked(session, one, case, head, items, judgement, today) for one in (everywhere, nowhere))
    return tuple(
        Crossed(one, any((raw.rule, fingerprint(raw)) in said for raw in (one, other)))
        for one, other in zip(seen, hidden, strict=True)
    )


def _told(session: Session, case_id: int, seen: Sequence[Observation], shut: Collection[int]) -> tuple[CheckView, ...]:
    said = false_alarms(session, case_id)
    shown = concealed.observations(session, seen, shut)
    # What a person said holds for what the rule saw, shown or not.
    return tuple(
        CheckView(
            one.rule, str(one.status), one.evidence, one.message, mark := fingerprint(raw), said.get((raw.rule, mark))
        )
        for one, raw in zip(shown, seen, strict=True)
    )


def _judged(
    session: Session, viewer: Viewer, case: CaseFile, head: HouseholdFile, as_of: date | None, today: date | None
) -> CaseCompleteness:
    items = _held(session, case.id, as_of)
    judgement = _judgement(session, case, head, items, as_of)
    seen = _checked(session, viewer, case, head, items, judgement, as_of or today)
    shut = concealed.closed_in(session, head.id, viewer.opened)
    found = judgement.assessment
    return CaseCompleteness(
        case=_facts(session, case, head, items, judgement),
        edition=judgement.edition,
        assessment=concealed.assessment(found, shut) if found is not None else None,
        observations=concealed.observations(session, seen, shut),
        error=judgement.error,
        false_alarms=tuple(one.rule for one in _told(session, case.id, seen, shut) if one.false_alarm),
    )


def _judgement(
    session: Session, case: CaseFile, head: HouseholdFile, items: Sequence[HeldItem], as_of: date | None
) -> Judgement:
    before = _end_of(as_of) if as_of else None
    around = backgrounds(session, [(case, head)], held=lambda ids: held_of(session, ids), before=before)
    chain = chains_if_needed(session, {head.unit_id}).get(head.unit_id, ())
    return judge(case, head, items, around[case.id], units=chain)


def _checked(
    session: Session,
    viewer: Viewer,
    case: CaseFile,
    head: HouseholdFile,
    items: Sequence[HeldItem],
    judgement: Judgement,
    today: date | None,
) -> tuple[Observation, ...]:
    found = elsewhere(session, viewer, case_id=case.id, household_id=head.id, business_type=case.business_type)
    facts = replace(_facts(session, case, head, items, judgement), as_of=today, elsewhere=found)
    return consistency.check(facts, items)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=LOCAL)


def _held(session: Session, case_id: int, as_of: date | None) -> Sequence[HeldItem]:
    if as_of is None:
        of_case = select(Item.id).where(Item.case_id == case_id, Item.state == "filed")
        return held_of(session, of_case, places=True).get(case_id, ())
    end = _end_of(as_of)
    filed = session.execute(select(Item.id, Item.state).where(Item.case_id == case_id, Item.filed_at < end)).all()
    out = [str(item.id) for item in filed if item.state == "withdrawn"]
    left = select(AuditEntry.object_id).where(
        AuditEntry.object_kind == "item",
        AuditEntry.object_id.in_(out),
        AuditEntry.did == "item.withdrawn",
        AuditEntry.at < end,
    )
    gone = set(session.scalars(left)) if out else set()
    left_in = [item.id for item in filed if str(item.id) not in gone]
    return held_of(session, left_in, places=True).get(case_id, ())


def _facts(
    session: Session, case: CaseFile, head: HouseholdFile, items: Sequence[HeldItem], judgement: Judgement
) -> CaseFacts:
    days, late = stage_days(session, [case.id]), late_reasons(session, [case.id])
    facts = case_facts(case, head, days.get(case.id, {}), items, late.get(case.id, {}))
    conditions = judgement.facts.conditions if judgement.facts else facts.conditions
    return replace(facts, conditions=conditions, tolerances=judgement.edition.tolerances)
