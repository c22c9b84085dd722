"""All figures of recognition on scans of an unseen seed, through the real program, beside Tesseract and ocrmypdf.

    python -m benchmarks.recognition [--quick] [--seed N] [--households N] [--sets samples dev held second]
        [--keep FOLDER]
    python -m benchmarks.recognition --keep FOLDER --again

Four sets of scans: the program's own samples, and three of papers drawn by other means with other wordings
(`benchmarks.held_back`): the errors of "dev" and "held" may be looked at when rules are improved, of "second" only
these sums are.
Held-back papers need Chromium, the peers need Tesseract and ocrmypdf; what is not there is left out and said.

Fields count as right when the value is the true one but for width, spaces and punctuation; a missing one is wrong.
A boundary is the first page of a document, but for the first of a file. Filed wrongly is whatever was filed without a
person and is not of that type, those pages, that household and that case. Untouched is the share of all papers of known
households that were filed so, rightly. CER is as in `benchmarks.ingest`, on pages as scanned, turned ones too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive_service import samples
from benchmarks import recognition_run, recognition_truth, support
from benchmarks.held_back import bundles
from benchmarks.held_back.press import opened
from benchmarks.recognition_peers import Reading, peers
from benchmarks.recognition_run import Outcome
from benchmarks.recognition_score import Score, score
from benchmarks.recognition_truth import ScanSet

_NAMES = {
    "samples": "own samples",
    "dev": "other hand, dev",
    "held": "other hand, held back at first",
    "second": "other hand, held back still",
}


@dataclass(frozen=True)
class Measure:
    """A row of the table: how it is read off a score, and what is to be reached."""

    name: str
    shown: Callable[[Score, Outcome], str]
    goal: str
    reached: Callable[[Score, Outcome], bool]


MEASURES = (
    Measure(
        "character error rate, degraded pages as scanned",
        lambda s, _: f"{s.cer:.2%}",
        "1.0 % or less",
        lambda s, _: s.cer <= 0.01,
    ),
    Measure("fields exact, all", lambda s, _: str(s.fields), "95 %", lambda s, _: s.fields.value >= 0.95),
    Measure(
        "fields exact, identity numbers", lambda s, _: str(s.identity), "98 %", lambda s, _: s.identity.value >= 0.98
    ),
    Measure("fields exact, account number", lambda s, _: str(s.account), "98 %", lambda s, _: s.account.value >= 0.98),
    Measure("document type right", lambda s, _: str(s.types), "95 %", lambda s, _: s.types.value >= 0.95),
    Measure("boundaries, F1", lambda s, _: f"{s.boundaries:.3f}", "0.97", lambda s, _: s.boundaries >= 0.97),
    Measure(
        "wrongly filed without review",
        lambda s, _: f"{s.wrong_share:.2%} ({s.wrongly_filed}/{s.filed})",
        "0.3 % or less",
        lambda s, _: s.wrong_share <= 0.003,
    ),
    Measure(
        "filed rightly and untouched", lambda s, _: str(s.untouched), "80 %", lambda s, _: s.untouched.value >= 0.8
    ),
    Measure("orientation right", lambda s, _: str(s.upright), "99 %", lambda s, _: s.upright.value >= 0.99),
    Measure(
        "pages a minute, scan to indexed, searchable PDF included",
        lambda _, o: f"{o.pages_a_minute:.1f}",
        "60",
        lambda _, o: o.pages_a_minute >= 60,
    ),
    Measure(
        "memory of the largest process",
        lambda _, o: f"{o.worker_gib:.2f} GiB",
        "1.5 GiB or less",
        lambda _, o: o.worker_gib <= 1.5,
    ),
)


def make(name: str, folder: Path, households: int, seed: int) -> ScanSet | None:
    """Make a set of scans; None where what prints it is not on this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == "samples":
        made = samples.make(folder, households=households, seed=seed, severity="hard")
        return recognition_truth.of_samples(name, folder, json.loads(made.truth_json.read_text(encoding="utf-8")))
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return None
    with opened(program) as press:
        truth = bundles.make(folder, split=name, households=households, seed=seed, press=press)
    return recognition_truth.of_held_back(name, folder, truth)


def kept(name: str, folder: Path) -> ScanSet:
    """Return a set that an earlier run made."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    read = recognition_truth.of_samples if name == "samples" else recognition_truth.of_held_back
    return read(name, folder, truth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="4 households a set, 12 pages for the peers")
    parser.add_argument("--seed", type=int, default=2027)
    parser.add_argument("--households", type=int, default=16, help="in each set")
    parser.add_argument("--peer-pages", type=int, default=40, help="of each set that the peers read; 0 for none")
    parser.add_argument("--sets", nargs="+", choices=tuple(_NAMES), default=list(_NAMES))
    parser.add_argument("--keep", type=Path, help="folder in which scans and archives stay")
    parser.add_argument("--again", action="store_true", help="recognise anew what an earlier run read into --keep")
    asked = parser.parse_args()
    if asked.again and not asked.keep:
        parser.error("--again needs the --keep folder of an earlier run")
    households, peer_pages = (4, min(12, asked.peer_pages)) if asked.quick else (asked.households, asked.peer_pages)
    print(support.machine())
    print(
        "what is kept, with the rules of today\n"
        if asked.again
        else f"seed {asked.seed}, {households} households a set\n"
    )
    results: dict[str, tuple[Score, Outcome]] = {}
    readings: dict[str, list[Reading]] = {}
    with _folder(asked.keep) as folder:
        for name in asked.sets:
            scans = kept(name, folder / name) if asked.again else make(name, folder / name, households, asked.seed)
            if scans is None:
                print(f"Chromium is not on this machine: the set “{_NAMES[name]}” is left out.\n")
                continue
            home = folder / name / "home"
            outcome = recognition_run.again(home) if asked.again else recognition_run.run(scans, home)
            results[name] = (score(scans.files, outcome.files), outcome)
            print(f"{_NAMES[name]}: {len(scans.files)} files, {scans.page_count} pages read", flush=True)
            if peer_pages:
                readings[name] = peers(scans, peer_pages, outcome.files)
    _print(results, readings)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept:
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _print(results: dict[str, tuple[Score, Outcome]], readings: dict[str, list[Reading]]) -> None:
    heads = ("measure", *(_NAMES[name] for name in results), "to reach")
    rows = [(one.name, *(_cell(one, *found) for found in results.values()), one.goal) for one in MEASURES]
    print("\n" + support.table(heads, rows) + "\n")
    print(support.table(("program", "set", "CER", "pages/min"), list(_peer_rows(readings))))


def _cell(measure: Measure, found: Score, outcome: Outcome) -> str:
    if "nan" in measure.shown(found, outcome):
        return "not measured"
    return measure.shown(found, outcome) + ("" if measure.reached(found, outcome) else " NOT reached")


def _peer_rows(readings: dict[str, list[Reading]]) -> Iterator[Sequence[str]]:
    for name, found in readings.items():
        for one in found:
            speed = "as above" if one.pages_a_minute is None else f"{one.pages_a_minute:.1f}"
            yield one.name, _NAMES[name], f"{one.cer:.2%}", speed


if __name__ == "__main__":
    main()
