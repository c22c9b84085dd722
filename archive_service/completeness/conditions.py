"""The facts of a case on which its papers depend: what the business system said, and what follows from that."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from archive_service.catalogue import expressions
from archive_service.catalogue.schema import Edition
from archive_service.errors import Invalid

#: Words with which the names of organisations end; registered names must say their form of organisation.
_ORGANISATION = re.compile(
    r"(公司|集团|厂|店|行|社|部|所|院|校|园|馆|站|场|矿|局|处|室|队|会|政府|中心|银行|学校|大学|学院|小学|中学|医院"
    r"|幼儿园|合作社|委员会|事务所|工作室|基金会|协会|商会|分公司|支公司|分行|支行|林场|农场|村|组|寺|庙|教堂|部队)$"
)
#: Two or three characters, or a name with the dot that names of several peoples bear.
_PERSON = re.compile(
    r"[\u4e00-\u9fff]{2,3}|(?:欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|令狐|夏侯)[\u4e00-\u9fff]{2}|"
    r"[\u4e00-\u9fff]+(?:[·•・][\u4e00-\u9fff]+)+"
)
_VOLTAGE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(\d+(?:\.\d+)?)\s*)?(kv|千伏|v|伏)", re.IGNORECASE)


class UnknownFact(Invalid):
    """Whether a condition holds is not known, so nobody can say what the case needs; `fact` names it."""


class UnknownCondition(Invalid):
    """The business system named a condition that the catalogue does not have."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case; a condition that is absent from `conditions` is not known, which is not "no"."""

    category: str
    business_type: str
    conditions: Mapping[str, bool]
    #: Conditions nobody named, with the reason why they hold.
    derived: Mapping[str, str] = field(default_factory=dict)
    #: Where what was said does not fit what follows from the rest, as sentences.
    contradictions: tuple[str, ...] = ()

    def any_holds(self, codes: Iterable[str]) -> bool:
        """Say whether any of the conditions holds; raises UnknownFact where none is known to and one is not known."""
        unknown = None
        for code in codes:
            holds = self.conditions.get(code)
            if holds:
                return True
            if holds is None:
                unknown = code
        if unknown is not None:
            message = f"不知道“{unknown}”这一办理条件是否成立，无法判断资料是否齐全。请在业务系统补充后重新导入。"
            raise UnknownFact("completeness.unknown-fact", message, fact=unknown)
        return False


def facts_of(
    edition: Edition,
    *,
    category: str,
    business_type: str,
    conditions: Sequence[str] | None,
    voltage: str | None = None,
    capacity_kva: Decimal | None = None,
    account_name: str | None = None,
    papers: Iterable[str] | None = None,
    further: Mapping[str, str] | None = None,
) -> Facts:
    """Return the facts of a case in terms of `edition`.

    `papers` are the document types that the case holds, for conditions that follow from a paper; none: not known.
    `further` are conditions that hold for another reason, with that reason; those the edition lacks are let be.

    `conditions` are the codes that hold; those not listed do not, unless an expression of the catalogue says that
    they follow from the fields. None means that the business system did not say: then only what follows is known.
    Of conditions of which exactly one must hold, none listed and none following means that all of them are unknown.
    What was listed is believed over what follows; that they differ is a contradiction to be shown.
    Raises UnknownCondition for a code that the edition does not have.
    """
    listed = frozenset(conditions or ())
    unknown = sorted(listed - set(edition.conditions))
    if unknown:
        message = f"资料目录 {edition.code} 版没有办理条件“{'、'.join(unknown)}”。请核对代码。"
        raise UnknownCondition("completeness.unknown-condition", message, codes=unknown)
    values: dict[str, expressions.Value] = {
        "category": category,
        "business_type": business_type,
        "voltage": volts(voltage),
        "capacity": capacity_kva,
        "name_form": name_form(account_name),
    }
    if papers is not None:
        there = frozenset(papers)
        values.update({expressions.held_key(code): code in there for code in _asked_of_papers(edition)})
    known = dict.fromkeys(listed, True) if conditions is None else {code: code in listed for code in edition.conditions}
    more = {code: why for code, why in (further or {}).items() if code in edition.conditions and code not in listed}
    known.update(dict.fromkeys(more, True))
    follows = _follows(edition, {**values, **known})
    return _settled(edition, category, business_type, listed=listed, known=known, follows=follows, more=more)


def _follows(edition: Edition, values: Mapping[str, expressions.Value]) -> dict[str, bool]:
    answers = {
        code: expressions.evaluate(expressions.parse(condition.derived_from), values)
        for code, condition in edition.conditions.items()
        if condition.derived_from
    }
    return {code: answer for code, answer in answers.items() if answer is not None}


def _settled(
    edition: Edition,
    category: str,
    business_type: str,
    *,
    listed: frozenset[str],
    known: dict[str, bool],
    follows: Mapping[str, bool],
    more: Mapping[str, str],
) -> Facts:
    settled = dict(known)
    settled.update(
        {code: answer for code, answer in follows.items() if code not in listed and (answer or code not in known)}
    )
    contradictions = [_against(edition, code) for code in sorted(listed) if follows.get(code) is False]
    for rivals in edition.exactly_one:
        chosen = listed.intersection(rivals) or {code for code in rivals if follows.get(code)}
        for code in rivals:
            if chosen:
                settled[code] = code in chosen
            else:
                settled.pop(code, None)
        if len(chosen) > 1:
            names = "、".join(_named(edition, code) for code in rivals)
            contradictions.append(f"{names}只能有一项成立，现在列了 {len(chosen)} 项。请在业务系统更正。")
    derived = {
        code: more.get(code) or edition.conditions[code].derived_zh or ""
        for code, holds in settled.items()
        if holds and code not in listed
    }
    return Facts(category, business_type, settled, derived, tuple(contradictions))


def _named(edition: Edition, code: str) -> str:
    return f"“{edition.conditions[code].name_zh}（{code}）”"


def _against(edition: Edition, code: str) -> str:
    return (
        f"业务系统列了{_named(edition, code)}，但案件信息不支持（应为：{edition.conditions[code].derived_zh}）。"
        "已按业务系统处理，请核对。"
    )


@lru_cache(maxsize=4096)
def volts(text: str | None) -> Decimal | None:
    """Return the voltage in `text` in volts, of a pair such as 220/380V the line voltage; None if it has none."""
    found = _VOLTAGE.search(unicodedata.normalize("NFKC", text or ""))
    if found is None:
        return None
    number = max(Decimal(each) for each in found.groups()[:2] if each)
    return number * (1000 if found[3].lower() in ("kv", "千伏") else 1)


@lru_cache(maxsize=4096)
def name_form(account_name: str | None) -> str | None:
    """Say whether an account name is that of an organisation or of a person, or None where the name does not tell."""
    name = re.sub(r"\s+", "", unicodedata.normalize("NFKC", account_name or ""))
    bare = re.sub(r"\([^)]*\)$", "", name)
    if len(bare) > 3 and _ORGANISATION.search(bare):
        return "organisation"
    if _PERSON.fullmatch(bare) and not _ORGANISATION.search(bare):
        return "person"
    return None


def _asked_of_papers(edition: Edition) -> Iterable[str]:
    """Return the document types whose presence decides a condition."""
    for condition in edition.conditions.values():
        if condition.derived_from and "held" in condition.derived_from:
            for leaf in expressions.parts_of(expressions.parse(condition.derived_from)):
                if isinstance(leaf, expressions.Held):
                    yield leaf.paper
