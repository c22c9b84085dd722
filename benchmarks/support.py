"""What the benchmarks share: the line about the machine, Markdown tables, timed programs, reading errors."""

from __future__ import annotations

import io
import os
import platform
import resource
import subprocess
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw


@dataclass(frozen=True)
class Run:
    """What a program printed, and what it cost with all its children."""

    output: str
    wall_s: float
    cpu_s: float


def machine() -> str:
    """Say on what the figures were measured, and how busy it was, for they mean nothing without it."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load, _, _ = os.getloadavg()
    return (
        f"{os.cpu_count()} cores of {_processor()}, {memory_gib:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}; load before the run {load:.1f}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    # Matrix units change the speed of the networks severalfold, so their presence belongs to the figure.
    return name + (" with AMX" if any("amx_bf16" in line for line in lines if line.startswith("flags")) else "")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [list(map(str, heads)), ["---"] * len(heads), *(list(map(str, row)) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Run:
    """Run a program to its end and time it; raises CalledProcessError if it fails."""
    before, start = _children_cpu_s(), time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return Run(done.stdout, time.perf_counter() - start, _children_cpu_s() - before)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def plain(text: str) -> str:
    """Take away what no reader is asked to keep: spaces and the width of characters."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def errors(line: str, text: str) -> int:
    """Return the least edit distance of `line` to any stretch of `text`, both plain."""
    if line in text:
        return 0
    letters = np.array([ord(letter) for letter in text])
    places = np.arange(len(letters) + 1)
    row = np.zeros(len(letters) + 1, np.int64)
    for done, letter in enumerate(line, 1):
        changed = np.minimum(row[:-1] + (letters != ord(letter)), row[1:] + 1)
        row = np.concatenate([[done], changed])
        # What is still missing is an insertion, which runs along the row.
        row = np.minimum.accumulate(row - places) + places
    return min(int(row.min()), len(line))


def page_picture() -> bytes:
    """Return a page as pages are kept: A4 at 150 dpi, as grey as paper and with lines on it."""
    page = Image.effect_noise((1240, 1754), 12).convert("RGB")
    pen = ImageDraw.Draw(page)
    for line in range(80, 1700, 36):
        pen.line((90, line, 1150, line), fill=(40, 40, 40), width=3)
    kept = io.BytesIO()
    page.save(kept, "JPEG", quality=80)
    return kept.getvalue()
