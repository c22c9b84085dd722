"""What the papers of `benchmarks.fill` say, and how cases that hold them are judged."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from archive_service.catalogue.load import edition_for
from archive_service.completeness.conditions import facts_of
from archive_service.completeness.rules import Assessment, HeldItem, assess
from archive_service.errors import Invalid
from archive_service.samples.cases import Case
from archive_service.samples.papers.registry import PAPERS, one_document
from archive_service.samples.plans import Plan
from archive_service.samples.sets import case_for

LAST_DAY = date(2026, 11, 20)
_VARIANTS, _SEED = 16, 11


@dataclass(frozen=True)
class Paper:
    """What a sample paper of one type says, and of which invented case, whose numbers are replaced."""

    title: str
    pages: tuple[str, ...]
    fields: Mapping[str, str]
    case: Case

    def said_for(self, account_no: str, account_name: str, address: str, application_no: str) -> list[tuple[str, str]]:
        """Return what has to be replaced for the paper to speak of another household."""
        own = self.case
        return [
            (own.account_no, account_no),
            (own.account_name, account_name),
            (own.service_address, address),
            (own.application_no, application_no),
        ]


_judged: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], tuple[str, Assessment | None]] = {}


def pool() -> dict[str, list[Paper]]:
    """Return what papers of each type may say."""
    pool: dict[str, list[Paper]] = {}
    for code in sorted(PAPERS):
        for number in range(_VARIANTS):
            chance = Random(f"{_SEED}/{code}/{number}")
            case = case_for(code, chance)
            made = one_document(code, case, chance)
            pages = tuple("\n".join(str(line["text"]) for line in sheet.lines()) for sheet in made.sheets[:3])
            pool.setdefault(code, []).append(Paper(made.title, pages, made.fields, case))
    return pool


def codes_of(plan: Plan, count: int) -> list[str]:
    papers = [code for code in plan.papers if code in PAPERS]
    return [papers[place % len(papers)] for place in range(count)]


def assessed(plan: Plan, codes: tuple[str, ...]) -> tuple[str, Assessment | None]:
    """Return edition and verdicts of such a case; evidence counts the items from 0."""
    key = (plan.category, plan.business_type, plan.conditions, codes)
    if key not in _judged:
        edition = edition_for(LAST_DAY)
        found = None
        with suppress(Invalid):
            facts = facts_of(
                edition, category=plan.category, business_type=plan.business_type, conditions=plan.conditions,
                voltage="220V", capacity_kva=Decimal(8), account_name=None,
            )  # fmt: skip
            held = [HeldItem(place, code, 0.97, title=code) for place, code in enumerate(codes)]
            found = assess(edition.requirements(plan.category, plan.business_type), facts, held)
        _judged[key] = edition.code, found
    return _judged[key]
