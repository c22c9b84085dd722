"""The same pages read by Tesseract and ocrmypdf."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pypdfium2

from benchmarks import support
from benchmarks.recognition_score import ReadFile
from benchmarks.recognition_truth import PageTruth, ScanSet

_PLAIN = ("--output-type", "pdf")
_TURNED = (*_PLAIN, "--rotate-pages", "--deskew")
_DPI = 200


@dataclass(frozen=True)
class Reading:
    """How one program read the pages; `pages_a_minute` is None where it was not timed."""

    name: str
    cer: float
    pages_a_minute: float | None


def peers(scans: ScanSet, most: int, mine: Mapping[str, ReadFile]) -> list[Reading]:
    """Return how each program reads the first pages of a set, `most` at most; ours first, from what it read already."""
    files = _some_pdfs(scans, most)
    pages = [page for _, found in files for page in found]
    own = [page.text for path, _ in files for page in mine[path.name].pages] if files else []
    found = [Reading("archive-service", _cer(pages, own), None)]
    if not shutil.which("tesseract"):
        return found
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "all.pdf"
        _join([path for path, _ in files], whole)
        found.append(_tesseract(whole, pages))
        program = shutil.which("ocrmypdf", path=str(Path(sys.executable).parent)) or shutil.which("ocrmypdf")
        if program:
            found += [_ocrmypdf(program, options, whole, pages) for options in (_PLAIN, _TURNED)]
    return found


def _some_pdfs(scans: ScanSet, most: int) -> list[tuple[Path, Sequence[PageTruth]]]:
    chosen: list[tuple[Path, Sequence[PageTruth]]] = []
    count = 0
    for file in scans.files:
        path = scans.folder / "scans" / file.name
        if path.suffix == ".pdf" and path.exists() and count + len(file.pages) <= most:
            chosen.append((path, file.pages))
            count += len(file.pages)
    return chosen


def _join(paths: Sequence[Path], out: Path) -> None:
    book = pypdfium2.PdfDocument.new()
    for path in paths:
        book.import_pages(pypdfium2.PdfDocument(str(path)))
    book.save(str(out))


def _tesseract(book: Path, pages: Sequence[PageTruth]) -> Reading:
    """Read each page as it lies, rendered at 200 dpi, two at a time on one thread each."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(_one, _pictures(book)))
    took_s = time.perf_counter() - begun
    return Reading("`tesseract -l chi_sim`, two at a time", _cer(pages, texts), 60 * len(pages) / took_s)


def _pictures(book: Path) -> Iterator[bytes]:
    for page in pypdfium2.PdfDocument(str(book)):
        out = io.BytesIO()
        page.render(scale=_DPI / 72).to_pil().save(out, "PNG")
        yield out.getvalue()


def _one(picture: bytes) -> str:
    command = ["tesseract", "stdin", "stdout", "-l", "chi_sim", "--dpi", str(_DPI)]
    done = subprocess.run(
        command, input=picture, capture_output=True, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"}
    )
    return done.stdout.decode("utf-8")


def _ocrmypdf(program: str, options: Sequence[str], book: Path, pages: Sequence[PageTruth]) -> Reading:
    text = book.with_suffix(".txt")
    command = [
        program,
        "-j2",
        "-l",
        "chi_sim",
        *options,
        "--sidecar",
        str(text),
        str(book),
        str(book.with_name("o.pdf")),
    ]
    done = support.run(command)
    shown = " ".join(["ocrmypdf -j2 -l chi_sim", *options[2:]])
    texts = text.read_text(encoding="utf-8").split("\f")
    return Reading(f"`{shown}`", _cer(pages, texts), 60 * len(pages) / done.wall_s)


def _cer(pages: Sequence[PageTruth], texts: Sequence[str]) -> float:
    wrong = characters = 0
    for place, page in enumerate(pages):
        text = support.plain(texts[place]) if place < len(texts) else ""
        wrong += sum(support.errors(line, text) for line in page.lines)
        characters += sum(map(len, page.lines))
    return wrong / max(1, characters)
