"""Who decides a request to borrow, and why: the matrix of approval is data, this reads it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from archive_service.people.roles import Role


class Way(StrEnum):
    """How a record is borrowed."""

    SCREEN = "screen"
    PRINT = "print"
    COPY = "copy"
    PAPER = "paper"


class Relation(StrEnum):
    """How who asks stands to the unit that keeps the file."""

    OWN = "own"
    OTHER = "other"
    #: A staff member asks for a body outside of the utility.
    OUTSIDE = "outside"


Sensitivity = Literal["public", "internal", "personal", "sensitive"]
#: From the most harmless to the most guarded.
SENSITIVITIES: tuple[Sensitivity, ...] = ("public", "internal", "personal", "sensitive")
#: The level at which the matrix itself says yes.
NOBODY = "none"


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(_Text):
    """Who decides at a level: a role, and where it has to be held as seen from the unit of the file."""

    code: str
    title: str
    role: Role | None = None
    place: Literal["file", "above", "top"] = "file"
    #: Working days within which the level should decide.
    days: int = Field(ge=0, le=30)


class Rule(_Text):
    """A row of the matrix; what it does not name it does not ask for."""

    id: str
    level: str
    says: str
    relations: tuple[Relation, ...] = ()
    #: Roles of who asks; one of them is enough.
    roles: tuple[Role, ...] = ()
    #: Codes of units; the file is kept in one of them or below.
    units: tuple[str, ...] = ()
    sensitivities: tuple[Sensitivity, ...] = ()
    purposes: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    files_over: int | None = None
    pages_over: int | None = None
    pages_up_to: int | None = None
    unmasked: bool | None = None
    #: A letter has to be attached.
    letter: bool = False
    #: May be read at once, with the approval after.
    emergency: bool = True


class Limits(_Text):
    """How much and how long; days of paper are working days, those of the screen are 24 hours."""

    paper_days: int
    most_paper_days: int
    renewals: int
    #: Household files of which one person may hold papers at a time.
    files_at_once: int
    screen_days: int
    most_screen_days: int
    most_prints: int
    most_wishes: int
    most_pages: int
    #: Working days within which a recalled paper has to be back.
    recall_days: int
    emergency_hours: int


class Edition(_Text):
    """The matrix as it holds from a day on."""

    code: str
    effective_from: date
    #: Words by the code of the purpose, in the order of the list.
    purposes: dict[str, str]
    #: From the lowest to the highest; where nobody stands at one, the next higher one decides.
    levels: tuple[Level, ...]
    rules: tuple[Rule, ...]
    limits: Limits

    @model_validator(mode="after")
    def _fits_together(self) -> Edition:
        codes = [one.code for one in self.levels]
        ids = [one.id for one in self.rules]
        if len(set(codes)) != len(codes) or len(set(ids)) != len(ids):
            raise ValueError("a level or a rule stands twice")
        if any(one.role is None for one in self.levels if one.code != NOBODY):
            raise ValueError("a level without a role")
        if unknown := {one.level for one in self.rules} - set(codes):
            raise ValueError(f"no such level: {sorted(unknown)}")
        if unknown := {purpose for one in self.rules for purpose in one.purposes} - set(self.purposes):
            raise ValueError(f"no such purpose: {sorted(unknown)}")
        last = self.rules[-1]
        if last.model_copy(update={"id": "", "level": "", "says": ""}) != Rule(id="", level="", says=""):
            raise ValueError("the last rule has to fit every request")
        return self

    def level(self, code: str) -> Level:
        """Return the level with the code."""
        return next(one for one in self.levels if one.code == code)


class _Editions(_Text):
    editions: tuple[Edition, ...]


@dataclass(frozen=True)
class Facts:
    """What the matrix looks at in one wish of a request."""

    relation: Relation
    roles: Collection[Role]
    #: Codes of the unit that keeps the file and of those above it.
    units: Collection[str]
    #: Of the most guarded paper that is asked for.
    sensitivity: str
    purpose: str
    way: Way
    #: Pages of the whole request.
    pages: int
    #: Household files and pages that the person asked for within a day, this request included: asking in pieces
    #: makes nothing smaller.
    files_lately: int
    pages_lately: int
    unmasked: bool


class Because(StrEnum):
    """What a step on the way to who decides says; the doors have a sentence for each."""

    #: A rule names the level that decides.
    DECIDES = "decides"
    #: A rule asks for nobody's yes.
    NO_APPROVAL = "no-approval"
    #: At the level stands only who asks, or who stands in for them.
    ONLY_ASKER = "only-asker"
    #: Nobody holds the role of the level.
    VACANT = "vacant"
    #: Nobody is left at any level; the request waits.
    NOBODY = "nobody"


@dataclass(frozen=True)
class Reason:
    """A step on the way to who decides: what it says, and the level and the rule of which it says so."""

    code: Because
    level: Level | None = None
    rule: Rule | None = None


@dataclass(frozen=True)
class Verdict:
    """The level that decides, and the rule that says so."""

    level: Level
    rule: Rule
    edition: str

    @property
    def why(self) -> Reason:
        """Return the reason."""
        return Reason(Because.DECIDES if self.level.role else Because.NO_APPROVAL, self.level, self.rule)


@dataclass(frozen=True)
class Holder:
    """Somebody who holds the role of a level where it counts."""

    person_id: int
    name: str
    #: The person who is stood in for, for a deputy.
    deputy_for: int | None = None


@dataclass(frozen=True)
class Deciders:
    """Who may decide a wish now, any one of them, at which level, and why it is they."""

    level: Level
    people: tuple[Holder, ...]
    why: tuple[Reason, ...]

    def holder(self, person_id: int | None) -> Holder | None:
        """Return how a person is among them, for themselves rather than as a deputy; none if they are not."""
        mine = [one for one in self.people if one.person_id == person_id]
        return min(mine, key=lambda one: one.deputy_for is not None, default=None)


def read(text: str) -> tuple[Edition, ...]:
    """Return the editions of a matrix, the oldest first. Raises ValueError, naming the place, for one that is none."""
    found = _Editions.model_validate(yaml.safe_load(text)).editions
    return tuple(sorted(found, key=lambda one: one.effective_from))


@lru_cache(maxsize=1)
def known() -> tuple[Edition, ...]:
    """Return the editions of the package."""
    return read(resources.files(__package__).joinpath("approval.yaml").read_text("utf-8"))


def edition_on(day: date, editions: Sequence[Edition] | None = None) -> Edition:
    """Return the edition that holds on a day: the last that began, or the first of all for a day before it."""
    found = known() if editions is None else editions
    return next((one for one in reversed(found) if one.effective_from <= day), found[0])


def edition(code: str) -> Edition:
    """Return the edition with the code; the newest where the package no longer has it."""
    return next((one for one in known() if one.code == code), known()[-1])


def verdict(matrix: Edition, facts: Facts) -> Verdict:
    """Return the level that decides: that of the first rule that fits."""
    rule = next(one for one in matrix.rules if _fits(one, facts))
    return Verdict(matrix.level(rule.level), rule, matrix.code)


def verdict_of(matrix: Edition, rule_id: str) -> Verdict:
    """Return the verdict of a rule by its id; that of the last one where the edition no longer has it."""
    rule = next((one for one in matrix.rules if one.id == rule_id), matrix.rules[-1])
    return Verdict(matrix.level(rule.level), rule, matrix.code)


def _fits(rule: Rule, facts: Facts) -> bool:
    named: tuple[tuple[Collection[str], Collection[str]], ...] = (
        (rule.relations, (facts.relation,)),
        (rule.roles, facts.roles),
        (rule.units, facts.units),
        (rule.sensitivities, (facts.sensitivity,)),
        (rule.purposes, (facts.purpose,)),
        (rule.ways, (facts.way,)),
    )
    return (
        all(not wanted or set(wanted) & set(given) for wanted, given in named)
        and (rule.files_over is None or facts.files_lately > rule.files_over)
        and (rule.pages_over is None or facts.pages_lately > rule.pages_over)
        and (rule.pages_up_to is None or facts.pages <= rule.pages_up_to)
        and (rule.unmasked is None or facts.unmasked == rule.unmasked)
    )


def deciders(matrix: Edition, found: Verdict, holders: Mapping[str, Sequence[Holder]], *, asker_id: int) -> Deciders:
    """Return who may decide, given who holds the role of each level by its code.

    Who asks never decides, and neither does who only stands in for them; where nobody else is left, the next higher
    level decides. Without anybody at any level nobody is named, and the request waits.
    """
    why = [found.why]
    if found.level.code == NOBODY:
        return Deciders(found.level, (), tuple(why))
    first = matrix.levels.index(found.level)
    for level in matrix.levels[first:]:
        there = holders.get(level.code, ())
        free = tuple(one for one in there if asker_id not in (one.person_id, one.deputy_for))
        if free:
            return Deciders(level, free, tuple(why))
        why.append(Reason(Because.ONLY_ASKER if there else Because.VACANT, level))
    why[-1] = Reason(Because.NOBODY)
    return Deciders(matrix.levels[-1], (), tuple(why))


def most_guarded(sensitivities: Collection[str]) -> str:
    """Return the most guarded of some sensitivities; what is unknown counts as the most guarded of all."""
    order = {word: place for place, word in enumerate(SENSITIVITIES)}
    return max(sensitivities, key=lambda one: order.get(one, len(order)), default=SENSITIVITIES[0])


def relation(*, asker_path: str, file_path: str, on_behalf_of: str) -> Relation:
    """Return how who asks stands to a file, by the paths of the two units; the files of units below are their own."""
    if on_behalf_of:
        return Relation.OUTSIDE
    return Relation.OWN if file_path.startswith(asker_path) else Relation.OTHER
