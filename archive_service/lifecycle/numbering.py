"""Archive codes (档号) by pattern: which series a case belongs to and what its number in it is called. Pure.

Source: DA/T 13-2022 as domain.md 5.1 reads it: one code one object, stable once given, counted without gaps in each
series, never given again. docs/decisions/0037.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive_service.errors import Invalid

#: The unit that formed the records, customer files (KH) of a category, the year, the volume.
DEFAULT = "{fonds}-KH·{category}-{year}-{serial:5}"
#: What stands in a pattern, beside letters of its own.
FIELDS = ("fonds", "category", "business", "year")
LONGEST = 80
#: Longest code, with what is put into the fields.
LONGEST_CODE = 120
_SERIAL = re.compile(r"\{serial:([3-9])\}")
_FIELD = re.compile(r"\{([a-z]+)\}")
_OWN = re.compile(r"[0-9A-Z·\-]*")
#: What a serial stands behind, so that codes of two series are never the same.
_BEFORE_SERIAL = ("-", "·")


@dataclass(frozen=True)
class Numbered:
    """What decides the series of a case: code of its unit, category, business type, year."""

    fonds: str
    category: str
    business: str
    year: int


def check_pattern(pattern: str) -> str:
    """Return a pattern, trimmed. Raises Invalid unless every code that it makes is one of a kind.

    It ends with the serial, behind a hyphen or a middle dot, and names the unit, so that units never share a series.
    """
    said = pattern.strip()
    series, serial = _parted(said)
    fields = _FIELD.findall(series)
    own = _FIELD.sub("", series)
    if serial is None or len(said) > LONGEST or not series.endswith(_BEFORE_SERIAL):
        raise _wrong("最后必须是流水号，如 -{serial:5}", said)
    if "fonds" not in fields or "year" not in fields:
        raise _wrong("必须含有全宗号 {fonds} 和年度 {year}", said)
    if any(one not in FIELDS for one in fields) or not _OWN.fullmatch(own):
        raise _wrong("只能用 {fonds} {category} {business} {year}、数字、大写字母、连字符和间隔号", said)
    return said


def series_of(pattern: str, case: Numbered) -> str:
    """Return the series of a case: its code but for the serial."""
    put = {"fonds": case.fonds, "category": case.category, "business": case.business, "year": str(case.year)}
    return _FIELD.sub(lambda found: put[found[1]], _parted(pattern)[0])


def code_of(pattern: str, series: str, serial: int) -> str:
    """Return the code of a number of a series, with leading zeros; beyond its digits it grows longer."""
    return f"{series}{serial:0{_parted(pattern)[1] or 1}d}"


def _parted(pattern: str) -> tuple[str, int | None]:
    found = _SERIAL.search(pattern)
    if found is None or found.end() != len(pattern):
        return pattern, None
    return pattern[: found.start()], int(found[1])


def _wrong(what: str, given: str) -> Invalid:
    return Invalid(
        "archive-code.pattern", f"档号格式不对：{what}。请参照 {DEFAULT} 修改后再试。", given=given[:LONGEST]
    )
