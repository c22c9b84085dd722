"""What an edition of the items of the four-property check may say, and what is wrong in the text of one: pure.

Source: DA/T 70-2018; domain.md 5.5 of the records service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from archive_service.catalogue.check import read_as
from archive_service.catalogue.marked_yaml import Finding, Path
from archive_service.catalogue.schema import EditionCode
from archive_service.properties.checks import CHECKS, COMPARISONS, OF_PACKAGES
from archive_service.properties.facts import Compared

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
#: Code text as the unit writes it, such as GD-2-6 or YJ-ZS-2-3.
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9.-]{0,19}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,11}$")]
Format = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{2,10}$")]


class Property(StrEnum):
    """What an item is about."""

    AUTHENTICITY = "authenticity"
    INTEGRITY = "integrity"
    USABILITY = "usability"
    SECURITY = "security"


class Moment(StrEnum):
    """When it is checked: before a case is filed, when a package leaves or comes, while it is kept."""

    FILING = "filing"
    TRANSFER = "transfer"
    LONGTERM = "longterm"


class Mode(StrEnum):
    """Who checks an item: the program, a person, or nobody for a reason."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    NOT_APPLICABLE = "not_applicable"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CheckItem(_Frozen):
    """One item of the check, at the moments for which it has a code."""

    number: Number
    property: Property
    title_zh: Text
    title_en: Text
    source: Text
    codes: Annotated[Mapping[Moment, Code], Field(min_length=1)]
    mode: Mode
    #: Name of the check of the program, one of `checks.CHECKS`; with the mode automatic alone.
    check: Annotated[str, StringConstraints(max_length=40)] | None = None
    #: What a person looks at; with the mode manual alone.
    guide_zh: Text | None = None
    #: Moments at which nothing is filed or released before a person has answered; with the mode manual alone.
    demanded: tuple[Moment, ...] = ()
    #: Why it does not apply; with that mode alone.
    reason_zh: Text | None = None


class Weight(StrEnum):
    """What it means that a comparison differs: the item fails, or its evidence points it out."""

    FAILED = "failed"
    WARNED = "warned"


class Comparison(_Frozen):
    """A comparison whose outcome is evidence, with its weight at each moment; at the others nobody compares."""

    rule: Annotated[str, StringConstraints(max_length=20)]
    title_zh: Text
    weights: Mapping[Moment, Weight]


class Scheme(_Frozen):
    """An edition of the items, in the order of the text."""

    edition: EditionCode
    title_zh: Text
    source: Text
    effective_from: date
    accepted_formats: Annotated[tuple[Format, ...], Field(min_length=1)]
    lasting_formats: Annotated[tuple[Format, ...], Field(min_length=1)]
    #: Days after which a case is checked again, and how many cases are checked a day; none are with 0.
    longterm_every_days: Annotated[int, Field(ge=1, le=3660)]
    longterm_cases_a_day: Annotated[int, Field(ge=0, le=100_000)]
    #: What is compared beside; an edition that was written before there were such compares nothing.
    comparisons: Annotated[tuple[Comparison, ...], Field(max_length=100)] = ()
    items: Annotated[tuple[CheckItem, ...], Field(min_length=1, max_length=300)]

    def compared_at(self, moment: Moment) -> tuple[Compared, ...]:
        """Return what is compared at a moment, in its order."""
        return tuple(
            Compared(one.rule, one.title_zh, one.weights[moment] is Weight.FAILED)
            for one in self.comparisons
            if moment in one.weights
        )

    def at(self, moment: Moment) -> tuple[CheckItem, ...]:
        """Return the items of a moment, in their order."""
        return tuple(one for one in self.items if moment in one.codes)


def read(text: str) -> tuple[Scheme | None, list[Finding]]:
    """Return the edition that `text` writes, or everything that keeps it from being one, in the order of the lines."""
    return read_as(Scheme, text, name="四性检测项目表", problems=_problems)


@lru_cache(maxsize=1)
def standard() -> Scheme:
    """Return the edition of the package, in force until people release another."""
    made, found = read(standard_text())
    assert made is not None, found
    return made


def standard_text() -> str:
    """Return the text of the edition of the package."""
    return resources.files("archive_service.properties").joinpath("schemes/2026.yaml").read_text(encoding="utf-8")


def _problems(made: Scheme) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    numbers = Counter(one.number for one in made.items)
    codes = Counter(code for one in made.items for code in one.codes.values())
    for at, one in enumerate(made.items):
        place: Path = ("items", at)
        if numbers[one.number] > 1:
            found.append(((*place, "number"), f"项目编号“{one.number}”用了不止一次。"))
        found += [((*place, "codes"), f"代码“{code}”用了不止一次。") for code in one.codes.values() if codes[code] > 1]
        found += [((*place, *path), message) for path, message in _of_item(one)]
    for moment in Moment:
        there = {one.property for one in made.at(moment)}
        found += [
            (("items",), f"{_MOMENT[moment]}环节没有{_PROPERTY[one]}的项目：四性都要检测。")
            for one in Property
            if there and one not in there
        ]
    found += _of_comparisons(made)
    lasting = set(made.lasting_formats) - set(made.accepted_formats)
    found += [(("lasting_formats",), f"长期保存的格式“{one}”不在可以归档的格式里。") for one in sorted(lasting)]
    return found


def _of_comparisons(made: Scheme) -> list[tuple[Path, str]]:
    rules = Counter(one.rule for one in made.comparisons)
    found: list[tuple[Path, str]] = []
    for at, one in enumerate(made.comparisons):
        place: Path = ("comparisons", at, "rule")
        if one.rule not in COMPARISONS:
            found.append((place, f"没有名为“{one.rule}”的比对规则。可以写 {'、'.join(COMPARISONS)}。"))
        elif rules[one.rule] > 1:
            found.append((place, f"比对规则“{one.rule}”写了不止一次。"))
    return found


def _of_item(one: CheckItem) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    if one.mode is Mode.AUTOMATIC:
        if one.check is None:
            found.append(((), "自动项目要写 check：由哪个检查来做。"))
        elif one.check not in CHECKS:
            found.append((("check",), f"没有名为“{one.check}”的检查。"))
        elif one.check in OF_PACKAGES and Moment.TRANSFER not in one.codes:
            found.append((("codes",), f"检查“{one.check}”看的是信息包，要有移交环节（transfer）的代码。"))
    elif one.check is not None:
        found.append((("check",), "只有自动项目才写 check。"))
    if (one.mode is Mode.MANUAL) != (one.guide_zh is not None):
        found.append(((), "人工项目要写 guide_zh（看什么），其他项目不写。"))
    if (one.mode is Mode.NOT_APPLICABLE) != (one.reason_zh is not None):
        found.append(((), "不适用的项目要写 reason_zh（为什么），其他项目不写。"))
    if one.demanded and one.mode is not Mode.MANUAL:
        found.append((("demanded",), "只有人工项目才写 demanded。"))
    found += [
        (("demanded",), f"{_MOMENT[moment]}环节没有这个项目的代码，不能要求填写。")
        for moment in one.demanded
        if moment not in one.codes
    ]
    return found


_MOMENT = {Moment.FILING: "归档", Moment.TRANSFER: "移交", Moment.LONGTERM: "长期保存"}
_PROPERTY = {
    Property.AUTHENTICITY: "真实性",
    Property.INTEGRITY: "完整性",
    Property.USABILITY: "可用性",
    Property.SECURITY: "安全性",
}
