"""Types, fields and filings on the text of held-back papers as printed, without pictures: recognition without a reader.

    python -m benchmarks.recognition_text [--sets dev held second] [--households 8] [--seeds 31 32]

A minute instead of an hour: Chromium sets the papers and says where each line stands, and no page is scanned or read.
Only the sums are printed, as in `benchmarks.recognition`; what a reader adds in errors, that benchmark measures.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from random import Random

from archive_service.catalogue import load
from archive_service.households.values import OTHER
from archive_service.settings import Settings
from benchmarks import support
from benchmarks.held_back import bundles, world
from benchmarks.held_back.pen import SPLITS, Paper
from benchmarks.held_back.press import HEIGHT, WIDTH, Press, opened
from benchmarks.held_back.world import Case
from benchmarks.recognition_score import Found, ReadFile, Score, score
from benchmarks.recognition_truth import DocumentTruth, FileTruth
from ingest.lines import PageText, TextLine
from ingest.recognise.propose import propose
from ingest.recognise.values import KnownCase, KnownHousehold, Proposal, Said, Thresholds

#: Pixels of a page for each of the press's: about 200 dpi.
_SCALE = 2
_EDITION = load.edition_for(None)
_SETTINGS = Settings(_env_file=None)


class _Register:
    """The households of a set, held in memory."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.households = [_known(number, case) for number, case in enumerate(cases, 1)]

    def by_account_no(self, text: str) -> list[KnownHousehold]:
        return [one for one in self.households if one.account_no == text]

    def by_application_no(self, text: str) -> list[KnownCase]:
        return [found for one in self.households for found in one.cases if found.application_no == text]

    def by_name(self, name: str) -> list[KnownHousehold]:
        return [one for one in self.households if one.account_name == name]

    def by_household_id(self, household_id: int) -> KnownHousehold | None:
        return next((one for one in self.households if one.id == household_id), None)


def _known(number: int, case: Case) -> KnownHousehold:
    expected = frozenset(
        code
        for code, kind in _EDITION.document_types.items()
        for applies in kind.applies
        if applies.category == case.category and case.business in applies.business_types
    )
    one = KnownCase(
        number, number, case.application_no, case.business, case.category, case.days["accept"], None, expected
    )
    return KnownHousehold(number, case.account_no, case.name, case.address, case.category, (one,))


def measure(split: str, households: int, seed: int, press: Press) -> Score:
    """Return the sums over a set of papers that is printed now."""
    made = [_household(split, seed, number) for number in range(households)]
    register = _Register([case for case, _ in made])
    truths: list[FileTruth] = []
    read: dict[str, ReadFile] = {}
    for number, (_, files) in enumerate(made):
        for place, papers in enumerate(files):
            name = f"{number}-{place}"
            pages, documents = _printed(papers, press)
            found = propose(
                pages,
                edition=_EDITION,
                lookup=register,
                said=Said(),
                thresholds=Thresholds(_SETTINGS.file_type_threshold, _SETTINGS.file_match_threshold),
                account_pattern=_SETTINGS.account_no_pattern,
                application_pattern=_SETTINGS.application_no_pattern,
            )
            truths.append(FileTruth(name, (), tuple(documents)))
            read[name] = ReadFile(name, (), tuple(_found(one, register) for one in found))
    return score(truths, read)


def _household(split: str, seed: int, number: int) -> tuple[Case, list[list[tuple[Paper, Case | None]]]]:
    rng = Random(f"{split}/{seed}/{number}")
    category, business, plan = bundles.PLANS[number % len(bundles.PLANS)]
    case = world.case(rng, category, business)
    return case, bundles.sorted_out(case, plan, split, rng)


def _printed(papers: Sequence[tuple[Paper, Case | None]], press: Press) -> tuple[list[PageText], list[DocumentTruth]]:
    pages: list[PageText] = []
    documents = []
    for paper, owner in papers:
        first = len(pages) + 1
        pages += [_page(len(pages) + at, body, press) for at, body in enumerate(paper.pages, 1)]
        documents.append(
            DocumentTruth(
                paper.code or OTHER,
                tuple(range(first, len(pages) + 1)),
                owner.account_no if owner else None,
                owner.application_no if owner else None,
                paper.fields,
                paper.layout,
            )
        )
    return pages, documents


def _page(number: int, body: str, press: Press) -> PageText:
    lines = tuple(
        TextLine(one.text, (x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)), 0.98)
        for one in press.lines(body)
        for x0, y0, x1, y1 in [tuple(round(_SCALE * part) for part in one.box)]
    )
    return PageText(number, lines, _SCALE * WIDTH, _SCALE * HEIGHT)


def _found(one: Proposal, register: _Register) -> Found:
    household = register.by_household_id(one.household_id or 0)
    case = next((case for case in household.cases if case.id == one.case_id), None) if household else None
    return Found(
        one.document_type,
        one.pages,
        household.account_no if household else None,
        case.application_no if case else None,
        {name: found.value for name, found in one.fields.items()},
        not one.doubts and household is not None,
        one.doubts,
    )


def _rows(split: str, found: Score) -> Iterator[Sequence[str]]:
    yield split, "document type right", str(found.types)
    yield split, "fields exact", str(found.fields)
    yield split, "identity numbers", str(found.identity)
    yield split, "account numbers", str(found.account)
    yield split, "boundaries, F1", f"{found.boundaries:.3f}"
    yield split, "wrongly filed", f"{found.wrong_share:.2%} ({found.wrongly_filed}/{found.filed})"
    yield split, "filed rightly and untouched", str(found.untouched)
    for name, share in sorted(found.by_field.items()):
        if share.good < share.all:
            yield split, f"  {name}", str(share)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SPLITS, default=list(SPLITS))
    parser.add_argument("--households", type=int, default=8, help="in each set")
    parser.add_argument("--seeds", nargs="+", type=int, default=[31, 32])
    asked = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        parser.error("Chromium is not on this machine")
    with opened(program) as press:
        for split in asked.sets:
            for seed in asked.seeds:
                found = measure(split, asked.households, seed, press)
                print(
                    support.table((f"set, seed {seed}", "measure", "found"), list(_rows(split, found))) + "\n",
                    flush=True,
                )


if __name__ == "__main__":
    main()
