"""Make a whole sample set: the case list, the files, and the truth about both."""

# Samples need numbers that can be repeated, not secrets.
# ruff: noqa: S311

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from archive_service.errors import Invalid
from archive_service.samples import cases, people, plans, raster, wear
from archive_service.samples.cases import Case
from archive_service.samples.papers.registry import PAPERS, one_document, stray
from archive_service.samples.parcels import Desk, Piece, document_truth, page_truth, sort_out
from archive_service.samples.plans import PLANS, Plan

_COLUMNS = people.words(
    "account_no account_name service_address customer_category business_type application_no centre "
    "capacity_kva voltage conditions accepted_on energised_on"
)


@dataclass(frozen=True)
class SampleFile:
    """One written file and what is true of it."""

    path: Path
    truth: dict[str, Any]


@dataclass(frozen=True)
class SampleSet:
    """A written sample set; `units` are (code, name, parent code), parents first."""

    cases_csv: Path
    truth_json: Path
    files: list[SampleFile]
    units: tuple[tuple[str, str, str | None], ...]
    pages: int


@dataclass(frozen=True)
class _Household:
    plan: Plan
    case: Case
    pieces: list[Piece]
    contradictions: list[dict[str, str]]


def make(
    out: Path,
    *,
    households: int = 12,
    seed: int = 1,
    severity: str = "office",
    progress: Callable[[int, int], None] | None = None,
) -> SampleSet:
    """Write a sample set of so many households under `out`: cases.csv, scans/, truth.json.

    The same arguments give the same files. `severity` is clean, office or hard. `progress` is told the households
    done and their number.
    """
    _check(households, severity)
    folder = out / "scans"
    folder.mkdir(parents=True, exist_ok=True)
    made = [_household(PLANS[number % len(PLANS)], Random(f"{seed}/{number}")) for number in range(households)]
    _slip_in(made, seed)
    desk = Desk(folder, severity, Random(f"{seed}/desk"))
    written: list[SampleFile] = []
    for number, household in enumerate(made, 1):
        for parcel in sort_out(household.plan.files, household.pieces, desk.rng):
            path, truth = desk.write(parcel)
            written.append(SampleFile(path, truth | {"centre": household.case.unit_code}))
        if progress:
            progress(number, households)
    cases_csv = _write_cases([household.case for household in made], out / "cases.csv")
    truth_json = _write_truth(made, written, out / "truth.json", seed=seed, severity=severity)
    return SampleSet(cases_csv, truth_json, written, cases.UNITS, sum(map(_pages_of, (file.truth for file in written))))


def pages(n: int, seed: int, severity: str = "office") -> list[tuple[Image.Image, dict[str, Any]]]:
    """Return `n` worn pages of many types with their truth, for measuring recognition.

    The images are as stored by the device; `rotation` in the truth says how far clockwise they were turned.
    """
    _check(n, severity)
    rng = Random(f"pages/{seed}")
    codes = rng.sample(sorted(PAPERS), len(PAPERS))
    found: list[tuple[Image.Image, dict[str, Any]]] = []
    while len(found) < n:
        code = codes[len(found) % len(codes)]
        case = case_for(code, rng)
        document = one_document(code, case, rng)
        sheet = rng.choice(document.sheets)
        dpi = wear.pick_dpi(severity, rng)
        page = raster.draw(sheet, dpi=dpi, seed=rng.getrandbits(32))
        seen = (wear.photo if rng.random() < 0.2 else wear.scan)(page, dpi=dpi, severity=severity, rng=rng)
        place = document.sheets.index(sheet) + 1
        truth = document_truth(Piece(document, case), [place]) | page_truth(sheet, seen, place)
        found.append((seen.image, truth))
    return found


def case_for(code: str, rng: Random) -> Case:
    """Invent a case in which a paper of this type can occur."""
    fitting = [plan for plan in PLANS if code in (*plan.asked, *plan.papers)]
    plan = rng.choice(fitting or [PLANS[0]])
    return replace(_case(plan, rng), listed=_SOME_TITLES)


_SOME_TITLES = (
    ("用电登记表", 1),
    ("居民身份证复印件", 1),
    ("供电方案答复单", 1),
    ("供用电合同", 3),
    ("电能计量装接单", 1),
)


def _check(count: int, severity: str) -> None:
    if count < 1:
        raise Invalid("samples.count", "样张数量至少为1。请改正后再试。")
    if severity not in wear.SEVERITIES:
        raise Invalid("samples.severity", "样张的清晰程度只能是 clean、office 或 hard。请改正后再试。")


def _case(plan: Plan, rng: Random) -> Case:
    return cases.invent(rng, category=plan.category, business_type=plan.business_type, conditions=plan.conditions)


def _household(plan: Plan, rng: Random) -> _Household:
    case = _case(plan, rng)
    odd, other, notes = "", case, []
    if plan.contradiction:
        odd, other, note = plans.contradicting(plan.contradiction, case, rng)
        notes.append(note)
    own = [code for code in plan.papers if code not in ("X01", "X02", "X03")]
    documents = {code: one_document(code, other if code == odd else case, rng) for code in own}
    case = replace(case, listed=tuple((document.title, len(document.sheets)) for document in documents.values()))
    lists = {code: one_document(code, case, rng) for code in plan.papers if code not in documents}
    pieces = [Piece((documents | lists)[code], case) for code in plan.papers]
    if plan.stray:
        pieces.insert(rng.randrange(1, len(pieces)), Piece(stray(case, rng), case))
    return _Household(plan, case, pieces, notes)


def _slip_in(made: Sequence[_Household], seed: int) -> None:
    """Let a paper of the first household get into the batches that are so planned."""
    for number, household in enumerate(made):
        if household.plan.foreign and number < len(PLANS):
            rng = Random(f"{seed}/foreign/{number}")
            owner = made[0].case
            paper = one_document(household.plan.foreign, owner, rng)
            household.pieces.insert(len(household.pieces) // 2, Piece(paper, owner))


def _write_cases(made: Sequence[Case], path: Path) -> Path:
    stages = [f"stage_{code}_on" for code in cases.STAGES]
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow([*_COLUMNS, *stages])
        for case in made:
            days = [case.on[code].isoformat() if code in case.on else "" for code in cases.STAGES]
            accepted, energised = days[0], days[cases.STAGES.index("ENERGISE")]
            whose = (case.account_no, case.account_name, case.service_address, case.category, case.business_type)
            what = (case.application_no, case.unit_code, case.capacity, case.voltage, ";".join(case.conditions))
            sheet.writerow([*whose, *what, accepted, energised, *days])
    return path


def _write_truth(
    made: Sequence[_Household], written: Sequence[SampleFile], path: Path, *, seed: int, severity: str
) -> Path:
    filed: dict[str, list[str]] = {household.case.application_no: [] for household in made}
    for file in written:
        for document in _documents_of(file.truth):
            if document["document_type"]:
                filed[document["application_no"]].append(document["document_type"])
    truth = {
        "seed": seed,
        "severity": severity,
        "units": [list(unit) for unit in cases.UNITS],
        "cases": [_case_truth(household, filed[household.case.application_no]) for household in made],
        "files": [file.truth for file in written],
    }
    path.write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def _case_truth(household: _Household, filed: Sequence[str]) -> dict[str, Any]:
    case = household.case
    missing = [code for code in household.plan.asked if code not in filed]
    return {
        "application_no": case.application_no,
        "account_no": case.account_no,
        "account_name": case.account_name,
        "customer_category": case.category,
        "business_type": case.business_type,
        "centre": case.unit_code,
        "conditions": list(case.conditions),
        "filed": sorted(filed),
        "missing": missing,
        "complete": not missing,
        "contradictions": household.contradictions,
    }


def _documents_of(truth: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the documents of a file, in a ZIP those of its members."""
    inner = [document for member in truth.get("members", []) for document in _documents_of(member)]
    return [*truth.get("documents", []), *inner]


def _pages_of(truth: dict[str, Any]) -> int:
    return int(truth.get("pages", 0)) + sum(map(_pages_of, truth.get("members", [])))
