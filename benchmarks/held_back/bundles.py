"""Put papers together as offices scan them: some of one household in a file, with blank backs and what does not belong.

    python -m benchmarks.held_back.bundles OUT [--split dev|held] [--households N] [--seed N]

writes cases.csv, scans/*.pdf and truth.json under OUT.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from fpdf import FPDF

from benchmarks.held_back import contracts, decoys, forms, letters, proofs, world
from benchmarks.held_back.pen import SPLITS, Paper, Pen
from benchmarks.held_back.press import Press, Printed, opened
from benchmarks.held_back.wear import Worn, wear
from benchmarks.held_back.world import Case

_MM_PER_INCH = 25.4
#: Papers of a case in the order of its stages, by category and business; "?" is there half the time.
PLANS: tuple[tuple[str, str, str], ...] = (
    ("HV", "NEW", "A01? A02H A03? A06 A07 A08 A09 A10 S01 P03H F01? F02? D04 C01 C04? C10 K01H K02? T01 E02 V01"),
    ("LR", "NEW", "A01? A02R A05 A10 S01? P03L K01R T01 V01?"),
    ("LN", "NEW", "A02N A06 A08 A09 A11 A12 A24? S01 P03L K01L K02? T01 E02? V01"),
    ("LR", "TRANSFER", "A02V A05 A28 A10 A27 K01R"),
    ("LR", "EV", "A02R A05 A33 A34 S01? P03L K01R T01"),
    ("LR", "DG", "A02D A05 A10 S01? P03L? K01R T01? V01?"),
    ("HV", "INC", "A02H A03 A06 A08 A09 S01 P03H F01 F02 C01 C10 K01H T01 E02"),
    ("LN", "TRANSFER", "A02V A06 A08 A09 A28 A27 K01L"),
)
_PROOFS: dict[str, Callable[[Pen], Paper]] = {
    "A05": proofs.identity_card, "A09": proofs.identity_card, "A06": proofs.licence, "A10": proofs.deed, "F02": proofs.receipt,
    "C04": proofs.report, "K01H": contracts.supply, "K01L": contracts.supply, "K01R": contracts.supply, "K02": contracts.settlement,
    "A11": contracts.lease, "": decoys.decoy,
}  # fmt: skip
_COLUMNS = "account_no account_name service_address customer_category business_type application_no centre capacity_kva voltage conditions accepted_on energised_on"


@dataclass
class Bundle:
    """One file: its pages as scanned and what is true of them."""

    pages: list[Worn] = field(default_factory=list)
    lines: list[tuple[str, ...]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)


def write_paper(case: Case, code: str, split: str, rng: Random) -> Paper:
    """Return a paper of type `code` for `case`; an empty code gives one that is in no catalogue."""
    pen = Pen(case, code, split, rng)
    if code in _PROOFS:
        return _PROOFS[code](pen)
    return letters.letter(pen) if code in letters.LETTERS else forms.form(pen, forms.FORMS[code])


def make(out: Path, *, split: str, households: int, seed: int, press: Press) -> dict[str, Any]:
    """Write `households` cases and their scans under `out`; return the truth, which is also in truth.json."""
    (out / "scans").mkdir(parents=True, exist_ok=True)
    cases: list[Case] = []
    files: list[dict[str, Any]] = []
    for number in range(households):
        rng = Random(f"{split}/{seed}/{number}")
        category, business, plan = PLANS[number % len(PLANS)]
        case = world.case(rng, category, business)
        cases.append(case)
        for papers in sorted_out(case, plan, split, rng):
            path = out / "scans" / f"{rng.choice(('扫描', 'scan', 'DOC'))}{len(files) + 1:04d}.pdf"
            bundle = _scan(papers, press, rng)
            _write(bundle.pages, path)
            files.append(_truth(path, bundle))
    _register(cases, out / "cases.csv")
    truth = {"split": split, "seed": seed, "files": files}
    (out / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
    return truth


def sorted_out(case: Case, plan: str, split: str, rng: Random) -> list[list[tuple[Paper, Case | None]]]:
    """Return the papers of a case in files, each with whose it is; None for nobody's in the register."""
    codes = [code.rstrip("?") for code in plan.split() if not code.endswith("?") or rng.random() < 0.5]
    if case.natural:
        codes = ["A05" if code == "A06" else code for code in codes if code != "A07"]
    papers: list[tuple[Paper, Case | None]] = [(write_paper(case, code, split, rng), case) for code in codes]
    if rng.random() < 0.35:
        papers.insert(rng.randrange(1, len(papers)), (write_paper(case, "", split, rng), None))
    if rng.random() < 0.15:
        stranger = world.case(rng, case.category, case.business)
        code = rng.choice([code for code in codes if code in forms.FORMS])
        papers.insert(rng.randrange(1, len(papers)), (write_paper(stranger, code, split, rng), None))
    found: list[list[tuple[Paper, Case | None]]] = []
    while papers:
        size = rng.choice((1, 2, 4, 6, 8, 12))
        found.append(papers[:size])
        papers = papers[size:]
    return found


def _scan(papers: Sequence[tuple[Paper, Case | None]], press: Press, rng: Random) -> Bundle:
    """Print and scan papers one behind the other."""
    bundle = Bundle()
    dpi = rng.choice((150, 200, 200, 200, 240, 300))
    backs = rng.random() < 0.25
    for paper, owner in papers:
        first = len(bundle.pages) + 1
        printed = [press.page(body, dpi) for body in paper.pages]
        for number, page in enumerate(printed):
            behind = printed[number - 1].image if number else None
            _add(bundle, page, rng, behind)
        bundle.documents.append(_document(paper, owner, list(range(first, len(bundle.pages) + 1))))
        if backs and len(printed) % 2:
            blank = press.page("", dpi)
            _add(bundle, blank, rng, printed[-1].image)
    return bundle


def _add(bundle: Bundle, page: Printed, rng: Random, behind: Any) -> None:
    bundle.pages.append(wear(page.image, page.dpi, rng, behind))
    bundle.lines.append(tuple(line.text for line in page.lines))


def _document(paper: Paper, owner: Case | None, pages: list[int]) -> dict[str, Any]:
    return {
        "document_type": paper.code or "OTHER",
        "title": paper.title,
        "layout": paper.layout,
        "pages": pages,
        "account_no": owner.account_no if owner else None,
        "application_no": owner.application_no if owner else None,
        "fields": paper.fields,
    }


def _truth(path: Path, bundle: Bundle) -> dict[str, Any]:
    pages = [
        {"page": number, "rotation": page.rotation, "device": page.device, "dpi": page.dpi, "lines": list(lines)}
        for number, (page, lines) in enumerate(zip(bundle.pages, bundle.lines, strict=True), 1)
    ]
    return {"file": path.name, "pages": pages, "documents": bundle.documents}


def _write(pages: Sequence[Worn], path: Path) -> None:
    book = FPDF(unit="mm")
    for page in pages:
        width, height = (side / page.dpi * _MM_PER_INCH for side in (page.width_px, page.height_px))
        book.add_page(format=(width, height))
        book.image(io.BytesIO(page.jpeg), 0, 0, width, height)
    book.output(str(path))


def _register(cases: Sequence[Case], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(_COLUMNS.split())
        for case in cases:
            conditions = ["natural" if case.natural else "entity", "agent"]
            sheet.writerow([
                case.account_no, case.name, case.address, case.category, case.business, case.application_no, "ROOT",
                case.capacity, case.voltage, ";".join(conditions), case.days["accept"], case.days["energise"],
            ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", choices=SPLITS, default="dev")
    parser.add_argument("--households", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("Chromium is not on this machine: it sets the held-back papers.")
    with opened(program) as press:
        truth = make(asked.out, split=asked.split, households=asked.households, seed=asked.seed, press=press)
    print(f"{len(truth['files'])} files, {sum(len(file['pages']) for file in truth['files'])} pages in {asked.out}")


if __name__ == "__main__":
    main()
