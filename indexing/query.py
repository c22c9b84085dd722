"""What a person asks for: a small tree of our own, and the parser of what people type.

Words are looked for with tolerance and all have to occur; "quoted" text has to stand there exactly; -word leaves
out; 户号: 户名: 地址: 类型: look in one field. 日期: bounds the day of a document: 2024, 2024-03, 2024-03-15, or two of
them with .. between, one of which may lack. A bare number is a code or the beginning of an account number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from archive_service import ids
from archive_service.errors import Invalid
from indexing import days, text

Field = Literal["body", "name", "address", "title"]

LONGEST_QUERY = 200
MOST_TERMS = 20
#: Shorter codes have too many neighbours at one wrong character.
FUZZY_FROM = 6


@dataclass(frozen=True)
class Phrase:
    """The stream stands in the field exactly."""

    stream: str
    field: Field = "body"


@dataclass(frozen=True)
class Tolerant:
    """The stream stands in the body; a document that holds nearly all of it is a near hit."""

    stream: str


@dataclass(frozen=True)
class Code:
    """A number or Latin word: a code of the document, or the beginning of a longer one or of the account number."""

    value: str


@dataclass(frozen=True)
class Prefix:
    """The account number begins with the value."""

    value: str


@dataclass(frozen=True)
class OfType:
    """The document has the type with this code."""

    code: str


Node = Phrase | Tolerant | Code | Prefix | OfType


@dataclass(frozen=True)
class AllOf:
    """Every part has to hold and none of the left-out ones; with no part every document does."""

    parts: tuple[Node, ...] = ()
    without: tuple[Node, ...] = ()
    #: First and last day that the document may have, both included; none leaves that end open.
    between: days.Span = days.ANY


@dataclass(frozen=True)
class Filter:
    """Facts that a document has to have; days are inclusive, none means any."""

    document_type: str | None = None
    category: str | None = None
    business_type: str | None = None
    date_from: date | None = None
    date_to: date | None = None

    def days(self) -> tuple[int | None, int | None]:
        """Return first and last day as yyyymmdd."""
        return _day(self.date_from), _day(self.date_to)


def _day(day: date | None) -> int | None:
    return day.year * 10_000 + day.month * 100 + day.day if day else None


@dataclass(frozen=True)
class EngineQuery:
    """All that an engine is told. `units` is the set of units whose documents the person may know of."""

    units: frozenset[int]
    #: Units of which the person may also read personal numbers.
    personal_units: frozenset[int] = frozenset()
    wanted: AllOf = AllOf()
    filter: Filter = Filter()
    offset: int = 0
    limit: int = 20
    facets: bool = False
    #: Tolerate more; used when nothing was found otherwise.
    loose: bool = False


def least_matching(run: str, *, loose: bool) -> int:
    """Return how many bigrams of a run a near hit has to hold; all of them when the run is too short to tolerate.

    A wrong character kills two bigrams, one at the ends. Short runs lose too much of their meaning by two, so they
    only tolerate one lost bigram unless `loose`.
    """
    count = len(run) - 1
    if len(run) < 4 and not loose:
        return count
    if len(run) < 6 and not loose:
        return count - 1
    return max(1, count - 2 * -(-len(run) // 8))


_FIELDS = {
    "户号": "account", "account": "account", "户名": "name", "name": "name",
    "地址": "address", "address": "address", "类型": "title", "type": "title", "日期": "date", "date": "date",
}  # fmt: skip
_CLOSES = {"“": '"“”＂', "”": '"“”＂', '"': '"“”＂', "＂": '"“”＂', "「": "」", "『": "』"}
_PREFIX = re.compile(r"([^\s:：]{1,7})[:：]")


@dataclass(frozen=True)
class _Word:
    text: str
    at: int
    quoted: bool
    field: str
    left_out: bool


def parse(typed: str) -> AllOf:
    """Return the tree of what a person typed; raises Invalid with the position (from 1) of what cannot be read."""
    if len(typed) > LONGEST_QUERY:
        raise _unreadable(LONGEST_QUERY, f"检索内容超过 {LONGEST_QUERY} 个字。请只留下最有把握的几个词。")
    parts: list[Node] = []
    without: list[Node] = []
    between = days.ANY
    for word in _words(typed):
        if word.field == "date":
            between = days.narrower(between, _span(word))
        else:
            (without if word.left_out else parts).extend(_nodes(word))
    if len(parts) + len(without) > MOST_TERMS:
        raise _unreadable(1, f"检索词超过 {MOST_TERMS} 个。请只留下最有把握的几个词。")
    if typed.strip() and not parts and not without and between == days.ANY:
        raise _unreadable(1, "检索内容里没有文字或数字。请输入户号、户名、地址或文件中的词句。")
    return AllOf(tuple(parts), tuple(without), between)


def _unreadable(position: int, message: str) -> Invalid:
    return Invalid("search.query", message, position=position)


def _words(typed: str) -> Iterator[_Word]:
    at = 0
    while at < len(typed):
        if typed[at].isspace():
            at += 1
            continue
        start = at
        left_out = typed[at] in "-－" and at + 1 < len(typed) and not typed[at + 1].isspace()
        at += left_out
        prefix = _PREFIX.match(typed, at)
        field = _FIELDS.get(text.fold(prefix.group(1)), "") if prefix else ""
        if prefix and field:
            at = prefix.end()
        content, at, quoted = _quoted(typed, at) if typed[at : at + 1] in _CLOSES else _bare(typed, at)
        if field and not text.stream(content):
            raise _unreadable(
                start + 1, f"第 {start + 1} 个字处的“{typed[start:at]}”后面没有内容。请紧接着冒号写要找的词。"
            )
        yield _Word(content, start + 1, quoted, field, left_out)


def _quoted(typed: str, at: int) -> tuple[str, int, bool]:
    closing = _CLOSES[typed[at]]
    end = next((i for i in range(at + 1, len(typed)) if typed[i] in closing), None)
    if end is None:
        raise _unreadable(at + 1, f"第 {at + 1} 个字处的引号没有配对。请补上后一个引号，或去掉这个引号。")
    return typed[at + 1 : end], end + 1, True


def _bare(typed: str, at: int) -> tuple[str, int, bool]:
    end = at
    while end < len(typed) and not typed[end].isspace() and typed[end] not in _CLOSES:
        end += 1
    return typed[at:end], end, False


def _nodes(word: _Word) -> list[Node]:
    stream = text.stream(word.text)
    if not stream:
        return []
    if word.field == "account":
        return [_account(word, stream)]
    if word.field == "title" and ids.is_type_code(text.fold(word.text).upper()):
        return [OfType(text.fold(word.text).upper())]
    if word.field:
        return [Phrase(stream, word.field)]  # type: ignore[arg-type]
    if word.quoted:
        return [Phrase(stream)]
    if text.is_code(stream):
        return [Code(stream)]
    return [Phrase(stream)] if word.left_out else [Tolerant(stream)]


def _account(word: _Word, stream: str) -> Prefix:
    value = stream.replace(" ", "")
    if not text.is_code(value):
        raise _unreadable(
            word.at, f"第 {word.at} 个字处的户号“{word.text[:40]}”含有数字和字母以外的字。请只写户号或它的开头。"
        )
    return Prefix(value)


def _span(word: _Word) -> days.Span:
    """Return first and last day of what stands behind 日期:. Raises Invalid."""
    if word.left_out:
        raise _unreadable(word.at, f"第 {word.at} 个字处的日期不能排除。请去掉减号，或改写要找的起止日期。")
    span = days.span(text.fold(word.text))
    if span is None:
        advice = "请写成 2024、2024-03、2024-03-15，或 2024-01..2024-06。"
        raise _unreadable(word.at, f"第 {word.at} 个字处的日期“{word.text[:40]}”看不懂。{advice}")
    if span[0] and span[1] and span[0] > span[1]:
        raise _unreadable(word.at, f"第 {word.at} 个字处的日期先后颠倒，找不到任何资料。请把早的写在前面。")
    return span
