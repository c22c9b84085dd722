"""Papers for measuring how types are named: bodies of the sample maker under titles that nothing was made to know.

The sample maker and the training text were written apart from each other: labels, sentences and layouts differ. Types
that have no sample have lines of their own in `held_back_titles.yaml`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from archive_service.catalogue.schema import Edition
from archive_service.samples import PAPERS, case_for, one_document
from archive_service.samples.cases import Case
from archive_service.samples.document import Document
from archive_service.samples.papers.registry import stray
from archive_service.samples.sheet import Sheet
from ingest.lines import PageText, TextLine
from ingest.recognise import normalise
from ingest.recognise.classify import Hints
from ingest.recognise.values import OTHER

_PX_PER_MM = 1654 / 210
_LOOKALIKE = (
    "己已 未末 日曰 土士 人入 大太 天夫 千干 电甩 表袁 单草 检捡 验险 供洪 合台 同冋 方万 案寨 证让 装袋 客容 "
    "量重 户尸 申甲 登瞪 记纪"
)
_CARDS = ("A05", "A07", "A09")


@dataclass(frozen=True)
class HeldBack:
    """A paper as a reader yields it, its type, the title printed on it, and what the case would tell."""

    code: str
    title: str
    pages: tuple[PageText, ...]
    hints: Hints = field(default_factory=Hints)


def titles() -> dict[str, Any]:
    """Return `held_back_titles.yaml`."""
    text = (Path(__file__).parent / "held_back_titles.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def all_titles() -> frozenset[str]:
    """Return every title that is held back."""
    held = titles()
    return frozenset([t for entry in held["types"].values() for t in entry["titles"]] + [o[0] for o in held["others"]])


def unseen(edition: Edition, *, rounds: int, seed: int, misread: float = 0.01) -> Iterator[HeldBack]:
    """Yield every held-back title `rounds` times over another body."""
    rng = random.Random(f"unseen/{seed}")
    held = titles()
    for _ in range(rounds):
        for code, entry in held["types"].items():
            for title in entry["titles"]:
                if code in PAPERS and not entry.get("text"):
                    yield sample(code, rng, edition, title=title, misread=misread)
                else:
                    yield _written(code, title, entry["text"], rng, misread)
        for title, *text in held["others"]:
            yield _written(OTHER, title, text, rng, misread)


def known(edition: Edition, *, rounds: int, seed: int, misread: float = 0.01) -> Iterator[HeldBack]:
    """Yield every sample paper `rounds` times under the title that its maker gave it, and papers that slipped in."""
    rng = random.Random(f"known/{seed}")
    for _ in range(rounds):
        for code in PAPERS:
            yield sample(code, rng, edition, misread=misread)
        for _ in range(4):
            case = case_for("A02R", rng)
            yield _laid(stray(case, rng), OTHER, "", rng, misread, Hints())


def sample(code: str, rng: random.Random, edition: Edition, *, title: str = "", misread: float = 0.0) -> HeldBack:
    """Return one sample paper of a type; `title` is printed in place of its own."""
    case = case_for(code, rng)
    return _laid(one_document(code, case, rng), code, title, rng, misread, _hints(code, case, edition))


def _hints(code: str, case: Case, edition: Edition) -> Hints:
    asked = edition.requirements(case.category, case.business_type)
    people = {case.holder.name: "A07" if case.company else "A05"}
    people |= {case.agent.name: "A09"} if case.agent else {}
    name = {"A05": case.holder, "A07": case.holder, "A09": case.agent}.get(code) if code in _CARDS else None
    return Hints(
        frozenset(one.document_type for one in asked),
        case.category,
        {normalise.bare(one): kind for one, kind in people.items()},
        name.name if name else None,
    )


def _laid(document: Document, code: str, title: str, rng: random.Random, misread: float, hints: Hints) -> HeldBack:
    pages = []
    own = _bare(document.title)
    for number, sheet in enumerate(document.sheets, 1):
        pages.append(_page(sheet, number, own, title if number == 1 else "", rng, misread))
    return HeldBack(code, title or document.title, tuple(pages), hints)


def _page(sheet: Sheet, number: int, own: str, title: str, rng: random.Random, misread: float) -> PageText:
    wide, high = round(sheet.width * _PX_PER_MM), round(sheet.height * _PX_PER_MM)
    lines = []
    for line in sheet.lines():
        text, box = str(line["text"]), line["box"]
        assert isinstance(box, list)
        x0, y0, x1, y1 = (round(part * (wide, high)[at % 2]) for at, part in enumerate(box))
        if title and own and _bare(text) == own:
            text, width = title, (y1 - y0) * len(title)
            x0, x1 = (x0 + x1 - width) // 2, (x0 + x1 + width) // 2
        lines.append(TextLine(_misread(text, misread, rng), (max(x0, 0), y0, max(x1, x0 + 4), max(y1, y0 + 4)), 0.97))
    return PageText(number, tuple(lines), wide, high)


def _written(code: str, title: str, text: list[str], rng: random.Random, misread: float) -> HeldBack:
    """Return a paper of running lines with the usual entries of a form around them."""
    size = rng.randrange(48, 62)
    width = sum(size if ord(sign) > 0x2E80 else size // 2 for sign in title)
    lines = [TextLine(_misread(title, misread, rng), ((1654 - width) // 2, 180, (1654 + width) // 2, 180 + size), 0.98)]
    entries = [] if code == OTHER else rng.sample(["户名", "用电地址", "联系电话", "申请编号", "经办人", "客户名称"], 3)
    shown = [f"{entry}：{rng.choice('李王张赵')}{rng.choice('明芳强伟')}" for entry in entries]
    for place, part in enumerate([*shown, *rng.sample(text, len(text)), "签字", "2026年3月9日"]):
        top = 380 + place * 80
        lines.append(TextLine(_misread(part, misread, rng), (180, top, 180 + 32 * len(part), top + 32), 0.97))
    return HeldBack(code, title, (PageText(1, tuple(lines), 1654, 2339),))


def _bare(text: str) -> str:
    return re.sub(r"\W", "", normalise.compact(text))


def _misread(text: str, share: float, rng: random.Random) -> str:
    """Return `text` as a reader yields it that takes this share of the signs for others."""
    pairs = {pair[0]: pair[1] for pair in _LOOKALIKE.split()}
    wrong = [sign > "\u2e80" and rng.random() < share for sign in text]
    return "".join(pairs.get(s, rng.choice("口一工田")) if bad else s for s, bad in zip(text, wrong, strict=True))
