"""Read a value of a known kind out of the text that stands at its label."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ingest.recognise import normalise, validators

_UTILITY = re.compile(r"供电公司|电力公司|供电局|供电所|电网|国网|电力局|供电分公司|供电中心")
_NAME_END = re.compile(r"[。;,，]|\((?:以下|下称|盖章|签章|签字|公章|签名|供电|用电|甲方|乙方|章)|\s{3,}|_{2,}")
#: How a writer speaks of himself before he says his name.
_OURSELVES = re.compile(r"^(?:兹有|现有|今有)?(?:我|本)(?:公司|单位|企业|厂|院|校|方|人)(?=[\u4e00-\u9fff]{2})")
_NOT_A_NAME = re.compile(r"^(?:盖章|签字|签章|公章|签名|年月日|无|其他|/|同上|变更|以下|是|否|[\W\d_]+)$")
_ADDRESS_END = re.compile(r"[。;，,](?!\d)|_{2,}|邮编|邮政编码|的(?:用电|房|客户|用户|电)|(?<=[号室幢栋])用电")
#: What a sentence says before the place itself.
_WHERE = re.compile(r"^.{0,40}?(?:位于|坐落于|坐落在|地处)(?=.{4})")
#: A run of this many digits is a number by itself and not the half of one.
_WHOLE_NUMBER = 9


class Value(NamedTuple):
    """A value in normal form; `factor` lowers the confidence where the reading had to be mended."""

    value: str
    unit: str | None = None
    checked: bool | None = None
    factor: float = 1.0


class Patterns(NamedTuple):
    """The unit's patterns of numbers, as regular expressions."""

    account: str
    application: str


def parse(kind: str, text: str, remark: str, patterns: Patterns) -> Value | None:
    """Return the value of `kind` in `text`, None if there is none; `remark` stood in brackets behind the label."""
    if kind == "account":
        return account_no(text, patterns.account)
    if kind == "application":
        return application_no(text, patterns.application)
    if kind == "capacity":
        found = normalise.capacity(text, normalise.capacity_unit(remark))
        return Value(found.value, found.unit, factor=1.0 if found.unit else 0.85) if found else None
    return _KINDS[kind](text)


def account_no(text: str, pattern: str) -> Value | None:
    """Return the account number in `text`; one of a wrong length is returned too, as surely wrong."""
    text = normalise.clean(text)
    plain = _closed(text)
    for candidate, factor in ((text, 1.0), (plain, 0.98), (normalise.digits(re.sub(r"\s", "", text)), 0.85)):
        hit = re.search(rf"(?<![0-9A-Za-z])(?:{pattern})(?![0-9A-Za-z])", candidate)
        if hit and (candidate is not text or plain.startswith(hit[0]) or not plain[:1].isdigit()):
            return Value(hit[0], checked=None, factor=factor)
    wrong = re.match(r"[\s.:]*(\d{7,22})(?![\dA-Za-z])", plain)
    return Value(wrong[1], checked=False, factor=0.5) if wrong else None


def application_no(text: str, pattern: str) -> Value | None:
    """Return the application number in `text`; signs that were misread inside it make it doubtful."""
    text = normalise.clean(text).upper()
    for candidate in (_closed(text), re.sub(r"\s", "", text)):
        hit = re.search(rf"(?<![0-9A-Z])(?:{pattern})(?![0-9A-Z])", candidate)
        if hit and sum(sign.isdigit() for sign in hit[0]) >= 4:
            if re.match(r"[\u4e00-\u9fff]\d", candidate[hit.end() : hit.end() + 2]):
                return Value(hit[0], checked=False, factor=0.5)
            mended = re.sub(r"(?<=\d)[OIL|](?=[\dOIL])", lambda sign: "0" if sign[0] == "O" else "1", hit[0])
            return Value(mended, factor=1.0 if mended == hit[0] else 0.85)
    return None


def _closed(text: str) -> str:
    """Return `text` with the gaps and points gone that readers put inside a number; two whole numbers stay apart."""

    def close(hit: re.Match[str]) -> str:
        parts = re.split(r"[ .]+", hit[0])
        return "".join(parts) if min(map(len, parts)) < _WHOLE_NUMBER else hit[0]

    return re.sub(r"\d+(?:[ .]+\d+)+", close, text.strip(" .:"))


def identity(text: str) -> Value | None:
    """Return the identity number or credit code in `text` with the verdict of its check digit."""
    plain = re.sub(r"[\s.·]", "", normalise.clean(text)).upper()
    for hit in re.finditer(r"(?<![0-9A-Z*])[0-9A-Z]{18}(?![0-9A-Z*])", plain):
        for candidate, factor in ((hit[0], 1.0), (_mend_identity(hit[0]), 0.9), (_mend_credit(hit[0]), 0.9)):
            if validators.identity_number(candidate) or validators.credit_code(candidate):
                return Value(candidate, checked=True, factor=factor)
        return Value(hit[0], checked=False, factor=0.6)
    hit15 = re.search(r"(?<![0-9A-Z*])\d{15}(?![0-9A-Z*])", plain)
    if hit15:
        return Value(hit15[0], factor=0.8)
    wrong = re.match(r"(\d{16,17}[\dX]?|\d{19,20})(?![0-9A-Z*])", plain)
    return Value(wrong[1], checked=False, factor=0.4) if wrong else None


def credit(text: str) -> Value | None:
    """Return the credit code in `text`."""
    found = identity(text)
    return found if found and len(found.value) == 18 else None


def name(text: str) -> Value | None:
    """Return the name of an organisation or person in `text`; a supply company is nobody's customer name."""
    text = normalise.clean(text).strip()
    cut = _NAME_END.search(text)
    found = normalise.name(text[: cut.start()] if cut else text).strip("()·:_-")
    found = _OURSELVES.sub("", found)
    found = found + ")" if found.count("(") > found.count(")") else found
    if not 2 <= len(found) <= 60 or _NOT_A_NAME.match(found) or not re.search(r"[\u4e00-\u9fffA-Za-z]{2}", found):
        return None
    if _UTILITY.search(found) or sum(sign.isdigit() for sign in found) > len(found) / 2:
        return None
    return Value(found)


def person(text: str) -> Value | None:
    """Return a person's name: two to five characters, or more with a point between parts."""
    found = normalise.name(re.split(r"[,。;(:]|\s{2,}|\d", normalise.clean(text).strip())[0])
    found = re.sub(r"(?:同志|先生|女士)$", "", found)
    if re.fullmatch(r"[\u4e00-\u9fff]{2,5}|[\u4e00-\u9fff]+·[\u4e00-\u9fff·]+", found) and not _NOT_A_NAME.match(found):
        return Value(found)
    return None


def address(text: str) -> Value | None:
    """Return the address in `text`."""
    text = normalise.clean(text).strip()
    cut = _ADDRESS_END.search(text)
    found = normalise.name(text[: cut.start()] if cut else text).strip(":_-")
    found = _WHERE.sub("", found)
    placed = re.search(r"[省市县区镇乡街路村弄巷号园]|小区|大道|工业|花园|\d", found)
    return Value(found) if 4 <= len(found) <= 120 and placed and not found.endswith(("图", "表", "单")) else None


def words(text: str) -> Value | None:
    """Return a short text; of boxes to tick, the ticked one."""
    text = normalise.clean(text).strip()
    if re.search(r"[☑√✓■●]", text):
        ticked = re.search(r"[☑√✓■●]\s*([^□☐☑√✓■●○\s]+)", text)
        return Value(ticked[1]) if ticked else None
    found = normalise.name(re.split(r"[。;]", text)[0]).strip(":_,")
    return Value(found) if 1 <= len(found) <= 40 and re.search(r"\w", found) and "□" not in found else None


def code(text: str) -> Value | None:
    """Return a number of letters, digits and dashes; at least four digits."""
    plain = normalise.clean(text).strip()
    for candidate in (_closed(plain), re.sub(r"\s", "", plain)):
        hit = re.match(
            r"[(]?(?:No\.?|NO\.?|第)?([A-Za-z0-9\u4e00-\u9fff]{0,6}[-〔(\[]?[A-Za-z0-9][A-Za-z0-9\-/()]{3,39})",
            candidate,
        )
        if hit and sum(sign.isdigit() for sign in hit[1]) >= 4:
            return Value(hit[1].strip("(-/"))
    return None


def date(text: str) -> Value | None:
    """Return the first date in `text`."""
    day = normalise.day(text)
    return Value(day) if day else None


def period_end(text: str) -> Value | None:
    """Return the last day of a period, or 长期."""
    found = normalise.dates(normalise.clean(text))
    if "长期" in text:
        return Value("长期")
    return Value(found[-1].iso) if found else None


def period_start(text: str) -> Value | None:
    """Return the first day of a period that has two."""
    found = normalise.dates(normalise.clean(text))
    return Value(found[0].iso) if len(found) > 1 or (found and "长期" in text) else None


def number(text: str) -> Value | None:
    """Return the number that `text` begins with."""
    hit = re.match(r"\s*(\d[\d,]*(?:\.\d+)?)", normalise.clean(text))
    return Value(normalise.number(hit[1])) if hit else None


def _optional(read: Callable[[str], str | None]) -> Callable[[str], Value | None]:
    def parsed(text: str) -> Value | None:
        found = read(text)
        return Value(found) if found else None

    return parsed


def _mend_identity(text: str) -> str:
    return normalise.digits(text[:17]) + text[17]


def _mend_credit(text: str) -> str:
    """The credit code knows no I, O, Z, S, V: what was read as one of them is a digit."""
    return text[:2].translate(str.maketrans("OIZSB", "01258")) + text[2:].translate(str.maketrans("OIZS", "0125"))


_KINDS: dict[str, Callable[[str], Value | None]] = {
    "identity": identity,
    "credit": credit,
    "name": name,
    "person": person,
    "address": address,
    "text": words,
    "code": code,
    "date": date,
    "period_end": period_end,
    "period_start": period_start,
    "number": number,
    "phone": _optional(normalise.phone),
    "voltage": _optional(normalise.voltage),
    "money": _optional(normalise.amount),
}
