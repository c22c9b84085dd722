"""Judge a case by the edition of the catalogue that counts for it; nothing is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive_service.catalogue.load import edition_by_code, edition_for
from archive_service.catalogue.schema import Edition
from archive_service.completeness.conditions import Facts, facts_of, name_form
from archive_service.completeness.rules import Assessment, HeldItem, assess
from archive_service.completeness.rules import Verdict as Found
from archive_service.completeness.rulings import NOTHING_MORE, Background
from archive_service.errors import Invalid
from archive_service.households import states
from archive_service.households.tables import CaseFile, HouseholdFile


@dataclass(frozen=True)
class Judgement:
    """A case judged: by which edition, with what outcome, or why it cannot be judged."""

    edition: Edition
    facts: Facts | None
    assessment: Assessment | None
    error: str | None


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
