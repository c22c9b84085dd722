"""Cases assessed a second, over all 46 combinations, against the limit and a plain reading of the catalogue.

    python benchmarks/assess.py [--seconds 3]

The cases are made from the catalogue: each combination with a few sets of conditions, holding everything it needs,
all but some, or nearly nothing, one paper in twelve in doubt. What is measured is `facts_of` and `assess`, and
beside it with the cross-document checks. The peer is what one would write without the package: walk the catalogue
as it was read from YAML for every case. It answers only "which due papers are missing", without alternatives,
doubts, derived facts and reasons; where those do not matter both must name the same papers, which is checked first.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any

import yaml

from archive_service.catalogue import load
from archive_service.catalogue.schema import Ask, Edition
from archive_service.completeness import consistency
from archive_service.completeness.conditions import facts_of
from archive_service.completeness.rules import Assessment, HeldItem, Status, assess

LIMIT_PER_SECOND = 2_000
#: Conditions that change what stands for what or follow from fields: left out where peer and program are compared.
_NOT_PLAIN = {"tenant", "rentedspace", "natural", "entity"}


@dataclass(frozen=True)
class Case:
    """A case as the bench holds it."""

    category: str
    business_type: str
    conditions: tuple[str, ...]
    held: tuple[HeldItem, ...]


def make_cases(edition: Edition, *, rounds: int, seed: int) -> list[Case]:
    """Return `rounds` cases of each combination, mixed."""
    chance = random.Random(seed)
    flags = [code for code in edition.conditions if code not in _NOT_PLAIN]
    cases = []
    for category, business_type in edition.combinations:
        for _ in range(rounds):
            holder = "natural" if category == "LR" else chance.choice(("natural", "entity"))
            conditions = (holder, *chance.sample(flags, chance.randint(0, 8)))
            share = chance.choice((1.0, 0.9, 0.6, 0.1))
            due = [
                each.document_type
                for each in edition.requirements(category, business_type)
                if each.requirement is Ask.REQUIRED or set(each.when_any) & set(conditions)
            ]
            held = tuple(_item(n, code, chance) for n, code in enumerate(due, 1) if chance.random() < share)
            cases.append(Case(category, business_type, conditions, held))
    chance.shuffle(cases)
    return cases


def _item(number: int, document_type: str, chance: random.Random) -> HeldItem:
    fields = {
        "account_no": "0512345678",
        "application_no": "202600001",
        "account_name": "江城市远大机械制造有限公司",
        "service_address": "江城市东湖区建设路12号3栋",
        "capacity": "800",
        "voltage": "10kV",
        "document_date": f"2026-0{chance.randint(1, 6)}-15",
    }
    doubts = ("识别置信度低",) if chance.random() < 1 / 12 else ()
    return HeldItem(number, document_type, 0.97, fields, doubts, dict.fromkeys(fields, 1))


def assessed(edition: Edition, case: Case) -> Assessment:
    """Judge one case as the archive does when an item is filed."""
    facts = facts_of(
        edition,
        category=case.category,
        business_type=case.business_type,
        conditions=case.conditions,
        voltage="10kV",
        capacity_kva=Decimal(800),
    )
    return assess(edition.requirements(case.category, case.business_type), facts, case.held)


def checked(edition: Edition, case: Case) -> tuple[consistency.Observation, ...]:
    """Judge one case and compare its papers."""
    assessed(edition, case)
    return consistency.check(
        consistency.CaseFacts(
            account_no="0512345678",
            account_name="江城市远大机械制造有限公司",
            application_no="202600001",
            service_address="江城市东湖区建设路12号3栋",
            category=case.category,
            business_type=case.business_type,
            capacity_kva=Decimal(800),
            voltage="10kV",
            accepted_on=date(2026, 1, 5),
        ),
        case.held,
    )


def plain_missing(catalogue: dict[str, Any], case: Case) -> set[str]:
    """The peer: walk the catalogue as read and return the due types of which too few are held."""
    missing = set()
    for kind in catalogue["document_types"]:
        for rule in kind["applies"]:
            if rule["category"] != case.category or case.business_type not in rule["business_types"]:
                continue
            due = rule["requirement"] == "required" or any(flag in case.conditions for flag in rule.get("when_any", ()))
            if due and sum(item.document_type == kind["code"] for item in case.held) < kind["count_min"]:
                missing.add(kind["code"])
    return missing


def per_second(judge: Callable[[Case], object], cases: Sequence[Case], seconds: float) -> float:
    """Return how many cases `judge` answers a second, by going round `cases` for at least `seconds`."""
    done = 0
    began = time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        for case in cases:
            judge(case)
        done += len(cases)
    return done / spent


def main() -> int:
    """Measure, print a Markdown row each, and fail below the limit."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seconds", type=float, default=3.0)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    edition = load.edition_for(None)
    text = (resources.files("archive_service.catalogue") / "standard" / f"{edition.code}.yaml").read_text("utf-8")
    catalogue = yaml.safe_load(text)
    cases = make_cases(edition, rounds=20, seed=given.seed)
    for case in cases:
        ours = {each.document_type for each in assessed(edition, case).verdicts if each.status is Status.MISSING}
        if ours != plain_missing(catalogue, case):
            print(f"peer and program disagree on {case}", file=sys.stderr)
            return 1
    plain = per_second(lambda case: plain_missing(catalogue, case), cases, given.seconds)
    rows = {
        "facts and verdicts with reasons": per_second(lambda case: assessed(edition, case), cases, given.seconds),
        "the same and all seventeen cross-document checks": per_second(
            lambda case: checked(edition, case), cases, given.seconds
        ),
    }
    print(f"{len(cases)} cases of {len(edition.combinations)} combinations, edition {edition.code}, one process")
    print("| assess | cases a second | against the limit of 2,000 | against a plain walk of the YAML |")
    print("|---|---|---|---|")
    print(f"| plain walk of the YAML (missing papers only) | {plain:,.0f} | {plain / LIMIT_PER_SECOND:.1f}x | 1.0x |")
    for name, rate in rows.items():
        print(f"| {name} | {rate:,.0f} | {rate / LIMIT_PER_SECOND:.1f}x | {rate / plain:.1f}x |")
    return 0 if rows["facts and verdicts with reasons"] >= LIMIT_PER_SECOND else 1


if __name__ == "__main__":
    raise SystemExit(main())
