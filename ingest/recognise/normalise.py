"""Bring what was read into one form: widths, dates, capacities, amounts, voltages, names, numbers."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import NamedTuple

from archive_service import hanzi
from ingest.recognise import validators

# What readers make of digits; applied only where digits must stand.
_DIGIT_LOOKALIKES = str.maketrans("OoQD〇○零lI|!iZzSsB", "0000000" + "11111" + "22" + "55" + "8")
_CJK_DIGITS = {
    char: str(value)
    for value, chars in enumerate(("〇零○O0", "一", "二", "三", "四", "五", "六", "七", "八", "九"))
    for char in chars
}
_CAPITALS = dict(zip("零壹贰叁肆伍陆柒捌玖", range(10), strict=True)) | {"貮": 2, "弍": 2, "叄": 3, "両": 2, "两": 2}
_CAPITAL_UNITS = {"拾": 10, "佰": 100, "仟": 1000, "十": 10, "百": 100, "千": 1000}
# A word that readers take for another, which does not exist before these.
_APPLIED = re.compile("中请(?=编号|单号|人|容量|日期|时间|单位|表|书)")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_PUNCTUATION = str.maketrans(
    {"﹕": ":", "∶": ":", "︰": ":", "。": "。", "“": '"', "”": '"', "〔": "(", "〕": ")", "【": "(", "】": ")"}
)

_D = r"[\dOolI|]"
_DATE = re.compile(
    rf"(?<![\d.])({_D}(?:\s?{_D}){{3}})\s*年\s*({_D}(?:\s?{_D})?)\s*月\s*({_D}(?:\s?{_D})?)\s*[日号曰目]?"
    r"|(?<![\d.])(\d{4})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})(?!\d)"
)
_PLAIN_DATE = re.compile(r"(?<!\d)((?:19|20)\d{6})(?!\d)")
_CJK_DATE = re.compile(
    r"([〇零○O0一二三四五六七八九]{4})\s*年\s*([元正一二三四五六七八九十]{1,3})\s*月\s*([一二三四五六七八九十廿卅]{1,4})\s*[日号]?"
)

_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_CAPACITY_UNITS = {
    "kva": ("kVA", 1), "千伏安": ("kVA", 1), "mva": ("kVA", 1000), "兆伏安": ("kVA", 1000),
    "kw": ("kW", 1), "千瓦": ("kW", 1),
    "mw": ("kW", 1000), "兆瓦": ("kW", 1000), "kwp": ("kWp", 1), "千瓦峰": ("kWp", 1),
}  # fmt: skip
_UNIT = r"k\s*v\s*a|千伏安|m\s*v\s*a|兆伏安|kwp|k\s*w|千瓦|mw|兆瓦"
_CAPACITY_TERM = re.compile(
    rf"(?:(\d{{1,2}})\s*(?:台)?\s*[×xX*]\s*)?({_NUMBER})\s*({_UNIT})(?!\s*[·.]?\s*h)(?:\s*[×xX*]\s*(\d{{1,2}})(?!\d))?",
    re.IGNORECASE,
)
_VOLTAGE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(\d+(?:\.\d+)?))?\s*(k\s*v|千伏|v|伏)(?!\s*a|安)", re.IGNORECASE)
_AMOUNT = re.compile(rf"[¥￥Y]?\s*({_NUMBER})\s*(万)?\s*(?:元|圆)?")


class Capacity(NamedTuple):
    """A capacity as plain number with its unit; `unit` is None where none was printed."""

    value: str
    unit: str | None


class Dated(NamedTuple):
    """An ISO date with where it stands in the text."""

    iso: str
    start: int
    end: int


def clean(text: str) -> str:
    """Return `text` in half width and simplified, with one kind of colon and bracket and no invisible characters."""
    return _APPLIED.sub("申请", hanzi.simplified(_even(text)))


def _even(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_PUNCTUATION)


def compact(text: str) -> str:
    """Return `text` cleaned and without any white space."""
    # Cleaned again, because signs that a space kept apart may now combine.
    return clean(re.sub(r"\s+", "", clean(text)))


def digits(text: str) -> str:
    """Return `text` with what looks like digits made digits; for places where only digits can stand."""
    return clean(text).translate(_DIGIT_LOOKALIKES)


def dates(text: str) -> list[Dated]:
    """Return every plausible date in `text` in the order of place."""
    found = []
    for hit in _DATE.finditer(text):
        parts = [part for part in hit.groups() if part]
        iso = _iso(*(re.sub(r"\s", "", part).translate(_DIGIT_LOOKALIKES) for part in parts))
        found += [Dated(iso, hit.start(), hit.end())] if iso else []
    for hit in _CJK_DATE.finditer(text):
        year = "".join(_CJK_DIGITS[char] for char in hit[1])
        iso = _iso(year, str(small_number(hit[2])), str(small_number(hit[3])))
        found += [Dated(iso, hit.start(), hit.end())] if iso else []
    for hit in _PLAIN_DATE.finditer(text):
        iso = _iso(hit[1][:4], hit[1][4:6], hit[1][6:])
        if iso and not any(one.start < hit.end() and hit.start() < one.end for one in found):
            found.append(Dated(iso, hit.start(), hit.end()))
    return sorted(found, key=lambda one: one.start)


def day(text: str) -> str | None:
    """Return the first plausible date in `text` as ISO."""
    found = dates(clean(text))
    return found[0].iso if found else None


def capacity(text: str, unit: str | None = None) -> Capacity | None:
    """Return the capacity in `text`; terms joined by plus signs add up; `unit` is what the label said."""
    text = _closed(clean(text))
    terms = list(_CAPACITY_TERM.finditer(text))
    if not terms:
        bare = re.fullmatch(rf"\s*({_NUMBER})\s*(?:[(,;。/].*)?", text)
        return Capacity(number(bare[1]), unit) if bare and number(bare[1]) else None
    total, name = _term(terms[0])
    for before, after in pairwise(terms):
        value, other = _term(after)
        if other != name or text[before.end() : after.start()].strip() not in ("+", "加"):
            break
        total += value
    return Capacity(number(str(total)), name)


def capacity_unit(text: str) -> str | None:
    """Return the unit that a label such as "申请容量(kVA)" names."""
    hit = re.search(_UNIT, clean(text), re.IGNORECASE)
    return _CAPACITY_UNITS[re.sub(r"\s", "", hit[0]).lower()][0] if hit else None


def voltage(text: str) -> str | None:
    """Return the voltage in `text` as 10kV or 380V, which is 0.38 kV.

    A three-phase pair such as 220/380V goes by its line voltage.
    """
    text = re.sub(r"([vV]|伏)\s*/", "/", _closed(clean(text)))
    hit = _VOLTAGE.search(text)
    if not hit:
        return None
    values = [Decimal(value) for value in hit.groups()[:2] if value]
    kilo = hit[3].lower()[0] in "k千"
    value = max(values)
    if not kilo and value >= 1000:
        value, kilo = value / 1000, True
    elif kilo and value < 1:
        value, kilo = value * 1000, False
    return f"{number(str(value))}{'kV' if kilo else 'V'}"


def amount(text: str) -> str | None:
    """Return the amount of money in `text` in yuan: as printed but for separators, or else from capitals."""
    text = clean(text)
    best = None
    for hit in _AMOUNT.finditer(text):
        plain = hit[1].replace(",", "")
        value = number(str(Decimal(plain) * 10000)) if hit[2] else plain
        if hit[0].strip()[0] in "¥￥Y" or "元" in hit[0] or "圆" in hit[0]:
            return value
        best = best or value
    return best or _capital_amount(text)


def number(text: str) -> str:
    """Return `text` as plain decimal number without thousands separators and trailing zeros; empty if it is none."""
    try:
        plain = format(Decimal(text.replace(",", "")), "f")
    except InvalidOperation:
        return ""
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def name(text: str) -> str:
    """Return a name or address without spaces between its characters; words of Latin letters keep one space."""
    return _closed_up(clean(text))


def registered(text: str) -> str:
    """Return a name or address of the register like `name`, in the characters that the register writes."""
    return _closed_up(_even(text))


def _closed_up(text: str) -> str:
    return re.sub(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z])", "", re.sub(r"\s+", " ", text.strip()))


def phone(text: str) -> str | None:
    """Return the mobile or landline number in `text`."""
    text = re.sub(r"(?<=\d)[. ](?=\d)", "", clean(text))
    hit = re.search(r"(?<![\d*])1[3-9]\d(?:[\s-]?\d{4}){2}(?![\d*])", text)
    if hit:
        return re.sub(r"\D", "", hit[0])
    hit = re.search(r"(?<![\d*])\(?(0\d{2,3})\)?[\s-]?(\d{7,8})(?![\d*])", text)
    return f"{hit[1]}-{hit[2]}" if hit else None


def same_text(left: str, right: str) -> bool:
    """Say whether two names are one but for width, spaces and brackets."""
    return bare(left) == bare(right)


def bare(text: str) -> str:
    """Return `text` for comparing: no spaces, no punctuation, one case."""
    return re.sub(r"[^\w]|_", "", clean(text)).upper()


def _closed(text: str) -> str:
    """Return `text` without the gaps that readers put between the digits of one number."""
    return re.sub(r"(?<=\d) (?=\d)", "", text)


def _iso(year: str, month: str, day_: str) -> str | None:
    try:
        iso = f"{int(year):04d}-{int(month):02d}-{int(day_):02d}"
    except ValueError:
        return None
    return iso if validators.document_date(iso) or _birth(iso) else None


def _birth(iso: str) -> bool:
    return "1900-01-01" <= iso < "1950-01-01" and validators.plain_date(iso.replace("-", "")) is not None


def small_number(text: str) -> int:
    """Return the number below 100 that Chinese digits name."""
    text = text.replace("元", "一").replace("正", "一").replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = text.partition("十")
    if not ten:
        return int("".join(_CJK_DIGITS[char] for char in text))
    return int(_CJK_DIGITS.get(tens, "1")) * 10 + int(_CJK_DIGITS.get(ones, "0"))


def _term(hit: re.Match[str]) -> tuple[Decimal, str]:
    unit, factor = _CAPACITY_UNITS[re.sub(r"\s", "", hit[3]).lower()]
    value = Decimal(hit[2].replace(",", "")) * factor
    return value * int(hit[1] or 1) * int(hit[4] or 1), unit


def _capital_amount(text: str) -> str | None:
    hit = re.search(
        r"[零壹贰叁肆伍陆柒捌玖拾佰仟万亿貮弍叄両两]{2,}(?=[元圆])(?:[元圆])(?:([零壹贰叁肆伍陆柒捌玖])角)?(?:([零壹贰叁肆伍陆柒捌玖])分)?",
        text,
    )
    if not hit:
        return None
    total, section, digit = 0, 0, 0
    for char in re.split("[元圆]", hit[0])[0]:
        if char in _CAPITALS:
            digit = _CAPITALS[char]
        elif char in _CAPITAL_UNITS:
            section, digit = section + (digit or 1) * _CAPITAL_UNITS[char], 0
        else:
            total, section, digit = (total + section + digit) * (10**4 if char == "万" else 10**8), 0, 0
    cents = Decimal(_CAPITALS.get(hit[1] or "零", 0)) / 10 + Decimal(_CAPITALS.get(hit[2] or "零", 0)) / 100
    return number(str(total + section + digit + cents))
