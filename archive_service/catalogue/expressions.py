"""Read and evaluate the small expressions by which a condition follows from the fields of a case.

    voltage >= 35kV
    category == LR or name_form == person
    category in (HV, LN) and not tenant
    held(A08)

A bare name is a condition of the catalogue. Logic is three-valued: a value that is not known makes the answer
unknown (None) unless the rest of the expression decides it alone.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from archive_service.errors import Invalid

#: What an expression may compare: numbers in volts and kVA, names among their known values.
NUMBER_FIELDS = {"voltage": {"V": Decimal(1), "KV": Decimal(1000)}, "capacity": {"KVA": Decimal(1), "KW": Decimal(1)}}
NAME_FIELDS = ("category", "business_type", "name_form")
NAME_FORMS = ("organisation", "person")

Value = str | Decimal | bool | None
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?P<unit>[A-Za-z]*)|(?P<name>[A-Za-z_]\w*)|(?P<sign>>=|<=|==|!=|[<>(),]))"
)
_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq, "!=": operator.ne
}  # fmt: skip
#: Expressions are one line; deeper nesting than this is no rule a person can read.
_DEEPEST = 20


class BadExpression(Invalid):
    """The expression cannot be read; the fact `column` counts from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__("catalogue.expression", message, column=column)


@dataclass(frozen=True, slots=True)
class Flag:
    """A condition of the catalogue, by its code."""

    code: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A comparison of a number of the case with a fixed one."""

    field: str
    sign: str
    number: Decimal


@dataclass(frozen=True, slots=True)
class OneOf:
    """Whether a name of the case is among some."""

    field: str
    names: tuple[str, ...]
    wanted: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Whether the case holds a paper of a type."""

    paper: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a part."""

    part: Part


@dataclass(frozen=True, slots=True)
class Junction:
    """Parts of which all must hold, or any."""

    parts: tuple[Part, ...]
    all: bool


Part = Flag | Measure | OneOf | Held | Not | Junction


def held_key(paper: str) -> str:
    """Return under which name `evaluate` looks for whether a paper is held."""
    return f"held:{paper}"


@lru_cache(maxsize=256)
def parse(text: str) -> Part:
    """Read `text`; raises BadExpression with the column where it stops making sense."""
    return _Reader(text).whole()


def evaluate(part: Part, values: Mapping[str, Value]) -> bool | None:
    """Say whether `part` holds given `values` by name; None where a value that matters is not known."""
    match part:
        case Flag(code):
            held = values.get(code)
            return held if isinstance(held, bool) else None
        case Measure(field, sign, number):
            measured = values.get(field)
            return _COMPARE[sign](measured, number) if isinstance(measured, Decimal) else None
        case OneOf(field, names, wanted):
            name = values.get(field)
            return None if name is None else (name in names) is wanted
        case Held(paper):
            there = values.get(held_key(paper))
            return there if isinstance(there, bool) else None
        case Not(inner):
            answer = evaluate(inner, values)
            return None if answer is None else not answer
        case Junction(parts, every):
            return _joined([evaluate(each, values) for each in parts], every=every)


def _joined(answers: list[bool | None], *, every: bool) -> bool | None:
    if (not every) in answers:
        return not every
    return None if None in answers else every


def parts_of(part: Part) -> Iterator[Flag | Measure | OneOf | Held]:
    """Yield the leaves of an expression, for checking the names in it."""
    match part:
        case Not(inner):
            yield from parts_of(inner)
        case Junction(parts, _):
            for each in parts:
                yield from parts_of(each)
        case _:
            yield part


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    unit: str
    column: int


class _Reader:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._end = len(text) + 1
        self._at = 0
        self._depth = 0

    def whole(self) -> Part:
        part = self._or()
        if self._at < len(self._tokens):
            raise BadExpression(f"条件表达式在“{self._tokens[self._at].text}”处多出内容。", self._column())
        return part

    def _or(self) -> Part:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadExpression("条件表达式嵌套太深。", self._column())
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Junction(tuple(parts), all=False)

    def _and(self) -> Part:
        parts = [self._unary()]
        while self._take("and"):
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else Junction(tuple(parts), all=True)

    def _unary(self) -> Part:
        if self._take("not"):
            return Not(self._primary())
        return self._primary()

    def _primary(self) -> Part:
        if self._take("("):
            part = self._or()
            self._expect(")")
            return part
        name = self._name()
        if name in NUMBER_FIELDS:
            return self._measure(name)
        if name in NAME_FIELDS:
            return self._one_of(name)
        if name == "held" and self._take("("):
            paper = self._name()
            self._expect(")")
            return Held(paper)
        return Flag(name)

    def _measure(self, field: str) -> Part:
        sign = self._sign(tuple(_COMPARE))
        token = self._next()
        units = NUMBER_FIELDS[field]
        if token.kind != "number" or token.unit.upper() not in units:
            raise BadExpression(f"“{field}”要与带单位的数比较，例如 voltage >= 35kV、capacity > 315kVA。", token.column)
        return Measure(field, sign, Decimal(token.text) * units[token.unit.upper()])

    def _one_of(self, field: str) -> Part:
        if self._take("in"):
            self._expect("(")
            names = [self._name()]
            while self._take(","):
                names.append(self._name())
            self._expect(")")
            return OneOf(field, tuple(names), wanted=True)
        sign = self._sign(("==", "!="))
        return OneOf(field, (self._name(),), wanted=sign == "==")

    def _sign(self, signs: tuple[str, ...]) -> str:
        token = self._next()
        if token.text not in signs:
            raise BadExpression(f"“{token.text}”处应是比较符号（{' '.join(signs)}）。", token.column)
        return token.text

    def _name(self) -> str:
        token = self._next()
        if token.kind != "name" or token.text in ("and", "or", "not", "in"):
            raise BadExpression(f"“{token.text}”处应是一个名称。", token.column)
        return token.text

    def _take(self, text: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at].text == text
        self._at += found
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise BadExpression(f"条件表达式缺少“{text}”。", self._column())

    def _next(self) -> _Token:
        if self._at >= len(self._tokens):
            raise BadExpression("条件表达式没有写完。", self._end)
        self._at += 1
        return self._tokens[self._at - 1]

    def _column(self) -> int:
        return self._tokens[self._at].column if self._at < len(self._tokens) else self._end


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    stop = len(text.rstrip())
    while at < stop:
        found = _TOKEN.match(text, at)
        if found is None:
            rest = text[at:].lstrip()
            raise BadExpression(f"条件表达式里有不认识的符号“{rest[0]}”。", len(text) - len(rest) + 1)
        kind = str(found.lastgroup if found.lastgroup != "unit" else "number")
        yield _Token(kind, found[kind], found["unit"] or "", found.start(kind) + 1)
        at = found.end()
