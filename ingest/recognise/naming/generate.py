"""Training papers: pages as a reader yields them, of every type of the catalogue and of none, from `corpus.yaml`.

Nothing is drawn: a page is its lines with their boxes, garbled the way readers garble them. What stands on it besides
its title is chosen anew for every paper, so that no single word decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any

import yaml

from archive_service.catalogue.schema import Edition
from ingest.lines import PageText, TextLine
from ingest.recognise import labels
from ingest.recognise.values import OTHER

_WIDTH, _HEIGHT = 1654, 2339
_LEFT, _STEP = 170, 62
_LOST_TITLE, _SMALL_TITLE, _TWO_ROWS, _SPACED = 0.07, 0.12, 0.06, 0.12
_LAST_LINE = 2200
#: Signs that readers take for each other.
_LOOKALIKE = dict(
    zip(
        "己未日电户表业申书单合同证明用供容量检验收装接勘查方案答复登记请",
        "已末曰申尸衰亚甲书单台间证朋甩洪客最捡险改袋按堪香万室答夏瞪纪清",
        strict=True,
    )
)


@dataclass(frozen=True)
class Paper:
    """A generated paper with its type and the title that was printed on it."""

    code: str
    title: str
    pages: tuple[PageText, ...]


@lru_cache(maxsize=1)
def corpus() -> Mapping[str, Any]:
    """Return the words of `corpus.yaml`."""
    text = files("ingest.recognise.naming").joinpath("corpus.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def papers(
    rng: Random,
    edition: Edition,
    *,
    each: int,
    others: int,
    without: frozenset[str] = frozenset(),
) -> Iterator[Paper]:
    """Yield `each` papers of every type of the edition and `others` of none.

    No title that holds one of `without` is printed.
    """
    data, maker = corpus(), _Maker(rng, edition)
    for code in edition.document_types:
        words = data["types"].get(code) or _own(edition, code)
        allowed = [title for title in words["titles"] if not _holds(title, without)]
        for _ in range(each if allowed else 0):
            yield maker.paper(code, _worded(rng, allowed, without), words)
    kinds = list(data["others"].values())
    for number in range(others):
        words = kinds[number % len(kinds)]
        title = _worded(rng, [one for one in words["titles"] if not _holds(one, without)], without)
        composed = rng.choice(data["matters"]) + rng.choice(data["kinds"])
        if rng.random() < 0.4 and not _holds(composed, without):
            title = composed
        yield maker.paper(OTHER, title, words)


def _own(edition: Edition, code: str) -> dict[str, list[str]]:
    """Return what is known of a type that a unit added to its catalogue."""
    kind = edition.document_types[code]
    return {"titles": [kind.name_zh, *kind.title_keywords], "text": list(kind.title_keywords)}


def _worded(rng: Random, titles: Sequence[str], without: frozenset[str]) -> str:
    """Return one of `titles`, often with a word put for another that stands for the same."""
    title = rng.choice(titles)
    if rng.random() < 0.5:
        groups = [group for group in corpus()["alike"] if any(title.endswith(word) or word in title for word in group)]
        if groups:
            group = rng.choice(groups)
            word = max((word for word in group if word in title), key=len)
            other = rng.choice(group)
            # A short word may be a part of a longer one; at the end of a title it stands alone.
            if title.endswith(word):
                title = title[: -len(word)] + other
            elif len(word) >= 2 and not any(word in one and word != one for one in group):
                title = title.replace(word, other)
    return rng.choice(titles) if _holds(title, without) else title


def _holds(title: str, without: frozenset[str]) -> bool:
    return any(one in title for one in without)


class _Maker:
    """Sets papers down; one for a whole run, so that the labels are looked up once."""

    def __init__(self, rng: Random, edition: Edition) -> None:
        self._rng, self._edition, self._data = rng, edition, corpus()
        self._labels = labels.vocabulary().data
        self._all_titles = [title for words in self._data["types"].values() for title in words["titles"]]

    def paper(self, code: str, title: str, words: Mapping[str, Sequence[str]]) -> Paper:
        """Return a paper of one or two pages with this title."""
        rng = self._rng
        rate = rng.choice((0.0, 0.0, 0.01, 0.03, 0.06))
        lines = self._head(title, rate)
        y = max((line.box[3] for line in lines), default=140) + rng.randrange(30, 90)
        for row in self._rows(code, words):
            if y > _LAST_LINE:
                break
            lines += self._row(row, y, rate)
            y += _STEP + rng.randrange(0, 24)
        return Paper(code, title, (PageText(1, tuple(lines), _WIDTH, _HEIGHT),))

    def _head(self, title: str, rate: float) -> list[TextLine]:
        rng = self._rng
        if rng.random() < _LOST_TITLE:
            return []
        size = rng.choice((34, 36)) if rng.random() < _SMALL_TITLE else rng.randrange(46, 66)
        y, lines = rng.randrange(110, 260), []
        if rng.random() < 0.2:
            above = self._filled(rng.choice(self._data["issuers"]))
            if rng.random() < 0.5:
                lines.append(_centred(above, y, size, rng))
                y += size + 20
            else:
                title = above + title
        if rng.random() < 0.12:
            title += self._filled(rng.choice(self._data["remarks"]))
        shown = _garbled(title, rate, rng)
        if len(shown) <= 10 and rng.random() < _SPACED:
            shown = " ".join(shown)
        if len(shown) > 8 and rng.random() < _TWO_ROWS:
            middle = len(shown) // 2
            return [*lines, _centred(shown[:middle], y, size, rng), _centred(shown[middle:], y + size + 16, size, rng)]
        return [*lines, _centred(shown, y, size, rng)]

    def _rows(self, code: str, words: Mapping[str, Sequence[str]]) -> list[list[str]]:
        """Return the rows below the title: cells side by side, or one line of text."""
        rng = self._rng
        known, spoken = self._cells(code, words), [self._filled(text) for text in _some(rng, words["text"], 0.25, 1.0)]
        cells = [[label, self._filled(rng.choice(("<n>", "<f>", "<a>", "<d>", "<k>", "")))] for label in known]
        rows = [cells[at] + (cells[at + 1] if at + 1 < len(cells) else []) for at in range(0, len(cells), 2)]
        if rng.random() < 0.5:
            rows = cells
        rows += [[text] for text in spoken]
        rows += [[text] for text in _some(rng, self._data["anywhere"], 0.0, 0.25)]
        if rng.random() < 0.15:
            named = "、".join(f"《{title}》" for title in rng.sample(self._all_titles, rng.randint(1, 3)))
            rows.append([rng.choice(("附件：", "详见", "签收", "提交资料包括")) + named])
        if rng.random() < 0.4:
            rng.shuffle(rows)
        return [row for row in rows if any(row)]

    def _cells(self, code: str, words: Mapping[str, Sequence[str]]) -> list[str]:
        rng = self._rng
        found = _some(rng, words.get("labels", ()), 0.3, 1.0)
        kind = self._edition.document_types.get(code)
        if kind and rng.random() < 0.8:
            own = self._labels["types"].get(code, {})
            for name in _some(rng, kind.key_fields, 0.2, 1.0):
                known = own.get(name) or self._labels["fields"].get(name, {}).get("labels")
                found.append(rng.choice(known[:8]) if known else self._edition.fields[name].name_zh)
        rng.shuffle(found)
        return found

    def _row(self, cells: Sequence[str], y: int, rate: float) -> list[TextLine]:
        rng, lines = self._rng, []
        for at, cell in enumerate(cells):
            text = _garbled(cell, rate, rng)
            if text:
                size = rng.randrange(28, 34)
                left = _LEFT + at * (1300 // max(len(cells), 1))
                lines.append(TextLine(text, (left, y, left + _width(text, size), y + size), 0.97))
        return lines

    def _filled(self, text: str) -> str:
        """Return `text` with its blanks filled in."""
        rng, data = self._rng, self._data
        person = rng.choice(data["surnames"]) + rng.choice(data["given"])
        place = rng.choice(data["places"])
        blanks = {
            "<n>": person,
            "<f>": f"{place}{rng.choice(data['trades'])}{rng.choice(('有限公司', '有限责任公司', '厂', '经营部'))}",
            "<a>": f"{place}{rng.choice(('镇', '路', '街道', '村'))}{rng.randrange(1, 300)}号",
            "<d>": f"20{rng.randrange(10, 27)}年{rng.randrange(1, 13)}月{rng.randrange(1, 29)}日",
            "<k>": str(rng.randrange(1, 2000)),
            "<m>": f"{rng.randrange(1, 90000)}.00",
            "<u>": f"{place}{rng.choice(('县', '市', '区', ''))}供电{rng.choice(('公司', '所', '局'))}",
            "<p>": f"{place}{rng.choice(('花园', '新城', '小区', '广场'))}{rng.choice('一二三')}期",
        }
        for blank, value in blanks.items():
            text = text.replace(blank, value)
        return text


def _some(rng: Random, words: Sequence[str], least: float, most: float) -> list[str]:
    """Return a random part of `words`, between these shares of it, in random order."""
    count = round(len(words) * rng.uniform(least, most))
    return rng.sample(list(words), min(len(words), count))


def _garbled(text: str, rate: float, rng: Random) -> str:
    """Return `text` with about this share of its signs misread or lost."""
    if not rate:
        return text
    signs = []
    for sign in text:
        chance = rng.random()
        if chance < rate * 0.7:
            signs.append(_LOOKALIKE.get(sign) or rng.choice("口工人大小中日月目木"))
        elif chance >= rate:
            signs.append(sign)
    return "".join(signs)


def _width(text: str, size: int) -> int:
    return max(4, round(sum(1.0 if ord(sign) > 0x2E80 else 0.5 for sign in text) * size))


def _centred(text: str, y: int, size: int, rng: Random) -> TextLine:
    left = max(20, (_WIDTH - _width(text, size)) // 2 + rng.randrange(-40, 41))
    return TextLine(text, (left, y, left + _width(text, size), y + size), 0.97)
