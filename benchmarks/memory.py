"""How much memory one reading process takes over many pages of odd sizes.

    python -m benchmarks.memory [--pages N] [--seed N]

Strips, slips, cards, A5 to A0, light and dark, dense and empty, upright and turned, one after another in one process,
as a worker reads them; every shape that the runtime compiles stays in its memory, so the most is near the end.
"""

from __future__ import annotations

import argparse
import resource
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from archive_service.samples import fonts
from benchmarks import support
from ingest.ocr import images
from ingest.ocr.reader import Reader

GOAL_GIB = 1.5
_TEXT = "供电方案答复单户号申请编号用电地址受理日期本人承诺所提交的资料真实合法有效"
#: Width and height of sheets, pixels: slips, cards, common papers at 150 to 400 dpi, drawings, strips.
_SIZES = (
    (420, 90), (640, 400), (1011, 638), (874, 1240), (1240, 874), (1240, 1754), (1654, 2339), (2339, 1654),
    (2480, 3508), (3307, 4677), (3508, 2480), (4961, 3508), (1654, 9000), (9000, 1100), (900, 4200), (3000, 3000),
)  # fmt: skip


def page(number: int, source: np.random.Generator) -> NDArray[np.uint8]:
    """Return an odd page."""
    width, height = _SIZES[number % len(_SIZES)]
    width, height = (max(60, int(side * source.uniform(0.85, 1.1))) for side in (width, height))
    paper, ink = (250, 30) if source.random() < 0.85 else (40, 230)
    sheet = Image.new("RGB", (width, height), (paper, paper, paper))
    pen = ImageDraw.Draw(sheet)
    size = int(source.integers(16, 60))
    font = fonts.at("song", size)
    for top in range(20, height - size, int(size * source.uniform(1.5, 8))):
        line = "".join(_TEXT[int(at)] for at in source.integers(0, len(_TEXT), int(source.integers(2, 40))))
        pen.text((20, top), line, font=font, fill=(ink, ink, ink))
    return np.ascontiguousarray(np.rot90(np.asarray(sheet), int(source.integers(0, 4))))


def _drawn(seed: int) -> bytes:
    return images.encode_jpeg(page(seed, np.random.default_rng(seed)))


def resident_gib() -> float:
    """Return the memory that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=160)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(support.machine())
    source = np.random.default_rng(asked.seed)
    reader = Reader()
    # Drawn elsewhere: what drawing takes is not what reading takes.
    made = get_context("spawn").Pool(1).imap(_drawn, [int(seed) for seed in source.integers(0, 2**31, asked.pages)])
    rows = [("loaded", f"{resident_gib():.2f}", "")]
    for number, data in enumerate(made):
        reader.read(data, dpi=200)
        if (number + 1) % max(1, asked.pages // 8) == 0:
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            rows.append((f"{number + 1} pages", f"{resident_gib():.2f}", f"{most:.2f}"))
            print(*rows[-1], flush=True)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print("\n" + support.table(("after", "GiB held", "GiB at most"), rows))
    print(f"\n- at most {GOAL_GIB} GiB: {most:.2f}, {'reached' if most <= GOAL_GIB else 'NOT reached'}")


if __name__ == "__main__":
    main()
