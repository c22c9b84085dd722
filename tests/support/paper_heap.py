"""A heap of small real files, made from a seed: papers with text of their own, scans, ZIP files, torn ones, repeats."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import pikepdf
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from tests.support.archive import COLUMNS
from tests.support.born_digital import FONT

#: Titles of papers that an application of a household brings with it.
TITLES = ("低压供电方案答复单", "低压居民新装用电申请表", "居民供用电合同")
#: Of a hundred uploads; the rest are papers with text of their own.
REPEATS, ZIPS, SCANS, TORN = 10, 5, 1, 1
MEMBERS = 2


@dataclass(frozen=True)
class Household:
    """A household with one case, as the business system lists it."""

    number: int
    name: str

    @property
    def account_no(self) -> str:
        """The number of its account."""
        return f"51{self.number:08d}"

    @property
    def application_no(self) -> str:
        """The number of its application."""
        return f"202603{self.number:06d}"

    @property
    def address(self) -> str:
        """Where it takes its power."""
        return f"青屿县东门街道阳光新城{self.number}幢1单元401室"

    def row(self) -> str:
        """Return its line in the list of cases."""
        return (
            f"{self.account_no},{self.name},{self.address},LR,NEW,{self.application_no},QY02,12,220V,natural,"
            "2026-03-10,2026-03-20"
        )


@dataclass(frozen=True)
class Upload:
    """A file as somebody hands it in."""

    name: str
    data: bytes
    #: How its scan must end; none when a person may have to look at it.
    ends: str | None
    #: How many papers in it are sure to be filed without a person.
    papers: int
    #: Jobs from its receipt to its end: five steps and the rendition of what was filed.
    jobs: int = 6


@dataclass(frozen=True)
class Heap:
    """What is handed in, and the cases that were registered before."""

    uploads: tuple[Upload, ...]
    cases: str


def heap(seed: int, count: int) -> Heap:
    """Make `count` uploads; the same seed makes the same heap."""
    chance = random.Random(seed)
    kinds = _kinds(chance, count)
    papers = sum({"zip": MEMBERS, "repeat": 0}.get(kind, 1) for kind in kinds)
    households = [Household(n, chance.choice("汪李沈周吴郑王") + chance.choice(("雪梅", "建国", "秀英", "海")))
                  for n in range(1, papers + 1)]  # fmt: skip
    each, pdfs = iter(households), _papers(households, chance)
    uploads: list[Upload] = []
    for number, kind in enumerate(kinds, start=1):
        if kind == "repeat":
            first = chance.choice(uploads)
            uploads.append(
                Upload(f"再交{number}.{first.name.rpartition('.')[2]}", first.data, first.ends, first.papers, 0)
            )
        else:
            used = list(islice(each, MEMBERS if kind == "zip" else 1))
            uploads.append(_upload(kind, number, used, [next(pdfs) for _ in used]))
    lines = [COLUMNS, *(household.row() for household in households)]
    return Heap(tuple(uploads), "\n".join(lines) + "\n")


def _kinds(chance: random.Random, count: int) -> list[str]:
    kinds = []
    for kind, share in (("repeat", REPEATS), ("zip", ZIPS), ("scan", SCANS), ("torn", TORN)):
        kinds += [kind] * max(1, count * share // 100)
    kinds += ["paper"] * (count - len(kinds))
    chance.shuffle(kinds)
    # There must be something to repeat.
    first = kinds.index("paper")
    kinds[0], kinds[first] = kinds[first], kinds[0]
    return kinds


def _upload(kind: str, number: int, households: Sequence[Household], pdfs: Sequence[bytes]) -> Upload:
    if kind == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as bundle:
            for at, data in enumerate(pdfs, start=1):
                bundle.writestr(f"{at}.pdf", data)
        return Upload(f"包{number}.zip", packed.getvalue(), "filed", len(pdfs), 1 + 6 * len(pdfs))
    if kind == "scan":
        return Upload(f"扫描{number}.jpg", _picture(households[0]), None, 0)
    if kind == "torn":
        return Upload(f"残{number}.pdf", pdfs[0][:60], "refused", 0, 1)
    return Upload(f"{number}.pdf", pdfs[0], "filed", 1)


def _lines(household: Household, title: str) -> list[str]:
    return [
        title,
        f"户号：{household.account_no}",
        f"申请编号：{household.application_no}",
        f"户名：{household.name}",
        f"用电地址：{household.address}",
        "供电电压：交流220伏",
        "合同容量：12千瓦",
        "日期：2026年3月12日",
    ]


def _papers(households: Sequence[Household], chance: random.Random) -> Iterator[bytes]:
    """Yield a one-page PDF for each household; one document holds them all first, so that its font is made once."""
    pdf = FPDF(format=(148, 210))
    pdf.add_font("song", fname=str(FONT))
    for household in households:
        pdf.add_page()
        for number, line in enumerate(_lines(household, chance.choice(TITLES))):
            pdf.set_font("song", size=12 if number else 18)
            pdf.cell(w=0, h=12, text=line, align="L" if number else "C", new_x="LMARGIN", new_y="NEXT")
    with pikepdf.open(io.BytesIO(bytes(pdf.output()))) as all_of_them:
        for page in all_of_them.pages:
            single, out = pikepdf.new(), io.BytesIO()
            single.pages.append(page)
            single.save(out, deterministic_id=True)
            yield out.getvalue()


def _picture(household: Household) -> bytes:
    """Return a paper as a small scanner sees it."""
    lines = _lines(household, TITLES[0])[:5]
    image = Image.new("L", (760, 420), 244)
    draw, font, out = ImageDraw.Draw(image), ImageFont.truetype(FONT, 28), io.BytesIO()
    for number, line in enumerate(lines):
        draw.text((60, 40 + number * 70), line, fill=30, font=font)
    image.save(out, "JPEG", dpi=(150, 150))
    return out.getvalue()
