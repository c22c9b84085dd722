"""What an edition of the retention schedule may say, and what is wrong in the text of one, by line: pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from archive_service.catalogue.check import read_as
from archive_service.catalogue.marked_yaml import Finding, Path
from archive_service.catalogue.schema import EditionCode

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,29}$")]
TypeCode = Annotated[str, StringConstraints(pattern=r"^([A-Z][0-9]{2}[A-Z]?|OTHER)$")]


#: What a rule calls the letters that answer requests of people; no paper of the catalogue.
LETTER = "Q01"


class Trigger(StrEnum):
    """What starts the clock."""

    ACCOUNT_CLOSED = "account_closed"
    SUPERSEDED = "superseded"
    CONTRACT_ENDED = "contract_ended"
    INSTALLATION_REPLACED = "installation_replaced"
    FIXED_DATE = "fixed_date"


#: What may make a household's papers be kept longer; `dispute`: it is or was held for a dispute or a litigation.
Status = Literal["critical", "dg", "dispute"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Frozen):
    """How long some papers are kept. Of several rules that fit a paper, the longest holds."""

    code: Code
    title_zh: Text
    source: Text
    #: Empty: every document type, category, business, whatever the status.
    document_types: tuple[TypeCode, ...] = ()
    categories: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    trigger: Trigger | None = None
    #: The day from which the years count, with the trigger fixed_date.
    starts_on: date | None = None
    #: None with `permanent`, or where the rule keeps as long as another one.
    years: Annotated[int, Field(ge=1, le=100)] | None = None
    permanent: bool = False
    #: The code of the rule whose trigger and period this one takes over.
    same_as: Code | None = None


class Schedule(_Frozen):
    """An edition of the schedule, its rules in the order of the text."""

    edition: EditionCode
    title_zh: Text
    source: Text
    effective_from: date
    #: Business types whose energisation replaces the installation.
    replaced_by: tuple[str, ...] = ()
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=300)]

    def rule(self, code: str) -> Rule | None:
        """Return the rule with a code, none where there is none."""
        return next((one for one in self.rules if one.code == code), None)

    def period_of(self, rule: Rule) -> Rule:
        """Return the rule whose trigger and period hold for `rule`."""
        while rule.same_as is not None:
            found = self.rule(rule.same_as)
            assert found is not None
            rule = found
        return rule


def read(
    text: str,
    *,
    known_types: Collection[str] = (),
    known_categories: Collection[str] = (),
    known_businesses: Collection[str] = (),
) -> tuple[Schedule | None, list[Finding]]:
    """Return the schedule that `text` writes, or everything that keeps it from being one, in the order of the lines.

    What is known are the codes of the catalogue; empty asks for none of them. A rule for a category that there is not
    would keep nothing, and nobody would see it.
    """

    def problems(made: Schedule) -> list[tuple[Path, str]]:
        return [*_problems(made, known_types), *_strangers(made, known_categories, known_businesses)]

    return read_as(Schedule, text, name="保管期限表", problems=problems)


@lru_cache(maxsize=1)
def standard() -> Schedule:
    """Return the edition of the package, in force until people release another."""
    made, found = read(standard_text())
    assert made is not None, found
    return made


def standard_text() -> str:
    """Return the text of the edition of the package."""
    return resources.files("retention").joinpath("schedules/2026.yaml").read_text(encoding="utf-8")


def _problems(made: Schedule, known_types: Collection[str]) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    first: dict[str, int] = {}
    for at, rule in enumerate(made.rules):
        if rule.code in first:
            found.append((("rules", at, "code"), f"规则代码“{rule.code}”用了两次，只能用一次。"))
        first.setdefault(rule.code, at)
        found += [(("rules", at, *path), message) for path, message in _of_rule(rule, known_types)]
    found += _loops(made) or _clashes(made)
    if not any(not (one.document_types or one.categories or one.statuses) for one in made.rules):
        found.append((("rules",), "缺少一条不限资料类型、客户类别和特殊情形的兜底规则：否则有的资料没有期限。"))
    return found


def _of_rule(rule: Rule, known_types: Collection[str]) -> list[tuple[Path, str]]:
    said = [rule.permanent, rule.years is not None, rule.same_as is not None]
    found: list[tuple[Path, str]] = []
    if sum(said) != 1:
        found.append(((), "期限要写且只写一种：years、permanent 或 same_as。"))
    if rule.years is not None and rule.trigger is None:
        found.append(((), "缺少 trigger：写明从什么时候起算。"))
    if rule.years is None and (rule.trigger is not None or rule.starts_on is not None):
        found.append(((), "永久保管或沿用别的规则时，不写 trigger 和 starts_on。"))
    if rule.years is not None and (rule.trigger is Trigger.FIXED_DATE) != (rule.starts_on is not None):
        found.append(((), "trigger 是 fixed_date 时要写 starts_on，其他情形不写。"))
    unknown = [one for one in rule.document_types if known_types and one not in {*known_types, "OTHER", LETTER}]
    found += [(("document_types",), f"资料目录里没有“{one}”这种资料。") for one in unknown]
    return found


def _strangers(
    made: Schedule, known_categories: Collection[str], known_businesses: Collection[str]
) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for at, rule in enumerate(made.rules):
        unknown = [one for one in rule.categories if known_categories and one not in known_categories]
        found += [(("rules", at, "categories"), f"资料目录里没有“{one}”这种客户类别。") for one in unknown]
    strange = [one for one in made.replaced_by if known_businesses and one not in known_businesses]
    return found + [(("replaced_by",), f"资料目录里没有“{one}”这种业务类型。") for one in strange]


def _loops(made: Schedule) -> list[tuple[Path, str]]:
    by_code: Mapping[str, Rule] = {one.code: one for one in made.rules}
    found: list[tuple[Path, str]] = []
    for at, rule in enumerate(made.rules):
        seen, now = {rule.code}, rule
        while now.same_as is not None:
            following = by_code.get(now.same_as)
            if following is None:
                found.append((("rules", at, "same_as"), f"没有代码为“{now.same_as}”的规则。"))
                break
            if following.code in seen:
                found.append((("rules", at, "same_as"), f"“{rule.code}”沿用的规则绕成了圈，得不出期限。"))
                break
            seen.add(following.code)
            now = following
    return found


def _clashes(made: Schedule) -> list[tuple[Path, str]]:
    """Two rules for just the same papers from the same trigger: twice the same, or a contradiction."""
    found: list[tuple[Path, str]] = []
    seen: dict[object, Rule] = {}
    for at, rule in enumerate(made.rules):
        period = made.period_of(rule)
        for kind in rule.document_types or ("",):
            key = (kind, frozenset(rule.categories), frozenset(rule.statuses), period.trigger)
            other = seen.setdefault(key, rule)
            if other is rule:
                continue
            same = made.period_of(other)
            if (same.years, same.permanent, same.starts_on) == (period.years, period.permanent, period.starts_on):
                message = f"与“{other.code}”重复：{kind or '同样的资料'}已有同样的期限。请删去一条。"
            else:
                message = f"与“{other.code}”矛盾：{kind or '同样的资料'}从同一时点起算，却有两个期限。请只留一个。"
            found.append((("rules", at), message))
            break
    return found
