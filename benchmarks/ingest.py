"""Pages a minute and reading errors of the whole pipeline on two processes, beside ocrmypdf on the same pages.

    python -m benchmarks.ingest [--quick] [--pages N] [--seed N] [--severity office|hard|mixed]

Ours is the command `archive-service ingest` on PDFs of six pages: receive, check, render, read, group, classify,
extract, match, file, index, from the start of the command to its end. The peer is given one PDF of all pages, which
suits it best, and writes a searchable PDF. Both start cold. CER is the least edit distance of each true line to any
stretch of its page's text, over the characters of the true lines; the texts of round seals and signatures are left out.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpdf import FPDF

from archive_service import samples
from benchmarks import support

PAGES_A_FILE = 6
GOAL_CER, GOAL_PAGES_A_MINUTE, GOAL_RATIO = 0.02, 30, 2.0
_PLAIN = ("--output-type", "pdf")
_TURNED = (*_PLAIN, "--rotate-pages", "--deskew")
_NOT_COUNTED = ("seal", "signature")
_MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Page:
    """One page as a device gave it, and its true lines, plain."""

    jpeg: bytes
    dpi: int
    width_px: int
    height_px: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """How one program did."""

    name: str
    pages_a_minute: float
    cpu_s: float
    cer: float
    worst: float


def make_pages(count: int, seed: int, severity: str) -> list[Page]:
    """Return worn pages of many types; mixed is half office, half hard."""
    kinds = ("office", "hard") if severity == "mixed" else (severity,)
    shares = [count // len(kinds) + (i < count % len(kinds)) for i in range(len(kinds))]
    made: list[Page] = []
    for kind, share in zip(kinds, shares, strict=True):
        made += [_page(image, truth) for image, truth in samples.pages(share, seed, kind)]
    # Alternate, so that every file has pages of both kinds.
    return [page for i in range(shares[0]) for page in made[i :: shares[0]]][:count]


def _page(image: Any, truth: dict[str, Any]) -> Page:
    dpi = truth["dpi"] or 200
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88, dpi=(dpi, dpi))
    lines = tuple(support.plain(line["text"]) for line in truth["lines"] if line["kind"] not in _NOT_COUNTED)
    width, height = image.size
    return Page(out.getvalue(), dpi, width, height, lines)


def write_pdf(pages: Sequence[Page], path: Path) -> None:
    """Write the pictures into a PDF as they are."""
    book = FPDF(unit="mm")
    for page in pages:
        width, height = (side / page.dpi * _MM_PER_INCH for side in (page.width_px, page.height_px))
        book.add_page(format=(width, height))
        book.image(io.BytesIO(page.jpeg), 0, 0, width, height)
    book.output(str(path))


def ours(pages: Sequence[Page], folder: Path) -> Result:
    """Take the pages through the pipeline of a fresh archive with two workers."""
    scans = folder / "scans"
    scans.mkdir()
    for number, first in enumerate(range(0, len(pages), PAGES_A_FILE)):
        write_pdf(pages[first : first + PAGES_A_FILE], scans / f"{number:03d}.pdf")
    program = str(Path(sys.executable).parent / "archive-service")
    home = {"ARCHIVE_HOME": str(folder / "home"), "ARCHIVE_WORKERS": "2"}
    support.run([program, "init"], environment=home)
    done = support.run([program, "ingest", str(scans), "--json"], environment=home)
    texts: list[str] = []
    for line in done.output.splitlines():
        found = support.run([program, "text", json.loads(line)["scan"], "--json"], environment=home)
        texts += [page["text"] for page in json.loads(found.output)["pages"]]
    return _result("archive-service, whole pipeline, 2 workers", done, pages, texts)


def peer(pages: Sequence[Page], folder: Path, program: str, options: Sequence[str]) -> Result:
    """Let ocrmypdf read the same pages with two jobs."""
    source, text = folder / "all.pdf", folder / "all.txt"
    write_pdf(pages, source)
    command = [program, "-j2", "-l", "chi_sim", *options, "--sidecar", str(text), str(source), str(folder / "out.pdf")]
    done = support.run(command)
    shown = " ".join(["ocrmypdf -j2 -l chi_sim", *options[2:]])
    return _result(f"`{shown}`", done, pages, text.read_text(encoding="utf-8").split("\f"))


def _result(name: str, done: support.Run, pages: Sequence[Page], texts: Sequence[str]) -> Result:
    shares, wrong, all_characters = [], 0, 0
    for i, page in enumerate(pages):
        text = support.plain(texts[i]) if i < len(texts) else ""
        missed, characters = sum(support.errors(line, text) for line in page.lines), sum(map(len, page.lines))
        wrong, all_characters = wrong + missed, all_characters + characters
        shares.append(missed / max(1, characters))
    return Result(name, 60 * len(pages) / done.wall_s, done.cpu_s / len(pages), wrong / all_characters, max(shares))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--quick", action="store_true", help="12 pages")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--severity", choices=("office", "hard", "mixed"), default="mixed")
    asked = parser.parse_args()
    pages = make_pages(12 if asked.quick else asked.pages, asked.seed, asked.severity)
    print(support.machine())
    print(f"{len(pages)} pages, {asked.severity}, seed {asked.seed}, {_mean_characters(pages):.0f} characters a page\n")
    program = shutil.which("ocrmypdf", path=str(Path(sys.executable).parent)) or shutil.which("ocrmypdf")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        results.append(ours(pages, Path(folder)))
        if program and shutil.which("tesseract"):
            results += [peer(pages, Path(folder), program, options) for options in (_PLAIN, _TURNED)]
        else:
            print("ocrmypdf or tesseract is not on this machine: there is no peer to compare with.\n")
    _print(results)


def _mean_characters(pages: Sequence[Page]) -> float:
    return sum(len(line) for page in pages for line in page.lines) / len(pages)


def _print(results: Sequence[Result]) -> None:
    first, *peers = results
    heads = ("program", "pages/min", "CPU s/page", "CER", "worst page", "ours is")
    rows = [
        (
            result.name,
            f"{result.pages_a_minute:.1f}",
            f"{result.cpu_s:.2f}",
            f"{result.cer:.2%}",
            f"{result.worst:.1%}",
            "" if result is first else f"{first.pages_a_minute / result.pages_a_minute:.1f} x as fast",
        )
        for result in results
    ]
    print(support.table(heads, rows))
    ratio = first.pages_a_minute / peers[-1].pages_a_minute if peers else None
    goals = {
        f"CER at most {GOAL_CER:.0%}": first.cer <= GOAL_CER,
        f"at least {GOAL_PAGES_A_MINUTE} pages a minute": first.pages_a_minute >= GOAL_PAGES_A_MINUTE,
        f"at least {GOAL_RATIO:.0f} x ocrmypdf --rotate-pages --deskew": None if ratio is None else ratio >= GOAL_RATIO,
    }
    words = {True: "reached", False: "NOT reached", None: "not measured"}
    print("\n" + "\n".join(f"- {goal}: {words[reached]}" for goal, reached in goals.items()))


if __name__ == "__main__":
    main()
