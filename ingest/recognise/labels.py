"""The labels of forms, and where in a line of text they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product
from typing import Any

import yaml

from ingest.lines import Box
from ingest.recognise.pages import Line
from ingest.recognise.surnames import is_person

#: So short that they also begin ordinary words and sentences; only a colon, a space or the end of the line may follow.
_SHORT = 2
#: Short labels that do stand before their value without a space, at the start of a line.
_JOINABLE = frozenset({"户号", "户名", "表号", "姓名", "住址", "住所", "名称", "坐落", "性别", "民族"})
_SENTENCE_STARTS = "应在的与和及对为按可须必不有将之所向由如若因是或以于等其均已未需且并提承同自负依各使保委申确认"
_ACCOUNT = "户号"
_NUMBER = re.compile(r"\d")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]")
#: Quality of a label that runs into its value without colon or space.
_JOINED = 0.85
#: Quality of one that also runs on from the value before it.
_RUN_ON = 0.75
_SENTENCE = re.compile(r"[。,;、]")
#: Words for somebody are also parts of names.
_WHO = "人方户客位主"


@dataclass(frozen=True)
class Span:
    """A label in a line: from `start` to `end`, the latter behind its colon."""

    label: str
    start: int
    end: int
    #: A remark in brackets behind the label, such as a unit or "盖章".
    remark: str
    #: How sure it is that this is a label and not part of a sentence.
    quality: float


@dataclass(frozen=True)
class Vocabulary:
    """All labels, ready for searching."""

    pattern: re.Pattern[str]
    known: frozenset[str]
    data: Mapping[str, Any]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Return the labels of `labels.yaml`."""
    text = files("ingest.recognise").joinpath("labels.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    data["made"] = {name: _put_together(ways) for name, ways in data["made"].items()}
    _add_dates(data)
    known = set(data["stops"])
    known |= {label for entry in data["fields"].values() for label in entry["labels"]}
    known |= {label for labels in data["made"].values() for label in labels}
    known |= {label for entries in data["types"].values() for labels in entries.values() for label in labels}
    known |= {label for labels in data["dates"].values() for label in labels}
    pattern = re.compile(rf"({_any_of(known)})\s*(\([^()]{{0,16}}\)?)?\s*(:)?")
    return Vocabulary(pattern, frozenset(known), data)


def _put_together(ways: Iterable[Sequence[Sequence[str]]]) -> tuple[str, ...]:
    """Return the labels that the groups of each way make, the shorter ones first; two signs are too few for one."""
    made = dict.fromkeys("".join(parts) for groups in ways for parts in product(*groups))
    return tuple(sorted((label for label in made if len(label) > _SHORT), key=len))


def _add_dates(data: dict[str, Any]) -> None:
    """Put the labels of dates that are made of parts behind the listed ones of their role."""
    made = data["made_dates"]
    listed = {label for labels in data["dates"].values() for label in labels}
    for role, done in made.items():
        if role in data["dates"]:
            more = _put_together([(made["before"], done, made["words"])])
            data["dates"][role] += [label for label in more if label not in listed]


def _any_of(words: Iterable[str]) -> str:
    """Return a pattern for the longest of `words` at a place, with white space allowed between its signs.

    Words that begin alike share their beginning, so that thousands of them cost no more than a few.
    """
    tree: dict[str, Any] = {}
    for word in words:
        node = tree
        for sign in word:
            node = node.setdefault(sign, {})
        node[""] = {}
    return _branches(tree)


def _branches(tree: Mapping[str, Any], gap: str = "") -> str:
    ways = [gap + re.escape(sign) + _branches(tree[sign], r"\s*") for sign in sorted(tree) if sign]
    if not ways:
        return ""
    return f"(?:{'|'.join(ways)})" + ("?" if "" in tree else "")


def spans(text: str) -> list[Span]:
    """Return the labels in the line `text`, from the left."""
    found: list[Span] = []
    position = 0
    pattern = vocabulary().pattern
    while hit := pattern.search(text, position):
        quality = _quality(text, hit, found)
        if quality:
            label = re.sub(r"\s", "", hit[1])
            found.append(Span(label, hit.start(), hit.end(), hit[2] or "", quality))
            position = hit.end()
        else:
            position = hit.start() + 1
    return found


def part_box(line: Line, start: int, end: int) -> Box:
    """Return the box of the characters from `start` to `end` of a line, by their share of its width."""
    widths = [2.0 if _wide(sign) else 1.0 for sign in line.text]
    total = sum(widths) or 1.0
    left, right = sum(widths[:start]) / total, sum(widths[:end]) / total
    x0, y0, x1, y1 = line.box
    return (round(x0 + left * (x1 - x0)), y0, max(round(x0 + right * (x1 - x0)), x0 + 1), y1)


def _runs_on(text: str, label: str, previous: str, before: Sequence[Span]) -> bool:
    """Say whether a label stands right behind the value of another in a line of a form that was read without gaps."""
    if not before or before[0].start > 0 or _SENTENCE.search(text):
        return False
    return previous.isdigit() or (len(label) > 2 * _SHORT - 1 and label[-1] not in _WHO)


def _wide(sign: str) -> bool:
    return ord(sign) >= 0x2E80


def _quality(text: str, hit: re.Match[str], before: list[Span]) -> float:
    """Say how sure it is that `hit` is a label: what stands before and behind it decides."""
    label = re.sub(r"\s", "", hit[1])
    previous = text[hit.start() - 1] if hit.start() else ""
    after = text[hit.end()] if hit.end() < len(text) else ""
    spaced = hit[0] != hit[0].rstrip() or not after or text[hit.end() - 1 : hit.end()].isspace()
    article = re.search(r"第[一二三四五六七八九十百\d]+[条款章]$", text[: hit.start()])
    if previous == "(" and after == ")" and hit.start() > 1 and text[hit.end() : hit.end() + 2] != "):":
        # A name and behind it, in brackets, who that is.
        return 0.0
    if previous and _WORD.match(previous) and not article:
        if label == _ACCOUNT and hit[3] and _NUMBER.match(after):
            # Written right behind a name: no word goes on with a number.
            return 0.9
        if not hit[3] or len(label) <= _SHORT:
            return _RUN_ON if _runs_on(text, label, previous, before) else 0.0
        return 0.9 if before or len(label) >= 4 else 0.0
    if hit[3] or hit[0].strip() == text.strip():
        return 1.0
    if spaced or hit[2]:
        return 0.97
    if len(label) <= _SHORT and hit.start() > 0:
        return 0.0
    if len(label) <= _SHORT and label not in _JOINABLE:
        return 0.0
    if _CJK.match(after):
        if is_person(text[hit.end() :].strip()):
            return _JOINED
        sentence = after in _SENTENCE_STARTS or re.search(r"[。,;]", text[hit.end() :]) is not None
        return 0.0 if sentence or label[-1] in "人方" else _JOINED
    return 0.9
